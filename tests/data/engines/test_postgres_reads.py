"""Plans in the serving store: views, roles, limits, withdrawal, lookups."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from jiangyuan.data.conditions import parse
from jiangyuan.data.engines import lookups, postgres
from jiangyuan.data.plan import PlanRefused
from jiangyuan.data.relations import Column, Mask

TYPES = {"id": "text", "name": "text", "division": "text", "born": "date", "income": "numeric(10,2)", "n": "integer"}
ROWS = [
    ("630102199001011234", "张三丰", "630102", date(1990, 1, 1), Decimal("1234.56"), 1),
    ("632523198502022345", "李四", "632523", date(1985, 2, 2), Decimal("99.99"), 2),
    ("110101197003033456", "王五", "110101", date(1970, 3, 3), Decimal("5.00"), 3),
]
COLUMNS = (
    Column("id", "text", Mask("division"), "citizen_id"),
    Column("name", "text", Mask("name"), "name"),
    Column("born", "date", Mask("year"), "birth_date"),
    Column("income", "numeric(10,2)", Mask("bucket", (("unit", 100),))),
    Column("n", "integer"),
)
QINGHAI = parse({"op": "starts_with", "column": "division", "value": "63"}, columns={"division": "text"})


def rows(batches: Any) -> list[dict[str, Any]]:
    return [row for batch in batches for row in batch.to_pylist()]


def test_filtered_and_masked(store: Any) -> None:
    store.grant("gongan.people", store.table(TYPES, ROWS), COLUMNS, condition=QINGHAI)
    plan = store.plan("select id, name, born, income, n from gongan.people order by n")
    answer = rows(postgres.run(plan, connection_url=store.reader_url))
    assert [tuple(row.values())[:3] for row in answer] == [("630102", "张**", 1990), ("632523", "李**", 1985)]
    assert [int(row["income"]) for row in answer] == [1200, 0]


def test_parameters_are_bound_not_pasted(store: Any) -> None:
    store.grant("gongan.people", store.table(TYPES, ROWS), COLUMNS, condition=QINGHAI)
    plan = store.plan("select n from gongan.people where name = :name")
    assert rows(postgres.run(plan, connection_url=store.reader_url, parameters={"name": "张**"})) == [{"n": 1}]
    assert rows(postgres.run(plan, connection_url=store.reader_url, parameters={"name": "' or 1=1 --"})) == []
    with pytest.raises(PlanRefused):
        list(postgres.run(plan, connection_url=store.reader_url))


def test_withdrawal_takes_effect_at_the_next_call_and_in_the_stream(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "CHUNK_ROWS", 2)
    many = [(f"63010219900101{i:04}", "张三", "630102", date(1990, 1, 1), 1, i) for i in range(10)]
    relation = store.grant("gongan.people", store.table(TYPES, many), COLUMNS, condition=QINGHAI)
    plan = store.plan("select n from gongan.people")
    stream = postgres.run(plan, connection_url=store.reader_url)
    assert next(stream).num_rows == 2
    store.withdraw(relation.grant)
    with pytest.raises(PlanRefused) as ended:
        list(stream)
    assert ended.value.code == "data.plan.withdrawn"
    with pytest.raises(PlanRefused):
        list(postgres.run(plan, connection_url=store.reader_url))


def test_a_plan_does_not_outlive_its_epoch_or_term(store: Any) -> None:
    relation = store.grant("gongan.people", store.table(TYPES, ROWS), COLUMNS, condition=QINGHAI)
    plan = store.plan("select n from gongan.people")
    store.execute([f"UPDATE sharing_grant SET epoch = 2 WHERE id = '{relation.grant}'"])
    store.grant("gongan.people", relation.location.table, COLUMNS, grant=relation.grant, epoch=2)
    with pytest.raises(PlanRefused):
        list(postgres.run(plan, connection_url=store.reader_url))
    assert len(rows(postgres.run(store.plan("select n from gongan.people"), connection_url=store.reader_url))) == 3
    yesterday = date.today() - timedelta(days=2)
    store.execute([f"UPDATE sharing_grant SET until = '{yesterday}' WHERE id = '{relation.grant}'"])
    with pytest.raises(PlanRefused):
        list(postgres.run(store.plan("select n from gongan.people"), connection_url=store.reader_url))


def test_building_twice_and_dropping_twice_is_the_same(store: Any) -> None:
    relation = store.grant("gongan.people", store.table(TYPES, ROWS), COLUMNS)
    store.build(relation.grant)
    assert len(rows(postgres.run(store.plan("select n from gongan.people"), connection_url=store.reader_url))) == 3
    store.clear()
    store.held["gongan.people"] = relation
    store.clear()


def test_the_role_reads_its_own_schema_and_nothing_else(store: Any) -> None:
    relation = store.grant("gongan.people", store.table(TYPES, ROWS), COLUMNS, condition=QINGHAI)
    other = store.grant("minzheng.aid", store.table(TYPES, ROWS), COLUMNS)
    hidden = [
        f'SELECT * FROM store."{relation.location.table}"',
        "SELECT * FROM public.sharing_grant",
        f'SELECT * FROM "{other.role}"."{other.view}"',
        f'SELECT * FROM "{relation.role}"."$key_{relation.resource.hex}"',
        f'UPDATE "{relation.role}"."{relation.view}" SET n = 0',
        f'CREATE TABLE "{relation.role}".x (a int)',
    ]
    for statement in hidden:
        with psycopg.connect(store.reader_url) as connection:
            connection.execute(f'SET ROLE "{relation.role}"'.encode())
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
    with psycopg.connect(store.reader_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(f'SELECT * FROM "{relation.role}"."{relation.view}"'.encode())


@pytest.fixture
def gateway(store: Any) -> Any:
    with psycopg.connect(store.gateway_url, autocommit=True) as connection:
        yield connection


def ask(connection: Any, sql: str, *values: Any) -> list[Any]:
    with psycopg.RawCursor(connection) as cursor:
        return cursor.execute(sql.encode(), values).fetchall()


def test_point_statement_uses_the_index_and_obeys_the_grant(store: Any, gateway: Any) -> None:
    many = [(f"63010219900101{i:04}", "张三", "630102", date(1990, 1, 1), 1, i) for i in range(2000)]
    table = store.table(TYPES, [*many, *ROWS])
    store.execute([f'CREATE INDEX ON store."{table}" (id)', f'ANALYZE store."{table}"'])
    relation = store.grant("gongan.people", table, COLUMNS, condition=QINGHAI)
    sql, types = lookups.point_statement(store.plan([relation.entry], form="match"), ["id"])
    assert types == ("text",)
    (answer,) = ask(gateway, sql, "632523198502022345")[0]
    assert '"id":"632523"' in answer and "李**" in answer and "1985" in answer and "0202" not in answer
    assert ask(gateway, sql, "110101197003033456") == [] and ask(gateway, sql, "' or true") == []
    plan = str(ask(gateway, f"EXPLAIN {sql.replace('$1', chr(39) + 'x' + chr(39))}"))
    assert "Index Scan" in plan or "Bitmap Index" in plan
    store.withdraw(relation.grant)
    assert ask(gateway, sql, "632523198502022345") == []


def test_gathered_statement_answers_each_key_and_obeys_the_grant(store: Any, gateway: Any) -> None:
    many = [(f"63010219900101{i:04}", "张三", "630102", date(1990, 1, 1), 1, i) for i in range(2000)]
    table = store.table(TYPES, [*many, *ROWS])
    store.execute([f'CREATE INDEX ON store."{table}" (id)', f'ANALYZE store."{table}"'])
    store.execute(
        [
            "CREATE OR REPLACE VIEW public.gateway_state AS SELECT id AS grant_id, epoch, '' AS data_version,"
            " active AND until >= current_date AS live FROM public.sharing_grant",
            "GRANT SELECT ON public.gateway_state TO PUBLIC",
        ]
    )
    relation = store.grant("gongan.people", table, COLUMNS, condition=QINGHAI)
    plan = store.plan([relation.entry], form="match")
    sql = lookups.gathered_statement(plan, "id")
    one, _types = lookups.point_statement(plan, ["id"])
    keys = ["632523198502022345", "110101197003033456", "' or true", "632523198502022345", "630102199001010007"]
    told = ask(gateway, sql, keys)
    assert {(live, place) for live, _version, place, _row in told} == {(True, place) for place in range(1, 6)}
    for place, key in enumerate(keys, 1):
        assert [(row,) for _live, _version, at, row in told if at == place and row] == ask(gateway, one, key)
    shown = sql.replace("$1", "ARRAY['x']")
    assert "Index Cond" in str(ask(gateway, f"EXPLAIN {shown}")), "a key is found by the index"
    store.withdraw(relation.grant)
    assert {(live, row) for live, _version, _place, row in ask(gateway, sql, keys)} == {(False, None)}
    with pytest.raises(PlanRefused):
        lookups.gathered_statement(plan, "name")


def test_match_statement(store: Any, gateway: Any) -> None:
    relation = store.grant("gongan.people", store.table(TYPES, ROWS), COLUMNS, condition=QINGHAI)
    plan = store.plan([relation.entry], form="match")
    asked = ["630102199001011234", "110101197003033456", "000"]
    sql, types = lookups.match_statement(plan, ["id"])
    assert types == ("text[]",)
    found = ask(gateway, sql, asked)
    assert [key for key, _row in found] == [["630102199001011234"]] and "张**" in found[0][1]
    yes, _types = lookups.match_statement(plan, ["id"], fields=False)
    assert ask(gateway, yes, asked) == [(["630102199001011234"], None)]
    with pytest.raises(PlanRefused):
        lookups.point_statement(plan, ["name"])


def test_infinite_dates_and_not_a_number(store: Any) -> None:
    table = store.table({"id": "text", "d": "date", "x": "double precision"}, [("1", None, None)])
    store.execute([f"INSERT INTO store.\"{table}\" VALUES ('2', 'infinity', 'NaN'), ('3', '-infinity', 'Infinity')"])
    columns = (
        Column("id", "text"),
        Column("d", "date"),
        Column("x", "double precision", Mask("bucket", (("unit", 5),))),
    )
    store.grant("a.b", table, columns)
    answer = rows(
        postgres.run(
            store.plan("select id, d, x, x::numeric v from a.b where id < '3' order by id"),
            connection_url=store.reader_url,
        )
    )
    assert answer[1]["d"] == date.max and answer[1]["v"] is None
