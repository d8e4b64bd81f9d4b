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
    """A column once typed: its name, PostgreSQL type and the SQL that makes it from the texts."""

    name: str
    type: str
    sql: str


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _half(name: str) -> str:
    return f"trim(translate({_quote(name)}, '{_WIDE}', '{_NARROW}'), '{_BLANKS}')"


def _plain(name: str) -> str:
    """The text with every sign of a number or date made half width and line breaks made blanks."""
    signs = f"translate({_half(name)}, '{_SIGNS}', '{_PLAIN_SIGNS}')"
    return f"regexp_replace({signs}, '[\\s]+', ' ', 'g')"


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


def _iso(text: str) -> str:
    return (
        f"regexp_replace({_spelled(text)}, '^([0-9]{{4}})[-/.年]([0-9]{{1,2}})[-/.月]([0-9]{{1,2}})日?', '\\1-\\2-\\3')"
    )


def _date(text: str) -> str:
    return f"CASE WHEN regexp_full_match({_spelled(text)}, '{_DATE}') THEN try_cast({_iso(text)} AS DATE) END"


def _moment(text: str) -> str:
    full = f"{_iso(text)} || CASE WHEN regexp_matches({text}, ':[0-9]{{2}}:') OR NOT contains({text}, ':') THEN '' ELSE ':00' END"
    form = f"{_DATE}{_CLOCK}?"
    return f"CASE WHEN regexp_full_match({_spelled(text)}, '{form}') THEN try_cast({full} AS TIMESTAMP) END"


def _compact(text: str) -> str:
    form = "(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
    parts = f"left({text}, 4) || '-' || substr({text}, 5, 2) || '-' || right({text}, 2)"
    return f"CASE WHEN regexp_full_match({text}, '{form}') THEN try_cast({parts} AS DATE) END"


_FACTS = (
    "filled", "nothing", "integers", "decimals", "grouped", "exponents", "percents", "dates", "moments", "compacts",
    "widened", "trimmed", "scale", "whole",
)  # fmt: skip


def _look(name: str) -> list[str]:
    text = _plain(name)
    present = f"{text} <> '' AND {text} NOT IN {_NOTHING}"
    number = f"replace(replace({text}, ',', ''), '%', '')"
    tail = f"CASE WHEN {present} THEN length(split_part({number}, '.', 2)) ELSE 0 END"
    head = f"CASE WHEN {present} THEN length(ltrim(split_part({number}, '.', 1), '+-')) ELSE 0 END"
    matches = [f"count(*) FILTER (regexp_matches({text}, '{form}') AND {present})" for form in (_INTEGER, _DECIMAL)]
    matches += [f"count(*) FILTER (regexp_matches({text}, '{form}'))" for form in (_GROUPED, _EXPONENT, _PERCENT)]
    return [
        f"count(*) FILTER ({present})",
        f"count(*) FILTER ({text} IN {_NOTHING})",
        *matches,
        *(f"count({made})" for made in (_date(text), _moment(text), _compact(text))),
        f"count(*) FILTER (translate({_quote(name)}, '{_WIDE}', '{_NARROW}') <> {_quote(name)})",
        f"count(*) FILTER (trim({_quote(name)}, '{_BLANKS}\u3000') <> {_quote(name)})",
        f"coalesce(max({tail}), 0)",
        f"coalesce(max({head}), 0)",
    ]


def typed(data: pa.Table, notes: list[Note]) -> tuple[pa.Table, list[TypedColumn]]:
    """Type every column of a table of texts; `notes` receives what was normalised. Returns the table and its columns."""
    with duckdb.connect(config={"threads": 1}) as engine:
        engine.register("raw", data)
        columns = []
        for name in data.column_names:
            answer = engine.execute(f"SELECT {', '.join(_look(name))} FROM raw").fetchone()
            facts: dict[str, Any] = dict(zip(_FACTS, answer or (), strict=True))
            column = _decide(engine, name, facts)
            columns.append(column)
            _tell(column, facts, notes)
        if not columns:
            return data, []
        made = ", ".join(f"{column.sql} AS {_quote(column.name)}" for column in columns)
        return engine.execute(f"SELECT {made} FROM raw").to_arrow_reader(65_536).read_all(), columns


def _named(engine: duckdb.DuckDBPyConnection, name: str, words: str) -> bool:
    row = engine.execute("SELECT regexp_matches($1, $2, 'i')", [name, words]).fetchone()
    return bool(row and row[0])


def _decide(engine: duckdb.DuckDBPyConnection, name: str, facts: dict[str, Any]) -> TypedColumn:
    text, filled = _plain(name), facts["filled"]
    real = f"CASE WHEN {text} IN {_NOTHING} THEN NULL ELSE nullif({text}, '') END"
    code = _named(engine, name, CODE_WORDS)
    numbers = facts["decimals"] + facts["grouped"] + facts["exponents"]
    if not filled or code:
        kind, sql = "text", f"nullif({_half(name)}, '')"
    elif facts["compacts"] == filled and _named(engine, name, DATE_WORDS):
        kind, sql = "date", _compact(text)
    elif facts["integers"] == filled:
        kind, sql = "bigint", f"try_cast({real} AS BIGINT)"
    elif numbers == filled or facts["percents"] == filled:
        number = f"replace(replace({real}, ',', ''), '%', '')"
        scale = facts["scale"]
        exact = not facts["exponents"] and scale <= MOST_SCALE and facts["whole"] + scale <= 38
        kind = f"numeric(38,{scale})" if exact else "double precision"
        sql = f"try_cast({number} AS {f'DECIMAL(38,{scale})' if exact else 'DOUBLE'})"
        # A leading zero or a whole number of more than fifteen places is a code, not an amount.
        if not exact and not facts["exponents"] and facts["whole"] > 15:
            kind, sql = "text", f"nullif({_half(name)}, '')"
    elif facts["dates"] == filled:
        kind, sql = "date", _date(text)
    elif facts["moments"] == filled:
        kind, sql = "timestamp without time zone", _moment(text)
    else:
        kind, sql = "text", f"nullif({_half(name)}, '')"
    if kind.startswith("numeric") and facts["scale"] == 0 and not facts["grouped"] and not facts["percents"]:
        kind, sql = "text", f"nullif({_half(name)}, '')"
    return TypedColumn(name, kind, sql)


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
