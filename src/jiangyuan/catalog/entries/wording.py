"""How entries, their fields and their masks read: on forms, in differences, in lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.entries.models import DataItem, Entry, EntryRelation
from jiangyuan.kernel.texts import listed
from jiangyuan.ui.checking import check_first
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
    "nature": gettext_lazy("事项属性"),
    "share_methods": gettext_lazy("共享方式"),
    "contact": gettext_lazy("联系人"),
    "contact_phone": gettext_lazy("联系电话"),
    "time_from": gettext_lazy("数据起始日期"),
    "time_to": gettext_lazy("数据终止日期"),
    "space_scope": gettext_lazy("空间范围"),
    "provider": gettext_lazy("提供方"),
    "provider_code": gettext_lazy("提供方代码"),
    "related": gettext_lazy("关联目录"),
    "whole": gettext_lazy("整体"),
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
    "nature": dict(Entry.NATURES),
}
METHODS = dict(Entry.METHODS)
RELATIONS: dict[str, tuple[Any, Any]] = {
    "derived_from": (gettext_lazy("加工自"), gettext_lazy("被加工为")),
    "part_of": (gettext_lazy("属于"), gettext_lazy("包含")),
    "replaces": (gettext_lazy("替代"), gettext_lazy("被替代为")),
    "references": (gettext_lazy("引用"), gettext_lazy("被引用于")),
    "same_subject": (gettext_lazy("同一主题"), gettext_lazy("同一主题")),
}
"""How each relation reads from the entry that has it, and from the other one."""
TYPES: dict[str, Any] = dict(DataItem.DATA_TYPES)
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
    if name == "share_methods":
        return listed([METHODS.get(one, one) for one in value]) if value else None
    if name == "related":
        return listed([_relation_text(one) for one in value]) if value else None
    if name == "grade":
        return _("%(grade)s 级") % {"grade": value}
    return _CHOICES.get(name, {}).get(str(value), value)


def _relation_text(relation: Mapping[str, Any]) -> str:
    said = {"kind": RELATIONS[relation["kind"]][0], "name": relation["name"]}
    return _("%(kind)s“%(name)s”") % said


def item_text(item: Mapping[str, Any]) -> str:
    """Say a data item in one line, as differences show it."""
    told = [
        str(item["name"]),
        type_text(item),
        _("%(grade)s 级") % {"grade": item["grade"]},
        _("敏感个人信息") if item.get("sensitive") else _("个人信息") if item.get("personal") else "",
        _("主键") if item.get("key") else "" if item.get("nullable", True) else _("必填"),
        "" if item.get("shareable", True) else _("不直接提供"),
        mask_text(item.get("mask")) if item.get("mask") else "",
    ]
    return _("，").join(part for part in told if part)


def type_text(item: Mapping[str, Any]) -> str:
    """Say the type of an item in the guide's words, with its length: 字符型，最长 18; "" when it is not known."""
    letter = item.get("data_type") or ""
    if not letter:
        return ""
    told = str(TYPES.get(letter, letter)).removesuffix(f" {letter}")
    length, scale = item.get("length"), item.get("scale")
    if length is None:
        return told
    if scale is None:
        return _("%(type)s，最长 %(length)s") % {"type": told, "length": length}
    return _("%(type)s，最长 %(length)s 位，小数 %(scale)s 位") % {"type": told, "length": length, "scale": scale}


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
        "share_methods": Shown(
            label=FIELDS["share_methods"],
            help=gettext_lazy("可选几项；核验和查询属于服务接口（条例第二十二条）。"),
            choices=list(Entry.METHODS),
        ),
        "update_cycle": Shown(label=FIELDS["update_cycle"], choices=list(Entry.CYCLES)),
        "classification": Shown(
            label=gettext_lazy("分类"), help=gettext_lazy("按名称或代码查找；选到目（六位）或细目。")
        ),
        "nature": Shown(
            label=FIELDS["nature"],
            help=gettext_lazy("办理政务服务事项产生或使用的为事项类，其他为非事项类。"),
            choices=list(Entry.NATURES),
            control="radio",
        ),
    }
    say("catalog.entry.draft", table=Shown(label=gettext_lazy("数据表")), **words)
    say(
        "catalog.entry.edit",
        **{**words, "name": Shown(label=FIELDS["name"])},
        format=Shown(label=FIELDS["format"], choices=list(Entry.FORMATS)),
        share_basis=Shown(
            label=FIELDS["share_basis"],
            help=gettext_lazy("不予共享必填：法律、行政法规或国务院决定的名称和条款（条例第十五条）。"),
            control="textarea",
        ),
        open_type=Shown(label=FIELDS["open_type"], choices=list(Entry.OPEN), control="radio"),
        open_condition=Shown(label=FIELDS["open_condition"], control="textarea"),
        time_from=Shown(label=FIELDS["time_from"], help=gettext_lazy("数据从哪一天起。")),
        time_to=Shown(label=FIELDS["time_to"], help=gettext_lazy("到哪一天止；仍在产生的留空。")),
        space_scope=Shown(label=FIELDS["space_scope"], help=gettext_lazy("数据覆盖的地域，如“青海省”。")),
        contact=Shown(label=FIELDS["contact"], help=gettext_lazy("使用方有疑问时找谁：处室或姓名。")),
        contact_phone=Shown(label=FIELDS["contact_phone"], help=gettext_lazy("办公电话，只填数字和“-”。")),
        items=Shown(label=FIELDS["items"], hidden=True),
        clear=Shown(hidden=True),
    )
    say(
        "catalog.entry.compose",
        **{**words, "name": Shown(label=FIELDS["name"])},
        body=Shown(label=gettext_lazy("部门"), hidden=True),
        format=Shown(label=FIELDS["format"], choices=list(Entry.FORMATS)),
        items=Shown(label=FIELDS["items"], hidden=True),
    )
    _register_words_of_the_tree()
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
    say(
        "catalog.entry.return",
        reasons=Shown(hidden=True),
        reason=Shown(label=gettext_lazy("退回原因"), help=gettext_lazy("写明哪里不对、怎样改。"), control="textarea"),
    )
    check_first("catalog.entry.submit", "catalog.entry.publish", "catalog.entry.withdraw")
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


def _register_words_of_the_tree() -> None:
    code = gettext_lazy("项 3 位、目 6 位，细目在目之后续编；代码用过就不再给别的分类。")
    say(
        "catalog.classification.add",
        code=Shown(label=FIELDS["classification"], help=code),
        name=Shown(label=gettext_lazy("分类名称")),
    )
    say("catalog.classification.rename", name=Shown(label=gettext_lazy("分类名称")))
    say("catalog.classification.close", reason=reason())
    say(
        "catalog.entry.reclassify",
        classification=Shown(
            label=FIELDS["classification"], help=gettext_lazy("换发新代码；原代码仍能查到这项目录，不再给别的目录。")
        ),
        reason=reason(),
    )
    say(
        "catalog.entry.relate",
        to=Shown(
            label=gettext_lazy("关联哪项目录"), help=gettext_lazy("键入名称或代码中的几个字，从列出的目录中选择。")
        ),
        kind=Shown(
            label=gettext_lazy("什么关系"),
            choices=[(kind, RELATIONS[kind][0]) for kind, _label in EntryRelation.KINDS],
            control="radio",
        ),
    )
    say("catalog.entry.unrelate", to=Shown(hidden=True), kind=Shown(hidden=True))
