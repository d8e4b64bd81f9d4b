"""The states of a demand."""

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.workflow import Transition, Workflow

AUTHORITY = ("authority_handler", "authority_head")
FILERS = ("business_office", "sharing_handler", "sharing_head")

DEMAND = Workflow(
    name="demand",
    version=1,
    initial="filed",
    states={"filed": _("待主管部门答复"), "answered": _("已答复"), "withdrawn": _("已撤回")},
    transitions=(
        Transition("demand.demand.answer", "filed", "answered", AUTHORITY),
        Transition("demand.demand.withdraw", "filed", "withdrawn", FILERS),
    ),
)
