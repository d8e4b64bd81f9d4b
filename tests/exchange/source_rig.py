"""A department's own database with a register of persons, its road to a grant, and the deliveries that leave it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import psycopg
from tests.exchange import factories as make

from jiangyuan.data.connections import ConnectionSpec
from jiangyuan.data.movement.state import Place, Subscription
from jiangyuan.data.plan import authorize
from jiangyuan.exchange.delivery.queries import DELIVERY
from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.kernel import vault
from jiangyuan.kernel.actor import Scene
from jiangyuan.kernel.identifiers import make_citizen_id
from jiangyuan.resources.ingestion.models import Ingest
from jiangyuan.resources.ingestion.queries import source_location

VERSION = "4711"
NAMES = [name for name, _kind, _comment in make.PEOPLE]
Row = dict[str, Any]


def people(numbers: random.Random, count: int = 60) -> list[Row]:
    """Make persons of two prefectures, some without phone or income."""
    made = []
    for sequence in range(1, count + 1):
        division = numbers.choice(["630102", "632701", "632725"])
        born = date(numbers.randint(1940, 2015), numbers.randint(1, 12), numbers.randint(1, 28))
        row = {
            "citizen_id": make_citizen_id(division=division, birth=born, sequence=sequence),
            "name": numbers.choice(["才让", "卓玛", "马海龙", "王敏", "𠮷野"]),
            "birth_date": born,
            "sex": numbers.choice("12"),
            "phone": None if sequence % 9 == 0 else f"1389700{sequence:04}",
            "income": None if sequence % 7 == 0 else Decimal(numbers.randint(0, 900_000)) / 100,
            "division": division,
            "address": f"第{sequence}号",
            "diagnosis": numbers.choice([None, "高血压"]),
        }
        made.append(row)
    return made


def spec_of(dsn: str) -> ConnectionSpec:
    parts = urlsplit(dsn)
    return ConnectionSpec(
        kind="postgres",
        host=parts.hostname or "",
        port=parts.port or 5432,
        database=unquote(parts.path.lstrip("/")),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def land(dsn: str, table: str, rows: list[Row]) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind, _comment in make.PEOPLE)
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {table} ({columns}, PRIMARY KEY (citizen_id))".encode())
        marks = ", ".join(["%s"] * len(NAMES))
        cursor.executemany(f"INSERT INTO {table} VALUES ({marks})".encode(), [[*row.values()] for row in rows])


@dataclass
class Sourced:
    """A road whose table stands in a department's database and, the same rows, in the serving store."""

    way: make.Road
    rows: list[Row]
    source: str
    target: str

    def delivery(self, grant: Grant) -> Subscription:
        """Describe the delivery of a grant's table as the worker does, into `delivered.t_<grant>` of the consumer."""
        scene = Scene(purpose=grant.purpose, channel="worker")
        plan = authorize([grant.pk], actor=DELIVERY, scene=scene, form="table")
        place = source_location(grant.mount)
        assert place.connection is not None
        return Subscription(
            id=uuid4(),
            plan=plan,
            source=Place(place.connection, place.schema, place.table),
            target=Place(spec_of(self.target), "delivered", f"t_{grant.pk.hex}"),
            pseudonym=vault.pseudonym,
            token_key=vault.standing_secret(f"grant:{grant.pk}"),
        )

    def delivered(self, grant: Grant) -> list[Row]:
        """Read what the consumer has of a grant."""
        with psycopg.connect(self.target) as connection:
            cursor = connection.execute(f"SELECT * FROM delivered.t_{grant.pk.hex}".encode())
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor]


@contextmanager
def sourced(urls: dict[str, str], cluster: Any) -> Iterator[Sourced]:
    """Make the databases of both sides, populate the source and the serving store, and walk the road to the mount."""
    rows = people(random.Random(20261122))
    names = ["sourced_provider", "sourced_consumer"]
    source, target = (cluster.create_database(name) for name in names)
    land(source, "people", rows)
    spec = spec_of(source)
    consumer, provider = make.desk(), make.desk()
    fields = {"host": spec.host, "port": spec.port, "database": spec.database}
    kept = make.source(provider.body, username=spec.user, password=spec.password, **fields)
    entry = make.entry(provider, kept=make.table(kept))
    way = make.Road(consumer, provider, make.system(consumer.body), entry, make.mount(entry))
    Ingest.objects.create(mount=way.mount, state="current", data_version=VERSION)
    land(urls["owner_url"], f"store.{way.mount.store_table}", rows)
    try:
        yield Sourced(way, rows, source, target)
    finally:
        with psycopg.connect(urls["owner_url"]) as owner:
            owner.execute(f"DROP TABLE store.{way.mount.store_table} CASCADE".encode())
        with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
            query = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = %s"
            connection.execute(query, [names[0]])
        for name in names:
            cluster.drop_database(name)
