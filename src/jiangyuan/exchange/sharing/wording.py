"""How requests and grants read: their forms, their ways of use, the parameters of their actions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy

from jiangyuan.exchange.sharing.purposes import choices
from jiangyuan.kernel.texts import listed
from jiangyuan.ui.checking import check_first
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
    return listed(str(_SHORT.get(form, form)) for form in forms)


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
            help=gettext_lazy("从代码表中选择最贴近的一项；系统调用时须填同一代码。"),
            choices=choices,
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
    check_first("sharing.request.submit", "sharing.request.agree", "sharing.request.refuse", "sharing.grant.withdraw")
    say("sharing.request.return", reason=reason(gettext_lazy("总的意见；也可只在下面对应的项里写。")), **_mends())
    say("sharing.request.send_back", reason=reason())
    say(
        "sharing.request.sign",
        opinion=Shown(
            label=gettext_lazy("签署意见"),
            help=gettext_lazy("同意的理由和要求，随审批单留存；内容变更后须重新签署。"),
            control="textarea",
        ),
    )
    say("sharing.request.withhold", reason=reason(gettext_lazy("写明怎样改后可以签署，经办人会看到。")))
    say("sharing.request.cancel", reason=reason(gettext_lazy("可不填。")))
    say(
        "sharing.request.ask_completion",
        notice=Shown(
            label=gettext_lazy("需要补正的内容"),
            help=gettext_lazy("只能告知一次，请一次写全，也可在下面逐项写；补正期间计时暂停，不得以此拒绝。"),
            control="textarea",
        ),
        **_mends(),
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
    _register_cases()


MENDED: dict[str, Any] = {
    "basis": gettext_lazy("使用依据"),
    "purpose": gettext_lazy("用途代码"),
    "scenario": gettext_lazy("使用场景"),
    "scope": gettext_lazy("使用范围"),
    "items": gettext_lazy("信息项和脱敏方式"),
    "forms": gettext_lazy("共享方式"),
    "until": gettext_lazy("使用期限"),
}
"""What of an application may be sent back with a reason of its own."""


def _mends() -> dict[str, Shown]:
    group = gettext_lazy("逐项说明（只填需要改的项）")
    return {name: Shown(label=label, group=group) for name, label in MENDED.items()}


def _register_cases() -> None:
    say(
        "sharing.case.open",
        system=Shown(label=gettext_lazy("应用系统")),
        number=Shown(
            label=gettext_lazy("办件编号"), help=gettext_lazy("业务系统中的编号，可用字母、数字和 - _ . / 四种符号。")
        ),
        purpose=Shown(label=gettext_lazy("用途代码"), help=gettext_lazy("与授权的用途一致。"), choices=choices),
        authorisation_digest=Shown(
            label=gettext_lazy("授权书摘要"),
            help=gettext_lazy("本人签署的授权书文件的 SM3 摘要，64 位十六进制小写。"),
        ),
        citizen_ids=Shown(
            label=gettext_lazy("名单内人员的公民身份号码"),
            help=gettext_lazy("每行一个，最多 200 个；提交后只保留不可还原的标识。"),
            control="textarea",
            secret=True,
        ),
        open_until=Shown(label=gettext_lazy("办理至"), help=gettext_lazy("含当日；到期后不能再查询。")),
        watched=Shown(label=gettext_lazy("关注变化"), help=gettext_lazy("名单内人员的数据变化时提醒经办人。")),
    )
    say("sharing.case.watch", watched=Shown(label=gettext_lazy("关注变化")))
