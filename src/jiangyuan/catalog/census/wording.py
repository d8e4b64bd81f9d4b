"""How the parameters of the census's actions read on forms; those of the registers say it in their declaration."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.census.kinds import KINDS
from jiangyuan.catalog.census.models import Channel
from jiangyuan.ui.checking import check_first
from jiangyuan.ui.fields import Shown
from jiangyuan.ui.wording import reason, say

KIND_PAIRS = [(kind.code, kind.title) for kind in KINDS.values()]


def register_words() -> None:
    """Register the words of this room's forms."""
    asked = {
        "title": Shown(label=_("普查名称"), help=_("例如“2026年度全省数字资源普查”。")),
        "kinds": Shown(label=_("普查内容"), choices=KIND_PAIRS, help=_("普查数据表的，须同时普查数据库。")),
        "deadline": Shown(label=_("截止日期"), help=_("部门负责人须在这一天之前签发。")),
        "lower": Shown(label=_("包括下级"), help=_("市州、县的部门也填报。")),
        "purpose": Shown(label=_("说明"), control="textarea", help=_("依据、范围和填报要求，填报人会看到。")),
    }
    say("census.campaign.create", bodies=Shown(label=_("填报部门"), help=_("不选即全部部门。")), **asked)
    say("census.campaign.edit", **asked)
    say("census.campaign.cancel", reason=reason())
    for action in ("census.report.send_back", "census.report.return"):
        say(action, reason=reason(_("写明哪里要改、怎样改，填报人会看到。")))
    say(
        "census.report.submit",
        zero=Shown(label=_("零报告"), help=_("本部门确实没有这些资源。零报告同样由负责人签发。")),
        note=Shown(label=_("说明"), control="textarea", help=_("需要主管部门了解的情况，可不填。")),
    )
    say(
        "census.finding.explain",
        explanation=Shown(label=_("说明"), control="textarea", help=_("例如“临时表，不属于本部门数据资源”。")),
    )
    channel = {
        "name": Shown(label=_("通道名称"), help=_("例如“医保局参保状态查询接口”。")),
        "protocol": Shown(label=_("方式"), choices=Channel.PROTOCOLS),
        "content": Shown(label=_("传输的数据"), control="textarea", help=_("哪些数据，给谁办什么事用。")),
        "callers": Shown(label=_("调用部门")),
        "outsiders": Shown(label=_("其他调用方"), help=_("未在平台登记的单位。")),
        "monthly_calls": Shown(label=_("月均调用量"), unit=_("次")),
        "address": Shown(label=_("地址")),
        "personal": Shown(label=_("含个人信息")),
    }
    say("census.channel.register", body=Shown(label=_("提供方")), **channel)
    say("census.channel.edit", **channel)
    say(
        "census.channel.decide",
        fate=Shown(label=_("处置"), control="radio", choices=Channel.FATES),
        reason=reason(),
        until=Shown(label=_("完成日期"), help=_("纳入平台或关闭的须填写。")),
    )
    check_first("census.report.submit", "census.report.sign")
