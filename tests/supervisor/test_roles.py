"""The database roles: each may do its work, and the database itself refuses the rest."""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from jiangyuan.kernel.config import Settings
from jiangyuan.kernel.errors import Refused
from jiangyuan.supervisor.cluster import Cluster
from jiangyuan.supervisor.roles import URL_NAMES, bootstrap, configured_urls


@pytest.fixture(scope="module")
def urls(cluster: Cluster) -> Iterator[dict[str, str]]:
    yield bootstrap(cluster, "roles")
    cluster.drop_database("roles")


def run(url: str, *orders: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        *before, last = orders
        for order in before:
            connection.execute(order.encode())
        cursor = connection.execute(last.encode())
        return cursor.fetchall() if cursor.description else []


def test_each_url_logs_in_as_its_role(urls: dict[str, str]) -> None:
    assert {name: run(url, "SELECT current_user")[0][0] for name, url in urls.items()} == URL_NAMES


def test_again_changes_nothing(cluster: Cluster, urls: dict[str, str]) -> None:
    run(urls["owner_url"], "CREATE TABLE IF NOT EXISTS kept AS SELECT 1 AS n")
    assert bootstrap(cluster, "roles") == urls
    assert run(urls["owner_url"], "SELECT n FROM kept") == [(1,)]


def test_passwords_are_private_and_their_own(cluster: Cluster, urls: dict[str, str]) -> None:
    file = cluster.home / "secrets.json"
    passwords = json.loads(file.read_text(encoding="utf-8"))
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(set(passwords.values())) == 4
    assert all(passwords[role] in urls[name] for name, role in URL_NAMES.items())


def test_nobody_is_superuser(cluster: Cluster, urls: dict[str, str]) -> None:
    named = ", ".join(f"'{role}'" for role in URL_NAMES.values())
    mighty = f"SELECT rolname FROM pg_roles WHERE rolname IN ({named}) AND (rolsuper OR rolreplication OR rolbypassrls)"
    assert run(cluster.superuser_dsn(), mighty) == []
    for url in urls.values():
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(url.rpartition("/")[0] + "/postgres")


def test_application_reads_and_writes_what_the_owner_makes(urls: dict[str, str]) -> None:
    run(urls["owner_url"], "CREATE TABLE thing (id int GENERATED ALWAYS AS IDENTITY, name text)")
    app = urls["database_url"]
    run(
        app,
        "INSERT INTO thing (name) VALUES ('a'), ('b')",
        "UPDATE thing SET name = 'c'",
        "DELETE FROM thing WHERE id = 1",
    )
    assert run(app, "SELECT name FROM thing") == [("c",)]
    for order in ("TRUNCATE thing", "DROP TABLE thing", "CREATE TABLE other (n int)", "SELECT * FROM store.r_1"):
        with pytest.raises(errors.InsufficientPrivilege):
            run(app, order)


def test_append_only_tables_can_be_closed(urls: dict[str, str]) -> None:
    run(
        urls["owner_url"],
        "CREATE TABLE memory (n int)",
        "REVOKE UPDATE, DELETE, TRUNCATE ON memory FROM jy_app",
    )
    run(urls["database_url"], "INSERT INTO memory VALUES (1)")
    for order in ("UPDATE memory SET n = 2", "DELETE FROM memory", "TRUNCATE memory", "ALTER TABLE memory ADD m int"):
        with pytest.raises(errors.InsufficientPrivilege):
            run(urls["database_url"], order)


def test_reader_reads_only_through_a_grant(urls: dict[str, str]) -> None:
    run(
        urls["owner_url"],
        "CREATE TABLE store.r_1 AS SELECT 1 AS id, 'x' AS hidden",
        "CREATE ROLE g_1 NOLOGIN",
        "CREATE SCHEMA g_1",
        "CREATE VIEW g_1.person WITH (security_barrier) AS SELECT id FROM store.r_1",
        "GRANT USAGE ON SCHEMA g_1 TO g_1",
        "GRANT SELECT ON g_1.person TO g_1",
        "GRANT g_1 TO jy_reader",
    )
    reader = urls["reader_url"]
    for order in ("SELECT id FROM g_1.person", "SELECT hidden FROM store.r_1", "SELECT 1 FROM public.thing"):
        with pytest.raises(errors.InsufficientPrivilege):
            run(reader, order)
    assert run(reader, "SET ROLE g_1", "SELECT id FROM g_1.person") == [(1,)]
    with pytest.raises(errors.InsufficientPrivilege):
        run(reader, "SET ROLE g_1", "SELECT hidden FROM store.r_1")
    with pytest.raises(errors.InsufficientPrivilege):
        run(urls["database_url"], "SET ROLE g_1")
    run(urls["owner_url"], "DROP SCHEMA g_1 CASCADE", "DROP ROLE g_1")


def test_gateway_has_only_what_it_is_given(urls: dict[str, str]) -> None:
    run(
        urls["owner_url"],
        "CREATE TABLE quota (n int)",
        "CREATE TABLE private (n int)",
        "GRANT SELECT ON quota TO jy_gateway",
    )
    assert run(urls["gateway_url"], "SELECT n FROM quota") == []
    with pytest.raises(errors.InsufficientPrivilege):
        run(urls["gateway_url"], "SELECT n FROM private")


def test_server_without_superuser(cluster: Cluster, tmp_path: Path) -> None:
    with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
        connection.execute("CREATE ROLE dba LOGIN CREATEDB CREATEROLE PASSWORD 'dba'")
        connection.execute("GRANT CONNECT ON DATABASE postgres TO dba")
        connection.execute("GRANT jy_owner, jy_app, jy_reader, jy_gateway TO dba WITH ADMIN OPTION")
    admin = f"postgresql://dba:dba@127.0.0.1:{cluster.port}/postgres"
    passwords = (cluster.home / "secrets.json").read_text(encoding="utf-8")
    (tmp_path / "secrets.json").write_text(passwords, encoding="utf-8")
    urls = bootstrap(admin, "theirs", home=tmp_path)
    run(urls["owner_url"], "CREATE TABLE thing (n int)")
    assert run(urls["database_url"], "SELECT n FROM thing") == []
    cluster.drop_database("theirs")


def test_own_server_needs_all_urls() -> None:
    assert configured_urls(Settings()) is None
    with pytest.raises(Refused, match="JIANGYUAN_OWNER_URL"):
        configured_urls(Settings(database_url="postgresql://a"))
    given = Settings(
        database_url="postgresql://a",
        owner_url="postgresql://b",
        reader_url="postgresql://c",
        gateway_url="postgresql://d",
    )
    assert configured_urls(given) == {
        "database_url": "postgresql://a",
        "owner_url": "postgresql://b",
        "reader_url": "postgresql://c",
        "gateway_url": "postgresql://d",
    }
