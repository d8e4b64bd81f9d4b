"""Texts to typed values: one look at every column, then one query that makes them.

Full-width digits and letters become half width, thousands separators and percent signs go, dates in Chinese forms become
dates. A column is typed only where every value agrees; otherwise it stays text, so that no value is lost in a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from jiangyuan.data.connectors.folder.grid import Note

CODE_WORDS = "码|代码|编号|证号|账号|帐号|卡号|证件|身份证|电话|手机|邮编|学号|工号|文号|序列号|code|phone|mobile"
DATE_WORDS = "日期|时间|年月日|生日|date|day"
MOST_SCALE = 10

_WIDE = "".join(chr(c) for c in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B), 0x3000))
_NARROW = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz "
_SIGNS, _PLAIN_SIGNS = "．，％＋－：／", ".,%+-:/"
_IS_WIDE = "regexp_matches(text_read, '[０-９Ａ-Ｚａ-ｚ\u3000]')"
_BLANKS = " \t\r\n\u00a0"
_NOTHING = "('-', '--', '—', '——', '…', '……', '/', 'NaN', 'nan', 'N/A', '#N/A', 'NULL', 'null', 'None')"
_CLOCK = "( +[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?)"
_DATE = "[0-9]{4}(-[0-9]{1,2}-[0-9]{1,2}|/[0-9]{1,2}/[0-9]{1,2}|[.][0-9]{1,2}[.][0-9]{1,2}|年[0-9]{1,2}月[0-9]{1,2}日)"
_INTEGER = "^[+-]?(0|[1-9][0-9]{0,14})$"
_DECIMAL = "^[+-]?(0|[1-9][0-9]*)?([.][0-9]+)?$"
_GROUPED = "^[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+([.][0-9]+)?$"
_EXPONENT = "^[+-]?[0-9]+([.][0-9]+)?[eE][+-]?[0-9]+$"
_PERCENT = "^[+-]?[0-9]+([.][0-9]+)?%$"


@dataclass(frozen=True, slots=True)
class TypedColumn:
    """A column once typed: its name, PostgreSQL type and the SQL that makes it from the steps of its texts."""

    name: str
    type: str
    sql: str


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _steps(name: str) -> str:
    """The texts of one column at each step: as read, half width, with plain signs, with Chinese numerals spelled out."""
    # Few texts need translating, and a translation of every one would take most of the time.
    narrow = f"CASE WHEN {_IS_WIDE} THEN translate(text_read, '{_WIDE}', '{_NARROW}') ELSE text_read END"
    half = f"trim({narrow}, '{_BLANKS}')"
    signs = f"CASE WHEN regexp_matches(text_half, '[{_SIGNS}]') THEN translate(text_half, '{_SIGNS}', '{_PLAIN_SIGNS}')"
    plain = f"regexp_replace({signs} ELSE text_half END, '[\\s]+', ' ', 'g')"
    return (
        f"(SELECT *, {_spelled('text_plain')} AS text_spelled FROM (SELECT *, {plain} AS text_plain FROM"
        f" (SELECT *, {half} AS text_half FROM (SELECT {_quote(name)} AS text_read FROM raw))))"
    )


def _spelled(text: str) -> str:
    """Chinese numerals of a date as digits: 二〇二四年十二月三十一日; other texts unchanged."""
    steps = (
        ("([二三])十([一二三四五六七八九])", "\\1\\2"),
        ("([二三])十", "\\1零"),
        ("十([一二三四五六七八九])", "一\\1"),
        ("十", "一零"),
    )
    digits = text
    for pattern, into in steps:
        digits = f"regexp_replace({digits}, '{pattern}', '{into}', 'g')"
    digits = f"translate({digits}, '〇○零一二三四五六七八九', '000123456789')"
    form = "^[〇○零一二三四五六七八九]{4}年[一二三四五六七八九十]{1,2}月[一二三四五六七八九十]{1,3}日"
    return f"CASE WHEN regexp_matches({text}, '{form}') THEN {digits} ELSE {text} END"


_ISO = "regexp_replace(text_spelled, '^([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?', '\\1-\\2-\\3')"
_AS_DATE = f"CASE WHEN regexp_full_match(text_spelled, '{_DATE}') THEN try_cast({_ISO} AS DATE) END"
_SECONDS = "CASE WHEN regexp_matches(text_plain, ':[0-9]{2}:') OR NOT contains(text_plain, ':') THEN '' ELSE ':00' END"
_AS_MOMENT = f"CASE WHEN regexp_full_match(text_spelled, '{_DATE}{_CLOCK}?') THEN try_cast({_ISO} || {_SECONDS} AS TIMESTAMP) END"
_AS_TEXT = "nullif(text_half, '')"
_AS_NUMBER = f"CASE WHEN text_plain NOT IN {_NOTHING} THEN replace(replace(text_plain, ',', ''), '%', '') END"


def _compact(text: str) -> str:
    form = "(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
    parts = f"left({text}, 4) || '-' || substr({text}, 5, 2) || '-' || right({text}, 2)"
    return f"CASE WHEN regexp_full_match({text}, '{form}') THEN try_cast({parts} AS DATE) END"


_FACTS = (
    "filled", "nothing", "integers", "decimals", "grouped", "exponents", "percents", "dates", "moments", "compacts",
    "widened", "trimmed", "scale", "whole",
)  # fmt: skip


def _look() -> str:
    text, number = "text_plain", "replace(replace(text_plain, ',', ''), '%', '')"
    present = f"{text} <> '' AND {text} NOT IN {_NOTHING}"
    tail = f"CASE WHEN {present} THEN length(split_part({number}, '.', 2)) ELSE 0 END"
    head = f"CASE WHEN {present} THEN length(ltrim(split_part({number}, '.', 1), '+-')) ELSE 0 END"
    matches = [f"count(*) FILTER (regexp_matches({text}, '{form}') AND {present})" for form in (_INTEGER, _DECIMAL)]
    matches += [f"count(*) FILTER (regexp_matches({text}, '{form}'))" for form in (_GROUPED, _EXPONENT, _PERCENT)]
    parts = [
        f"count(*) FILTER ({present})",
        f"count(*) FILTER ({text} IN {_NOTHING})",
        *matches,
        *(f"count({made})" for made in (_AS_DATE, _AS_MOMENT, _compact(text))),
        f"count(*) FILTER ({_IS_WIDE})",
        f"count(*) FILTER (trim(text_read, '{_BLANKS}\u3000') <> text_read)",
        f"coalesce(max({tail}), 0)",
        f"coalesce(max({head}), 0)",
    ]
    return ", ".join(parts)


def typed(data: pa.Table, notes: list[Note]) -> tuple[pa.Table, list[TypedColumn]]:
    """Type every column of a table of texts; `notes` receives what was normalised. Returns the table and its columns."""
    arrays, columns = [], []
    with duckdb.connect(config={"threads": 1}) as engine:
        engine.register("raw", data)
        for name in data.column_names:
            answer = engine.execute(f"SELECT {_look()} FROM {_steps(name)}").fetchone()
            facts: dict[str, Any] = dict(zip(_FACTS, answer or (), strict=True))
            column = _decide(engine, name, facts)
            made = _made(engine, column)
            # What does not become a value of the type it looked like stays the text it was.
            if column.type != "text" and len(made) - made.null_count != facts["filled"]:
                column = TypedColumn(name, "text", _AS_TEXT)
                made = _made(engine, column)
            columns.append(column)
            arrays.append(made)
            _tell(column, facts, notes)
    return pa.table(arrays, names=[column.name for column in columns]), columns


def _made(engine: duckdb.DuckDBPyConnection, column: TypedColumn) -> pa.ChunkedArray:
    query = f"SELECT {column.sql} AS value FROM {_steps(column.name)}"
    return engine.execute(query).to_arrow_reader(65_536).read_all().column(0)


def _named(engine: duckdb.DuckDBPyConnection, name: str, words: str) -> bool:
    row = engine.execute("SELECT regexp_matches($1, $2, 'i')", [name, words]).fetchone()
    return bool(row and row[0])


def _decide(engine: duckdb.DuckDBPyConnection, name: str, facts: dict[str, Any]) -> TypedColumn:
    filled, scale = facts["filled"], facts["scale"]
    numbers = facts["decimals"] + facts["grouped"] + facts["exponents"]
    if not filled or _named(engine, name, CODE_WORDS):
        return TypedColumn(name, "text", _AS_TEXT)
    if facts["compacts"] == filled and _named(engine, name, DATE_WORDS):
        return TypedColumn(name, "date", _compact("text_plain"))
    if facts["integers"] == filled:
        return TypedColumn(name, "bigint", f"try_cast({_AS_NUMBER} AS BIGINT)")
    # A whole number of more than fifteen places is a code, not an amount.
    code = scale == 0 and not (facts["grouped"] or facts["percents"] or facts["exponents"])
    if (numbers == filled and not code) or facts["percents"] == filled:
        if not facts["exponents"] and scale <= MOST_SCALE and facts["whole"] + scale <= 38:
            return TypedColumn(name, f"numeric(38,{scale})", f"try_cast({_AS_NUMBER} AS DECIMAL(38,{scale}))")
        double = f"try_cast({_AS_NUMBER} AS DOUBLE)"
        return TypedColumn(name, "double precision", f"CASE WHEN isfinite({double}) THEN {double} END")
    if facts["dates"] == filled:
        return TypedColumn(name, "date", _AS_DATE)
    if facts["moments"] == filled:
        return TypedColumn(name, "timestamp without time zone", _AS_MOMENT)
    return TypedColumn(name, "text", _AS_TEXT)


def _tell(column: TypedColumn, facts: dict[str, Any], notes: list[Note]) -> None:
    def note(level: str, code: str, count: int) -> None:
        if count:
            notes.append((level, code, {"column": column.name, "count": count}))

    number = column.type.startswith(("numeric", "double", "bigint"))
    note("normalised", "full_width", facts["widened"])
    note("normalised", "trimmed", facts["trimmed"])
    note("normalised", "thousands", facts["grouped"] if number else 0)
    note("normalised", "percent", facts["percents"] if number else 0)
    note("normalised", "nothing_marks", facts["nothing"] if column.type != "text" else 0)
    note("recognised", "dates", facts["filled"] if column.type.startswith(("date", "timestamp")) else 0)
