"""One run of a rule set: the scan, the duplicates, the evidence and the scores.

Evidence is kept as the keys of violating rows, the smallest `cap` of them, beside the whole number; a rule that passed
is reported too. The caller hands in data it was allowed to read: Arrow, Parquet, or a relation of a `Plan`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
from django.utils.translation import gettext_lazy as _

from jiangyuan.data.checks.compile import Compiler, Statement, literal, quote
from jiangyuan.data.checks.rules import DIMENSIONS, Freshness, RowCount, Rule, RuleRefused, Unique
from jiangyuan.kernel.errors import Broken

if TYPE_CHECKING:
    from jiangyuan.data.plan import Plan

EVIDENCE_CAP = 100

Tabular = pa.Table | pa.RecordBatchReader | Path | Sequence[Path]


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What one rule found. `violations` counts rows (surplus rows for duplicates); `members` all duplicated rows.

    `evidence` holds at most `cap` keys of violating rows, as texts; `measure` the age in seconds or the number of rows
    for the two rules that judge the table as a whole.
    """

    name: str
    kind: str
    dimension: str
    code: str
    checked: int
    violations: int
    evidence: tuple[tuple[str, ...], ...] = ()
    members: int = 0
    measure: float | None = None

    @property
    def passed(self) -> bool:
        """Whether nothing violates the rule."""
        return self.violations == 0


@dataclass(frozen=True, slots=True)
class Score:
    """The score of one dimension (GB/T 36344-2018: A / B x 100 %); `value` is None where nothing was checked."""

    dimension: str
    passed: int
    checked: int

    @property
    def value(self) -> float | None:
        """passed / checked, between 0 and 1."""
        return self.passed / self.checked if self.checked else None


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A whole run: the rows seen, every rule's result (passes too) and the score per dimension."""

    rows: int
    results: tuple[RuleResult, ...]
    scores: tuple[Score, ...]

    def evidence_table(self) -> pa.Table:
        """Give the kept evidence as one Arrow table of `rule` and `key` (a list of texts)."""
        pairs = [(result.name, list(key)) for result in self.results for key in result.evidence]
        schema = pa.schema([("rule", pa.string()), ("key", pa.list_(pa.string()))])
        return pa.table([[name for name, _key in pairs], [key for _name, key in pairs]], schema=schema)


def check(
    data: Tabular,
    rules: Sequence[Rule],
    *,
    now: datetime,
    key: Sequence[str] = (),
    tables: Mapping[str, Tabular] | None = None,
    cap: int = EVIDENCE_CAP,
    threads: int = 0,
) -> CheckRun:
    """Check `data` against `rules` and return what was found.

    `key` names the columns that identify a row in the evidence (without it none is kept); `tables` gives the code
    tables and foreign tables that rules name; `now` must carry a zone. Raises `RuleRefused` for a rule that the table
    cannot answer (a column that is gone, a pattern that is no expression, a value of another type).
    """
    with _engine(threads) as connection:
        relation = _bind(connection, "data", data)
        foreign = {
            name: _bind(connection, f"foreign_{place}", t) for place, (name, t) in enumerate((tables or {}).items())
        }
        return check_relation(connection, relation, rules, now=now, key=key, tables=foreign, cap=cap)


def check_relation(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    rules: Sequence[Rule],
    *,
    now: datetime,
    key: Sequence[str] = (),
    tables: Mapping[str, str] | None = None,
    cap: int = EVIDENCE_CAP,
) -> CheckRun:
    """Check `relation`, a view or table of an open engine of the data plane, and return what was found.

    As `check`, for relations that are already attached (the serving store, a plan's relation). `relation` and the
    values of `tables` are names in `connection`, given by the data plane and never by a user.
    """
    if now.tzinfo is None:
        raise Broken(_("检查时间须带时区"), code="naive_time")
    types = _columns(connection, relation)
    known = {name: (target, tuple(_columns(connection, target))) for name, target in (tables or {}).items()}
    compiler = Compiler(types=types, tables=known, key=key, cap=cap)
    statement = compiler.compile(rules, relation=relation)
    for name, codes in statement.codes.items():
        connection.register(name, pa.table({"code": pa.array(sorted(set(codes)), pa.string())}))
    try:
        row = _one(connection, statement)
        results = tuple(_result(connection, compiler, relation, rule, row, now) for rule in rules)
    finally:
        for name in statement.codes:
            connection.unregister(name)
    return CheckRun(rows=row[0], results=results, scores=_scores(results))


def check_plan(
    plan: Plan,
    rules: Sequence[Rule],
    *,
    alias: str,
    now: datetime,
    tables: Mapping[str, Tabular] | None = None,
    cap: int = EVIDENCE_CAP,
) -> CheckRun:
    """Check one source table of a plan where it stands: exactly the granted rows and columns, keyed by the relation's key.

    Raises as `check` does, and `SourceRefused` or `SourceUnavailable` where the source cannot be read.
    """
    from jiangyuan.data.connectors.reading import open_relation

    with open_relation(plan, alias=alias, name="data") as (connection, relation):
        foreign = {
            name: _bind(connection, f"foreign_{place}", t) for place, (name, t) in enumerate((tables or {}).items())
        }
        key = plan.relation(alias).key
        return check_relation(connection, relation, rules, now=now, key=key, tables=foreign, cap=cap)


@contextmanager
def _engine(threads: int) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(config={"threads": threads} if threads else {})
    try:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


def _bind(connection: duckdb.DuckDBPyConnection, name: str, data: Tabular) -> str:
    if isinstance(data, pa.Table):
        connection.register(name, data)
    elif isinstance(data, pa.RecordBatchReader):
        # A stream can be read once, and duplicates are looked at a second time.
        connection.register("stream", data)
        connection.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM stream")
        connection.unregister("stream")
    else:
        paths = [data] if isinstance(data, Path) else list(data)
        files = ", ".join(literal(str(path)) for path in paths)
        connection.execute(f"CREATE TEMP VIEW {name} AS SELECT * FROM read_parquet([{files}])")
    return name


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(f"DESCRIBE {relation}").fetchall()}


def _one(connection: duckdb.DuckDBPyConnection, statement: Statement) -> tuple[Any, ...]:
    try:
        row = connection.execute(statement.sql).fetchone()
    except (duckdb.InvalidInputException, duckdb.BinderException, duckdb.ConversionException) as error:
        # The engine's own text may quote values, so only the kind of failure is told.
        raise RuleRefused(
            _("规则与数据类型不符，或表达式写法不正确"),
            code="rule_type",
            mend=_("请核对范围上下限与列类型是否一致、正则表达式是否为 RE2 写法。"),
        ) from error
    if row is None:
        raise Broken(_("检查未返回结果"), code="no_answer")
    return row


def _result(
    connection: duckdb.DuckDBPyConnection,
    compiler: Compiler,
    relation: str,
    rule: Rule,
    row: tuple[Any, ...],
    now: datetime,
) -> RuleResult:
    checked, found, evidence = compiler.statement.places[rule.name]
    facts: dict[str, Any] = {"checked": row[checked], "violations": row[found] if found >= 0 else 0}
    if isinstance(rule, Unique):
        facts |= _duplicates(connection, compiler, relation, rule)
    elif isinstance(rule, RowCount):
        outside = row[0] < rule.low or (rule.high is not None and row[0] > rule.high)
        facts = {"checked": 1, "violations": int(outside), "measure": float(row[0])}
    elif isinstance(rule, Freshness):
        age = None if row[found] is None else now.timestamp() - row[found]
        facts = {"checked": 1, "violations": int(age is None or age > rule.seconds), "measure": age}
    elif evidence >= 0 and row[evidence]:
        facts["evidence"] = _keys(row[evidence])
    return RuleResult(name=rule.name, kind=rule.kind, dimension=rule.measured, code=rule.code, **facts)


def _keys(values: Sequence[Any]) -> tuple[tuple[str, ...], ...]:
    return tuple((value,) if isinstance(value, str) else tuple(value) for value in values)


def _duplicates(
    connection: duckdb.DuckDBPyConnection, compiler: Compiler, relation: str, rule: Unique
) -> dict[str, Any]:
    """Count surplus rows exactly: hashes find the few candidates, the values themselves decide among them."""
    columns = ", ".join(quote(column) for column in rule.columns)
    present = " AND ".join(f"{quote(column)} IS NOT NULL" for column in rule.columns)
    candidates = f"SELECT hash({columns}) AS h FROM {relation} WHERE {present} GROUP BY h HAVING count(*) > 1"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE jy_candidates AS {candidates}")
    try:
        (count,) = connection.execute("SELECT count(*) FROM jy_candidates").fetchone() or (0,)
        if not count:
            return {"violations": 0}
        evidence = f"min({compiler.evidence_key()}, {compiler.cap})" if compiler.key else "NULL"
        members = f"SELECT * FROM {relation} WHERE {present} AND hash({columns}) IN (SELECT h FROM jy_candidates)"
        groups = f"SELECT count(*) AS n, {evidence} AS e FROM ({members}) GROUP BY {columns} HAVING count(*) > 1"
        answer = connection.execute(f"SELECT sum(n - 1), sum(n), {_smallest(compiler)} FROM ({groups})").fetchone()
        surplus, rows, keys = answer or (0, 0, None)
        return {"violations": int(surplus or 0), "members": int(rows or 0), "evidence": _keys(keys or ())}
    finally:
        connection.execute("DROP TABLE IF EXISTS jy_candidates")


def _smallest(compiler: Compiler) -> str:
    return f"list_slice(list_sort(flatten(list(e))), 1, {compiler.cap})" if compiler.key else "NULL"


def _scores(results: Sequence[RuleResult]) -> tuple[Score, ...]:
    scores = []
    for dimension in DIMENSIONS:
        of_it = [result for result in results if result.dimension == dimension]
        if of_it:
            checked = sum(result.checked for result in of_it)
            scores.append(Score(dimension, checked - sum(result.violations for result in of_it), checked))
    return tuple(scores)
