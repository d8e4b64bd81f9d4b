"""Row conditions of grants: a small typed grammar, deterministic and row-local.

A condition decides about a row from that row alone, so that the same row passes or fails alike in the source, in the
stream of its changes, in the serving store and in a file. It is a frozen tree with a JSON form; PostgreSQL and DuckDB
text is generated from expression trees, never pasted. Text is ordered by code point in both engines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from sqlglot import exp

from jiangyuan.data.column_types import UNBOUNDED_SCALE, duckdb_type, family
from jiangyuan.kernel.errors import Refused

MAX_DEPTH = 8
MAX_NODES = 200
MAX_VALUES = 10_000
MAX_TEXT = 400
OPERATORS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}
_ORDERED = frozenset({"integer", "number", "float", "text", "date", "timestamp", "instant"})
_COMPARABLE = _ORDERED | {"boolean", "uuid"}
_DECIMAL = re.compile(r"-?\d{1,26}(\.\d{1,12})?")
_CASTS = {
    "integer": "BIGINT",
    "number": f"DECIMAL(38,{UNBOUNDED_SCALE})",
    "float": "DOUBLE",
    "boolean": "BOOLEAN",
    "text": "TEXT",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "instant": "TIMESTAMPTZ",
    "uuid": "UUID",
}

Value = str | int | bool


class BadCondition(Refused):
    """The row condition is not one of the grammar."""

    default_code = "data.condition"


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the table that the condition stands on, with its PostgreSQL type."""

    name: str
    type: str

    def tree(self, dialect: str) -> exp.Expr:
        """Give the column as an expression; fixed-length text is compared without its padding."""
        column = exp.column(exp.to_identifier(self.name, quoted=True))
        if family(self.type) == "text" and "char" in self.type.lower() and "var" not in self.type.lower():
            return exp.cast(column, "TEXT")
        if dialect == "duckdb" and family(self.type) == "uuid":
            return exp.cast(column, exp.DataType.build(duckdb_type(self.type), dialect="duckdb"))
        return column


@dataclass(frozen=True, slots=True)
class Condition:
    """What decides whether a row belongs to a grant. Rows for which it is unknown (NULL) do not belong."""

    def tree(self, dialect: str) -> exp.Expr:
        """Give the condition as an expression tree for `postgres` or `duckdb`."""
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        """Give the JSON form, which `parse` reads back."""
        raise NotImplementedError

    def fields(self) -> Iterator[Field]:
        """Give the columns that the condition reads."""
        raise NotImplementedError

    def sql(self, dialect: str) -> str:
        """Give the condition as text for `postgres` or `duckdb`."""
        return self.tree(dialect).sql(dialect=dialect, identify=True, comments=False)


def _literal(value: Value, kind: str) -> exp.Expr:
    if kind == "boolean":
        return exp.Boolean(this=bool(value))
    literal = exp.Literal.string(str(value))
    return exp.cast(literal, exp.DataType.build(_CASTS[kind], dialect="postgres"))


def _ordered(tree: exp.Expr, kind: str, dialect: str) -> exp.Expr:
    if kind == "text" and dialect == "postgres":
        return exp.Collate(this=tree, expression=exp.to_identifier("C", quoted=True))
    return tree


@dataclass(frozen=True, slots=True)
class Compare(Condition):
    """`column = value`, and the other comparisons; the right side may be another column of the same family."""

    field: Field
    operator: str
    value: Value | Field

    def tree(self, dialect: str) -> exp.Expr:
        kind = family(self.field.type)
        right = self.value.tree(dialect) if isinstance(self.value, Field) else _literal(self.value, kind)
        left = self.field.tree(dialect)
        if self.operator not in ("=", "!="):
            left = _ordered(left, kind, dialect)
        return OPERATORS[self.operator](this=left, expression=right)

    def to_json(self) -> dict[str, Any]:
        form: dict[str, Any] = {"op": self.operator, "column": self.field.name, "type": self.field.type}
        if isinstance(self.value, Field):
            return {**form, "other": self.value.name, "other_type": self.value.type}
        return {**form, "value": self.value}

    def fields(self) -> Iterator[Field]:
        yield self.field
        if isinstance(self.value, Field):
            yield self.value


@dataclass(frozen=True, slots=True)
class In(Condition):
    """The column is one of a list of values, such as the members of a family who signed an authorisation."""

    field: Field
    values: tuple[Value, ...]

    def tree(self, dialect: str) -> exp.Expr:
        kind = family(self.field.type)
        return exp.In(this=self.field.tree(dialect), expressions=[_literal(value, kind) for value in self.values])

    def to_json(self) -> dict[str, Any]:
        return {"op": "in", "column": self.field.name, "type": self.field.type, "values": list(self.values)}

    def fields(self) -> Iterator[Field]:
        yield self.field


@dataclass(frozen=True, slots=True)
class IsNull(Condition):
    """The column has no value."""

    field: Field

    def tree(self, dialect: str) -> exp.Expr:
        return exp.Is(this=self.field.tree(dialect), expression=exp.Null())

    def to_json(self) -> dict[str, Any]:
        return {"op": "is_null", "column": self.field.name, "type": self.field.type}

    def fields(self) -> Iterator[Field]:
        yield self.field


@dataclass(frozen=True, slots=True)
class Between(Condition):
    """The column lies between two values, both included."""

    field: Field
    low: Value
    high: Value

    def tree(self, dialect: str) -> exp.Expr:
        kind = family(self.field.type)
        left = _ordered(self.field.tree(dialect), kind, dialect)
        return exp.Between(this=left, low=_literal(self.low, kind), high=_literal(self.high, kind))

    def to_json(self) -> dict[str, Any]:
        form = {"op": "between", "column": self.field.name, "type": self.field.type}
        return {**form, "low": self.low, "high": self.high}

    def fields(self) -> Iterator[Field]:
        yield self.field


@dataclass(frozen=True, slots=True)
class StartsWith(Condition):
    """The text begins with a prefix, as a division code below a prefecture does."""

    field: Field
    prefix: str

    def tree(self, dialect: str) -> exp.Expr:
        return exp.StartsWith(this=self.field.tree(dialect), expression=exp.Literal.string(self.prefix))

    def to_json(self) -> dict[str, Any]:
        return {"op": "starts_with", "column": self.field.name, "type": self.field.type, "value": self.prefix}

    def fields(self) -> Iterator[Field]:
        yield self.field


@dataclass(frozen=True, slots=True)
class Junction(Condition):
    """All of several conditions (`and`), or any of them (`or`)."""

    operator: str
    items: tuple[Condition, ...]

    def tree(self, dialect: str) -> exp.Expr:
        parts = [exp.paren(item.tree(dialect)) for item in self.items]
        joined = parts[0]
        for part in parts[1:]:
            joined = (exp.And if self.operator == "and" else exp.Or)(this=joined, expression=part)
        return joined

    def to_json(self) -> dict[str, Any]:
        return {"op": self.operator, "items": [item.to_json() for item in self.items]}

    def fields(self) -> Iterator[Field]:
        for item in self.items:
            yield from item.fields()


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """The condition does not hold; where it is unknown, the negation is unknown too and the row does not belong."""

    item: Condition

    def tree(self, dialect: str) -> exp.Expr:
        return exp.Not(this=exp.paren(self.item.tree(dialect)))

    def to_json(self) -> dict[str, Any]:
        return {"op": "not", "item": self.item.to_json()}

    def fields(self) -> Iterator[Field]:
        yield from self.item.fields()


def _bad(message: object, where: str) -> BadCondition:
    return BadCondition(
        message,
        where=where,
        mend=_("行条件只能由比较、属于、为空、区间、前缀以及“与、或、非”组成，值的类型须与字段一致"),
    )


def _instant(text: str, kind: str) -> str:
    moment = datetime.fromisoformat(text)
    if (moment.tzinfo is None) == (kind == "instant"):
        raise ValueError
    if kind == "instant":
        return moment.astimezone(UTC).isoformat(sep=" ")
    return moment.isoformat(sep=" ")


def _canonical(value: object, kind: str) -> Value:
    if kind == "boolean" and isinstance(value, bool):
        return value
    if kind == "integer" and isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return value
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or len(text) > MAX_TEXT or "\x00" in text:
        raise ValueError
    if kind in ("number", "float") and _DECIMAL.fullmatch(text):
        return text
    if kind == "date":
        return date.fromisoformat(text).isoformat()
    if kind in ("timestamp", "instant"):
        return _instant(text, kind)
    if kind == "uuid":
        return str(UUID(text))
    if kind == "text" and isinstance(value, str):
        text.encode()
        return text
    raise ValueError


class _Reader:
    """Reads one JSON tree within its bounds."""

    def __init__(self, columns: Mapping[str, str] | None) -> None:
        self.columns = columns
        self.nodes = 0

    def read(self, form: object, where: str, depth: int) -> Condition:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise _bad(
                _("行条件过大：最多 %(depth)s 层、%(nodes)s 项") % {"depth": MAX_DEPTH, "nodes": MAX_NODES}, where
            )
        if not isinstance(form, Mapping):
            raise _bad(_("行条件的每一项都应是对象"), where)
        operator = form.get("op")
        if operator in ("and", "or"):
            items = form.get("items")
            if not isinstance(items, Sequence) or isinstance(items, str) or not items:
                raise _bad(_("“与、或”至少要有一项"), where)
            read = (self.read(item, f"{where}.items[{i}]", depth + 1) for i, item in enumerate(items))
            return Junction(operator=operator, items=tuple(read))
        if operator == "not":
            return Not(item=self.read(form.get("item"), f"{where}.item", depth + 1))
        return self._leaf(form, operator, where)

    def _leaf(self, form: Mapping[str, Any], operator: object, where: str) -> Condition:
        field = self._field(form, "column", "type", where)
        kind = family(field.type)
        if operator == "is_null":
            return IsNull(field=field)
        if kind not in _COMPARABLE or (operator not in ("=", "!=", "in") and kind not in _ORDERED):
            raise _bad(_("字段“%(name)s”的类型不能这样比较") % {"name": field.name}, where)
        if operator in OPERATORS:
            return Compare(field=field, operator=str(operator), value=self._right(form, field, where))
        if operator == "in":
            return In(field=field, values=self._values(form.get("values"), kind, where))
        if operator == "between":
            low, high = (self._value(form.get(end), kind, f"{where}.{end}") for end in ("low", "high"))
            return Between(field=field, low=low, high=high)
        if operator == "starts_with" and kind == "text":
            return StartsWith(field=field, prefix=str(self._value(form.get("value"), kind, where)))
        raise _bad(_("行条件中没有这种运算"), where)

    def _field(self, form: Mapping[str, Any], name_key: str, type_key: str, where: str) -> Field:
        name = form.get(name_key)
        if not isinstance(name, str) or not 0 < len(name) <= 200 or "\x00" in name:
            raise _bad(_("缺少字段名"), where)
        kind = form.get(type_key) if self.columns is None else self.columns.get(name)
        if not isinstance(kind, str):
            raise _bad(_("表中没有可用于条件的字段“%(name)s”") % {"name": name}, where)
        family(kind)
        return Field(name=name, type=kind)

    def _right(self, form: Mapping[str, Any], field: Field, where: str) -> Value | Field:
        if "other" not in form:
            return self._value(form.get("value"), family(field.type), where)
        other = self._field(form, "other", "other_type", where)
        if family(other.type) != family(field.type):
            raise _bad(_("两个字段的类型不同，不能比较"), where)
        return other

    def _values(self, values: object, kind: str, where: str) -> tuple[Value, ...]:
        if not isinstance(values, Sequence) or isinstance(values, str) or not 0 < len(values) <= MAX_VALUES:
            raise _bad(_("“属于”要给出 1 至 %(most)s 个值") % {"most": MAX_VALUES}, where)
        return tuple(self._value(value, kind, f"{where}.values[{i}]") for i, value in enumerate(values))

    def _value(self, value: object, kind: str, where: str) -> Value:
        try:
            return _canonical(value, kind)
        except (ValueError, TypeError):
            raise _bad(_("值的类型与字段不一致，或过长"), where) from None


def parse(form: object, *, columns: Mapping[str, str] | None = None) -> Condition:
    """Read a condition from its JSON form, within bounds on depth, nodes, values and text.

    `columns` maps the columns that may be used to their PostgreSQL types; without it, the types that the form itself
    carries are taken, as for a condition stored before. Raises `BadCondition` naming the place.
    """
    return _Reader(columns).read(form, "condition", 1)
