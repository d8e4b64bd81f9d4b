"""Databases on the embedded cluster and a road between them."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from jiangyuan.data import plan as plans
from jiangyuan.kernel import config

from .road import Grants, MemoryJournal, Road, until

_numbers = iter(range(10_000))


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("JIANGYUAN_EGRESS_ALLOW", "127.0.0.1")
    config.settings.cache_clear()
    yield
    config.settings.cache_clear()


@pytest.fixture
def grants(monkeypatch: pytest.MonkeyPatch) -> Grants:
    made = Grants()
    monkeypatch.setattr(plans, "_resolvers", [made.resolve])
    return made


@pytest.fixture
def road(cluster: Any, grants: Grants) -> Iterator[Road]:
    number = next(_numbers)
    names = [f"movement_source_{number}", f"movement_target_{number}"]
    made = Road(*[cluster.create_database(name) for name in names], grants=grants, journal=MemoryJournal())
    yield made
    for runner in made.runners:
        assert runner.stop(timeout=20)
    with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
        connection.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active")
    for name in names:
        cluster.drop_database(name)


@pytest.fixture(name="until")
def _until() -> Callable[..., None]:
    return until
