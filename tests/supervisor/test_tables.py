"""The stamp that spares a start the migration: it holds only for these files on this database."""

from pathlib import Path

import psycopg
import pytest

from jiangyuan.supervisor import tables
from jiangyuan.supervisor.cluster import Cluster
from jiangyuan.supervisor.tables import Stamp


@pytest.fixture
def database(cluster: Cluster) -> str:
    cluster.drop_database("stamped")
    url = cluster.create_database("stamped")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE django_migrations (id serial, app text, name text)")
        connection.execute("INSERT INTO django_migrations (app, name) VALUES ('kernel', '0001_initial')")
    return url


def test_it_holds_until_the_database_or_the_files_change(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp = Stamp(tmp_path)
    assert not stamp.holds(database)
    stamp.write(database)
    assert stamp.holds(database) and Stamp(tmp_path).holds(database)
    with monkeypatch.context() as patch:
        patch.setattr(tables, "_files", lambda: "other files")
        assert not stamp.holds(database)
    with psycopg.connect(database) as connection:
        connection.execute("DELETE FROM django_migrations")
    assert not stamp.holds(database)


def test_another_database_or_none_is_migrated(cluster: Cluster, database: str, tmp_path: Path) -> None:
    stamp = Stamp(tmp_path)
    stamp.write(database)
    cluster.drop_database("stamped_too")
    other = cluster.create_database("stamped_too")
    assert not stamp.holds(other)
    with psycopg.connect(other) as connection:
        connection.execute("CREATE TABLE django_migrations (id serial, app text, name text)")
        connection.execute("INSERT INTO django_migrations (app, name) VALUES ('kernel', '0001_initial')")
    assert not stamp.holds(other), "the same rows in a restored copy are another database's"
    assert not stamp.holds("postgresql://nobody@127.0.0.1:1/nowhere")
