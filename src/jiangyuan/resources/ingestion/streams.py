"""What flows: one capture runner per source database, serving every ingest and delivery that follows it.

The worker calls `Streams.reconcile` every second: it compares what should flow (asked of the providers; ingestion is
one, `exchange.delivery` registers another from above) with what does, and starts, stops and reports. Every batch is in
the memory before its first byte leaves (`MemoryJournal`), and every batch asks whether its plan still holds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Barrier
from typing import Any, TypeVar
from uuid import UUID

from django.db import close_old_connections, connections

from jiangyuan.data.movement.capture import CaptureRunner
from jiangyuan.data.movement.state import DeliveryStatus, Phase, RunnerStatus, Subscription
from jiangyuan.data.plan import Plan, PlanRefused, still_granted
from jiangyuan.kernel import events
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import JiangyuanError, Refused
from jiangyuan.sources.models import Source
from jiangyuan.sources.queries import connection_of

log = logging.getLogger(__name__)
Report = Callable[[DeliveryStatus], None]
Answer = TypeVar("Answer")
BEGUN = frozenset({Phase.SNAPSHOT, Phase.STREAMING, Phase.PAUSED})
"""Phases after whose report nothing is waiting any more."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something that should flow: its id and version, its source, how to describe it, and whom to tell how it fares.

    It begins anew when its `version` or the way to reach its source changes, or when it is `waiting` though it had
    begun: somebody stopped it and let it go on between two rounds. `report` is told of every new phase, `moved` of
    every new position between, and of a copy under way on every round.
    """

    id: UUID
    version: str
    source: Source
    subscription: Callable[[], Subscription]
    report: Report
    moved: Report | None = None
    waiting: bool = False


PROVIDERS: list[Callable[[], Iterable[Wanted]]] = []
"""Asked on every round what should flow. Rooms register in `apps.ready`."""


class Clerks:
    """A few threads that ask and write the platform's database for any number of flows, so that connections stay few."""

    def __init__(self, *, number: int = 4) -> None:
        self._number = number
        self._pool = ThreadPoolExecutor(number, thread_name_prefix="jy-memory")

    def ask(self, work: Callable[..., Answer], *args: Any) -> Answer:
        """Do work in one of the threads and give its answer; what it raises is raised."""
        return self._pool.submit(self._do, work, *args).result()

    @staticmethod
    def _do(work: Callable[..., Answer], *args: Any) -> Answer:
        close_old_connections()
        try:
            return work(*args)
        finally:
            close_old_connections()

    def close(self) -> None:
        """Close every thread's connection and end the threads."""
        together = Barrier(self._number)

        def leave() -> None:
            together.wait(10)  # one farewell per thread: none may take two
            connections.close_all()

        for farewell in [self._pool.submit(leave) for _number in range(self._number)]:
            farewell.result()
        self._pool.shutdown()


def holds(plan: Plan) -> bool:
    """Ask door two again whether a plan would still be given: grant, epoch, term, and the rights it stands on."""
    try:
        still_granted(plan)
    except PlanRefused:
        return False
    return True


class PlanGate:
    """Lets a batch leave only while its plan holds."""

    def __init__(self, clerks: Clerks) -> None:
        self._clerks = clerks

    def still_valid(self, plan: Plan) -> bool:
        """Ask whether the plan still holds."""
        return self._clerks.ask(holds, plan)


def batch_reading(subscription: Subscription, position: int) -> events.Reading:
    """Say of a batch, as the access memory wants it, who reads what under which grant."""
    plan, relation = subscription.plan, subscription.grant
    return events.Reading(
        form="table",
        actor=plan.actor,
        scene=plan.scene,
        grants=((relation.grant, relation.epoch),) if relation.grant else (),
        entry=relation.entry,
        query=f"batch:{position}",
        data_version=str(position),
    )


class MemoryJournal:
    """Writes every batch into the access memory: started before it leaves, finished when the target has it."""

    def __init__(self, clerks: Clerks) -> None:
        self._clerks = clerks
        self._reads: dict[UUID, tuple[events.Reading, UUID]] = {}
        self._subjects: dict[UUID, tuple[bytes, ...]] = {}

    def started(self, subscription: Subscription, lsn: int, rows: int | None) -> None:
        """Record, durably, that a batch is about to leave; the parts of one transaction are one reading."""
        open_read = self._reads.get(subscription.id)
        if open_read is not None and open_read[0].query == f"batch:{lsn}":
            return
        reading = batch_reading(subscription, lsn)
        self._reads[subscription.id] = (reading, self._clerks.ask(events.start_access, reading))

    def concerned(self, subscription: Subscription, lsn: int, subjects: tuple[bytes, ...]) -> None:
        """Keep whose rows the batch held for its `finished` record."""
        self._subjects[subscription.id] = subjects

    def finished(self, subscription: Subscription, lsn: int, rows: int, digest: str) -> None:
        """Record that the target committed the batch, with its rows, digest and subjects."""
        kept = self._reads.pop(subscription.id, None)
        subjects = self._subjects.pop(subscription.id, ())
        if kept is None:
            return
        reading, read = kept
        joined = b"".join(subjects)
        self._clerks.ask(lambda: events.finish_access(reading, read, rows=rows, digest=digest, subjects=joined))

    def failed(self, subscription: Subscription, error: BaseException) -> None:
        """Note in the log that a batch did not arrive; the state itself is reported by act on the next round."""
        self._reads.pop(subscription.id, None)
        log.warning("movement %s: %s", subscription.id, type(error).__name__)


@dataclass(slots=True)
class _Flow:
    runner: CaptureRunner
    connection: str
    members: dict[UUID, Wanted] = field(default_factory=dict)
    seen: dict[UUID, tuple[Phase, int]] = field(default_factory=dict)
    positions: dict[UUID, int | None] = field(default_factory=dict)


class Streams:
    """The flows of one worker process. Used by one thread."""

    def __init__(self) -> None:
        self._flows: dict[UUID, _Flow] = {}
        self._refused: dict[UUID, str] = {}
        self._clerks = Clerks()
        self._gate = PlanGate(self._clerks)
        self._journal = MemoryJournal(self._clerks)

    def reconcile(self) -> None:
        """Start what should flow and does not, stop what should not, and report what changed."""
        wanted = {w.id: w for provider in PROVIDERS for w in provider()}
        self._refused = {key: told for key, told in self._refused.items() if key in wanted}
        for flow in self._flows.values():
            self._part(flow, wanted)
        self._end_idle()
        for want in wanted.values():
            self._join(want)
        for flow in self._flows.values():
            self._report(flow)

    def stop(self) -> None:
        """End all flows after the batches in hand."""
        for flow in self._flows.values():
            flow.runner.stop(timeout=20)
        self._flows.clear()
        self._clerks.close()

    def status(self) -> dict[str, RunnerStatus]:
        """Give how each source and its deliveries stand, for metrics and pages."""
        return {str(source): flow.runner.status() for source, flow in self._flows.items()}

    def _part(self, flow: _Flow, wanted: dict[UUID, Wanted]) -> None:
        leaving = [member for member in flow.members if not self._goes_on(flow, member, wanted)]
        for member in leaving:
            # Where all leave, the runner is ended as it stands: the slot then keeps what a paused copy will ask for.
            if len(leaving) < len(flow.members):
                flow.runner.remove(member, timeout=10)
        for member in leaving:
            for known in (flow.members, flow.seen, flow.positions):
                known.pop(member, None)

    def _goes_on(self, flow: _Flow, member: UUID, wanted: dict[UUID, Wanted]) -> bool:
        want, joined = wanted.get(member), flow.members[member]
        if want is None or (want.waiting and flow.seen.get(member, (None, 0))[0] in BEGUN):
            return False
        return want.version == joined.version and want.source.connection_mark == flow.connection

    def _end_idle(self) -> None:
        for source in [key for key, flow in self._flows.items() if not flow.members]:
            self._flows.pop(source).runner.stop(timeout=10)

    def _join(self, want: Wanted) -> None:
        flow = self._flows.get(want.source.pk)
        if flow is not None and want.id in flow.members:
            return
        try:
            subscription = want.subscription()
            if flow is None:
                flow = _Flow(self._runner(want.source), want.source.connection_mark)
                flow.runner.start()
                self._flows[want.source.pk] = flow
        except JiangyuanError as error:
            self._refuse(want, error)
            return
        self._refused.pop(want.id, None)
        flow.runner.add(subscription)
        flow.members[want.id] = want

    def _refuse(self, want: Wanted, error: JiangyuanError) -> None:
        """Tell once why something cannot even begin; told again only when the reason is another."""
        if self._refused.get(want.id) == str(error):
            return
        phase = Phase.PAUSED if isinstance(error, Refused) else Phase.RETRYING
        self._tell(want.report, DeliveryStatus(want.id, phase, None, 0, 0, 0, None, error.as_dict()))
        self._refused[want.id] = str(error)

    def _runner(self, source: Source) -> CaptureRunner:
        return CaptureRunner(
            name=settings().node_code,
            source=connection_of(source),
            subscriptions=(),
            gate=self._gate,
            journal=self._journal,
            owner_accepts_unbounded=source.accepts_unbounded_slot,
        )

    def _report(self, flow: _Flow) -> None:
        runner = flow.runner.status()
        standing = {status.subscription: status for status in runner.deliveries}
        for member, want in flow.members.items():
            status = _as_it_is(runner, standing.get(member), member)
            if status is None:
                continue
            mark = (status.phase, status.snapshots)
            if flow.seen.get(member) != mark:
                self._tell(want.report, status)
                flow.seen[member], flow.positions[member] = mark, status.lsn
            elif want.moved is not None and (status.copied or flow.positions.get(member) != status.lsn):
                want.moved(status)
                flow.positions[member] = status.lsn

    def _tell(self, report: Report, status: DeliveryStatus) -> None:
        try:
            report(status)
        except JiangyuanError as error:  # the state it should be told in has passed
            log.warning("report of %s refused: %s", status.subscription, error)


def _as_it_is(runner: RunnerStatus, status: DeliveryStatus | None, member: UUID) -> DeliveryStatus | None:
    """Give how a delivery fares with its source taken into account: nothing streams from one that cannot be read."""
    if runner.connected or runner.error is None:
        return status
    if status is None:
        status = DeliveryStatus(member, Phase.PREPARING, None, 0, 0, 0, None, None)
    if status.phase in (Phase.PAUSED, Phase.WITHDRAWN, Phase.STOPPED):
        return status
    return replace(status, phase=Phase.PAUSED if runner.refused else Phase.RETRYING, error=runner.error)
