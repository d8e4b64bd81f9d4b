"""Profiles: what the columns of a table hold, read in one scan.

Per column: rows, nulls, distinct values (estimated), least and greatest, lengths, shapes, frequent values, and what
identifier it looks like by the rate of right check digits. Values of columns that look like identifiers of persons are
not kept: a profile is shown to more people than the table is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import pyarrow as pa

from jiangyuan.data.checks.identifier_sql import Verdict

MOST_FREQUENT = 10
MOST_COLUMNS = 500
LONGEST_VALUE = 200
IDENTIFIED_AT = 0.9
"""Share of filled values that must be right before a column is said to hold an identifier."""

PERSONAL = frozenset({"citizen_id", "bank_card", "mobile", "landline", "plate"})
_DETECTED = ("citizen_id", "uscc", "organization_code", "bank_card", "mobile", "landline", "plate", "division_code")


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """What one column holds. `distinct` and `frequent` are estimates; lengths are in characters, None for non-text.

    `least`, `greatest` and `frequent` (most frequent first, only where values repeat) are texts, empty where `withheld`;
    `shapes` are the most frequent forms (9 digit, A letter, 汉 Chinese); `identifiers` gives (kind, share of filled
    values that are right), best first.
    """

    name: str
    type: str
    rows: int
    nulls: int
    distinct: int
    least: str | None = None
    greatest: str | None = None
    shortest: int | None = None
    longest: int | None = None
    average_length: float | None = None
    blanks: int = 0
    frequent: tuple[str, ...] = ()
    shapes: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, float], ...] = ()
    withheld: bool = False

    @property
    def identifier(self) -> str | None:
        """The identifier the column holds, or None where no kind is right often enough."""
        return self.identifiers[0][0] if self.identifiers and self.identifiers[0][1] >= IDENTIFIED_AT else None

    @property
    def filled(self) -> float | None:
        """The share of rows with a value, None for an empty table."""
        return 1 - self.nulls / self.rows if self.rows else None


@dataclass(frozen=True, slots=True)
class Profile:
    """The profile of a table: rows and columns; `truncated` where the table has more columns than are looked at."""

    rows: int
    columns: tuple[ColumnProfile, ...]
    truncated: bool = False

    def column(self, name: str) -> ColumnProfile | None:
        """Give the profile of a column, or None."""
        return next((column for column in self.columns if column.name == name), None)


def profile(data: pa.Table) -> Profile:
    """Profile an Arrow table."""
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        engine.register("profiled", data)
        return profile_relation(engine, "profiled")


def profile_relation(engine: duckdb.DuckDBPyConnection, relation: str, *, most: int = 0) -> Profile:
    """Profile a view or table of an open engine (as `connectors.reading.open_relation` gives it), in one scan.

    `most` bounds the rows that are looked at, the first that come; 0 looks at all of them.
    """
    described = engine.execute(f"DESCRIBE {relation}").fetchall()
    columns = [_Measure(row[0], row[1]) for row in described[:MOST_COLUMNS]]
    parts = ["count(*)"] + [sql for column in columns for sql in column.parts]
    rows = f"(SELECT * FROM {relation} LIMIT {int(most)})" if most else relation
    row = engine.execute(f"SELECT {', '.join(parts)} FROM {rows}").fetchone() or (0,)
    found, place = [], 1
    for column in columns:
        found.append(column.read(row[0], row[place : place + len(column.parts)]))
        place += len(column.parts)
    return Profile(row[0], tuple(found), truncated=len(described) > MOST_COLUMNS)


def sample_relation(engine: duckdb.DuckDBPyConnection, relation: str, *, rows: int = 100, seed: int = 7) -> pa.Table:
    """Draw at most 1,000 rows evenly over a relation, the same ones for the same seed and data."""
    size = max(0, min(rows, 1000))
    drawn = f"SELECT * FROM {relation} USING SAMPLE reservoir({size} ROWS) REPEATABLE ({int(seed)})"
    return engine.execute(drawn).to_arrow_reader(1000).read_all()


class _Measure:
    """What is asked about one column, and how the answer is read."""

    def __init__(self, name: str, kind: str) -> None:
        self.name, self.kind = name, kind
        column = '"' + name.replace('"', '""') + '"'
        self.text = kind == "VARCHAR"
        self.nested = (kind.endswith(("]", ")")) and not kind.startswith("DECIMAL")) or kind == "BLOB"
        shown = column if self.text else f"{column}::VARCHAR"
        short = f"left({shown}, {LONGEST_VALUE})"
        self.parts = [f"count({column})", f"approx_count_distinct({column})"]
        if not self.nested:
            self.parts += [
                f"left(min({column})::VARCHAR, {LONGEST_VALUE})",
                f"left(max({column})::VARCHAR, {LONGEST_VALUE})",
                _frequent(short),
            ]
        if self.text:
            lengths = f"length({column})"
            self.parts += [f"min({lengths})", f"max({lengths})", f"avg({lengths})"]
            self.parts += [f"count(*) FILTER (trim({column}, ' \u3000') = '')", _frequent(_shape(column))]
            self.parts += [f"count(*) FILTER (NOT ({_wrong(kind, column)}))" for kind in _DETECTED]

    def read(self, rows: int, values: Sequence[Any]) -> ColumnProfile:
        filled, distinct, *rest = values
        facts: dict[str, Any] = {}
        if not self.nested:
            least, greatest, frequent, *rest = rest
            facts |= {
                "least": least,
                "greatest": greatest,
                "frequent": tuple(frequent or ()) if distinct * 2 < filled else (),
            }
        if self.text:
            shortest, longest, average, blanks, shapes, *right = rest
            facts |= {"shortest": shortest, "longest": longest, "average_length": average, "blanks": blanks}
            facts["shapes"] = tuple(shapes or ())
            facts["identifiers"] = _identified(right, filled)
        found = ColumnProfile(
            name=self.name, type=self.kind, rows=rows, nulls=rows - filled, distinct=distinct, **facts
        )
        return _withhold(found) if found.identifier in PERSONAL else found


def _frequent(expression: str) -> str:
    return f"approx_top_k({expression}, {MOST_FREQUENT})"


def _shape(column: str) -> str:
    steps = (("[0-9]", "9"), ("[A-Za-z]", "A"), ("[\u3400-\u9fff]", "汉"))
    shape = f"left({column}, 40)"
    for pattern, into in steps:
        shape = f"regexp_replace({shape}, '{pattern}', '{into}', 'g')"
    return shape


def _wrong(kind: str, column: str) -> str:
    verdict = Verdict(kind, column)
    return verdict.wrong(verdict.number)


def _identified(right: Sequence[int], filled: int) -> tuple[tuple[str, float], ...]:
    shares = [(kind, count / filled) for kind, count in zip(_DETECTED, right, strict=True) if filled and count]
    return tuple(sorted(shares, key=lambda item: -item[1]))


def _withhold(found: ColumnProfile) -> ColumnProfile:
    return replace(found, least=None, greatest=None, frequent=(), withheld=True)
