"""How long a single commit takes from a department's database to its consumer's, Plan and durable journal included.

200 single commits; the clock runs from the return of the source's COMMIT to the moment the row is visible in the
target, which is asked every half millisecond. Peers in the same run, on the same server: PostgreSQL's own logical
replication (no plan, no journal), and polling by an `updated_at` column once a second.
"""

import hashlib
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiangyuan.settings")
os.environ["JIANGYUAN_EGRESS_ALLOW"] = "127.0.0.1"

import django

django.setup()

import psycopg  # noqa: E402
from _bench import arguments, percentile, report, say  # noqa: E402

from jiangyuan.data import plan as plans  # noqa: E402
from jiangyuan.data.conditions import parse  # noqa: E402
from jiangyuan.data.connections import ConnectionSpec  # noqa: E402
from jiangyuan.data.movement import CaptureRunner, Phase, Place, Subscription  # noqa: E402
from jiangyuan.data.plan import Column, Location, Mask, RelationGrant  # noqa: E402
from jiangyuan.kernel.actor import Scene, service_actor  # noqa: E402
from jiangyuan.supervisor.cluster import Cluster  # noqa: E402

MADE = "CREATE TABLE people (id int PRIMARY KEY, citizen_id text, name text, town text, updated_at timestamptz DEFAULT now())"
ENTRY = UUID("01930000-0000-7000-8000-000000000001")
GOAL = 0.5


class DurableJournal:
    """A row per batch in the platform's database, on disk before the bytes leave."""

    def __init__(self, dsn: str) -> None:
        self.connection = psycopg.connect(dsn, autocommit=True)
        self.connection.execute(
            "CREATE TABLE journal (id bigserial, moment text, lsn bigint, rows bigint, digest text)"
        )

    def _write(self, *line: object) -> None:
        self.connection.execute("INSERT INTO journal (moment, lsn, rows, digest) VALUES (%s, %s, %s, %s)", line)

    def started(self, subscription: Subscription, lsn: int, rows: int | None) -> None:
        self._write("started", lsn, rows, None)

    def concerned(self, subscription: Subscription, lsn: int, subjects: tuple[bytes, ...]) -> None:
        self._write("concerned", lsn, len(subjects), None)

    def finished(self, subscription: Subscription, lsn: int, rows: int, digest: str) -> None:
        self._write("finished", lsn, rows, digest)

    def failed(self, subscription: Subscription, error: BaseException) -> None:
        say(f"failed: {error!r}")


class StandingGate:
    """Asks the resolvers again, as the platform does for streams."""

    def still_valid(self, plan: plans.Plan) -> bool:
        try:
            plans.still_granted(plan)
        except plans.PlanRefused:
            return False
        return True


def spec_of(dsn: str) -> ConnectionSpec:
    parts = urlsplit(dsn)
    words = (unquote(parts.path.lstrip("/")), unquote(parts.username or ""), unquote(parts.password or ""))
    return ConnectionSpec("postgres", parts.hostname or "", parts.port or 5432, *words)


def subscription(source: str, target: str) -> Subscription:
    town = parse({"op": "starts_with", "column": "town", "value": "63"}, columns={"town": "text"})
    columns = (
        Column("id", "integer"),
        Column("citizen_id", "text", Mask("division")),
        Column("name", "text", Mask("name")),
        Column("town", "text"),
    )
    location = Location("source", "public", "people", spec_of(source))
    grant = RelationGrant(
        ENTRY,
        ENTRY,
        "office.people",
        location,
        ("id",),
        columns,
        town,
        ENTRY,
        1,
        date(2099, 12, 31),
        frozenset({"table"}),
    )
    plans.register_resolver(lambda actor, scene, names, form: [grant])
    plan = plans.authorize([ENTRY], actor=service_actor("delivery"), scene=Scene(), form="table")
    places = Place(spec_of(source), "public", "people"), Place(spec_of(target), "delivered", "people")
    return Subscription(ENTRY, plan, *places, token_key=hashlib.sha256(b"benchmark").digest())


def latencies(source: str, target: str, table: str, *, count: int, label: str) -> list[float]:
    """Commit one row at a time and tell how long each took to be seen."""
    taken: list[float] = []
    with psycopg.connect(source, autocommit=True) as writer, psycopg.connect(target, autocommit=True) as reader:
        for number in range(count):
            writer.execute("INSERT INTO people VALUES (%s, '630102199001011234', '卓玛', '630102')", [number])
            began = time.perf_counter()
            while reader.execute(f"SELECT 1 FROM {table} WHERE id = %s", [number]).fetchone() is None:  # type: ignore[arg-type]
                time.sleep(0.0005)
                if time.perf_counter() - began > 30:
                    raise SystemExit(f"{label}: commit {number} did not arrive")
            taken.append(time.perf_counter() - began)
            # Spread over the polling peer's second, so that its average is honest.
            time.sleep((number * 37 % 50) / 1000)
    say(f"{label}: p50 {percentile(taken, 0.5) * 1000:.1f} ms, p95 {percentile(taken, 0.95) * 1000:.1f} ms")
    return taken


def ours(cluster: Cluster, count: int) -> list[float]:
    source, target, platform = (cluster.create_database(f"ours_{name}") for name in ("source", "target", "platform"))
    with psycopg.connect(source) as connection:
        connection.execute(MADE)
    runner = CaptureRunner(
        name="bench",
        source=spec_of(source),
        subscriptions=[subscription(source, target)],
        gate=StandingGate(),
        journal=DurableJournal(platform),
    )
    runner.start()
    try:
        wait(lambda: any(d.phase is Phase.STREAMING for d in runner.status().deliveries))
        return latencies(source, target, "delivered.people", count=count, label="jiangyuan")
    finally:
        runner.stop()


def native(cluster: Cluster, count: int) -> list[float]:
    source, target = (cluster.create_database(f"native_{name}") for name in ("source", "target"))
    for place in (source, target):
        with psycopg.connect(place) as connection:
            connection.execute(MADE)
    with psycopg.connect(source, autocommit=True) as connection:
        connection.execute("CREATE PUBLICATION peer FOR TABLE people")
        connection.execute("SELECT pg_create_logical_replication_slot('peer', 'pgoutput')")
    with psycopg.connect(target, autocommit=True) as connection:
        # On one server the slot must be made beforehand, else the command waits for itself.
        connection.execute(
            f"CREATE SUBSCRIPTION peer CONNECTION '{source}' PUBLICATION peer WITH (create_slot = false)"
        )
        try:
            return latencies(source, target, "people", count=count, label="native logical replication")
        finally:
            connection.execute("ALTER SUBSCRIPTION peer DISABLE")
            connection.execute("ALTER SUBSCRIPTION peer SET (slot_name = NONE)")
            connection.execute("DROP SUBSCRIPTION peer")


def polling(cluster: Cluster, count: int) -> list[float]:
    source, target = (cluster.create_database(f"polling_{name}") for name in ("source", "target"))
    for place in (source, target):
        with psycopg.connect(place) as connection:
            connection.execute(MADE)
    stop = threading.Event()

    def poll() -> None:
        seen: Any = None
        with psycopg.connect(source, autocommit=True) as reader, psycopg.connect(target, autocommit=True) as writer:
            while not stop.wait(1.0):
                query = "SELECT id, citizen_id, name, town, updated_at FROM people WHERE %s::timestamptz IS NULL OR updated_at >= %s"
                rows = reader.execute(query, [seen, seen]).fetchall()
                for row in rows:
                    writer.execute("INSERT INTO people VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING", row)
                seen = max([row[4] for row in rows], default=seen)

    thread = threading.Thread(target=poll, daemon=True)
    thread.start()
    try:
        return latencies(source, target, "people", count=count, label="polling once a second")
    finally:
        stop.set()
        thread.join()


def wait(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        if time.monotonic() > deadline:
            raise SystemExit("the delivery did not start")
        time.sleep(0.05)


def figures(taken: list[float]) -> dict[str, float]:
    shares = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99, "max_ms": 1.0}
    return {name: round(percentile(taken, share) * 1000, 2) for name, share in shares.items()}


def main() -> int:
    options = arguments("Commit in a source to visible in a target.", commits=200)
    home = Path(tempfile.mkdtemp(prefix="jiangyuan-bench-"))
    home.chmod(0o711)
    try:
        with Cluster(home) as cluster:
            own = ours(cluster, options.commits)
            peers = {
                "native_logical_replication": figures(native(cluster, options.commits)),
                "polling_every_second": figures(polling(cluster, min(options.commits, 30))),
            }
    finally:
        shutil.rmtree(home, ignore_errors=True)
    p95 = percentile(own, 0.95)
    return report(
        bench="commit_to_delivery",
        figures={**figures(own), "commits": len(own)},
        peers=peers,
        goal=f"p95 < {GOAL} s with Plan and durable journal",
        met=p95 < GOAL,
        distributions=("psycopg", "duckdb"),
    )


if __name__ == "__main__":
    sys.exit(main())
