"""The departments' front-end databases, made and filled the way the departments themselves would.

Everything here happens on the departments' side: their superuser makes the database, the owner role, the tables, the
publication and the reading role that is handed to the platform. The platform later knows of a department only host,
database, reader and password, as it would in a province.

Running it again changes nothing: passwords are kept, and a database that already holds this population is left as the
story has left it.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, LiteralString, cast
from urllib.parse import quote

import orjson
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from jiangyuan.demo.observation import Observation, SeenTable, observe
from jiangyuan.demo.people import Population
from jiangyuan.demo.schemas import DEPARTMENTS, DepartmentSpec, TableSpec
from jiangyuan.demo.story import RowDict, death_of_elder

if TYPE_CHECKING:
    from jiangyuan.supervisor.cluster import Cluster

PUBLICATION = "jiangyuan"
RECEIVING_DEPARTMENT = "civil_affairs"
RECEIVING_SCHEMA = "delivered"


@dataclass(frozen=True, slots=True)
class Role:
    """A login role and its password."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReceivingDatabase:
    """Where a department lets tables be delivered: the writer may create tables in `schema`, nothing else."""

    database: str
    schema: str
    writer: Role


@dataclass(frozen=True, slots=True)
class DepartmentDatabase:
    """A department's front-end database: where it is and who may do what.

    `owner` is the department's own role; `reader` is handed to the platform: it may SELECT and replicate `publication`.
    """

    code: str
    name: str
    system: str
    host: str
    port: int
    database: str
    schema: str
    owner: Role
    reader: Role
    publication: str
    receiving: ReceivingDatabase | None = None

    def dsn(self, role: Role, *, database: str = "") -> str:
        """Return the URL with which a role connects to this, or the receiving, database; it holds the password."""
        return f"postgresql://{role.name}:{quote(role.password, safe='')}@{self.host}:{self.port}/{database or self.database}"


def create_departments(cluster: Cluster, home: Path, population: Population) -> dict[str, DepartmentDatabase]:
    """Create and fill the six departments' databases; return them by department code.

    Idempotent. Passwords are random, made once and kept in `home` (readable by the owner only). Raises
    `psycopg.Error` when the server refuses.
    """
    server = conninfo_to_dict(cluster.superuser_dsn())
    passwords = _passwords(home)
    found = {}
    for spec in DEPARTMENTS.values():
        found[spec.code] = _describe(spec, str(server["host"]), int(str(server["port"])), passwords)
    with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
        for one in found.values():
            _create_roles_and_database(connection, one)
    stale = [code for code, one in found.items() if _loaded(cluster, one) != population.fingerprint]
    if stale:
        seen = observe(population)
        for code in stale:
            _fill(cluster, found[code], seen)
    for one in found.values():
        _open_receiving(cluster, one)
    return found


def load(
    dsn_by_department: Mapping[str, str], population: Population, *, seen: Observation | None = None
) -> dict[str, int]:
    """Create the tables and COPY the population into them; return the rows per department.table.

    `dsn_by_department` connects as each department's owner. Tables that exist are made anew; the load of a department
    is one transaction.
    """
    seen = seen or observe(population)
    rows = {}
    for code, dsn in dsn_by_department.items():
        with psycopg.connect(dsn) as connection:
            for spec in DEPARTMENTS[code].tables:
                table = seen.tables[f"{code}.{spec.name}"]
                connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(spec.name)))
                for order in table_orders(spec):
                    connection.execute(order)
                copy_rows(connection, table)
                connection.execute(_newest_today(spec.name))
                rows[table.relation] = len(table.rows)
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("ANALYZE")
    return rows


def _newest_today(name: str) -> sql.Composed:
    # the population is of one fixed day; who works with these tables every day changed the newest rows today
    return sql.SQL("UPDATE {0} SET updated_at = now() WHERE updated_at = (SELECT max(updated_at) FROM {0})").format(
        sql.Identifier(name)
    )


def table_orders(spec: TableSpec) -> list[sql.Composed]:
    """Return the statements that create a table with its comments, unique constraints and indexes."""
    name = sql.Identifier(spec.name)
    columns: list[sql.Composable] = [
        sql.SQL("{} {}{}").format(
            sql.Identifier(one.name),
            sql.SQL(cast("LiteralString", one.type)),
            sql.SQL(" NOT NULL" if one.required else ""),
        )
        for one in spec.columns
    ]
    columns.append(sql.SQL("PRIMARY KEY (record_id)"))
    columns.extend(sql.SQL("UNIQUE ({})").format(sql.Identifier(column)) for column in spec.unique)
    orders = [
        sql.SQL("CREATE TABLE {} ({})").format(name, sql.SQL(", ").join(columns)),
        sql.SQL("COMMENT ON TABLE {} IS {}").format(name, sql.Literal(spec.comment)),
    ]
    orders.extend(
        sql.SQL("COMMENT ON COLUMN {}.{} IS {}").format(name, sql.Identifier(one.name), sql.Literal(one.comment))
        for one in spec.columns
    )
    orders.extend(sql.SQL("CREATE INDEX ON {} ({})").format(name, sql.Identifier(column)) for column in spec.indexes)
    return orders


def copy_rows(connection: psycopg.Connection, table: SeenTable) -> None:
    """COPY the rows of a table that exists and is empty."""
    order = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.spec.name), sql.SQL(", ").join(map(sql.Identifier, table.spec.names))
    )
    with connection.cursor() as cursor, cursor.copy(order) as copy:
        for row in table.rows:
            copy.write_row(row)


def register_death(one: DepartmentDatabase, population: Population, *, died: date | None = None) -> RowDict:
    """Register the death of the story's elder at public security, in one transaction; return the registration.

    Done by the department's owner, as its own system would; registering it again changes nothing. `died` is the day of
    death, by default the one after the population's.
    """
    row = death_of_elder(population, died=died)
    order = sql.SQL("INSERT INTO death_registration ({}, updated_at) VALUES ({}, now()) ON CONFLICT DO NOTHING").format(
        sql.SQL(", ").join(map(sql.Identifier, row)), sql.SQL(", ").join(map(sql.Placeholder, row))
    )
    with psycopg.connect(one.dsn(one.owner)) as connection:
        if connection.execute(order, row).rowcount:
            _set_life_status(connection, str(row["citizen_id"]), "死亡注销")
    return row


def withdraw_death(one: DepartmentDatabase, population: Population) -> bool:
    """Take the registration of the story's death back, so that the story can be played again; False when none is there."""
    citizen_id = str(death_of_elder(population)["citizen_id"])
    with psycopg.connect(one.dsn(one.owner)) as connection:
        found = connection.execute("DELETE FROM death_registration WHERE citizen_id = %s", [citizen_id]).rowcount
        if found:
            _set_life_status(connection, citizen_id, "正常")
    return bool(found)


def _set_life_status(connection: psycopg.Connection, citizen_id: str, status: str) -> None:
    connection.execute(
        "UPDATE resident SET life_status = %s, updated_at = now() WHERE citizen_id = %s", [status, citizen_id]
    )


def _describe(spec: DepartmentSpec, host: str, port: int, passwords: Mapping[str, str]) -> DepartmentDatabase:
    def role(name: str) -> Role:
        return Role(name, passwords[name])

    receiving = None
    if spec.code == RECEIVING_DEPARTMENT:
        receiving = ReceivingDatabase(f"{spec.code}_receiving", RECEIVING_SCHEMA, role(f"jy_writer_{spec.code}"))
    return DepartmentDatabase(
        spec.code, spec.name, spec.system, host, port, spec.code, "public", role(f"{spec.code}_owner"),
        role(f"jy_reader_{spec.code}"), PUBLICATION, receiving,
    )  # fmt: skip


def _passwords(home: Path) -> dict[str, str]:
    """Return a password per role, kept in `home` from the first run on."""
    place = home / "department-passwords.json"
    kept: dict[str, str] = orjson.loads(place.read_bytes()) if place.exists() else {}
    roles = [f"{code}_owner" for code in DEPARTMENTS] + [f"jy_reader_{code}" for code in DEPARTMENTS]
    missing = [role for role in (*roles, f"jy_writer_{RECEIVING_DEPARTMENT}") if role not in kept]
    if missing:
        kept.update({role: secrets.token_urlsafe(24) for role in missing})
        home.mkdir(parents=True, exist_ok=True)
        draft = place.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(orjson.dumps(kept, option=orjson.OPT_INDENT_2))
        draft.replace(place)
    return kept


def _create_roles_and_database(connection: psycopg.Connection, one: DepartmentDatabase) -> None:
    _role(connection, one.owner)
    _role(connection, one.reader, replication=True)
    _database(connection, one.database, owner=one.owner, guests=[one.reader])
    if one.receiving is not None:
        _role(connection, one.receiving.writer)
        _database(connection, one.receiving.database, owner=one.owner, guests=[one.receiving.writer])


def _role(connection: psycopg.Connection, role: Role, *, replication: bool = False) -> None:
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role.name]).fetchone()
    connection.execute(
        sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE {} PASSWORD {}").format(
            sql.SQL("ALTER" if exists else "CREATE"), sql.Identifier(role.name),
            sql.SQL("REPLICATION" if replication else "NOREPLICATION"), sql.Literal(role.password),
        )
    )  # fmt: skip


def _database(connection: psycopg.Connection, name: str, *, owner: Role, guests: Sequence[Role]) -> None:
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(owner.name))
        )
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    for guest in guests:
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(name), sql.Identifier(guest.name))
        )


def _loaded(cluster: Cluster, one: DepartmentDatabase) -> str:
    """Return the fingerprint of the population that a database holds, "" when none is wholly there."""
    with psycopg.connect(cluster.superuser_dsn(one.database)) as connection:
        row = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        ).fetchone()
        published = connection.execute("SELECT 1 FROM pg_publication WHERE pubname = %s", [one.publication]).fetchone()
    words = (row[0] if row and row[0] else "").split("\n", 1)
    return words[1] if published and len(words) == 2 else ""


def _fill(cluster: Cluster, one: DepartmentDatabase, seen: Observation) -> None:
    """Load as the owner, then let the superuser publish and the reader read; the fingerprint is written last."""
    load({one.code: one.dsn(one.owner)}, seen.population, seen=seen)
    reader, owner = sql.Identifier(one.reader.name), sql.Identifier(one.owner.name)
    with psycopg.connect(cluster.superuser_dsn(one.database), autocommit=True) as connection:
        for order in (
            "GRANT USAGE ON SCHEMA public TO {reader}",
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}",
            "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT SELECT ON TABLES TO {reader}",
        ):
            connection.execute(sql.SQL(order).format(reader=reader, owner=owner))
        if not connection.execute("SELECT 1 FROM pg_publication WHERE pubname = %s", [one.publication]).fetchone():
            # only a superuser may publish all tables; new ones join by themselves
            connection.execute(sql.SQL("CREATE PUBLICATION {} FOR ALL TABLES").format(sql.Identifier(one.publication)))
        connection.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(
                sql.Identifier(one.database),
                sql.Literal(f"{one.name}{one.system}前置库（演示数据）\n{seen.population.fingerprint}"),
            )
        )


def _open_receiving(cluster: Cluster, one: DepartmentDatabase) -> None:
    if one.receiving is None:
        return
    with psycopg.connect(cluster.superuser_dsn(one.receiving.database), autocommit=True) as connection:
        names = {
            "schema": sql.Identifier(one.receiving.schema), "owner": sql.Identifier(one.owner.name),
            "writer": sql.Identifier(one.receiving.writer.name),
            "database": sql.Identifier(one.receiving.database),
        }  # fmt: skip
        for order in (
            "CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {owner}",
            "GRANT USAGE, CREATE ON SCHEMA {schema} TO {writer}",
            # the platform keeps how far each table is in a schema of its own beside the delivered ones
            "GRANT CREATE ON DATABASE {database} TO {writer}",
            "ALTER DEFAULT PRIVILEGES FOR ROLE {writer} IN SCHEMA {schema} GRANT SELECT ON TABLES TO {owner}",
            "COMMENT ON SCHEMA {schema} IS '共享交换平台送达的数据'",
        ):
            connection.execute(sql.SQL(order).format(**names))


def describe(one: DepartmentDatabase) -> dict[str, object]:
    """Return the department's database as plain values for a listing, without passwords."""
    plain = asdict(one)
    plain["owner"], plain["reader"] = one.owner.name, one.reader.name
    if one.receiving is not None:
        plain["receiving"] = {"database": one.receiving.database, "schema": one.receiving.schema,
                              "writer": one.receiving.writer.name}  # fmt: skip
    return plain
