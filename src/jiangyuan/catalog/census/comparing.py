"""The check of a report: against the tables that scans found, and against the census before.

Both sides are read in a few statements, whatever their size, and compared here without a database; only the differences
become rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jiangyuan.catalog.census.kinds import KINDS, Kind, spoken
from jiangyuan.data.column_types import base_type
from jiangyuan.kernel.errors import Refused
from jiangyuan.ui.retelling import Retold
from jiangyuan.ui.sheets import plain

TOLERANCE = 0.1
"""Share by which a reported number of rows may differ from the database's own estimate."""
LEAST_ROWS = 100
MOST_FINDINGS = 20_000
SEPARATOR, COLON = "；", "："  # i18n: of the texts that are stored


def _columns(columns: int) -> str:
    return ngettext("%(columns)s 个字段", "%(columns)s 个字段", columns)


def _sized(columns: int) -> str:
    return ngettext("%(columns)s 个字段，约 %(rows)s 行", "%(columns)s 个字段，约 %(rows)s 行", columns)


def _rows(rows: int) -> str:
    return ngettext("%(rows)s 行", "%(rows)s 行", rows)


def _about(rows: int) -> str:
    return ngettext("约 %(rows)s 行", "约 %(rows)s 行", rows)


UNREGISTERED, UNSCANNED = gettext_lazy("没有登记为数据源"), gettext_lazy("数据源还没有扫描过")
_RETOLD = Retold((UNREGISTERED, UNSCANNED, _sized, _columns, _about, _rows))


@dataclass(frozen=True, slots=True)
class Database:
    """A database as it is reported: its code, name, and the source by which it is connected (None: by none)."""

    code: str
    name: str
    source: UUID | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it is reported."""

    database: str
    code: str
    name: str
    columns: int | None
    rows: int | None
    types: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A table as the last scan saw it."""

    id: UUID
    source: UUID
    schema: str
    name: str
    comment: str
    columns: int
    rows: int | None

    @property
    def code(self) -> str:
        """Give the name by which a report has it."""
        return f"{self.schema}.{self.name}".lstrip(".")


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference, as `Finding` keeps it."""

    against: str
    code: str
    kind: str
    thing: str
    parent: str = ""
    name: str = ""
    reported: str = ""
    found: str = ""
    table: UUID | None = None
    source: UUID | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """Give what stays the same when the report is checked again, so that an explanation is kept."""
        return (self.against, self.code, self.kind, self.parent, self.thing)


@dataclass(slots=True)
class Sides:
    """What is compared with the scans: databases, whether tables are asked for, tables, registered sources, what was seen.

    `sources` maps each source in use to (alias, name, whether it was ever scanned); `types` the tables whose columns are
    reported one by one to the types that the scan found.
    """

    databases: list[Database]
    with_tables: bool
    tables: list[Table]
    sources: Mapping[UUID, tuple[str, str, bool]]
    seen: list[Seen] = field(default_factory=list)
    types: Mapping[UUID, Mapping[str, str]] = field(default_factory=dict)


def against_scan(sides: Sides) -> list[Difference]:
    """Compare a report with what scans found: databases first, then the tables of those that are connected."""
    named = {one.source: one for one in sides.databases if one.source}
    found = [_unconnected(one) for one in sides.databases if not _scanned(one, sides)]
    found += [
        Difference("scan", "unlisted", "database", alias, name=name, found=name, source=source)
        for source, (alias, name, _scan) in sides.sources.items()
        if source not in named
    ]
    return found + _tables(sides, named) if sides.with_tables else found


def _scanned(one: Database, sides: Sides) -> bool:
    return one.source is not None and one.source in sides.sources and sides.sources[one.source][2]


def _unconnected(one: Database) -> Difference:
    why = UNREGISTERED if one.source is None else UNSCANNED
    return Difference("scan", "unconnected", "database", one.code, name=one.name, reported=one.name, found=str(why))


def _tables(sides: Sides, named: Mapping[UUID | None, Database]) -> list[Difference]:
    seen: dict[tuple[str, str], Seen] = {}
    short: dict[tuple[str, str], list[Seen]] = {}
    for one in sides.seen:
        if database := named.get(one.source):
            seen[database.code, one.code.lower()] = one
            short.setdefault((database.code, one.name.lower()), []).append(one)
    checked = {one.code for one in sides.databases if _scanned(one, sides)}
    met: set[UUID] = set()
    found: list[Difference] = []
    for table in sides.tables:
        if table.database not in checked:
            continue
        one = seen.get((table.database, table.code.lower())) or _only(short.get((table.database, table.code.lower())))
        if one is None:
            found.append(Difference("scan", "missing", "table", table.code, table.database, table.name, table.name))
        elif one.id not in met:
            met.add(one.id)
            found += [*_counted(table, one), *_typed(table, one, sides.types.get(one.id, {}))]
    return found + [_unreported(one, code) for (code, _name), one in seen.items() if one.id not in met]


def _only(tables: list[Seen] | None) -> Seen | None:
    """Give a table that is named without its schema, where that names one alone."""
    return tables[0] if tables and len(tables) == 1 else None


def _unreported(one: Seen, database: str) -> Difference:
    told = _columns(one.columns) % {"columns": one.columns}
    if one.rows is not None:
        told = _sized(one.columns) % {"columns": one.columns, "rows": f"{one.rows:,}"}
    name = next(iter(one.comment.splitlines()), "")[:200]
    return Difference(
        "scan", "unreported", "table", one.code, database, name, found=told, table=one.id, source=one.source
    )


def _counted(table: Table, one: Seen) -> list[Difference]:
    base = Difference("scan", "", "table", table.code, table.database, table.name, table=one.id, source=one.source)
    found = []
    if table.columns is not None and table.columns != one.columns:
        reported, seen = ({"columns": n} for n in (table.columns, one.columns))
        told = _columns(table.columns) % reported, _columns(one.columns) % seen
        found.append(replace(base, code="columns", reported=told[0], found=told[1]))
    if table.rows is not None and one.rows is not None and _far(table.rows, one.rows):
        told = _rows(table.rows) % {"rows": f"{table.rows:,}"}, _about(one.rows) % {"rows": f"{one.rows:,}"}
        found.append(replace(base, code="rows", reported=told[0], found=told[1]))
    return found


def _typed(table: Table, one: Seen, seen: Mapping[str, str]) -> list[Difference]:
    """Say the columns whose type is reported otherwise than it was found; what is only spelt otherwise is the same."""
    there = {name.lower(): type for name, type in seen.items()}
    wrong = [
        (name, type, there.get(name.lower()))
        for name, type in column_types(table.types)
        if seen and not same_type(type, there.get(name.lower(), ""))
    ]
    if not wrong:
        return []
    reported = _("；").join(f"{name} {type}" for name, type, _seen in wrong)
    found = _("；").join(
        f"{name} {type}" if type else _("没有字段 %(name)s") % {"name": name} for name, _r, type in wrong
    )
    return [
        Difference(
            "scan", "types", "table", table.code, table.database, table.name, reported[:500], found[:500], one.id, one.source
        )
    ]  # fmt: skip


def column_types(text: str) -> list[tuple[str, str]]:
    """Read the types of columns as they are reported: “id bigint；name varchar(20)”."""
    found = []
    for one in re.split(r"[;；\n]", text):  # i18n: separators, not a text
        name, _blank, type = one.strip().partition(" ")
        if name and type.strip():
            found.append((name, type.strip()))
    return found


def same_type(one: str, other: str) -> bool:
    """Tell whether two names mean the same type: synonyms are alike, and a length that one of them leaves out."""
    try:
        plain = base_type(one) == base_type(other)
    except Refused:
        return " ".join(one.lower().split()) == " ".join(other.lower().split())
    sizes = [re.sub(r"[^\d,]", "", found[0]) if (found := _SIZE.search(name)) else "" for name in (one, other)]
    return plain and (sizes[0] == sizes[1] or "" in sizes)


_SIZE = re.compile(r"\([\d\s,]*\)")


def _far(reported: int, estimated: int) -> bool:
    return abs(reported - estimated) > max(LEAST_ROWS, TOLERANCE * estimated)


def against_previous(rows: Iterable[tuple[str, str, str, str, Any, Any, str, Any]]) -> list[Difference]:
    """Say the differences of two censuses: rows of (kind, parent, code, name, facts, name before, facts before, how)."""
    return [
        Difference(
            "previous", how, kind, code, parent, (name or before)[:200],
            *(_changed(KINDS[kind], (name, facts), (before, facts_before)) if how == "changed" else ("", "")),
        )
        for kind, parent, code, name, facts, before, facts_before, how in rows
    ]  # fmt: skip


def _changed(kind: Kind, now: tuple[str, Any], then: tuple[str, Any]) -> tuple[str, str]:
    """Say what changed: the fields that differ, as they are and as they were."""
    labels = kind.headings
    names = [one.name for one in kind.facts if now[1].get(one.name) != then[1].get(one.name)]
    said = [[_said(labels[n], spoken(kind, facts, n)) for n in names] for _name, facts in (now, then)]
    if now[0] != then[0]:
        for side, (name, _facts) in zip(said, (now, then), strict=True):
            side.insert(0, _said(labels["name"], name))
    return (SEPARATOR.join(said[0])[:500], SEPARATOR.join(said[1])[:500])


def _said(label: Any, value: Any) -> str:
    return _("%(label)s：%(value)s") % {"label": label, "value": plain(value) if value not in (None, "") else "—"}


def retold(kind: Kind, code: str, text: str) -> str:
    """Say what a finding keeps of a thing, which is in the platform's first language, in the reader's."""
    if code != "changed":
        return _RETOLD(text)
    labels = Retold(label for name, label in kind.headings.items())
    said = (part.partition(COLON) for part in text.split(SEPARATOR))
    return _("；").join(_said(labels(label), value) if colon else label for label, colon, value in said)
