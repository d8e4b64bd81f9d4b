"""A grant withdrawn while its data is on the way: nothing leaves after the withdrawal."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from tests.data.movement.road import until
from tests.exchange import factories as make
from tests.exchange.source_rig import Sourced, sourced

from jiangyuan.data.engines import duckdb, postgres
from jiangyuan.data.movement.capture import CaptureRunner
from jiangyuan.data.movement.state import Phase
from jiangyuan.data.plan import Plan, PlanRefused, authorize
from jiangyuan.exchange.sharing import jobs
from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Refused
from jiangyuan.kernel.models import Access
from jiangyuan.resources.ingestion.streams import Clerks, MemoryJournal, PlanGate

pytestmark = [pytest.mark.attack]
PLAIN = {"kind": "none"}


@pytest.fixture
def made(committed: None, urls: dict[str, str], cluster: Any) -> Iterator[Sourced]:
    with sourced(urls, cluster) as found:
        yield found


def granted(made: Sourced) -> Grant:
    items = [{"column": "division", "mask": PLAIN}, {"column": "sex", "mask": PLAIN}]
    grant = make.grant(made.way, ready=False, items=items, forms=["query", "table"])
    jobs.materialize(str(grant.pk), grant.epoch)
    grant.refresh_from_db()
    assert grant.active
    return grant


def withdraw(made: Sourced, grant: Grant) -> None:
    act("sharing.grant.withdraw", grant.pk, actor=made.way.provider.sharing_head, reason="已协商收回")


class Department(threading.Thread):
    """Commits one person after the other, each with a division of his own, so that each is known again."""

    def __init__(self, dsn: str) -> None:
        super().__init__(daemon=True)
        self._dsn, self.halt, self.begun = dsn, threading.Event(), 0

    def run(self) -> None:
        insert = (
            "INSERT INTO people (citizen_id, name, birth_date, sex, division)"
            " VALUES (%s, '新人', '2000-01-01', '1', %s)"
        )
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            for number in count(1):
                if self.halt.wait(0.005):
                    return
                self.begun = number
                connection.execute(insert, [f"N{number:017}", f"N{number}"])


def arrived(made: Sourced, grant: Grant) -> set[int]:
    return {int(row["division"][1:]) for row in made.delivered(grant) if row["division"].startswith("N")}


@pytest.mark.slow
def test_nothing_committed_after_the_withdrawal_reaches_the_consumer(made: Sourced) -> None:
    grant = granted(made)
    delivery = made.delivery(grant)
    assert delivery.source.connection is not None
    clerks = Clerks()
    runner = CaptureRunner(
        name="withdrawn",
        source=delivery.source.connection,
        subscriptions=[delivery],
        gate=PlanGate(clerks),
        journal=MemoryJournal(clerks),
    )
    department = Department(made.source)
    runner.start()
    try:
        until(lambda: [d.phase for d in runner.status().deliveries] == [Phase.STREAMING], tell=runner.status)
        department.start()
        until(lambda: len(arrived(made, grant)) > 20, tell=runner.status)
        withdraw(made, grant)
        # what the department commits from here on is nobody's business any more
        last = department.begun
        reads = Access.objects.filter(grant=grant.pk, phase="started").count()
        until(lambda: [d.phase for d in runner.status().deliveries] == [Phase.WITHDRAWN], tell=runner.status)
        until(lambda: department.begun > last + 100)
    finally:
        department.halt.set()
        department.join(10)
        runner.stop()
        clerks.close()
    assert max(arrived(made, grant), default=0) <= last
    # at the most the batch that was past the gate when the withdrawal was committed
    assert Access.objects.filter(grant=grant.pk, phase="started").count() <= reads + 1
    with pytest.raises(PlanRefused):
        made.delivery(grant)


def asked(made: Sourced, grant: Grant) -> Plan:
    return authorize(f"select division, sex from {grant.mount.alias}", actor=made.way.caller, scene=make.reading(grant))


def test_a_long_answer_stops_at_the_chunk_after_the_withdrawal(
    made: Sourced, urls: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "CHUNK_ROWS", 10)
    grant = granted(made)
    answer = postgres.run(asked(made, grant), connection_url=urls["reader_url"])
    left = [next(answer), next(answer)]
    withdraw(made, grant)
    with pytest.raises(Refused):
        left.append(next(answer))
    assert sum(batch.num_rows for batch in left) == 20 < len(made.rows)
    assert list(answer) == []


def test_an_answer_of_the_embedded_engine_does_not_leave_when_the_grant_ended_while_it_was_worked_out(
    made: Sourced, urls: dict[str, str]
) -> None:
    grant = granted(made)
    plan = asked(made, grant)

    def feed(relation: Any) -> Iterator[pa.RecordBatch]:
        yield from postgres.read_relation(plan, relation.alias, connection_url=urls["reader_url"])
        # all rows are with the engine, and none has left it
        withdraw(made, grant)

    left: list[pa.RecordBatch] = []
    with pytest.raises(PlanRefused):
        left.extend(duckdb.run(plan, feed=feed))
    assert left == []
