"""Attempts by who owns a source: SQL in the names its catalogue tells, and files that belong to another department."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.data.movement.road import Grants, MemoryJournal, Road, until

from jiangyuan.data import plan as plans
from jiangyuan.data.column_types import UnknownType, base_type, written_type
from jiangyuan.data.movement.capture import CaptureRunner
from jiangyuan.data.relations import Column
from jiangyuan.kernel import config

pytestmark = [pytest.mark.attack]


@pytest.fixture
def road(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Road]:
    """A source of its own owner's making, and a target."""
    monkeypatch.setenv("JIANGYUAN_EGRESS_ALLOW", "127.0.0.1")
    config.settings.cache_clear()
    grants = Grants()
    monkeypatch.setattr(plans, "_resolvers", [grants.resolve])
    names = ["lying_source", "lying_target"]
    made = Road(*[cluster.create_database(name) for name in names], grants=grants, journal=MemoryJournal())
    yield made
    for runner in made.runners:
        assert runner.stop(timeout=20)
    with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
        connection.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active")
    for name in names:
        cluster.drop_database(name)
    monkeypatch.undo()
    config.settings.cache_clear()


BUILT = "SELECT count(*) FROM pg_tables WHERE schemaname = 'delivered'"
LYING = (
    "CREATE TABLE people (id bigint PRIMARY KEY, name text)",
    "INSERT INTO people VALUES (1, '甲')",
    "SET allow_system_table_mods = on",
    # whoever owns a server may have it answer what he likes
    """CREATE OR REPLACE FUNCTION pg_catalog.format_type(type oid, modifier integer) RETURNS text LANGUAGE sql AS
    $$ SELECT CASE WHEN type = 'text'::regtype THEN 'text, extra text DEFAULT current_user' ELSE 'bigint' END $$""",
)


@pytest.mark.parametrize(
    "name",
    [
        "text); DROP TABLE kernel_event; --",
        "text(x); DROP TABLE kernel_event; --)",
        "integer(') , evil int)",
        "text DEFAULT (pg_read_file('/etc/passwd'))",
        "integer REFERENCES sharing_grant",
        "numeric(10,--2)",
        "text/**/",
        "text\x00",
        "",
    ],
)
def test_a_types_name_is_nothing_more_than_a_name(name: str) -> None:
    for read in (written_type, base_type):
        with pytest.raises(UnknownType):
            read(name)


@pytest.mark.parametrize(
    "name",
    [
        "character varying(18)", "numeric(10,2)", "numeric(10, -2)", "timestamp(3) with time zone", "double precision",
        '"char"', "integer[]", "bit varying(9)", "interval day to second(3)", "time without time zone", "int4multirange",
    ],
)  # fmt: skip
def test_what_postgres_calls_its_own_types_is_a_name(name: str) -> None:
    assert written_type(name) == name


def test_a_source_whose_catalogue_lies_about_types_builds_nothing(road: Road) -> None:
    road.run(*LYING)
    columns = [Column("id", "bigint"), Column("name", "text")]
    runner = road.runner(road.subscription("people", columns=columns))
    until(lambda: _errors(runner) or road.rows(BUILT) != [(0,)], tell=runner.status)
    assert [error["code"] for error in _errors(runner)] == ["data.type"]
    assert road.rows(BUILT) == [(0,)]


def _errors(runner: CaptureRunner) -> list[dict[str, Any]]:
    return [status.error for status in runner.status().deliveries if status.error]
