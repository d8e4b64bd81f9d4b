"""A department and the authority at their desks, with real sources, walking the road by the portal's own acts."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
from django.test import Client

from jiangyuan.catalog.entries.models import Classification, Entry
from jiangyuan.data.connectors.folder.root import file_root
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Actor, service_actor
from jiangyuan.kernel.models import Event
from jiangyuan.organization.models import Appointment, Body, Jurisdiction, Person
from jiangyuan.organization.queries import actor_for
from jiangyuan.organization.signin import APPOINTMENT
from jiangyuan.resources.ingestion.models import Ingest, Mount
from jiangyuan.sources.jobs import scan_source, test_source
from jiangyuan.sources.models import Scan, ScannedTable, Source
from jiangyuan.standards.models import DataElement

SETUP = service_actor("setup")
ASSESSED = {"secrecy_result": "不涉及国家秘密", "privacy_result": "影响可控"}
PEOPLE = """
CREATE TABLE people (
    citizen_id text PRIMARY KEY, name text NOT NULL, sex char(1), birth_date date, income numeric(10,2),
    updated_at timestamptz NOT NULL DEFAULT now());
COMMENT ON TABLE people IS '人员信息';
COMMENT ON COLUMN people.citizen_id IS '公民身份号码';
COMMENT ON COLUMN people.name IS '姓名';
COMMENT ON COLUMN people.sex IS '性别代码';
COMMENT ON COLUMN people.birth_date IS '出生日期';
COMMENT ON COLUMN people.income IS '月收入';
INSERT INTO people VALUES
    ('630102199003078515', '才让', '1', '1990-03-07', 3200.50), ('630102198512120021', '卓玛', '2', '1985-12-12', NULL)
"""

_numbers = count(1)


def province() -> Jurisdiction:
    made, _new = Jurisdiction.objects.get_or_create(scheme="mca", code="630000", name="青海省", level="province")
    return made


def body(*, alias: str = "", is_authority: bool = False) -> Body:
    number = next(_numbers)
    return act(
        "organization.body.register",
        actor=SETUP,
        name=f"青海省第{number}局",
        short_name=f"第{number}局",
        alias=alias or f"office{number}",
        jurisdiction=province().code,
        is_authority=is_authority,
    )


def appoint(place: Body | None, capacity: str) -> Actor:
    """Appoint somebody new, without a password: nobody signs in here."""
    number = next(_numbers)
    person = Person(username=f"clerk{number}", name=f"人员{number}")
    person.set_unusable_password()
    person.save()
    place = place or Body.objects.filter(is_authority=True).first() or body(is_authority=True)
    held = act("organization.appointment.make", person.pk, actor=SETUP, body=place.pk, capacity=capacity)
    return actor_for(person, held)


def events_of(thing: Any, *types: str) -> list[Event]:
    """Give the events about a thing, oldest first, of the given types only."""
    found = Event.objects.filter(object_id=thing.pk).order_by("at", "id")
    return [event for event in found if not types or event.type in types]


@dataclass
class FrontEnd:
    """A department's own PostgreSQL database, made for one test; `reader` is what the platform is told."""

    owner: str
    reader: str
    password: str

    @property
    def fields(self) -> dict[str, Any]:
        parts = urlsplit(self.owner)
        return {
            "host": parts.hostname,
            "port": parts.port,
            "database": unquote(parts.path.lstrip("/")),
            "username": self.reader,
            "password": self.password,
            "accepts_unbounded_slot": True,
        }

    def run(self, *statements: str) -> None:
        with psycopg.connect(self.owner, autocommit=True) as connection:
            connection.execute("SET synchronous_commit = on")  # decoding reads what is written
            for statement in statements:
                connection.execute(statement)  # type: ignore[arg-type]

    def rows(self, query: str) -> list[tuple]:
        with psycopg.connect(self.owner) as connection:
            return connection.execute(query).fetchall()  # type: ignore[arg-type]


def make_front_end(cluster: Any, *, publication: str = "FOR ALL TABLES") -> tuple[FrontEnd, Callable[[], None]]:
    """Make a database whose reader may only read and replicate; gives it and what takes it away again."""
    name = f"front_{next(_numbers)}"
    made = FrontEnd(cluster.create_database(name), f"reader_{name}", "river-reader-7")
    with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {made.reader} LOGIN REPLICATION PASSWORD '{made.password}'")
        connection.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
        connection.execute(f"GRANT CONNECT ON DATABASE {name} TO {made.reader}")
    made.run(
        f"GRANT USAGE ON SCHEMA public TO {made.reader}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {made.reader}",
        f"CREATE PUBLICATION jiangyuan {publication}",
    )

    def away() -> None:
        with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = %s AND active",
                [name],
            )
            for _attempt in range(50):
                try:
                    connection.execute(
                        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = %s",
                        [name],
                    )
                    break
                except psycopg.errors.ObjectInUse:
                    connection.execute("SELECT pg_sleep(0.1)")
        made.run(f"DROP OWNED BY {made.reader}")
        cluster.drop_database(name)
        with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
            connection.execute(f"DROP ROLE {made.reader}")

    return made, away


@dataclass
class Office:
    """One department, its people appointed when they are first needed."""

    place: Body
    files: list[Path] = field(default_factory=list)

    @cached_property
    def business(self) -> Actor:
        return appoint(self.place, "business_office")

    @cached_property
    def handler(self) -> Actor:
        return appoint(self.place, "sharing_handler")

    @cached_property
    def office_head(self) -> Actor:
        return appoint(self.place, "sharing_head")

    @cached_property
    def head(self) -> Actor:
        return appoint(self.place, "department_head")

    @cached_property
    def authority(self) -> Actor:
        return appoint(None, "authority_handler")

    # sources

    def register(self, *, tested: bool = True, **fields: Any) -> Source:
        number = next(_numbers)
        given = {"name": f"前置库{number}", "alias": f"front{number}", "kind": "postgres", **fields}
        source = act("sources.source.register", actor=self.handler, body=self.place.pk, **given)
        if tested:
            test_source(source=str(source.pk))
            source.refresh_from_db()
        return source

    def scan(self, source: Source) -> Scan:
        asked = act("sources.source.scan", source.pk, actor=self.handler)
        scan_source(scan=str(asked.pk))
        asked.refresh_from_db()
        return asked

    def folder(self, name: str = "") -> Path:
        """Make a folder under the platform's file root; it is taken away after the test."""
        place = file_root() / (name or f"folder{next(_numbers)}")
        place.mkdir(parents=True)
        self.files.append(place)
        return place

    def sqlite(self, script: str) -> tuple[Path, Source]:
        file = self.folder() / "register.db"
        with sqlite3.connect(file) as connection:
            connection.executescript(script)
        connection.close()
        return file, self.register(kind="sqlite", path=str(file.relative_to(file_root())))

    def clear(self) -> None:
        for place in self.files:
            shutil.rmtree(place, ignore_errors=True)

    # catalogue

    def draft(self, table: ScannedTable, **fields: Any) -> Entry:
        if not DataElement.objects.exists():
            act("standards.national.install", actor=SETUP)
        if not Classification.objects.exists():
            act("catalog.classification.install", actor=SETUP)
        given = {"summary": "登记的基本信息", "share_condition": "依法履职需要", **fields}
        return act("catalog.entry.draft", actor=self.handler, table=table.pk, **given)

    def publish(self, entry: Entry) -> Entry:
        act("catalog.entry.assess", entry.pk, actor=self.handler, **ASSESSED)
        act("catalog.entry.submit", entry.pk, actor=self.handler)
        act("catalog.entry.endorse", entry.pk, actor=self.office_head)
        act("catalog.entry.approve", entry.pk, actor=self.head)
        act("catalog.entry.publish", entry.pk, actor=self.authority)
        entry.refresh_from_db()
        return entry

    # resources

    def tie(self, entry: Entry, table: ScannedTable | None = None, **fields: Any) -> Mount:
        table = table or entry.drafted_from
        assert table is not None
        return act("resources.mount.tie", actor=self.handler, entry=entry.pk, table=table.pk, **fields)

    def mounted(self, source: Source, table: str, **fields: Any) -> Mount:
        """Scan a source, publish one of its tables and tie it."""
        self.scan(source)
        return self.tie(self.publish(self.draft(ScannedTable.objects.get(source=source, name=table))), **fields)


def ingest_of(mount: Mount) -> Ingest:
    return Ingest.objects.select_related("mount__entry", "mount__table__source").get(mount=mount)


def client_of(actor: Actor) -> Client:
    """Give a browser in which this actor is signed in, acting in this capacity; REST takes its session too."""
    client = Client()
    client.force_login(Person.objects.get(pk=actor.id), backend="django.contrib.auth.backends.ModelBackend")
    held = Appointment.objects.get(person_id=actor.id, body_id=actor.body, capacity=actor.capacity)
    session = client.session
    session[APPOINTMENT] = str(held.pk)
    session.save()
    return client
