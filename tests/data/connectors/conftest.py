"""Sources of every kind, and plans over them made by the real door two."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4, uuid5

import psycopg
import pytest

from jiangyuan.data import plan as plans
from jiangyuan.data.connections import ConnectionSpec
from jiangyuan.data.relations import Column, Location, RelationGrant
from jiangyuan.kernel.actor import Scene, service_actor
from jiangyuan.kernel.config import settings

SPACE = UUID("0192f000-0000-7000-8000-000000000000")


@pytest.fixture
def files(tmp_path, monkeypatch) -> Iterator[Any]:
    """The root of file sources."""
    monkeypatch.setenv("JIANGYUAN_FILE_ROOT", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


@pytest.fixture
def plan_of(monkeypatch) -> Callable[..., plans.Plan]:
    """Make a plan over one source table: `plan_of(spec, "table", {"column": "type"}, key=…, condition=…, masks=…)`."""
    held: list[RelationGrant] = []
    monkeypatch.setattr(plans, "_resolvers", [lambda actor, scene, names, form: list(held)])

    def make(spec, table, columns, *, schema="", key=(), condition=None, masks=None, limit=None):
        resource = uuid5(SPACE, table)
        held[:] = [
            RelationGrant(
                resource=resource,
                entry=resource,
                alias="dept.t",
                location=Location("source", schema, table, spec),
                key=tuple(key),
                columns=tuple(Column(name, kind, (masks or {}).get(name)) for name, kind in columns.items()),
                condition=condition,
                grant=None,
                epoch=1,
                until=date(2999, 1, 1),
                forms=frozenset({"table"}),
                row_limit=limit,
            )
        ]
        scene = Scene(purpose="ingest")
        return plans.authorize([resource], actor=service_actor("ingest"), scene=scene, form="table")

    return make


@pytest.fixture
def people_file(files) -> Any:
    """An SQLite file of people; `spec` and an open connection to change it."""
    connection = sqlite3.connect(files / "people.db", isolation_level=None)
    connection.execute(
        "CREATE TABLE 人员 (id INTEGER PRIMARY KEY, 姓名 VARCHAR(50) NOT NULL, 金额 DECIMAL(10,2), 出生 DATE, 更新 DATETIME)"
    )
    connection.executemany(
        "INSERT INTO 人员 VALUES (?, ?, ?, ?, ?)",
        [(n, f"名{n}", n + 0.5, f"1990-01-{n:02d}", f"2024-01-{n:02d} 08:00:00") for n in range(1, 21)],
    )
    yield ConnectionSpec(kind="sqlite", path="people.db"), connection
    connection.close()


@pytest.fixture
def source(cluster, monkeypatch) -> Iterator[Any]:
    """A department's PostgreSQL database: its spec and an owner's connection to change it."""
    monkeypatch.setenv("JIANGYUAN_EGRESS_ALLOW", "127.0.0.1")
    settings.cache_clear()
    dsn = cluster.create_database(f"source_{uuid4().hex[:12]}")
    connection = psycopg.connect(dsn, autocommit=True)
    parts = connection.info
    spec = ConnectionSpec(
        kind="postgres",
        host="127.0.0.1",
        port=parts.port,
        database=parts.dbname,
        user=parts.user,
        password=parts.password or unquote(urlsplit(dsn).password or ""),
    )
    yield spec, connection
    connection.close()
    settings.cache_clear()
