"""The database roles: who may do what in PostgreSQL, whatever the application believes.

| role       | may                                                                        | used by                 |
|------------|----------------------------------------------------------------------------|-------------------------|
| jy_owner   | own the schemas `public` and `store`, make grant roles; no superuser       | migrations, the worker  |
| jy_app     | read and write the tables of `public`; nothing in `store`                  | web                     |
| jy_reader  | nothing by itself; reads `store` only by taking on the role of a grant     | queries over the portal |
| jy_gateway | what a migration gives it by name                                          | gateway                 |

Migrations take UPDATE, DELETE and TRUNCATE on the append-only tables back from `jy_app`.
"""

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from jiangyuan.kernel.config import Settings
from jiangyuan.kernel.errors import Refused
from jiangyuan.supervisor.cluster import Cluster
from jiangyuan.supervisor.installation import write_private

DATABASE = "jiangyuan"
URL_NAMES = {
    "database_url": "jy_app",
    "owner_url": "jy_owner",
    "reader_url": "jy_reader",
    "gateway_url": "jy_gateway",
}
"""Name of each URL among the settings, and the role it logs in as."""

# NOINHERIT: a reader holds the right to become a grant's role, never all grants' rights at once
ATTRIBUTES: Mapping[str, LiteralString] = {
    "jy_owner": "LOGIN NOCREATEDB CREATEROLE",
    "jy_app": "LOGIN NOCREATEDB NOCREATEROLE",
    "jy_reader": "LOGIN NOINHERIT NOCREATEDB NOCREATEROLE",
    "jy_gateway": "LOGIN NOINHERIT NOCREATEDB NOCREATEROLE",
}
NO_PRIVILEGE = " NOSUPERUSER NOREPLICATION NOBYPASSRLS"
"""What a new role lacks anyway; only a superuser may say it again to one that exists."""

ROLE_SETTINGS = {
    "jy_app": {"idle_in_transaction_session_timeout": "60s"},
    "jy_reader": {"default_transaction_read_only": "on", "idle_in_transaction_session_timeout": "60s"},
    "jy_gateway": {"idle_in_transaction_session_timeout": "60s"},
}
RIGHTS = """
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {database} TO jy_owner;
GRANT CONNECT, TEMPORARY ON DATABASE {database} TO jy_app, jy_reader, jy_gateway;
ALTER SCHEMA public OWNER TO jy_owner;
CREATE SCHEMA IF NOT EXISTS store AUTHORIZATION jy_owner;
ALTER SCHEMA store OWNER TO jy_owner;
REVOKE ALL ON SCHEMA public, store FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO jy_app, jy_gateway;
ALTER DEFAULT PRIVILEGES FOR ROLE jy_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO jy_app;
ALTER DEFAULT PRIVILEGES FOR ROLE jy_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO jy_app;
"""


def bootstrap(server: Cluster | str, database: str = DATABASE, *, home: Path | None = None) -> dict[str, str]:
    """Create the database, its roles and their rights where they are missing, and return the URLs by setting name.

    `server` is a started cluster, or the URL of a superuser (or of a role with CREATEDB and CREATEROLE) on your own
    server. Passwords are made once and kept in `home/secrets.json` (mode 0600; a cluster's own home by default).

    Raises:
        Refused: a URL was given without `home`.
        psycopg.Error: the server cannot be reached, or the role may not create roles.
    """
    if isinstance(server, Cluster):
        admin, home = server.superuser_dsn(), home or server.home
    else:
        admin = server
    if home is None:
        raise Refused("没有指定保存数据库口令的主目录。", code="supervisor.no_home", mend="请给出 home。")
    passwords = role_passwords(home)
    with psycopg.connect(admin, autocommit=True) as connection:
        # two supervisors of one server may start together
        connection.execute("SELECT pg_advisory_lock(hashtext('jiangyuan.bootstrap'))")
        superuser = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (
            True,
        )
        for role, password in passwords.items():
            _ensure_role(connection, role, password, superuser=superuser)
        if not superuser:
            # whoever hands schemas to a role must be a member of it
            connection.execute("GRANT jy_owner TO CURRENT_USER")
        _ensure_database(connection, database)
        if isinstance(server, Cluster):
            # on a shared server the other databases are somebody else's business
            connection.execute("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")
            # a query bounds its own temporary files, which only a superuser may let it do
            connection.execute("GRANT SET ON PARAMETER temp_file_limit TO jy_reader")
        with psycopg.connect(_with_database(admin, database)) as inside:
            inside.execute(sql.SQL(RIGHTS).format(database=sql.Identifier(database)))
    return {name: _login(admin, database, role, passwords[role]) for name, role in URL_NAMES.items()}


def configured_urls(settings: Settings) -> dict[str, str] | None:
    """Return the URLs of your own server, or None when the embedded one is to be used.

    Raises:
        Refused: `database_url` is set, but another of the four URLs is not.
    """
    if not settings.database_url:
        return None
    urls = {name: str(getattr(settings, name)) for name in URL_NAMES}
    missing = [f"JIANGYUAN_{name.upper()}" for name, url in urls.items() if not url]
    if missing:
        raise Refused(
            "使用自备数据库时，四个角色的地址都要给出。",
            code="supervisor.urls_missing",
            where=", ".join(missing),
            mend=f"请补充：{'、'.join(missing)}。",
        )
    return urls


def role_passwords(home: Path) -> dict[str, str]:
    """Return the roles' passwords from `home/secrets.json`, making those that are missing."""
    file = home / "secrets.json"
    known: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    passwords = {role: known.get(role) or secrets.token_hex(24) for role in ATTRIBUTES}
    if any(known.get(role) != password for role, password in passwords.items()):
        write_private(file, json.dumps({**known, **passwords}, indent=1) + "\n")
    return passwords


def _ensure_role(connection: psycopg.Connection, role: str, password: str, *, superuser: bool) -> None:
    known = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    # the verifier is computed here: the password itself never reaches the server or its log
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    connection.execute(
        sql.SQL("{verb} ROLE {role} {attributes} PASSWORD {verifier}").format(
            verb=sql.SQL("CREATE" if known is None else "ALTER"),
            role=sql.Identifier(role),
            attributes=sql.SQL(ATTRIBUTES[role]) + sql.SQL(NO_PRIVILEGE if superuser else ""),
            verifier=sql.Literal(verifier),
        )
    )
    for name, value in ROLE_SETTINGS.get(role, {}).items():
        connection.execute(
            sql.SQL("ALTER ROLE {} SET {} = {}").format(sql.Identifier(role), sql.Identifier(name), sql.Literal(value))
        )


def _ensure_database(connection: psycopg.Connection, database: str) -> None:
    if connection.execute("SELECT FROM pg_database WHERE datname = %s", [database]).fetchone() is None:
        connection.execute(
            sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(sql.Identifier(database))
        )


def _with_database(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{quote(database, safe='')}"))


def _login(url: str, database: str, role: str, password: str) -> str:
    parts = urlsplit(_with_database(url, database))
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{password}@{host}"))
