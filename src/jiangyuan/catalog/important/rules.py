"""Pure decisions over important data: the level that harm makes, and when the next assessment is due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from jiangyuan.kernel.clocks import add_years
from jiangyuan.kernel.errors import Refused

STANDARD = "GB/T 43697-2024"
ART33 = gettext_noop("《网络数据安全管理条例》第三十三条")
MANY = 10_000_000
"""Persons from which on the duties of important data's handlers apply (《网络数据安全管理条例》 art. 28)."""  # i18n: a title

OBJECTS = ("national_security", "economy", "social_order", "public_interest", "organization", "person")
DEGREES = ("very_grave", "grave", "ordinary")
LEVELS: Mapping[str, tuple[str, str, str]] = {
    "national_security": ("core", "core", "important"),
    "economy": ("core", "important", "general"),
    "social_order": ("core", "important", "general"),
    "public_interest": ("core", "important", "general"),
    "organization": ("general", "general", "general"),
    "person": ("general", "general", "general"),
}
"""Rule data: the level by the object of harm, for very grave, grave and ordinary harm (GB/T 43697-2024)."""


def level(harmed: str, degree: str) -> str:
    """Give the level of data: core, important or general."""
    return LEVELS[harmed][DEGREES.index(degree)]


def require_important(harmed: str, degree: str) -> str:
    """Give the level, or refuse what by its own record is general data."""
    found = level(harmed, degree)
    if found == "general":
        raise Refused(
            _("按所填的影响对象和程度，属于一般数据"),
            where="degree",
            article=STANDARD,
            mend=_("请核对影响程度；属一般数据的按数据分级管理，不列入本目录。"),
        )
    return found


def require_columns(chosen: list[str], known: list[str]) -> None:
    """Refuse items that the entry does not have."""
    unknown = [column for column in chosen if column not in known]
    if unknown:
        raise Refused(
            _("目录中没有信息项“%(column)s”") % {"column": unknown[0]}, where="columns", mend=_("请从信息项中选择。")
        )


def next_assessment(last: date) -> date:
    """Give the last day for the next risk assessment: once a year (art. 33)."""
    return add_years(last, 1)
