"""Masks: expressions that give the same answer in PostgreSQL and in DuckDB, and tokens.

| kind | what is shown | parameters |
|---|---|---|
| none | the value | |
| redact | nothing (NULL, of the column's own type) | |
| keep | the first and last characters, `*` between | first, last |
| name | the first character and `**`: 张** | |
| phone | 138****1234 | |
| division | the first six digits of a citizen id (GB 11643): where it was issued | |
| birth_year | the year of birth in a citizen id, as text | |
| year | the year of a date or time (Asia/Shanghai), as a whole number | |
| round, bucket | the nearest multiple of `unit`; the multiple below | unit |
| token | HMAC-SM3 under the grant's own key, 32 hexadecimal digits, computed as data is landed | |

No mask can raise an error, whatever stands in the column: an error would tell about a value.
Masks are judged as a set by `judge` and `judge_combined`.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
from django.utils.translation import gettext_lazy as _
from sqlglot import exp

from jiangyuan.data.column_types import duckdb_type, family, scale_of
from jiangyuan.data.disclosure import Problem, judge, judge_combined
from jiangyuan.data.relations import Column, Mask
from jiangyuan.kernel.errors import Refused

__all__ = [
    "BadMask",
    "Problem",
    "check_mask",
    "judge",
    "judge_combined",
    "mask_kind",
    "mask_tree",
    "masked_type",
    "tokenize",
]

TOKEN_DIGITS = 32
STATUTORY_ZONE = "Asia/Shanghai"
_TEXTUAL = frozenset({"text", "integer"})
_FAMILIES: dict[str, frozenset[str]] = {
    "keep": _TEXTUAL,
    "name": frozenset({"text"}),
    "phone": _TEXTUAL,
    "division": _TEXTUAL,
    "birth_year": _TEXTUAL,
    "year": frozenset({"date", "timestamp", "instant"}),
    "round": frozenset({"integer", "number", "float"}),
    "bucket": frozenset({"integer", "number", "float"}),
    "token": frozenset({"text", "integer", "uuid"}),
}
_PARAMETERS: dict[str, frozenset[str]] = {
    "keep": frozenset({"first", "last"}),
    "round": frozenset({"unit"}),
    "bucket": frozenset({"unit"}),
}


class BadMask(Refused):
    """The mask does not exist, or does not suit the column."""

    default_code = "data.mask"


def mask_kind(column: Column) -> str:
    """Give the kind of a column's mask, `none` where it has none."""
    return column.mask.kind if column.mask else "none"


def check_mask(column: Column) -> None:
    """Check that a column's mask exists, suits its type and has sound parameters; raises `BadMask`."""
    kind, mask = mask_kind(column), column.mask or Mask()
    suits = kind in ("none", "redact") or family(column.type) in _FAMILIES.get(kind, frozenset())
    params = dict(mask.params)
    sound = set(params) == set(_PARAMETERS.get(kind, frozenset()))
    if kind == "keep":
        sound = sound and all(0 <= mask.number(end) <= 64 for end in ("first", "last"))
    if kind in ("round", "bucket"):
        sound = sound and 2 <= mask.number("unit") <= 10**12
        sound = sound and (kind == "bucket" or mask.number("unit") % 2 == 0)
    if not (suits and sound):
        raise BadMask(
            _("脱敏方式“%(kind)s”不适用于字段“%(column)s”") % {"kind": kind[:40], "column": column.name},
            where=column.name,
            mend=_("请按字段类型选择脱敏方式；取整单位应为不小于 2 的整数，四舍五入时应为偶数"),
        )


def masked_type(column: Column) -> str:
    """Give the PostgreSQL type of a column once masked."""
    kind = mask_kind(column)
    if kind in ("keep", "name", "phone", "division", "birth_year", "token"):
        return "text"
    if kind == "year":
        return "integer"
    if kind in ("round", "bucket") and family(column.type) != "float":
        return f"numeric(38,{scale_of(column.type)})"
    if kind in ("round", "bucket"):
        return "double precision"
    return column.type


def _text(value: exp.Expr, column: Column) -> exp.Expr:
    plain = column.type.strip().lower() in ("text", "varchar") or "var" in column.type.lower()
    return value if plain else exp.cast(value, "TEXT")


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _number(value: int) -> exp.Expr:
    return exp.Literal.number(value)


def _when(test: exp.Expr, value: exp.Expr, otherwise: exp.Expr | None = None) -> exp.Expr:
    return exp.Case(ifs=[exp.If(this=test, true=value)], default=otherwise)


def _length(text: exp.Expr) -> exp.Expr:
    return _call("LENGTH", text.copy())


def _part(text: exp.Expr, start: int, size: int) -> exp.Expr:
    return _call("SUBSTR", text.copy(), _number(start), _number(size))


def _joined(*parts: exp.Expr) -> exp.Expr:
    joined = parts[0]
    for part in parts[1:]:
        joined = exp.DPipe(this=joined, expression=part, safe=True)
    return joined


def _keep(text: exp.Expr, mask: Mask) -> exp.Expr:
    first, last = mask.number("first"), mask.number("last")
    hidden = exp.Sub(this=_length(text), expression=_number(first + last))
    shown = [_call("REPEAT", exp.Literal.string("*"), hidden)]
    if first:
        shown.insert(0, _call("LEFT", text.copy(), _number(first)))
    if last:
        shown.append(_call("RIGHT", text.copy(), _number(last)))
    long_enough = exp.GT(this=_length(text), expression=_number(first + last))
    return _when(long_enough, _joined(*shown), _call("REPEAT", exp.Literal.string("*"), _length(text)))


def _name(text: exp.Expr, _mask: Mask) -> exp.Expr:
    return _joined(_call("LEFT", text.copy(), _number(1)), exp.Literal.string("**"))


def _phone(text: exp.Expr, _mask: Mask) -> exp.Expr:
    stars = exp.Literal.string("****")
    shown = _joined(_part(text, 1, 3), stars, _part(text, 8, 4))
    hidden = _when(exp.Is(this=text.copy(), expression=exp.Not(this=exp.Null())), stars.copy())
    return _when(exp.EQ(this=_length(text), expression=_number(11)), shown, hidden)


def _division(text: exp.Expr, _mask: Mask) -> exp.Expr:
    whole = exp.In(this=_length(text), expressions=[_number(15), _number(18)])
    return _when(whole, _part(text, 1, 6))


def _birth_year(text: exp.Expr, _mask: Mask) -> exp.Expr:
    old = _when(
        exp.EQ(this=_length(text), expression=_number(15)), _joined(exp.Literal.string("19"), _part(text, 7, 2))
    )
    return _when(exp.EQ(this=_length(text), expression=_number(18)), _part(text, 7, 4), old)


def _year(value: exp.Expr, column: Column) -> exp.Expr:
    local = value
    if family(column.type) == "instant":
        local = exp.AtTimeZone(this=value, zone=exp.Literal.string(STATUTORY_ZONE))
    year = exp.cast(exp.Extract(this=exp.var("YEAR"), expression=local.copy()), "INT")
    return _when(_call("ISFINITE", value.copy()), year)


def _multiple(value: exp.Expr, column: Column, mask: Mask) -> exp.Expr:
    unit = mask.number("unit")
    half = _number(unit // 2 if mask.kind == "round" else 0)
    if family(column.type) == "float":
        wide = exp.cast(value, "DOUBLE")
        count = exp.Floor(this=exp.Div(this=exp.paren(wide + half), expression=exp.cast(_number(unit), "DOUBLE")))
        return exp.Mul(this=count, expression=exp.cast(_number(unit), "DOUBLE"))
    decimal = exp.DataType.build(f"DECIMAL(38,{scale_of(column.type)})")
    shifted = exp.paren(exp.cast(exp.paren(exp.cast(value, decimal) + half), decimal))
    remainder = exp.paren(exp.Mod(this=shifted.copy(), expression=_number(unit)))
    positive = exp.paren(exp.Mod(this=exp.paren(remainder + _number(unit)), expression=_number(unit)))
    return exp.cast(exp.paren(shifted - positive), decimal)


_TEXT_MASKS: dict[str, Callable[[exp.Expr, Mask], exp.Expr]] = {
    "keep": _keep,
    "name": _name,
    "phone": _phone,
    "division": _division,
    "birth_year": _birth_year,
}


def mask_tree(column: Column, *, dialect: str, table: str | None = None) -> exp.Expr:
    """Give the masked value of a column as an expression for `postgres` or `duckdb`.

    `table` is the alias before the column's name. Raises `BadMask`, also for a token: no engine can compute one.
    """
    check_mask(column)
    kind, mask = mask_kind(column), column.mask or Mask()
    value = exp.column(exp.to_identifier(column.name, quoted=True), table=table)
    if kind == "none":
        return value
    if kind == "redact":
        target = duckdb_type(column.type) if dialect == "duckdb" else column.type
        return exp.cast(exp.Null(), exp.DataType.build(target, dialect=dialect))
    if kind in _TEXT_MASKS:
        return _TEXT_MASKS[kind](_text(value, column), mask)
    if kind == "year":
        return _year(value, column)
    if kind in ("round", "bucket"):
        return _multiple(value, column, mask)
    raise BadMask(
        _("字段“%(column)s”以令牌提供，不能直接查询") % {"column": column.name},
        where=column.name,
        mend=_("请使用库表或文件方式获取令牌化字段"),
    )


def tokenize(values: pa.Array | pa.ChunkedArray, *, hmac: Callable[[bytes], bytes]) -> pa.Array:
    """Replace each value by its token: the first 32 hexadecimal digits of `hmac` over the UTF-8 text; NULL stays NULL.

    `hmac` is HMAC-SM3 under the key of one grant, so that two grants' tokens never join. Each distinct value is
    computed once. Returns an Arrow string array of the same length.
    """
    whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    encoded = whole.cast(pa.string()).dictionary_encode()
    words: list[str] = encoded.dictionary.to_pylist()
    tokens = pa.array([hmac(word.encode()).hex()[:TOKEN_DIGITS] for word in words], pa.string())
    return tokens.take(encoded.indices)
