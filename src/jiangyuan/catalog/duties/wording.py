"""How duties, systems, matters and excuses read on forms and in lists."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.duties.models import Excuse, Obligation
from jiangyuan.catalog.entries.models import Entry
from jiangyuan.ui import parts, shares
from jiangyuan.ui.fields import Shown
from jiangyuan.ui.wording import reason, say

KINDS: dict[str, Any] = dict(Obligation.KINDS)
FIGURES: dict[str, Any] = {
    "duty": gettext_lazy("职责覆盖率"),
    "system": gettext_lazy("信息系统覆盖率"),
    "matter": gettext_lazy("政务服务事项覆盖率"),
}
FIELDS: dict[str, Any] = {
    "name": gettext_lazy("名称"),
    "content": gettext_lazy("内容"),
    "source_list": gettext_lazy("出自清单"),
    "category": gettext_lazy("类型"),
    "document": gettext_lazy("来源文件"),
    "article": gettext_lazy("条款"),
    "materials": gettext_lazy("申请材料"),
    "valid_from": gettext_lazy("生效日期"),
    "valid_to": gettext_lazy("失效日期"),
}
_TONES: dict[str, parts.Tone] = {"open": "warn", "covered": "good", "excused": "idle"}


def coverage_badge(obligation: Obligation) -> parts.Badge:
    """Show whether an obligation is covered."""
    if not obligation.in_force:
        return parts.Badge(label=_("不在有效期"), tone="closed")
    label = dict(Obligation.COVERAGE)[obligation.coverage]
    return parts.Badge(label=label, tone=_TONES[obligation.coverage])


def code_part(obligation: Obligation) -> parts.Code | str:
    """Show the number that a list gives; a system has none, and its code is the platform's own."""
    return parts.Code(text=obligation.code) if obligation.system_id is None and obligation.code else ""


def document_of(obligation: Obligation) -> Any:
    """Say where a system stands written: it comes from no list, but from the register of systems."""
    return _("应用系统登记") if obligation.system_id is not None else ""


def share_text(share: int | None) -> str:
    """Say a share in hundredths of a per cent; nothing to cover is no share."""
    if share is None:
        return _("无应覆盖项")
    return shares.percent(share / 100)


def field_text(name: str, value: Any) -> Any:
    """Say a field's value as people do."""
    if name == "source_list":
        return dict(Obligation.LISTS).get(value, "")
    if name == "materials":
        return _("；").join(value)
    return value


def register_words() -> None:
    """Register the words of this app's forms."""
    texts = {
        "name": Shown(label=FIELDS["name"]),
        "category": Shown(label=FIELDS["category"], help=gettext_lazy("例如行政许可、行政给付、行政检查。")),
        "content": Shown(label=FIELDS["content"], control="textarea"),
        "document": Shown(label=FIELDS["document"], help=gettext_lazy("文件全称，可附文号。")),
        "article": Shown(label=FIELDS["article"]),
        "valid_to": Shown(label=FIELDS["valid_to"], help=gettext_lazy("长期有效的不填；失效当天仍计入。")),
    }
    say(
        "catalog.obligation.register",
        body=Shown(label=gettext_lazy("部门")),
        kind=Shown(
            label=gettext_lazy("种类"), choices=[k for k in Obligation.KINDS if k[0] != "system"], control="radio"
        ),
        code=Shown(label=gettext_lazy("编号"), help=gettext_lazy("清单中的编号；事项填国家事项编码。")),
        source_list=Shown(
            label=FIELDS["source_list"], help=gettext_lazy("职责必填，事项不填。"), choices=list(Obligation.LISTS)
        ),
        materials=Shown(label=FIELDS["materials"], help=gettext_lazy("每行一种；职责不填。")),
        valid_from=Shown(label=FIELDS["valid_from"], help=gettext_lazy("不填为今天。")),
        **texts,
    )
    say(
        "catalog.obligation.alter",
        reason=reason(),
        valid_from=Shown(label=gettext_lazy("新内容自何日起"), help=gettext_lazy("不填为今天；此前的内容留作版本。")),
        **texts,
    )
    say(
        "catalog.obligation.retire",
        last_day=Shown(label=gettext_lazy("最后有效日"), help=gettext_lazy("不填则今天起不再计入。")),
        reason=reason(),
    )
    say(
        "catalog.obligation.link",
        entry=Shown(label=gettext_lazy("目录"), help=gettext_lazy("本部门的目录，写名称或其中几个字。")),
    )
    say("catalog.obligation.unlink", entry=Shown(label=gettext_lazy("目录")), reason=reason())
    say(
        "catalog.obligation.write",
        table=Shown(label=gettext_lazy("数据表")),
        name=Shown(label=gettext_lazy("目录名称"), help=gettext_lazy("不填则用数据表的说明。")),
        summary=Shown(
            label=gettext_lazy("摘要"), help=gettext_lazy("写明内容、范围、时间跨度和产生的业务。"), control="textarea"
        ),
        share_type=Shown(label=gettext_lazy("共享类型"), choices=list(Entry.SHARE), control="radio"),
        share_condition=Shown(label=gettext_lazy("共享条件"), control="textarea"),
    )
    say(
        "catalog.excuse.propose",
        obligation=Shown(hidden=True),
        ground=Shown(label=gettext_lazy("理由"), choices=list(Excuse.GROUNDS), control="radio"),
        reason=reason(gettext_lazy("写明事实：数据由谁、在哪个系统产生和保管，为什么不编目录。")),
        basis=Shown(label=gettext_lazy("依据"), help=gettext_lazy("涉密的必填：定密依据的名称和条款。")),
        until=Shown(label=gettext_lazy("豁免至"), help=gettext_lazy("不填为长期；到期自动恢复为未覆盖。")),
    )
    say("catalog.excuse.accept", note=Shown(label=gettext_lazy("意见"), control="textarea"))
    say("catalog.excuse.refuse", reason=reason(gettext_lazy("部门会看到原因，并据此编制目录。")))
    say("catalog.excuse.revoke", reason=reason())
