"""Polling: changes found by comparing, for sources that keep no log. Eventual, and never sold as capture.

What it does: rows whose change column lies after the last high-water mark less an overlap are looked at again, and all
keys are reconciled, so that additions and deletions are found wherever they are. What it cannot do: see a row that was
changed and changed back between two polls, or, where rows are windowed by a change column, a change that forgot to
touch that column; `full` compares every row and finds those too. All of it runs in the engine: no row is an object.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
from django.utils.translation import gettext_lazy as _

from jiangyuan.data.connectors.interface import SourceRefused
from jiangyuan.data.connectors.reading import open_relation
from jiangyuan.data.table_digest import combine, duckdb_digest, duckdb_text

if TYPE_CHECKING:
    from jiangyuan.data.plan import Plan

OPERATION = "_op"
DEFAULT_OVERLAP = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """What a poll remembers: per key a digest of its row (Arrow: the key columns as text and `_digest`) and the mark.

    `high_water` is the greatest value of the change column seen, as text; None without one. Kept by the caller (as
    Parquet or Arrow) in the same transaction as the changes it applied, so that a crash repeats nothing.
    """

    rows: pa.Table
    high_water: str | None = None


@dataclass(frozen=True, slots=True)
class Poll:
    """The changes since the last poll: the granted columns and `_op` ("insert", "update", "delete"; for a deletion only
    the key columns are filled), the new fingerprints to keep, and the counts. `rows` and `checksum` are those of the
    whole table as this poll saw it (`data.table_digest`).
    """

    changes: pa.Table
    fingerprints: Fingerprints
    inserted: int
    updated: int
    deleted: int
    rows: int
    checksum: str


def poll(
    plan: Plan,
    *,
    alias: str,
    previous: Fingerprints | None = None,
    change_column: str = "",
    overlap: timedelta = DEFAULT_OVERLAP,
    full: bool = False,
) -> Poll:
    """Compare one source table of a plan with what was seen before.

    The first poll (without `previous`) gives every row as an insertion. Raises `SourceRefused` for a table without a
    key, with doubled or empty keys, or without the named change column.
    """
    plan.verify()
    relation = plan.relation(alias)
    if not relation.key or any(relation.column(column) is None for column in relation.key):
        raise SourceRefused(
            _("表“%(table)s”没有可用的主键，不能轮询") % {"table": alias},
            code="source.no_key",
            where=alias,
            mend=_("请在目录中指定能唯一确定一行的字段，并确保授权包含这些字段。"),
        )
    if change_column and relation.column(change_column) is None:
        raise SourceRefused(
            _("表“%(table)s”中没有更新时间字段“%(column)s”") % {"table": alias, "column": change_column},
            code="source.renamed_column",
            where=f"{alias}.{change_column}",
            mend=_("请指定授权范围内的更新时间字段，或不指定。"),
        )
    columns = [column.name for column in relation.columns]
    with open_relation(plan, alias=alias) as (engine, source):
        comparison = _Comparison(engine, source, columns, relation.key, change_column)
        comparison.texts = [duckdb_text(column) for column in relation.columns]
        return comparison.run(previous, overlap=overlap, full=full, where=alias)


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class _Comparison:
    """One poll inside one engine."""

    def __init__(
        self, engine: duckdb.DuckDBPyConnection, source: str, columns: Sequence[str], key: Sequence[str], change: str
    ) -> None:
        self.engine, self.columns, self.key, self.change = engine, columns, key, change
        self.texts: list[str] = []
        # The source is read once, so that every step of the comparison sees the same rows.
        digest = "sha256(to_json(struct_pack({}))::VARCHAR)".format(
            ", ".join(f"c{place} := {_quote(column)}" for place, column in enumerate(columns))
        )
        keys = ", ".join(f"{_quote(column)}::VARCHAR AS k{place}" for place, column in enumerate(key))
        engine.execute(f"CREATE TEMP TABLE seen AS SELECT *, {keys}, {digest} AS _digest FROM {_quote(source)}")

    def run(self, previous: Fingerprints | None, *, overlap: timedelta, full: bool, where: str) -> Poll:
        places = range(len(self.key))
        self._check_keys(where)
        names = ", ".join(f"k{place}" for place in places)
        self.engine.register("known_before", self._known(previous))
        same = " AND ".join(f"s.k{place} = b.k{place}" for place in places)
        windowed = self._window(previous, overlap) if self.change and previous and not full else "TRUE"
        shown = ", ".join(f"s.{_quote(column)}" for column in self.columns)
        types = {row[0]: row[1] for row in self.engine.execute("DESCRIBE seen").fetchall()}
        gone = ", ".join(
            f"{f'b.k{list(self.key).index(c)}' if c in self.key else 'NULL'}::{types[c]} AS {_quote(c)}"
            for c in self.columns
        )
        self.engine.execute(f"""
            CREATE TEMP TABLE changes AS
            SELECT CASE WHEN b._digest IS NULL THEN 'insert' ELSE 'update' END AS {OPERATION}, {shown}
            FROM seen s LEFT JOIN known_before b ON {same}
            WHERE b._digest IS NULL OR (b._digest <> s._digest AND {windowed})
            UNION ALL
            SELECT 'delete', {gone} FROM known_before b WHERE NOT EXISTS (SELECT 1 FROM seen s WHERE {same})""")
        # A change outside the window keeps its old digest, so that the next full comparison still finds it.
        kept = self.engine.execute(
            f"SELECT {', '.join(f's.k{place}' for place in places)}, CASE WHEN b._digest IS NOT NULL AND NOT"
            f" coalesce({windowed}, FALSE) THEN b._digest ELSE s._digest END AS _digest"
            f" FROM seen s LEFT JOIN known_before b ON {same} ORDER BY {names}"
        ).to_arrow_table()
        counts: dict[str, int] = dict(
            self.engine.execute(f"SELECT {OPERATION}, count(*) FROM changes GROUP BY {OPERATION}").fetchall()
        )
        mark = self._mark(previous)
        changes = self.engine.execute("SELECT * FROM changes").to_arrow_table()
        found = (counts.get(name, 0) for name in ("insert", "update", "delete"))
        rows, *sums = self.engine.execute(duckdb_digest(self.texts, "seen")).fetchone() or (0,)
        return Poll(changes, Fingerprints(kept, mark), *found, rows=rows, checksum=combine(rows, sums))

    def _check_keys(self, where: str) -> None:
        names = ", ".join(f"k{place}" for place in range(len(self.key)))
        empty = " OR ".join(f"k{place} IS NULL" for place in range(len(self.key)))
        row = self.engine.execute(
            f"SELECT (SELECT count(*) FROM seen WHERE {empty}),"
            f" (SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM seen GROUP BY {names}))"
        ).fetchone()
        nothing, doubled = row or (0, 0)
        if nothing or doubled:
            raise SourceRefused(
                _("表“%(table)s”的主键有 %(nothing)s 行为空、%(doubled)s 行重复，不能轮询")
                % {"table": where, "nothing": nothing, "doubled": doubled},
                code="source.bad_key",
                where=where,
                mend=_("请由来源单位改正主键，或在目录中指定另外的主键字段。"),
            )

    def _known(self, previous: Fingerprints | None) -> pa.Table:
        names = [f"k{place}" for place in range(len(self.key))] + ["_digest"]
        if previous is None:
            return pa.table({name: pa.array([], pa.string()) for name in names})
        return previous.rows.select(names)

    def _window(self, previous: Fingerprints, overlap: timedelta) -> str:
        column = f"s.{_quote(self.change)}"
        if previous.high_water is None:
            return "TRUE"
        mark = "'" + previous.high_water.replace("'", "''") + "'"
        kind = self._one(f"SELECT typeof({_quote(self.change)}) FROM seen LIMIT 1") or ""
        if str(kind).startswith(("TIMESTAMP", "DATE")):
            return (
                f"({column} IS NULL OR {column} >= {mark}::{kind} - INTERVAL '{int(overlap.total_seconds())} seconds')"
            )
        return f"({column} IS NULL OR {column} >= {mark}::{kind or 'VARCHAR'})"

    def _mark(self, previous: Fingerprints | None) -> str | None:
        if not self.change:
            return None
        mark = self._one(f"SELECT max({_quote(self.change)})::VARCHAR FROM seen")
        return mark if mark is not None else previous.high_water if previous else None

    def _one(self, query: str) -> Any:
        row = self.engine.execute(query).fetchone()
        return row[0] if row else None
