"""How disputes read: the parameters of their actions."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jiangyuan.exchange.disputes.rules import GROUNDS, OUTCOMES
from jiangyuan.ui.checking import check_first
from jiangyuan.ui.fields import Shown
from jiangyuan.ui.wording import reason, say


def register_words() -> None:
    """Register the words of this app's forms."""
    say(
        "disputes.dispute.raise",
        request=Shown(hidden=True),
        ground=Shown(label=_("争议理由"), choices=list(GROUNDS.items()), control="radio"),
        claim=Shown(label=_("事实和理由"), help=_("发生了什么、何时、依据哪一条。不写个人信息。"), control="textarea"),
        wish=Shown(label=_("希望对方怎么做"), help=_("写清楚要求，对方按此答复。"), control="textarea"),
    )
    say(
        "disputes.dispute.answer",
        answer=Shown(label=_("答复"), help=_("怎样纠正、何时完成；不接受的，说明理由和依据。"), control="textarea"),
    )
    say(
        "disputes.dispute.escalate",
        insisted=Shown(label=_("仍有争议的问题"), help=_("对方答复后仍不能一致的地方。"), control="textarea"),
    )
    say("disputes.dispute.withdraw", reason=reason())
    say(
        "disputes.dispute.propose",
        proposal=Shown(
            label=_("裁决意见"), help=_("双方事实、依据和建议；裁决前只在主管部门内部可见。"), control="textarea"
        ),
    )
    say("disputes.dispute.send_back", reason=reason(_("需要进一步核实什么。只在主管部门内部可见。")))
    say(
        "disputes.dispute.decide",
        outcome=Shown(label=_("裁决结果"), choices=list(OUTCOMES.items()), control="radio"),
        decision=Shown(label=_("理由和要求"), help=_("认定的事实、理由，谁应当做什么。"), control="textarea"),
        article=Shown(label=_("依据条款"), help=_("例如《政务数据共享条例》第二十一条。")),
        carry_out_by=Shown(label=_("落实期限"), help=_("含当日；不需要落实的可留空。")),
    )
    say("disputes.dispute.refer", reason=reason(_("为什么不接受裁决；报本级人民政府决定（条例第二十八条）。")))
    say("disputes.dispute.close", outcome=Shown(label=_("落实情况"), control="textarea"))
    say(
        "disputes.dispute.record",
        decision=Shown(label=_("政府的决定"), help=_("决定的文号、日期和内容。"), control="textarea"),
    )
    check_first("disputes.dispute.decide")
