"""The states of an identification of important data."""

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.workflow import Transition, Workflow

REVIEWERS = ("authority_handler", "authority_head")
DESK = ("sharing_handler", "sharing_head")

IMPORTANT = Workflow(
    name="important",
    version=1,
    initial="identified",
    states={
        "identified": _("待部门负责人确认"),
        "confirmed": _("待主管部门列入"),
        "reported": _("已列入并报送"),
        "returned": _("已退回"),
        "removed": _("已移出"),
    },
    transitions=(
        Transition("catalog.important.amend", "identified", "identified", DESK),
        Transition("catalog.important.amend", "returned", "identified", DESK),
        Transition("catalog.important.confirm", "identified", "confirmed", ("department_head",)),
        Transition("catalog.important.report", "confirmed", "reported", REVIEWERS),
        Transition("catalog.important.return", "identified", "returned", ("department_head",)),
        Transition("catalog.important.return", "confirmed", "returned", REVIEWERS),
        Transition("catalog.important.assess", "reported", "reported", DESK),
        Transition("catalog.important.remove", "reported", "removed", ("authority_head",)),
    ),
)
