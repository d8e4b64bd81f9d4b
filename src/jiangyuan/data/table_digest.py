"""A digest of a table's rows that is the same in every engine and does not depend on their order.

Each row becomes one text (every value with its length, so that no two rows share a text), each text its SHA-256, and
the first 240 bits of all digests are added up in four sums. The sums, with the number of rows, are what SM3 is taken
over. It is one scan in SQL, and no row leaves the engine. It finds what went wrong; who could choose rows freely could
construct a collision of sums, so proofs of who wrote what rest on the memory, never on this.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives import hashes

from jiangyuan.data.column_types import family, precision_of
from jiangyuan.data.relations import Column

SLICES = 4
_WIDTH = 15
"""Hexadecimal digits of one slice: 60 bits, the most that a signed 64-bit integer surely holds."""


def combine(count: int, sums: Sequence[object]) -> str:
    """Give the digest (SM3, hexadecimal) of a number of rows and their sums."""
    digest = hashes.Hash(hashes.SM3())
    digest.update("|".join([str(count), *(str(int(str(part or 0))) for part in sums)]).encode())
    return digest.finalize().hex()


def postgres_digest(values: Sequence[str], relation: str) -> str:
    """Give the PostgreSQL query for (count, sums …) over text expressions of a relation (both already quoted SQL)."""
    row = " || ".join(f"coalesce(char_length({value})::text || ':' || ({value}), '-')" for value in values)
    slices = ", ".join(
        f"sum(('x' || substr(h, {1 + part * _WIDTH}, {_WIDTH}))::bit(60)::bigint)::text" for part in range(SLICES)
    )
    hashed = f"SELECT encode(sha256(convert_to({row}, 'UTF8')), 'hex') AS h FROM {relation}"
    return f"SELECT count(*), {slices} FROM ({hashed}) hashed"


def duckdb_digest(values: Sequence[str], relation: str) -> str:
    """Give the same query for DuckDB."""
    row = " || ".join(f"coalesce(length({value})::VARCHAR || ':' || ({value}), '-')" for value in values)
    slices = ", ".join(
        f"sum(('0x' || substr(h, {1 + part * _WIDTH}, {_WIDTH}))::BIGINT)::VARCHAR" for part in range(SLICES)
    )
    return f"SELECT count(*), {slices} FROM (SELECT sha256({row}) AS h FROM {relation})"


def quoted(name: str) -> str:
    """Quote an identifier, in either engine."""
    return '"' + name.replace('"', '""') + '"'


def postgres_text(column: Column) -> str:
    """Give the text of a column's value in the one spelling both engines know, in PostgreSQL."""
    name, kind = quoted(column.name), family(column.type)
    if kind == "number" and precision_of(column.type) is None:
        return f"trim_scale({name})::text"
    if kind == "float":
        # both engines hand this to the same C function, so that every bit of the number counts
        written = f"ltrim(to_char({name}::float8, '9.9999999999999999EEEE'))"
        return f"CASE WHEN {name}::text IN ('NaN', 'Infinity', '-Infinity') THEN lower({name}::text) ELSE {written} END"
    if kind in ("timestamp", "instant"):
        return f"(extract(epoch FROM {name}) * 1000000)::bigint::text"
    if kind == "binary":
        return f"encode({name}, 'hex')"
    return f"{name}::text"


def duckdb_text(column: Column) -> str:
    """Give the same text in DuckDB."""
    name, kind = quoted(column.name), family(column.type)
    text = f"{name}::VARCHAR"
    if kind == "number" and precision_of(column.type) is None:
        return f"CASE WHEN contains({text}, '.') THEN rtrim(rtrim({text}, '0'), '.') ELSE {text} END"
    if kind == "float":
        odd = f"CASE WHEN isnan({name}) THEN 'nan' WHEN {name} > 0 THEN 'infinity' ELSE '-infinity' END"
        return f"CASE WHEN isfinite({name}) THEN printf('%.16e', {name}::DOUBLE) WHEN {name} IS NOT NULL THEN {odd} END"
    if kind in ("timestamp", "instant"):
        return f"epoch_us({name})::VARCHAR"
    if kind == "binary":
        return f"lower(hex({name}))"
    return text
