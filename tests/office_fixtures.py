"""Fixtures around `office.py`, for the rooms that walk the road."""

from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from sys import modules
from typing import Any

import psycopg
import pytest


def load(name: str) -> Any:
    """Load a module of this folder under one name, whichever room's tests ask for it."""
    if name not in modules:
        spec = spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None and spec.loader is not None
        modules[name] = module_from_spec(spec)
        spec.loader.exec_module(modules[name])
    return modules[name]


office_module = load("office")


@pytest.fixture
def office() -> Iterator[Any]:
    """A department at its desks; the test says `db` or `committed` before it."""
    made = office_module.Office(office_module.body())
    yield made
    made.clear()


@pytest.fixture
def front(cluster: Any) -> Iterator[Any]:
    """The department's own database, with a reader that may not publish."""
    made, away = office_module.make_front_end(cluster)
    yield made
    away()


@pytest.fixture
def store(urls: dict[str, str]) -> Iterator[psycopg.Connection]:
    """The platform's database as its owner; what was copied there is taken away after the test."""
    with psycopg.connect(urls["owner_url"], autocommit=True) as connection:
        yield connection
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'store'").fetchall()
        for (name,) in names:
            connection.execute(f'DROP TABLE store."{name}" CASCADE')
        if connection.execute("SELECT to_regclass('jiangyuan.delivery')").fetchone() != (None,):
            connection.execute("DELETE FROM jiangyuan.delivery")
