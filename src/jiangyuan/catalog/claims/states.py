"""The states of a claim, and of a proposal to move the pin of a claimed entry."""

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.workflow import Transition, Workflow

OFFICE = ("sharing_handler", "sharing_head")
HEAD = "department_head"

CLAIM = Workflow(
    name="claim",
    version=2,
    initial="waiting",
    states={
        "waiting": _("待答复"),
        "claimed": _("已申领"),
        "inapplicable": _("本地不适用"),
        "held_above": _("上级已有"),
        "upper_gone": _("上级已撤销，待答复"),
        "kept": _("上级已撤销，自行保留"),
        "given_up": _("上级已撤销，本部门也已撤销"),
    },
    transitions=(
        Transition("catalog.claim.accept", "waiting", "claimed", OFFICE),
        Transition("catalog.claim.decline", "waiting", "inapplicable", OFFICE),
        Transition("catalog.claim.hold_above", "waiting", "held_above", OFFICE),
        Transition("catalog.claim.reconsider", "inapplicable", "waiting", OFFICE),
        Transition("catalog.claim.reconsider", "held_above", "waiting", OFFICE),
        Transition("catalog.claim.release", "claimed", "waiting", ("service",)),
        Transition("catalog.claim.lose", "claimed", "upper_gone", ("service",)),
        Transition("catalog.claim.keep", "upper_gone", "kept", OFFICE),
        Transition("catalog.claim.give_up", "upper_gone", "given_up", (HEAD,)),
        Transition("catalog.claim.close", "upper_gone", "given_up", ("service",)),
    ),
)

PROPOSAL = Workflow(
    name="proposal",
    version=1,
    initial="proposed",
    states={
        "proposed": _("待更新至新版本"),
        "objected": _("有异议，待上级答复"),
        "moved": _("已更新至新版本"),
        "conceded": _("上级接受异议"),
        "obsolete": _("目录已撤销"),
    },
    transitions=(
        Transition("catalog.proposal.move", "proposed", "moved", OFFICE),
        Transition("catalog.proposal.move", "objected", "moved", OFFICE),
        Transition("catalog.proposal.object", "proposed", "objected", OFFICE),
        Transition("catalog.proposal.uphold", "objected", "proposed", OFFICE),
        Transition("catalog.proposal.concede", "objected", "conceded", OFFICE),
        Transition("catalog.proposal.end", "proposed", "obsolete", ("service",)),
        Transition("catalog.proposal.end", "objected", "obsolete", ("service",)),
    ),
)
PENDING = ("proposed", "objected")
