"""Masks: the same answer from PostgreSQL and DuckDB, the answer meant, and never an error."""

import hashlib
import hmac
from datetime import date
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from sqlglot import exp

from jiangyuan.data.column_types import arrow_type
from jiangyuan.data.engines.landing import shape_batches
from jiangyuan.data.masking import BadMask, check_mask, mask_tree, masked_type, tokenize
from jiangyuan.data.relations import Column, Location, Mask, RelationGrant

TEXTS = [
    "",
    "张",
    "张三丰",
    "欧阳修文",
    "13812341234",
    "138",
    "630102199001011234",
    "630102900101123",
    "😀😀x",
    "é́z",
    "a'b\\%",
    None,
]
INTEGERS = [0, 1, -1, 99, 100, 101, -99, -100, 2**62, -(2**62), 13812341234, None]
DATES = [date(1990, 1, 1), date(1, 1, 1), date(9999, 12, 31), None]
DECIMALS = ["0.00", "99.99", "-0.01", "1234.56", "-1234.50", "150.00", None]
FLOATS = [0.0, 99.99, -0.01, 1e300, -150.0, None]
CASES: list[tuple[str, Mask, list[Any]]] = [
    *[("text", Mask("keep", (("first", a), ("last", b))), TEXTS) for a, b in ((0, 0), (1, 0), (0, 4), (3, 4), (6, 4))],
    *[("text", Mask(kind), TEXTS) for kind in ("none", "redact", "name", "phone", "division", "birth_year")],
    *[("bigint", Mask(kind), INTEGERS) for kind in ("none", "redact", "phone", "division")],
    *[("bigint", Mask(kind, (("unit", unit),)), INTEGERS) for kind in ("round", "bucket") for unit in (2, 100)],
    *[("numeric(10,2)", Mask(kind, (("unit", 100),)), DECIMALS) for kind in ("round", "bucket")],
    *[("double precision", Mask(kind, (("unit", 100),)), FLOATS) for kind in ("round", "bucket")],
    *[("date", Mask(kind), DATES) for kind in ("none", "redact", "year")],
]  # fmt: skip


def relation(column: Column) -> RelationGrant:
    from uuid import uuid4

    place = Location("source", "", "rows")
    return RelationGrant(
        uuid4(), uuid4(), "a.b", place, (), (column,), None, uuid4(), 1, date.max, frozenset({"table"})
    )


@pytest.fixture(scope="module")
def database(cluster: Any) -> Any:
    with psycopg.connect(cluster.create_database("masks"), autocommit=True) as connection:
        yield connection


def in_postgres(connection: Any, column: Column, values: list[Any]) -> list[Any]:
    connection.execute("DROP TABLE IF EXISTS rows")
    connection.execute(f"CREATE TABLE rows (i int, c {column.type})".encode())
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO rows VALUES (%s, %s::text::{column.type})".encode(), list(enumerate(values)))
    tree = exp.cast(mask_tree(column, dialect="postgres"), masked_type(column), dialect="postgres")
    return [v for (v,) in connection.execute(f"SELECT {tree.sql('postgres')} FROM rows ORDER BY i".encode()).fetchall()]


@pytest.mark.parametrize(("kind", "mask", "values"), CASES, ids=str)
def test_both_engines_agree(database: Any, kind: str, mask: Mask, values: list[Any]) -> None:
    column = Column("c", kind, mask)
    typed = (
        pa.array(values, pa.string()).cast(arrow_type(kind))
        if kind.startswith("num")
        else pa.array(values, arrow_type(kind))
    )
    batch = pa.record_batch({"c": typed})
    (shaped,) = shape_batches(relation(column), [batch])
    assert shaped.column("c").to_pylist() == in_postgres(database, column, values)


def shown(mask: Mask, value: Any, kind: str = "text") -> Any:
    batch = pa.record_batch({"c": pa.array([value], arrow_type(kind))})
    return next(shape_batches(relation(Column("c", kind, mask)), [batch])).column("c").to_pylist()[0]


def test_what_is_shown() -> None:
    assert shown(Mask("name"), "张三丰") == "张**"
    assert shown(Mask("phone"), "13812341234") == "138****1234"
    assert shown(Mask("phone"), "0971") == "****"
    assert shown(Mask("division"), "630102199001011234") == "630102"
    assert shown(Mask("division"), "6301") is None
    assert shown(Mask("birth_year"), "630102900101123") == "1990"
    assert shown(Mask("keep", (("first", 2), ("last", 1))), "abcdef") == "ab***f"
    assert shown(Mask("keep", (("first", 2), ("last", 1))), "abc") == "***"
    assert shown(Mask("year"), date(1990, 5, 6), "date") == 1990
    assert shown(Mask("bucket", (("unit", 100),)), -1, "integer") == -100
    assert shown(Mask("round", (("unit", 100),)), 150, "integer") == 200


@pytest.mark.parametrize(
    "column",
    [
        Column("c", "text", Mask("unheard_of")),
        Column("c", "text", Mask("year")),
        Column("c", "date", Mask("keep", (("first", 1), ("last", 1)))),
        Column("c", "text", Mask("keep")),
        Column("c", "text", Mask("keep", (("first", -1), ("last", 1)))),
        Column("c", "integer", Mask("bucket", (("unit", 0),))),
        Column("c", "integer", Mask("round", (("unit", 5),))),
        Column("c", "text", Mask("name", (("extra", 1),))),
    ],
)
def test_unsound_masks_are_refused(column: Column) -> None:
    with pytest.raises(BadMask):
        check_mask(column)


def test_tokens() -> None:
    calls: list[bytes] = []

    def sm3(text: bytes) -> bytes:
        calls.append(text)
        return hmac.new(b"key", text, lambda: hashlib.new("sm3")).digest()  # type: ignore[arg-type]

    values = pa.chunked_array([["a", "b", None], ["a", "张三"]])
    tokens = tokenize(values, hmac=sm3).to_pylist()
    assert tokens[0] == tokens[3] != tokens[1] and tokens[2] is None and all(len(t) == 32 for t in tokens if t)
    assert len(calls) == 3
    assert tokens[0] == hmac.new(b"key", b"a", lambda: hashlib.new("sm3")).hexdigest()[:32]  # type: ignore[arg-type]
    with pytest.raises(BadMask):
        mask_tree(Column("c", "text", Mask("token")), dialect="postgres")
