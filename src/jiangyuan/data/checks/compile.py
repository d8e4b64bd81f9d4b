"""Quality rules to SQL: one statement over one scan, whatever the number of rules.

Shape of the statement: the innermost query adds numbers cut from identifiers, the next adds one boolean per rule (true
where a row violates it), the outermost counts them and keeps the smallest keys of the violating rows as evidence.
Code sets and foreign tables are joined as tables: a long list of literals costs several hundred times as much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from jiangyuan.data.checks.identifier_sql import Verdict
from jiangyuan.data.checks.rules import (
    Bound,
    CodeSet,
    CrossField,
    Freshness,
    Identifier,
    Length,
    NotNull,
    OutdatedCode,
    Pattern,
    Range,
    Reference,
    RowCount,
    Rule,
    RuleRefused,
    Unique,
)


def quote(name: str) -> str:
    """Quote an identifier for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: Bound) -> str:
    """Write a bound as an SQL literal of its own type."""
    if isinstance(value, datetime):
        kind = "TIMESTAMPTZ" if value.tzinfo else "TIMESTAMP"
        return f"{kind} '{value.isoformat(sep=' ')}'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError("a bound is a finite number")
    return f"({value})" if not isinstance(value, float) else f"(CAST('{value!r}' AS DOUBLE))"


@dataclass(slots=True)
class Statement:
    """A compiled rule set: `sql`, the tables of codes to bind (`codes`), and where each rule's figures stand.

    The first column of the answer is the number of rows; `places` gives, per rule name, the positions of its figures:
    checked, violations and evidence (-1 where there is none) or, for freshness, the newest value in epoch seconds.
    """

    sql: str = ""
    codes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    places: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    unique: list[Unique] = field(default_factory=list)


class Compiler:
    """Compiles one rule set for one relation.

    `types` maps the relation's columns to DuckDB type names; `tables` maps the names that `CodeSet` and `Reference`
    rules use to (relation name, its columns); `key` names the columns that identify a row in the evidence.
    """

    def __init__(
        self, *, types: Mapping[str, str], tables: Mapping[str, tuple[str, Sequence[str]]], key: Sequence[str], cap: int
    ) -> None:
        self.types = types
        self.tables = tables
        self.key = tuple(key)
        self.cap = cap
        self.numbers: dict[str, str] = {}
        self.flags: list[str] = []
        self.outputs: list[str] = ["count(*)"]
        self.statement = Statement()

    def compile(self, rules: Sequence[Rule], *, relation: str) -> Statement:
        """Compile the rules over `relation` (a quoted name). Raises `RuleRefused` for what the table cannot answer."""
        self._require(self.key, rule_name="")
        names = [rule.name for rule in rules]
        if len(set(names)) != len(names):
            raise RuleRefused(_("规则名称重复"), where="name", mend=_("请为每条规则取不同的名称。"))
        for rule in rules:
            self._require(rule.columns_used(), rule_name=rule.name)
            self._add(rule)
        numbers = "".join(f", {sql} AS {name}" for sql, name in self.numbers.items())
        flags = "".join(f", ({flag}) AS v{place}" for place, flag in enumerate(self.flags))
        self.statement.sql = f"SELECT {', '.join(self.outputs)} FROM (SELECT *{flags} FROM (SELECT *{numbers} FROM {relation} AS source))"
        return self.statement

    def _require(self, columns: Sequence[str], *, rule_name: str) -> None:
        for column in columns:
            if column not in self.types:
                raise RuleRefused(
                    _("表中没有列“%(column)s”（规则“%(rule)s”）") % {"column": column, "rule": rule_name or "key"},
                    where=column,
                    mend=_("该列可能已改名或删除：请重新扫描来源，再修改规则中的列名。"),
                )

    def _text(self, column: str) -> str:
        return quote(column) if self.types[column] == "VARCHAR" else f"{quote(column)}::VARCHAR"

    def evidence_key(self) -> str:
        """Give the expression of a row's key: its text, or a list of texts where several columns make the key."""
        if len(self.key) == 1:
            return self._text(self.key[0])
        return "[" + ", ".join(self._text(column) for column in self.key) + "]"

    def _output(self, sql: str) -> int:
        if sql in self.outputs:
            return self.outputs.index(sql)
        self.outputs.append(sql)
        return len(self.outputs) - 1

    def _add(self, rule: Rule) -> None:
        if isinstance(rule, Unique):
            self.statement.unique.append(rule)
            present = " AND ".join(f"{quote(c)} IS NOT NULL" for c in rule.columns)
            checked = f"count({quote(rule.columns[0])})" if len(rule.columns) == 1 else f"count(*) FILTER ({present})"
            self.statement.places[rule.name] = (self._output(checked), -1, -1)
        elif isinstance(rule, RowCount):
            self.statement.places[rule.name] = (0, -1, -1)
        elif isinstance(rule, Freshness):
            self._add_freshness(rule)
        else:
            self._add_row_rule(rule)

    def _add_freshness(self, rule: Freshness) -> None:
        kind = self.types[rule.column]
        if not kind.startswith(("TIMESTAMP", "DATE")):
            raise RuleRefused(
                _("规则“%(name)s”需要日期或时间列") % {"name": rule.name},
                where=rule.column,
                mend=_("请选择日期或时间类型的列。"),
            )
        # A value without a zone is Beijing time, eight hours ahead of the epoch's own clock.
        shift = "" if kind == "TIMESTAMP WITH TIME ZONE" else " - 28800"
        place = self._output(f"epoch(max({quote(rule.column)})){shift}")
        self.statement.places[rule.name] = (self._output(f"count({quote(rule.column)})"), place, -1)

    def _add_row_rule(self, rule: Rule) -> None:
        self.flags.append(self._violation(rule))
        flag = f"v{len(self.flags) - 1}"
        evidence = self._output(f"min({self.evidence_key()}, {self.cap}) FILTER ({flag})") if self.key else -1
        places = (self._output(self._checked(rule)), self._output(f"count(*) FILTER ({flag})"), evidence)
        self.statement.places[rule.name] = places

    def _checked(self, rule: Rule) -> str:
        if isinstance(rule, NotNull):
            return "count(*)"
        columns = rule.columns_used()
        if len(columns) == 1:
            return f"count({quote(columns[0])})"
        return f"count(*) FILTER ({' AND '.join(f'{quote(c)} IS NOT NULL' for c in columns)})"

    def _violation(self, rule: Rule) -> str:
        match rule:
            case NotNull():
                return f"{quote(rule.column)} IS NULL"
            case Pattern():
                return f"NOT regexp_full_match({self._text(rule.column)}, {literal(rule.pattern)})"
            case CodeSet():
                return self._outside_codes(rule)
            case OutdatedCode():
                return f"{self._text(rule.column)} IN ({self._listed(rule.codes)})"
            case Length():
                return f"length({self._text(rule.column)}) > {rule.most}"
            case Range():
                return self._outside_range(rule)
            case Identifier():
                return self._wrong_identifier(rule)
            case CrossField():
                return self._disagrees(rule)
            case Reference():
                target = self._foreign(rule.table, rule.foreign, rule.name)
                return f"{self._text(rule.column)} NOT IN ({target})"
        raise RuleRefused(_("不支持的规则种类"), where=rule.kind)

    def _foreign(self, table: str, column: str, rule_name: str) -> str:
        relation, columns = self.tables.get(table, ("", ()))
        if column not in columns:
            raise RuleRefused(
                _("规则“%(name)s”所引用的表或列不存在：%(table)s") % {"name": rule_name, "table": f"{table}.{column}"},
                where="table",
                mend=_("请在运行时提供该代码表或被引用表，并核对列名。"),
            )
        return f"SELECT {quote(column)}::VARCHAR FROM {relation} WHERE {quote(column)} IS NOT NULL"

    def _outside_codes(self, rule: CodeSet) -> str:
        if rule.table:
            columns = self.tables.get(rule.table, ("", ()))[1]
            target = self._foreign(rule.table, columns[0] if columns else "", rule.name)
        else:
            target = self._listed(rule.codes)
        return f"{self._text(rule.column)} NOT IN ({target})"

    def _listed(self, codes: tuple[str, ...]) -> str:
        name = f"codes_{len(self.statement.codes)}"
        self.statement.codes[name] = codes
        return f"SELECT code FROM {name}"

    def _outside_range(self, rule: Range) -> str:
        column = quote(rule.column)
        parts = []
        if rule.low is not None:
            parts.append(f"{column} < {literal(rule.low)}")
        if rule.high is not None:
            parts.append(f"{column} > {literal(rule.high)}")
        elif self.types[rule.column] in ("DOUBLE", "FLOAT"):
            parts.append(f"isnan({column})")  # the engine sorts NaN above every number
        return " OR ".join(parts)

    def _wrong_identifier(self, rule: Identifier) -> str:
        verdict = Verdict(rule.scheme, self._text(rule.column))
        number = ""
        if verdict.number:
            number = self.numbers.setdefault(verdict.number, f"jy_number_{len(self.numbers)}")
        return verdict.wrong(number)

    def _disagrees(self, rule: CrossField) -> str:
        column, other = quote(rule.column), quote(rule.other)
        if rule.relation == "birth_in_id":
            return f"{self._compact_date(rule.column)} <> substr({self._text(rule.other)}, 7, 8)"
        if rule.relation == "division_in_id":
            return f"substr({self._text(rule.column)}, 1, 6) <> substr({self._text(rule.other)}, 1, 6)"
        if rule.relation == "sex_in_id":
            text = self._text(rule.column)
            odd = f"substr({self._text(rule.other)}, 17, 1) IN ('1', '3', '5', '7', '9')"
            return (
                f"CASE WHEN {text} IN ('1', '男') THEN NOT {odd} WHEN {text} IN ('2', '女') THEN {odd}"  # i18n: data
                f" WHEN {text} IN ('0', '9') THEN FALSE ELSE {text} IS NOT NULL AND {other} IS NOT NULL END"
            )
        contrary = {"equal": "<>", "not_equal": "=", "less": ">=", "less_or_equal": ">"}[rule.relation]
        return f"{column} {contrary} {other}"

    def _compact_date(self, column: str) -> str:
        kind = self.types[column]
        if kind.startswith(("DATE", "TIMESTAMP")):
            return f"strftime({quote(column)}, '%Y%m%d')"
        return f"replace(replace({self._text(column)}, '-', ''), '/', '')"
