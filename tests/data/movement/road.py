"""What the tests of movement share: real plans from real grants, a gate, a journal, and a road between databases."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid5

import psycopg

from jiangyuan.data import plan as plans
from jiangyuan.data.connections import ConnectionSpec
from jiangyuan.data.movement.capture import CaptureRunner
from jiangyuan.data.movement.state import Place, Subscription
from jiangyuan.data.plan import Location, RelationGrant
from jiangyuan.kernel.actor import Scene, service_actor

SPACE = UUID("01930000-0000-7000-8000-000000000000")


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


class Grants:
    """The grants of a test, as a room above would hold them."""

    def __init__(self) -> None:
        self.held: dict[UUID, RelationGrant] = {}

    def resolve(self, actor: Any, scene: Any, names: Any, form: str) -> list[RelationGrant]:
        return [self.held[name] for name in names if name in self.held]

    def plan(self, grant: RelationGrant) -> plans.Plan:
        self.held[grant.entry] = grant
        return plans.authorize([grant.entry], actor=service_actor("delivery"), scene=Scene(), form="table")

    def still_valid(self, plan: plans.Plan) -> bool:
        try:
            plans.still_granted(plan)
        except plans.PlanRefused:
            return False
        return True

    def withdraw(self, subscription: Subscription) -> None:
        del self.held[subscription.grant.entry]


@dataclass
class MemoryJournal:
    """A journal that keeps its lines; `hook` may raise or kill at a chosen moment."""

    lines: list[tuple] = field(default_factory=list)
    hook: Callable[[str], None] = lambda moment: None

    def started(self, subscription: Subscription, lsn: int, rows: int | None) -> None:
        self.hook("started")
        self.lines.append(("started", subscription.id, lsn, rows))

    def finished(self, subscription: Subscription, lsn: int, rows: int, digest: str) -> None:
        self.hook("finished")
        self.lines.append(("finished", subscription.id, lsn, rows, digest))

    def failed(self, subscription: Subscription, error: BaseException) -> None:
        self.lines.append(("failed", subscription.id, error))


@dataclass
class Road:
    """A source and a target database, and everything to deliver tables from one to the other."""

    source: str
    target: str
    grants: Grants
    journal: MemoryJournal
    runners: list[CaptureRunner] = field(default_factory=list)

    def subscription(
        self, table: str, *, columns: list, key: tuple[str, ...] = ("id",), **options: Any
    ) -> Subscription:
        condition = options.pop("condition", None)
        name = options.pop("name", table)
        grant = RelationGrant(
            resource=uuid5(SPACE, f"resource {table}"),
            entry=uuid5(SPACE, f"entry {self.source} {name}"),
            alias=f"office.{name}",
            location=Location("source", "public", table, spec_of(self.source)),
            key=key,
            columns=tuple(columns),
            condition=condition,
            grant=uuid5(SPACE, f"grant {name}"),
            epoch=1,
            until=date(2099, 12, 31),
            forms=frozenset({"table"}),
        )
        return Subscription(
            id=uuid5(SPACE, f"subscription {self.source} {name}"),
            plan=self.grants.plan(grant),
            source=Place(spec_of(self.source), "public", table),
            target=Place(spec_of(self.target), "delivered", name),
            token_key=hashlib.sha256(b"a key for tests").digest(),
            **options,
        )

    def runner(self, *subscriptions: Subscription, start: bool = True, **options: Any) -> CaptureRunner:
        made = CaptureRunner(
            name="test",
            source=spec_of(self.source),
            subscriptions=subscriptions,
            gate=options.pop("gate", self.grants),
            journal=options.pop("journal", self.journal),
            **options,
        )
        self.runners.append(made)
        if start:
            made.start()
        return made

    def run(self, *statements: str) -> None:
        with psycopg.connect(self.source, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def rows(self, query: str, *, at: str = "target") -> list[tuple]:
        with psycopg.connect(getattr(self, at)) as connection:
            connection.execute("SET timezone = 'UTC'")
            return connection.execute(query).fetchall()


def until(true: Callable[[], Any], *, seconds: float = 20.0, tell: Callable[[], Any] = lambda: "") -> None:
    """Wait until `true()`; a database that is not there yet counts as not yet."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if true():
                return
        except psycopg.Error:
            pass
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {tell()}")
        time.sleep(0.02)
