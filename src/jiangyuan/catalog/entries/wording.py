"""How entries, their fields and their masks read: on forms, in differences, in lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.ui.fields import Shown
from jiangyuan.ui.wording import reason, say

FIELDS: dict[str, Any] = {
    "name": gettext_lazy("目录名称"),
    "summary": gettext_lazy("摘要"),
    "category": gettext_lazy("资源类别"),
    "classification": gettext_lazy("分类代码"),
    "format": gettext_lazy("资源格式"),
    "update_cycle": gettext_lazy("更新周期"),
    "share_type": gettext_lazy("共享类型"),
    "share_condition": gettext_lazy("共享条件"),
    "share_basis": gettext_lazy("不予共享依据"),
    "open_type": gettext_lazy("开放类型"),
    "open_condition": gettext_lazy("开放条件"),
    "grade": gettext_lazy("数据级别"),
    "items": gettext_lazy("信息项"),
    "secrecy_result": gettext_lazy("保密风险评估"),
    "privacy_result": gettext_lazy("个人信息保护影响评估"),
}
_CHOICES: dict[str, dict[str, Any]] = {
    "category": dict(Entry.CATEGORIES),
    "format": dict(Entry.FORMATS),
    "update_cycle": dict(Entry.CYCLES),
    "share_type": dict(Entry.SHARE),
    "open_type": dict(Entry.OPEN),
}
GRADES = [(grade, gettext_lazy("%(grade)s 级") % {"grade": grade}) for grade in (1, 2, 3, 4)]
MASKS: dict[str, Any] = {
    "none": gettext_lazy("原值"),
    "redact": gettext_lazy("不显示"),
    "keep": gettext_lazy("保留前 %(first)s 位、后 %(last)s 位"),
    "name": gettext_lazy("仅显示首字"),
    "phone": gettext_lazy("隐去中间四位"),
    "division": gettext_lazy("仅显示前六位行政区划"),
    "birth_year": gettext_lazy("仅显示出生年份"),
    "year": gettext_lazy("仅显示年份"),
    "round": gettext_lazy("按 %(unit)s 取整"),
    "bucket": gettext_lazy("按 %(unit)s 分档"),
    "token": gettext_lazy("以不可还原的令牌替代"),
}
PLAIN_MASKS = ("none", "redact", "name", "phone", "division", "birth_year", "year", "token")
"""Masks that have no parameters: what a select can offer."""


def mask_text(mask: Mapping[str, Any] | None) -> str:
    """Say a mask in its JSON form."""
    form = mask or {"kind": "none"}
    text = MASKS.get(str(form.get("kind", "none")))
    return str(text) % {"first": 0, "last": 0, "unit": 0, **form} if text is not None else str(form.get("kind"))


def field_label(name: str) -> Any:
    """Name a field of an entry; an item is named by its column."""
    if name.startswith("items."):
        return _("信息项 %(column)s") % {"column": name.removeprefix("items.")}
    return FIELDS.get(name, name)


def field_value(name: str, value: Any) -> Any:
    """Say a field's value as people do; None stays None."""
    if value is None or value == "":
        return None
    if isinstance(value, Mapping):
        return item_text(value)
    if name == "grade":
        return _("%(grade)s 级") % {"grade": value}
    return _CHOICES.get(name, {}).get(str(value), value)


def item_text(item: Mapping[str, Any]) -> str:
    """Say a data item in one line, as differences show it."""
    told = [
        str(item["name"]),
        _("%(grade)s 级") % {"grade": item["grade"]},
        _("个人信息") if item.get("personal") else "",
        "" if item.get("shareable", True) else _("不直接提供"),
        mask_text(item.get("mask")) if item.get("mask") else "",
    ]
    return _("，").join(part for part in told if part)


def register_words() -> None:
    """Register the words of this room's forms."""
    words = {
        "name": Shown(label=FIELDS["name"], help=gettext_lazy("不填则用数据表的说明。")),
        "summary": Shown(
            label=FIELDS["summary"], help=gettext_lazy("写明内容、范围、时间跨度和产生的业务。"), control="textarea"
        ),
        "share_type": Shown(label=FIELDS["share_type"], choices=list(Entry.SHARE), control="radio"),
        "share_condition": Shown(
            label=FIELDS["share_condition"],
            help=gettext_lazy("有条件共享必填：可用于哪些事项、由谁使用、怎样使用（条例第十四条）。"),
            control="textarea",
        ),
        "update_cycle": Shown(label=FIELDS["update_cycle"], choices=list(Entry.CYCLES)),
    }
    say("catalog.entry.draft", table=Shown(label=gettext_lazy("数据表")), **words)
    say(
        "catalog.entry.edit",
        **{**words, "name": Shown(label=FIELDS["name"])},
        classification=Shown(
            label=FIELDS["classification"], help=gettext_lazy("类 1 位、项 2 位、目 3 位，可带细目，例如 307001。")
        ),
        share_basis=Shown(
            label=FIELDS["share_basis"],
            help=gettext_lazy("不予共享必填：法律、行政法规或国务院决定的名称和条款（条例第十五条）。"),
            control="textarea",
        ),
        open_type=Shown(label=FIELDS["open_type"], choices=list(Entry.OPEN), control="radio"),
        open_condition=Shown(label=FIELDS["open_condition"], control="textarea"),
        items=Shown(label=FIELDS["items"], hidden=True),
    )
    say(
        "catalog.entry.assess",
        secrecy_result=Shown(
            label=FIELDS["secrecy_result"],
            help=gettext_lazy("写明是否涉及国家秘密、工作秘密，汇聚后风险如何，结论是什么。"),
            control="textarea",
        ),
        privacy_result=Shown(
            label=FIELDS["privacy_result"],
            help=gettext_lazy("写明处理目的是否正当必要、对个人权益的影响、保护措施是否相称。"),
            control="textarea",
        ),
    )
    say("catalog.entry.return", reasons=Shown(hidden=True))
    say(
        "catalog.entry.revise",
        trigger=Shown(
            label=gettext_lazy("因何修订"),
            help=gettext_lazy("决定更新的时限：职责变化 10 个工作日，自身信息变化 20 个工作日。"),
            choices=[
                ("law_or_duty", gettext_lazy("法律法规或职责变化")),
                ("own_information", gettext_lazy("自身信息变化")),
            ],
            control="radio",
        ),
        reason=reason(),
    )
    say("catalog.entry.withdraw", reason=reason())
