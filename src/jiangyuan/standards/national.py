"""The national code sets that travel with the platform: read from the package, with the source of each.

Divisions are not in a file of their own: `organization.divisions` knows both lists (the Ministry's and the statistics
bureau's, which differ) with their history.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources

from jiangyuan.organization import divisions

LEVELS = frozenset({"province", "prefecture", "county"})
YEAR_ONLY = "起止日期只知年份"  # i18n: a remark kept with a code, as the standard's own words are
STATISTICAL = "仅见于统计用区划代码"  # i18n: a remark kept with a code


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a set as it is shipped."""

    code: str
    name: str
    parent: str = ""
    note: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str = ""


@dataclass(frozen=True, slots=True)
class Shipped:
    """One code set as it is shipped: what it is, where it comes from, its values."""

    code: str
    name: str
    edition: str
    standard: str
    source: str
    values: tuple[Value, ...]


@lru_cache(maxsize=1)
def sets() -> tuple[Shipped, ...]:
    """Give every national set: those of the files, then the divisions of Qinghai in both lists."""
    folder = resources.files("jiangyuan.standards") / "sets"
    named = tomllib.loads((folder / "sets.toml").read_text("utf-8"))["set"]
    filed = (Shipped(**one, values=_values((folder / f"{one['code']}.csv").read_text("utf-8"))) for one in named)
    return (*filed, _civil_affairs(), _statistics())


def _values(text: str) -> tuple[Value, ...]:
    return tuple(Value(**row) for row in csv.DictReader(text.splitlines()))


def _civil_affairs() -> Shipped:
    return Shipped(
        "divisions_mca",
        "行政区划代码（民政）",  # i18n: the name of a standard's set
        "2025",
        "GB/T 2260-2007",
        "民政部 2025 年 12 月 31 日县以上行政区划代码（青海省），含已停用的代码",  # i18n: a source, as it is cited
        tuple(_of("mca")),
    )


def _statistics() -> Shipped:
    return Shipped(
        "divisions_nbs",
        "统计用区划代码（统计）",  # i18n: the name of a standard's set
        "2023",
        "统计用区划代码",  # i18n: the name of a standard
        "国家统计局统计用区划代码（青海省县级以上）：在民政代码之外另有行政委员会",  # i18n: a source, as it is cited
        tuple(_of("mca")) + tuple(_of("nbs")),
    )


def _of(scheme: str) -> Iterator[Value]:
    current = divisions.divisions(statistical=True)
    for one in sorted((*current, *divisions.retired()), key=lambda division: division.code):
        if one.scheme != scheme or one.level not in LEVELS:
            continue
        remarks = [YEAR_ONLY] if not one.day_certain else []
        remarks += [STATISTICAL] if scheme == "nbs" else []
        yield Value(
            one.code,
            one.name,
            one.parent,
            "；".join(remarks),  # i18n: joins remarks that are kept
            one.valid_from or (date(one.from_year, 1, 1) if one.from_year else None),
            one.valid_to or (date(one.to_year, 12, 31) if one.to_year else None),
            one.successor,
        )
