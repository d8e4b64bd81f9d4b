"""The states of an excuse."""

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.workflow import Transition, Workflow

REVIEWERS = ("authority_handler", "authority_head")
DESK = ("sharing_handler", "sharing_head")
SERVICE = ("service",)

EXCUSE = Workflow(
    name="excuse",
    version=1,
    initial="proposed",
    states={
        "proposed": _("待主管部门审核"),
        "accepted": _("已同意豁免"),
        "refused": _("不同意豁免"),
        "withdrawn": _("已撤回"),
        "revoked": _("已取消豁免"),
        "expired": _("豁免到期"),
    },
    transitions=(
        Transition("catalog.excuse.accept", "proposed", "accepted", REVIEWERS),
        Transition("catalog.excuse.refuse", "proposed", "refused", REVIEWERS),
        Transition("catalog.excuse.withdraw", "proposed", "withdrawn", DESK),
        Transition("catalog.excuse.withdraw", "accepted", "withdrawn", DESK),
        Transition("catalog.excuse.revoke", "accepted", "revoked", REVIEWERS),
        Transition("catalog.excuse.expire", "accepted", "expired", SERVICE),
    ),
)
