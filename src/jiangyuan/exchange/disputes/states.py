"""The states of a dispute (政务数据共享条例 art. 28): the sides negotiate, the authority decides, its government last."""

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.workflow import Transition, Workflow

SIDES = ("business_office", "sharing_handler", "sharing_head")
OFFICE = ("sharing_handler", "sharing_head")

DISPUTE = Workflow(
    name="dispute",
    version=1,
    initial="answering",
    states={
        "answering": _("待对方答复"),
        "answered": _("待提出方确认"),
        "authority_handler": _("待主管部门提出意见"),
        "authority_head": _("待主管部门裁决"),
        "decided": _("已裁决"),
        "referred": _("已报政府决定"),
        "closed": _("已办结"),
        "settled": _("协商一致"),
        "withdrawn": _("已撤回"),
    },
    transitions=(
        Transition("disputes.dispute.answer", "answering", "answered", OFFICE),
        Transition("disputes.dispute.escalate", "answering", "authority_handler", SIDES),
        Transition("disputes.dispute.settle", "answered", "settled", SIDES),
        Transition("disputes.dispute.escalate", "answered", "authority_handler", SIDES),
        Transition("disputes.dispute.withdraw", "answering", "withdrawn", SIDES),
        Transition("disputes.dispute.withdraw", "answered", "withdrawn", SIDES),
        Transition("disputes.dispute.withdraw", "authority_handler", "withdrawn", SIDES),
        Transition("disputes.dispute.propose", "authority_handler", "authority_head", ("authority_handler",)),
        Transition("disputes.dispute.send_back", "authority_head", "authority_handler", ("authority_head",)),
        Transition("disputes.dispute.decide", "authority_head", "decided", ("authority_head",)),
        Transition("disputes.dispute.refer", "decided", "referred", ("sharing_head",)),
        Transition("disputes.dispute.close", "decided", "closed", ("authority_handler",)),
        Transition("disputes.dispute.record", "referred", "closed", ("authority_handler",)),
    ),
)
