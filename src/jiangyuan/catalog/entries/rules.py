"""Pure decisions of the catalogue: when an entry may be submitted, its code, its grade, what differs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.errors import Conflict, Refused

ART13 = "《政务数据共享条例》第十三条"
ART14 = "《政务数据共享条例》第十四条、第十五条"
ART16 = "《政务数据共享条例》第十六条"
CODE_PREFIX = re.compile(r"^[123]\d{2}\d{3}\d*$")

LIVE_USES: list[Callable[[UUID], int]] = []
"""Asked before an entry is withdrawn: how many grants still live on it. `exchange.sharing` registers; nobody: refuse."""


class Incomplete(Refused):
    """The entry lacks what the regulation demands before it may be submitted."""

    default_code = "incomplete_entry"


def require_complete(
    *,
    name: str,
    summary: str,
    items: int,
    share_type: str,
    share_condition: str,
    share_basis: str,
    secrecy_result: str,
    privacy_result: str,
) -> None:
    """Refuse submission of an entry without its mandatory fields (art. 13), legal basis (14-15) or assessments (16)."""
    missing = [
        (not name.strip(), "name", _("缺少目录名称"), ART13),
        (not summary.strip(), "summary", _("缺少摘要"), ART13),
        (items == 0, "items", _("至少需要一个信息项"), ART13),
        (
            share_type == "conditional" and not share_condition.strip(),
            "share_condition",
            _("有条件共享须写明使用条件"),
            ART14,
        ),
        (
            share_type == "none" and not share_basis.strip(),
            "share_basis",
            _("不予共享须写明法律、行政法规或国务院决定依据"),
            ART14,
        ),
        (not secrecy_result.strip(), "secrecy_result", _("尚未记录保密风险评估结论"), ART16),
        (not privacy_result.strip(), "privacy_result", _("尚未记录个人信息保护影响评估结论"), ART16),
    ]
    for lacks, where, message, article in missing:
        if lacks:
            raise Incomplete(message, where=where, article=article, mend=_("请补充后重新提交。"))


def require_prefix(classification: str) -> None:
    """Refuse a classification that is no front part of a national resource code (类1+项2+目3+细目)."""
    if not CODE_PREFIX.match(classification):
        raise Refused(
            _("分类代码应为类 1 位、项 2 位、目 3 位，可带细目"),
            where="classification",
            article="《政务信息资源目录编制指南（试行）》",
            mend=_("请从分类列表中选择。"),
        )


def resource_code(classification: str, number: int) -> str:
    """Give the national resource code: classification, a slash, and the sequence number."""
    return f"{classification}/{number:06d}"


def highest_grade(grades: Iterable[int]) -> int:
    """Give the grade of an entry: the highest of its items' (就高从严, GB/T 43697-2024)."""
    return max(grades, default=1)


def require_reasons(reasons: Mapping[str, str]) -> None:
    """Refuse a return for correction that does not say, field by field, what is to be corrected."""
    if not reasons or any(not str(reason).strip() for reason in reasons.values()):
        raise Refused(_("退回纠正须逐项写明原因"), where="reasons", mend=_("请指出需要纠正的内容和原因。"))


def require_unshared(entry: UUID) -> None:
    """Refuse to withdraw an entry while grants live on it, or while nobody can tell."""
    if not LIVE_USES or any(count(entry) for count in LIVE_USES):
        raise Conflict(
            _("该目录仍有有效的共享授权，不能撤销"),
            where="entry",
            article="《政务数据共享条例》第二十七条",
            mend=_("请先与使用方协商并办结授权。"),
        )


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the fields in which two versions differ: [{"field", "before", "after"}], items by column name."""
    found = [
        {"field": key, "before": before.get(key), "after": after.get(key)}
        for key in after
        if key != "items" and before.get(key) != after.get(key)
    ]
    old = {item["column"]: item for item in before.get("items", [])}
    new = {item["column"]: item for item in after.get("items", [])}
    for column in [*new, *(c for c in old if c not in new)]:
        if old.get(column) != new.get(column):
            found.append({"field": f"items.{column}", "before": old.get(column), "after": new.get(column)})
    return found
