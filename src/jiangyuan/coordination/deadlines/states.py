"""The states of an extension (政务数据共享条例 art. 17, 21) and of an overdue matter under supervision (art. 29, 38)."""

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.workflow import Transition, Workflow

SUPERVISORS = ("authority_handler", "authority_head")

EXTENSION = Workflow(
    name="extension",
    version=1,
    initial="asked",
    states={"asked": _("待主管部门批准"), "approved": _("已批准延期"), "refused": _("未批准延期")},
    transitions=(
        Transition("deadlines.extension.approve", "asked", "approved", ("authority_head",)),
        Transition("deadlines.extension.refuse", "asked", "refused", ("authority_head",)),
    ),
)

OVERDUE = Workflow(
    name="overdue",
    version=1,
    initial="open",
    states={"open": _("待督促"), "urged": _("已督促，待办结"), "closed": _("已办结")},
    transitions=(
        Transition("deadlines.overdue.urge", "open", "urged", SUPERVISORS),
        Transition("deadlines.overdue.urge", "urged", "urged", SUPERVISORS),
        Transition("deadlines.overdue.close", "open", "closed", ("service",)),
        Transition("deadlines.overdue.close", "urged", "closed", ("service",)),
    ),
)
