"""The states of a designation (政务数据共享条例 art. 19) and of a repeated collection."""

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.workflow import Transition, Workflow

REVIEWERS = ("authority_handler", "authority_head")
DESK = ("sharing_handler", "sharing_head")
SERVICE = ("service",)

DESIGNATION = Workflow(
    name="designation",
    version=1,
    initial="proposed",
    states={
        "proposed": _("待部门表态"),
        "consented": _("部门同意，待决定"),
        "objected": _("部门有异议，待决定"),
        "decided": _("已确定"),
        "dropped": _("不予指定"),
        "ended": _("已被替换"),
    },
    transitions=(
        Transition("catalog.designation.consent", "proposed", "consented", ("sharing_head", "department_head")),
        Transition("catalog.designation.object", "proposed", "objected", ("sharing_head", "department_head")),
        Transition("catalog.designation.decide", "consented", "decided", ("authority_head",)),
        Transition("catalog.designation.decide", "objected", "decided", ("authority_head",)),
        Transition("catalog.designation.drop", "proposed", "dropped", REVIEWERS),
        Transition("catalog.designation.drop", "consented", "dropped", REVIEWERS),
        Transition("catalog.designation.drop", "objected", "dropped", REVIEWERS),
        Transition("catalog.designation.end", "decided", "ended", ("authority_head",)),
    ),
)

REPETITION = Workflow(
    name="repetition",
    version=1,
    initial="flagged",
    states={
        "flagged": _("待部门处置"),
        "answered": _("待主管部门审核"),
        "mending": _("整改中"),
        "settled": _("已整改"),
        "excepted": _("准予例外"),
        "lapsed": _("不再重复"),
    },
    transitions=(
        Transition("catalog.repetition.answer", "flagged", "answered", DESK),
        Transition("catalog.repetition.agree", "answered", "mending", REVIEWERS),
        Transition("catalog.repetition.except", "answered", "excepted", REVIEWERS),
        Transition("catalog.repetition.refuse", "answered", "flagged", REVIEWERS),
        Transition("catalog.repetition.settle", "mending", "settled", DESK),
        Transition("catalog.repetition.recall", "excepted", "flagged", REVIEWERS),
        *(
            Transition("catalog.repetition.lapse", state, "lapsed", SERVICE)
            for state in ("flagged", "answered", "mending", "excepted")
        ),
    ),
)
