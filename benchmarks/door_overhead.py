"""What door one costs: an act with lock, version, state table, policy and event, beside the same change made bare.

Both run in turns on one durable embedded PostgreSQL (fsync on), so that a busy moment falls on both. The act is the
platform's own `sources.source.report_connected`; the peer selects the same row for update through Django, saves it and
inserts one event row of the same size: one transaction, no version, no policy, no refusal. The policy decision is
measured by itself with that act's principal, resource and context, the sequencer as in `sequencer_rate`.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _bench import arguments, percentile, report, say
from sequencer_rate import backlog_rate, prepare

from jiangyuan.supervisor.cluster import Cluster

if TYPE_CHECKING:
    from jiangyuan.sources.models import Source

REPORT: Any = [{"name": "connect", "state": "ok"}]
ACT_GOAL, DECISION_GOAL = 5.0, 0.15
"""Milliseconds, median."""


def a_source() -> "Source":
    """Make one registered source of one department."""
    from jiangyuan.kernel.actions import act
    from jiangyuan.kernel.actor import service_actor
    from jiangyuan.organization.models import Jurisdiction
    from jiangyuan.sources.models import Source

    Jurisdiction.objects.create(code="630000", name="青海省", level="province")
    body = act(
        "organization.body.register",
        actor=service_actor("setup"),
        name="青海省民政厅",
        short_name="省民政厅",
        alias="civil_affairs",
        jurisdiction="630000",
    )
    return Source.objects.create(body=body, name="前置库", alias="front", kind="postgres", host="127.0.0.1")


def through_the_door(source: "Source") -> Callable[[], None]:
    """Give the work of one act on the source."""
    from jiangyuan.kernel.actions import act
    from jiangyuan.kernel.actor import Scene, service_actor

    actor, scene = service_actor("sources"), Scene(channel="worker")

    def work() -> None:
        act("sources.source.report_connected", source.pk, actor=actor, scene=scene, report=REPORT)

    return work


def bare(source: "Source") -> Callable[[], None]:
    """Give the work of the same change without the door."""
    from django.db import connection, transaction

    from jiangyuan.kernel.events import CHANNEL
    from jiangyuan.kernel.identifiers import uuid7
    from jiangyuan.sources.models import Source

    insert = (
        "INSERT INTO kernel_event (id, at, type, actor_kind, actor_id, object_type, object_id, canonical)"
        " VALUES (%s, %s, 'bare', 'service', %s, 'sources.source', %s, %s)"
    )

    def work() -> None:
        with transaction.atomic():
            now = datetime.now(UTC)
            row = Source.objects.select_for_update().get(pk=source.pk)
            row.last_test, row.last_tested_at, row.state, row.version = REPORT, now, "connected", row.version + 1
            row.save()
            with connection.cursor() as cursor:
                cursor.execute(insert, [uuid7(), now, source.pk, source.pk, b"x" * 700])
                cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])

    return work


def one_decision(source: "Source") -> Callable[[], None]:
    """Give the work of one policy decision of that act."""
    from jiangyuan.kernel import policy
    from jiangyuan.kernel.actor import service_actor

    resource = {"id": str(source.pk), "type": "sources.source", "state": "connected", **source.policy_attributes()}
    context = {"purpose": "", "case_number": "", "channel": "worker", "network": "", "hour": 9}
    question: dict[str, Any] = {
        "action": "sources.source.report_connected",
        "actor": service_actor("sources"),
        "resource": resource,
        "context": {**context, "own": False, "approves": False},
    }

    def work() -> None:
        policy.require(**question)

    return work


def in_turns(works: dict[str, Callable[[], None]], times: int, *, warm: int = 50) -> dict[str, list[float]]:
    """Give the milliseconds of each work, each done `times` times, in turns."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for number in range(-warm, times):
        for name, work in works.items():
            began = time.perf_counter()
            work()
            if number >= 0:
                taken[name].append((time.perf_counter() - began) * 1000)
    return taken


def measure(home: Path, cluster: Cluster, *, acts: int, decisions: int, backlog: int) -> dict[str, float]:
    """Measure everything on one running cluster."""
    urls = prepare(home, cluster)
    from django.db import connections

    source = a_source()
    doors = in_turns({"act": through_the_door(source), "bare": bare(source)}, acts)
    say(f"{acts} acts in turns with bare transactions")
    asked = in_turns({"decision": one_decision(source)}, decisions)["decision"]
    say(f"{decisions} decisions")
    rate = backlog_rate(urls["database_url"], backlog, 1)
    connections.close_all()
    return {
        "act_p50_ms": round(percentile(doors["act"], 0.5), 3),
        "act_p95_ms": round(percentile(doors["act"], 0.95), 3),
        "bare_p50_ms": round(percentile(doors["bare"], 0.5), 3),
        "bare_p95_ms": round(percentile(doors["bare"], 0.95), 3),
        "decision_p50_ms": round(percentile(asked, 0.5), 4),
        "decision_p95_ms": round(percentile(asked, 0.95), 4),
        "sequencer_acts_per_second": round(rate),
    }


def main() -> int:
    """Run the benchmark."""
    options = arguments(__doc__ or "", acts=500, decisions=2_000, backlog=20_000, rate=2_000)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        # PostgreSQL runs under an account of its own when this runs as root
        home.chmod(0o711)
        os.environ["JIANGYUAN_LOG_LEVEL"] = "ERROR"
        with Cluster(home) as cluster:
            found = measure(home, cluster, acts=options.acts, decisions=options.decisions, backlog=options.backlog)
    peers = {"bare_p50_ms": found.pop("bare_p50_ms"), "bare_p95_ms": found.pop("bare_p95_ms")}
    figures = {**found, "act_to_bare": round(found["act_p50_ms"] / peers["bare_p50_ms"], 2)}
    met = (
        found["act_p50_ms"] < ACT_GOAL
        and found["decision_p50_ms"] < DECISION_GOAL
        and found["sequencer_acts_per_second"] >= options.rate
    )
    goal = f"act p50 < {ACT_GOAL} ms, decision p50 < {DECISION_GOAL} ms, sequencer >= {options.rate} acts/s"
    return report(
        bench="door_overhead",
        figures=figures,
        peers=peers,
        goal=goal,
        met=met,
        distributions=("django", "cedarpy", "psycopg"),
    )


if __name__ == "__main__":
    sys.exit(main())
