"""A serving store in small: raw tables with hidden values, grants over them, and roles as the platform has them."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pyarrow as pa
import pytest
from psycopg.conninfo import make_conninfo

from jiangyuan.data import plan as plan_module
from jiangyuan.data.column_types import arrow_type
from jiangyuan.data.conditions import Condition
from jiangyuan.data.engines.barrier import create_statements, drop_statements
from jiangyuan.data.engines.landing import shape_batches
from jiangyuan.data.plan import authorize, register_resolver
from jiangyuan.data.relations import Column, Location, RelationGrant
from jiangyuan.kernel.actor import Actor, Scene

READER, GATEWAY, OWNER, VIEWS = "t_reader", "t_gateway", "t_owner", "t_views"
CONSUMER = Actor(kind="system", id=uuid4(), name="social aid")


@dataclass
class Store:
    """The store's database and the grants that its resolver knows."""

    owner_url: str
    reader_url: str
    gateway_url: str
    held: dict[str, RelationGrant] = field(default_factory=dict)
    raw: dict[str, pa.RecordBatch] = field(default_factory=dict)

    def execute(self, statements: Sequence[str]) -> None:
        with psycopg.connect(self.owner_url) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def table(self, types: dict[str, str], rows: list[tuple[Any, ...]]) -> str:
        """Land raw rows under a new name."""
        name = f"r_{uuid4().hex}"
        columns = ", ".join(f'"{column}" {kind}' for column, kind in types.items())
        marks = ", ".join(["%s"] * len(types))
        with psycopg.connect(self.owner_url) as connection:
            connection.execute(f'CREATE TABLE store."{name}" ({columns})'.encode())
            with connection.cursor() as cursor:
                cursor.executemany(f'INSERT INTO store."{name}" VALUES ({marks})'.encode(), rows)
        self.raw[name] = pa.RecordBatch.from_arrays(
            [pa.array([row[i] for row in rows], arrow_type(kind)) for i, kind in enumerate(types.values())],
            names=list(types),
        )
        return name

    def grant(
        self,
        alias: str,
        table: str,
        columns: Sequence[Column],
        *,
        condition: Condition | None = None,
        grant: UUID | None = None,
        key: tuple[str, ...] = ("id",),
        build: bool = True,
        **changes: Any,
    ) -> RelationGrant:
        """Grant columns of a landed table under an alias, and build its views."""
        relation = RelationGrant(
            resource=uuid4(),
            entry=uuid4(),
            alias=alias,
            location=Location("serving", "store", table),
            key=key,
            columns=tuple(columns),
            condition=condition,
            grant=grant or uuid4(),
            epoch=1,
            until=date.today() + timedelta(days=30),
            forms=frozenset({"query", "match", "table"}),
            data_version="1",
        )
        relation = replace(relation, **changes)
        with psycopg.connect(self.owner_url) as connection:
            connection.execute(
                "INSERT INTO sharing_grant VALUES (%s, %s, true, %s) ON CONFLICT (id) DO NOTHING",
                [relation.grant, relation.epoch, relation.until],
            )
        self.held[alias] = relation
        if build:
            self.build(relation.grant)
        return relation

    def build(self, grant: UUID | None) -> None:
        """Build the views of a grant over all relations that it holds."""
        relations = [relation for relation in self.held.values() if relation.grant == grant]
        self.execute(create_statements(relations, reader=READER, gateway=GATEWAY, owner=VIEWS))

    def withdraw(self, grant: UUID | None) -> None:
        with psycopg.connect(self.owner_url) as connection:
            connection.execute("UPDATE sharing_grant SET active = false WHERE id = %s", [grant])

    def resolve(self, actor: Actor, scene: Scene, names: Sequence[str | UUID], form: str) -> list[RelationGrant]:
        return [r for r in self.held.values() if actor == CONSUMER and {r.alias, r.entry, r.resource} & set(names)]

    def plan(self, request: str | Sequence[UUID], form: str = "query") -> plan_module.Plan:
        return authorize(request, actor=CONSUMER, scene=Scene(purpose="social-aid"), form=form)

    def feed(self, relation: RelationGrant) -> Iterator[pa.RecordBatch]:
        """Feed the embedded engine from raw rows, as a source read directly is."""
        return shape_batches(relation, [self.raw[relation.location.table]], hmac=lambda text: (text * 32)[:32])

    def clear(self) -> None:
        with psycopg.connect(self.owner_url) as connection:
            for grant in {relation.grant for relation in self.held.values()}:
                if grant is not None:
                    for statement in drop_statements(grant):
                        connection.execute(statement.encode())
        self.held.clear()


def _prepare(url: str, database: str, passwords: dict[str, str]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for role, options in (
            (READER, "LOGIN NOINHERIT"),
            (GATEWAY, "LOGIN"),
            (OWNER, "LOGIN CREATEROLE"),
            (VIEWS, "NOLOGIN"),
        ):
            made = f"DO $$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
            connection.execute(made.encode())
            word = f" PASSWORD '{passwords[role]}'" if role in passwords else ""
            connection.execute(f"ALTER ROLE {role} {options}{word}".encode())
        for statement in (
            f"GRANT {VIEWS}, {READER}, {GATEWAY} TO {OWNER} WITH ADMIN OPTION",
            f'ALTER DATABASE "{database}" OWNER TO {OWNER}',
            f"CREATE SCHEMA store AUTHORIZATION {OWNER}",
            "CREATE TABLE sharing_grant (id uuid PRIMARY KEY, epoch int, active bool, until date)",
            f"ALTER TABLE sharing_grant OWNER TO {OWNER}",
            f"GRANT SET ON PARAMETER temp_file_limit TO {READER}",
        ):
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def store_database(cluster: Any) -> Store:
    """A database with the roles of the platform."""
    database = f"granted_{secrets.token_hex(4)}"
    url = cluster.create_database(database)
    passwords = {role: secrets.token_hex(12) for role in (READER, GATEWAY, OWNER)}
    _prepare(url, database, passwords)
    urls = {role: make_conninfo(url, user=role, password=word) for role, word in passwords.items()}
    return Store(owner_url=urls[OWNER], reader_url=urls[READER], gateway_url=urls[GATEWAY])


@pytest.fixture
def store(store_database: Store) -> Iterator[Store]:
    """The store with nothing granted yet; its resolver is the only one."""
    kept = list(plan_module._resolvers)
    plan_module._resolvers.clear()
    register_resolver(store_database.resolve)
    yield store_database
    plan_module._resolvers[:] = kept
    store_database.clear()
