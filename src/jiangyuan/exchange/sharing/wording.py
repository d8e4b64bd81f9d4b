"""How requests and grants read: their forms, their ways of use, the parameters of their actions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.ui.fields import Shown
from jiangyuan.ui.wording import reason, say

FORMS: dict[str, Any] = {
    "match": gettext_lazy("核验：提交人员，返回是否相符或授权的字段"),
    "query": gettext_lazy("查询：按条件逐次查询"),
    "table": gettext_lazy("库表：持续交换到本部门数据库"),
}
_SHORT: dict[str, Any] = {"match": gettext_lazy("核验"), "query": gettext_lazy("查询"), "table": gettext_lazy("库表")}


def forms_text(forms: Iterable[str]) -> str:
    """Say the ways of use in a few words."""
    return _("、").join(str(_SHORT.get(form, form)) for form in forms)


def register_words() -> None:
    """Register the words of this app's forms."""
    why, what, how = gettext_lazy("为什么用"), gettext_lazy("用什么"), gettext_lazy("怎么用")
    common = {
        "basis": Shown(
            label=gettext_lazy("使用依据"),
            help=gettext_lazy("法律、法规或职责的名称和条款（条例第二十条）。"),
            control="textarea",
            group=why,
        ),
        "scenario": Shown(
            label=gettext_lazy("使用场景"),
            help=gettext_lazy("用在哪项业务、哪个环节，写明事项名称。"),
            control="textarea",
            group=why,
        ),
        "scope": Shown(
            label=gettext_lazy("使用范围"),
            help=gettext_lazy("涉及哪些人、哪些时间、哪些地区。"),
            control="textarea",
            group=why,
        ),
        "purpose": Shown(
            label=gettext_lazy("用途代码"),
            help=gettext_lazy("小写字母和连字符，例如 social-aid；调用时须一致。"),
            group=why,
        ),
        "forms": Shown(label=gettext_lazy("共享方式"), choices=list(FORMS.items()), group=how),
        "case_bound": Shown(
            label=gettext_lazy("限定办件"),
            help=gettext_lazy("只能查询已登记办件名单内的人员；不能与库表方式同用。"),
            group=how,
        ),
        "until": Shown(label=gettext_lazy("使用期限"), help=gettext_lazy("含当日。"), group=how),
        "items": Shown(label=gettext_lazy("信息项"), hidden=True),
        "condition": Shown(hidden=True),
    }
    say(
        "sharing.request.open",
        system=Shown(label=gettext_lazy("应用系统"), help=gettext_lazy("授权发给它，调用由它签名。"), group=what),
        entry=Shown(label=gettext_lazy("目录"), hidden=True),
        mount=Shown(label=gettext_lazy("数据资源"), group=what),
        **common,
    )
    say("sharing.request.edit", **common)
    say("sharing.request.return", reason=reason())
    say("sharing.request.send_back", reason=reason())
    say("sharing.request.cancel", reason=reason(gettext_lazy("可不填。")))
    say(
        "sharing.request.ask_completion",
        notice=Shown(
            label=gettext_lazy("需要补正的内容"),
            help=gettext_lazy("只能告知一次，请一次写全；补正期间计时暂停，不得以此拒绝。"),
            control="textarea",
        ),
    )
    say(
        "sharing.request.propose",
        proposal=Shown(
            label=gettext_lazy("办理意见"),
            help=gettext_lazy("是否同意、范围是否必要、需要注意什么。"),
            control="textarea",
        ),
    )
    say(
        "sharing.request.agree",
        probes_per_minute=Shown(
            label=gettext_lazy("核验上限"),
            unit=gettext_lazy("次/分钟"),
            help=gettext_lazy("超过即暂缓，防止批量试探。"),
        ),
    )
    say(
        "sharing.request.refuse",
        reason=reason(),
        article=Shown(
            label=gettext_lazy("依据条款"), help=gettext_lazy("不同意须说明理由和依据，例如《统计法》第九条。")
        ),
    )
    say(
        "sharing.request.extend_reply",
        days=Shown(
            label=gettext_lazy("延长"), unit=gettext_lazy("个工作日"), help=gettext_lazy("累计不超过 10 个工作日。")
        ),
        reason=reason(),
    )
    for verb in ("suspend", "withdraw", "give_up"):
        say(f"sharing.grant.{verb}", reason=reason())
    say("sharing.grant.resume", rectified=Shown(label=gettext_lazy("整改情况"), control="textarea"))
