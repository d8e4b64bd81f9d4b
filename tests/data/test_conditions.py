"""Row conditions: read within bounds, and the same rows in PostgreSQL, in DuckDB and by reading the tree by hand."""

from datetime import date
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiangyuan.data.conditions import MAX_VALUES, BadCondition, Condition, parse
from jiangyuan.data.engines.landing import holds

TYPES = {"code": "text", "n": "integer", "amount": "numeric(10,2)", "day": "date", "flag": "boolean", "m": "integer"}
TEXTS = ["", "63", "630102", "63é", "a", "B", "张三", "６３", "z%_", "63\\"]
NUMBERS = [-7, 0, 1, 2, 40]
DAYS = ["1990-01-01", "2000-02-29", "2026-11-22"]

leaves = st.one_of(
    st.builds(lambda o, v: {"op": o, "column": "code", "value": v}, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), st.sampled_from(TEXTS)),
    st.builds(lambda v: {"op": "starts_with", "column": "code", "value": v}, st.sampled_from(TEXTS)),
    st.builds(lambda v: {"op": "in", "column": "code", "values": v}, st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3)),
    st.builds(lambda o, v: {"op": o, "column": "n", "value": v}, st.sampled_from(["=", "<", ">="]), st.sampled_from(NUMBERS)),
    st.builds(lambda a, b: {"op": "between", "column": "n", "low": a, "high": b}, st.sampled_from(NUMBERS), st.sampled_from(NUMBERS)),
    st.builds(lambda a, b: {"op": "between", "column": "code", "low": a, "high": b}, st.sampled_from(TEXTS), st.sampled_from(TEXTS)),
    st.builds(lambda o, v: {"op": o, "column": "day", "value": v}, st.sampled_from(["=", "<", ">"]), st.sampled_from(DAYS)),
    st.builds(lambda o: {"op": o, "column": "n", "other": "m"}, st.sampled_from(["=", "<", "!="])),
    st.builds(lambda o, v: {"op": o, "column": "amount", "value": v}, st.sampled_from(["=", "<", ">="]), st.sampled_from(["1.50", "-7", "40.00"])),
    st.builds(lambda v: {"op": "=", "column": "flag", "value": v}, st.booleans()),
    st.sampled_from([{"op": "is_null", "column": name} for name in TYPES]),
)  # fmt: skip
forms = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(
            lambda o, items: {"op": o, "items": items},
            st.sampled_from(["and", "or"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(lambda item: {"op": "not", "item": item}, inner),
    ),
    max_leaves=6,
)
ROWS = [
    (code, n, amount, day, flag, m)
    for i, code in enumerate([None, *TEXTS])
    for n, amount, day, flag, m in [
        (NUMBERS[i % 5], None, date(1990, 1, 1), True, 1),
        (None, "1.50", None, None, NUMBERS[i % 4]),
        (NUMBERS[(i * 2) % 5], "40.00", date(2026, 11, 22), False, 2),
    ]
]


def _compare(left: Any, operator: str, right: Any) -> bool | None:
    if left is None or right is None:
        return None
    return {
        "=": left == right,
        "!=": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[operator]


def by_hand(form: dict[str, Any], row: dict[str, Any]) -> bool | None:
    """The meaning of a condition in three-valued logic, read straight from its JSON form."""
    operator = form["op"]
    if operator == "not":
        inner = by_hand(form["item"], row)
        return None if inner is None else not inner
    if operator in ("and", "or"):
        found = [by_hand(item, row) for item in form["items"]]
        decisive = operator == "or"
        return decisive if decisive in found else None if None in found else not decisive
    value = row[form["column"]]
    if operator == "is_null":
        return value is None
    if value is None:
        return None
    read = {"amount": float, "day": date.fromisoformat}.get(form["column"], lambda given: given)
    if operator == "in":
        return value in form["values"]
    if operator == "starts_with":
        return value.startswith(form["value"])
    if operator == "between":
        return form["low"] <= value <= form["high"]
    return _compare(value, operator, row[form["other"]] if "other" in form else read(form["value"]))


@pytest.fixture(scope="module")
def rows_database(cluster: Any) -> Any:
    with psycopg.connect(cluster.create_database("conditions")) as connection:
        columns = ", ".join(f'"{name}" {kind}' for name, kind in TYPES.items())
        connection.execute(f"CREATE TABLE rows (i int, {columns})".encode())
        with connection.cursor() as cursor:
            cursor.executemany(
                b"INSERT INTO rows VALUES (%s, %s, %s, %s, %s, %s, %s)", [(i, *row) for i, row in enumerate(ROWS)]
            )
        yield connection


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(form=forms)
def test_the_same_rows_everywhere(rows_database: Any, form: dict[str, Any]) -> None:
    condition = parse(form, columns=TYPES)
    assert parse(condition.to_json()) == condition
    wanted = []
    for i, row in enumerate(ROWS):
        named = dict(zip(TYPES, row, strict=True))
        named["amount"] = None if named["amount"] is None else float(named["amount"])
        if by_hand(form, named):
            wanted.append(i)
    sql = f"SELECT i FROM rows WHERE {condition.sql('postgres')} ORDER BY i"
    assert [i for (i,) in rows_database.execute(sql.encode()).fetchall()] == wanted
    batch = pa.table({name: [row[k] for row in ROWS] for k, name in enumerate(TYPES)})
    assert [i for i, belongs in enumerate(holds(condition, batch).to_pylist()) if belongs] == wanted


def deep(levels: int) -> dict[str, Any]:
    form: dict[str, Any] = {"op": "is_null", "column": "n"}
    for _level in range(levels):
        form = {"op": "not", "item": form}
    return form


@pytest.mark.parametrize(
    "form",
    [
        None,
        [],
        {},
        {"op": "and", "items": []},
        {"op": "=", "column": "nothing", "value": 1},
        {"op": "=", "column": "n", "value": "1; drop table x"},
        {"op": "=", "column": "n", "value": True},
        {"op": "=", "column": "n", "value": 2**63},
        {"op": "=", "column": "n", "other": "code"},
        {"op": "=", "column": "day", "value": "now"},
        {"op": "=", "column": "day", "value": "infinity"},
        {"op": "=", "column": "amount", "value": "NaN"},
        {"op": "=", "column": "code", "value": "\x00"},
        {"op": "=", "column": "code", "value": "x" * 401},
        {"op": "<", "column": "flag", "value": True},
        {"op": "like", "column": "code", "value": "%"},
        {"op": "random", "column": "code", "value": "x"},
        {"op": "starts_with", "column": "n", "value": "1"},
        {"op": "in", "column": "n", "values": "12"},
        {"op": "in", "column": "n", "values": [1] * (MAX_VALUES + 1)},
        {"op": "or", "items": [{"op": "is_null", "column": "n"}] * 300},
        deep(20),
        deep(100_0),
    ],
)
def test_refused(form: Any) -> None:
    with pytest.raises(BadCondition) as refused:
        parse(form, columns=TYPES)
    assert refused.value.mend


def test_values_cannot_become_syntax() -> None:
    condition = parse({"op": "=", "column": "code", "value": "' OR '1'='1"}, columns=TYPES)
    assert isinstance(condition, Condition)
    assert not any(holds(condition, pa.table({"code": ["x", None]})).to_pylist())
    assert holds(condition, pa.table({"code": ["' OR '1'='1"]})).to_pylist() == [True]
