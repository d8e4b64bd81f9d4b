"""The states of a batch and of its lines."""

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.workflow import Transition, Workflow

REVIEWERS = ("authority_handler", "authority_head")
DESK = ("sharing_handler", "sharing_head")
SERVICE = ("service",)

BATCH = Workflow(
    name="batch",
    version=1,
    initial="draft",
    states={"draft": _("编制中"), "issued": _("已下达"), "closed": _("已办结")},
    transitions=(
        Transition("catalog.share_batch.issue", "draft", "issued", ("authority_head",)),
        Transition("catalog.share_batch.close", "issued", "closed", REVIEWERS),
    ),
)

COMMITMENT = Workflow(
    name="commitment",
    version=1,
    initial="draft",
    states={
        "draft": _("未下达"),
        "due": _("待落实"),
        "fulfilled": _("已落实"),
        "released": _("已解除"),
    },
    transitions=(
        Transition("catalog.commitment.release", "draft", "released", REVIEWERS),
        Transition("catalog.commitment.release", "due", "released", REVIEWERS),
        Transition("catalog.commitment.postpone", "due", "due", ("authority_head",)),
        Transition("catalog.commitment.tie", "draft", "draft", REVIEWERS),
        Transition("catalog.commitment.tie", "due", "due", (*DESK, *REVIEWERS)),
        Transition("catalog.commitment.fulfil", "due", "fulfilled", SERVICE),
        Transition("catalog.commitment.reopen", "fulfilled", "due", SERVICE),
    ),
)
