"""The approval path as rule data: how high a grade, in which form of use and beyond how many rows, asks for whose signature.

The road of the regulation (art. 20-21: the consumer's head, the provider's handler and head) is the least; what stands
here is added to it, before the reply. A province changes the table, not the code.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

SIGNATORIES: dict[str, Any] = {
    "consumer_head": _("使用方数据共享工作机构负责人"),
    "provider_handler": _("提供方经办人"),
    "provider_head": _("提供方数据共享工作机构负责人"),
    "department_head": _("提供方部门负责人"),
    "authority": _("共享主管部门"),
}
LEAST = ("consumer_head", "provider_handler", "provider_head")
"""The last of them replies, when everybody has signed."""


@dataclass(frozen=True, slots=True)
class Rule:
    """From `grade` on, for use in one of `forms`, above `rows` (0: any number), `adds` sign too."""

    grade: int
    forms: frozenset[str]
    rows: int
    adds: tuple[str, ...]


BATCH = frozenset({"table", "file"})
RULES: tuple[Rule, ...] = (
    Rule(3, BATCH, 0, ("department_head",)),
    Rule(3, frozenset({"query"}), 1_000_000, ("department_head",)),
    Rule(4, frozenset({"query"}), 0, ("department_head",)),
    Rule(4, BATCH, 0, ("department_head", "authority")),
    Rule(2, BATCH, 10_000_000, ("department_head", "authority")),
)
"""In the order in which they are read; all that fit are added together. Ten million persons: 网络数据安全管理条例 art. 28."""


def added(*, grade: int, forms: Collection[str], rows: int) -> tuple[str, ...]:
    """Give who signs besides the least, in the order of signing. Verification (核验) alone never asks for anybody."""
    found = {
        who
        for rule in RULES
        if grade >= rule.grade and rule.forms & set(forms) and rows >= rule.rows
        for who in rule.adds
    }
    return tuple(who for who in SIGNATORIES if who in found)


def path(*, grade: int, forms: Collection[str], rows: int) -> tuple[str, ...]:
    """Give who has to sign, in the order of signing; the provider's reply comes last."""
    return (*LEAST[:-1], *added(grade=grade, forms=forms, rows=rows), LEAST[-1])
