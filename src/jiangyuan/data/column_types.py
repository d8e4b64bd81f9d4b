"""Column types: PostgreSQL type names, the family each belongs to, and its counterpart in DuckDB and Arrow."""

from __future__ import annotations

import re
from functools import lru_cache

import pyarrow as pa
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.errors import Refused

UNBOUNDED_SCALE = 12
"""Digits after the point kept of a `numeric` that declares none, wherever a fixed scale is needed."""

_FAMILIES = {
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "numeric": "number",
    "real": "float",
    "double precision": "float",
    "boolean": "boolean",
    "text": "text",
    "character varying": "text",
    "character": "text",
    "date": "date",
    "timestamp": "timestamp",
    "timestamp with time zone": "instant",
    "time": "time",
    "uuid": "uuid",
    "bytea": "binary",
    "json": "json",
    "jsonb": "json",
}
_WORDS = {
    "integer": _("整数"),
    "number": _("小数"),
    "float": _("浮点数"),
    "boolean": _("是或否"),
    "text": _("文字"),
    "date": _("日期"),
    "timestamp": _("日期和时间"),
    "instant": _("日期和时间（含时区）"),
    "time": _("时间"),
    "uuid": _("唯一标识"),
    "binary": _("二进制内容"),
    "json": _("结构化内容"),
}
_SYNONYMS = {
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "decimal": "numeric",
    "float4": "real",
    "float8": "double precision",
    "bool": "boolean",
    "varchar": "character varying",
    "char": "character",
    "bpchar": "character",
    "timestamp without time zone": "timestamp",
    "timestamptz": "timestamp with time zone",
    "time without time zone": "time",
}
_DUCKDB = {
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "real": "FLOAT",
    "double precision": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMPTZ",
    "time": "TIME",
    "uuid": "UUID",
    "bytea": "BLOB",
}
_ARROW: dict[str, pa.DataType] = {
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "double precision": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamp with time zone": pa.timestamp("us", tz="UTC"),
    "time": pa.time64("us"),
    "bytea": pa.binary(),
}


_WRITTEN = re.compile(
    r'("char"|double precision|(character|bit) varying|interval( [a-z]+( to [a-z]+)?)?|[a-z_][a-z0-9_]*)'
    r"( ?\( ?\d{1,9}( ?, ?-?\d{1,9})? ?\))?( with(out)? time zone)?(\[\])*"
)
"""How PostgreSQL writes its own types. A source may answer any text where a type's name is asked for."""


class UnknownType(Refused):
    """The column has a type that the data plane does not carry."""

    default_code = "data.type"


@lru_cache(maxsize=1024)
def written_type(name: str) -> str:
    """Give a type's name as it may stand in SQL: a plain name with numbers in brackets, and nothing after it.

    What names a type was told by a source, and is written into statements that the owner of the store runs. Raises
    `UnknownType` for any other text.
    """
    written = re.sub(r"\s+", " ", name.strip().lower())
    if not _WRITTEN.fullmatch(written):
        raise UnknownType(
            _("暂不支持类型“%(type)s”") % {"type": name[:60]},
            mend=_("请在来源库中建立视图，把该字段转换为文本、数值或日期后再登记"),
        )
    return written


@lru_cache(maxsize=1024)
def base_type(name: str) -> str:
    """Give the plain PostgreSQL name of a type, without length or precision: `varchar(18)` is `character varying`.

    Raises `UnknownType` for what the data plane does not carry.
    """
    plain = re.sub(r"\s+", " ", re.sub(r"\([^)]*\)", "", written_type(name))).strip()
    plain = _SYNONYMS.get(plain, plain)
    if plain not in _FAMILIES:
        raise UnknownType(
            _("暂不支持类型“%(type)s”") % {"type": name[:60]},
            mend=_("请在来源库中建立视图，把该字段转换为文本、数值或日期后再登记"),
        )
    return plain


def family(name: str) -> str:
    """Give the family of a type: integer, number, float, boolean, text, date, timestamp, instant, time, uuid, json, binary."""
    return _FAMILIES[base_type(name)]


def words(name: str) -> str:
    """Say what kind of value a type holds, for people; a type that is not known stays as it is written."""
    try:
        return str(_WORDS[family(name)])
    except Refused:
        return name


def precision_of(name: str) -> tuple[int, int] | None:
    """Give (precision, scale) of a `numeric(p,s)`, None where it declares none."""
    found = re.search(r"\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)", name)
    if base_type(name) != "numeric" or found is None:
        return None
    return int(found.group(1)), int(found.group(2) or 0)


def scale_of(name: str) -> int:
    """Give the digits after the point that a type holds: 0 for integers, `UNBOUNDED_SCALE` for a bare `numeric`."""
    if family(name) != "number":
        return 0
    declared = precision_of(name)
    return UNBOUNDED_SCALE if declared is None else declared[1]


def _decimal(name: str) -> tuple[int, int]:
    declared = precision_of(name)
    if declared is None or declared[0] > 38:
        return 38, min(scale_of(name), 38)
    return declared


def duckdb_type(name: str) -> str:
    """Give the DuckDB type that holds a PostgreSQL column; json travels as text."""
    plain = base_type(name)
    if plain == "numeric":
        return "DECIMAL({},{})".format(*_decimal(name))
    return _DUCKDB.get(plain, "VARCHAR")


def arrow_type(name: str) -> pa.DataType:
    """Give the Arrow type that carries a PostgreSQL column; uuid and json travel as text."""
    plain = base_type(name)
    if plain == "numeric":
        return pa.decimal128(*_decimal(name))
    return _ARROW.get(plain, pa.string())
