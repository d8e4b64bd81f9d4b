"""What flows: one capture runner per source database, serving every ingest and delivery that follows it.

The worker calls `Streams.reconcile` every second: it compares what should flow (asked of the providers; ingestion is
one, `exchange.delivery` registers another from above) with what does, and starts, stops and reports. Every batch is in
the memory before its first byte leaves (`MemoryJournal`), and every batch asks whether its plan still holds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db import close_old_connections

from jiangyuan.data.movement.capture import CaptureRunner
from jiangyuan.data.movement.state import DeliveryStatus, Phase, Subscription
from jiangyuan.data.plan import Plan, PlanRefused, still_granted
from jiangyuan.kernel import events
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import JiangyuanError
from jiangyuan.sources.models import Source
from jiangyuan.sources.queries import connection_of

log = logging.getLogger(__name__)
Report = Callable[[DeliveryStatus], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something that should flow: its id and version, its source, how to describe it, and whom to tell how it fares."""

    id: UUID
    version: str
    source: Source
    subscription: Callable[[], Subscription]
    report: Report


PROVIDERS: list[Callable[[], Iterable[Wanted]]] = []
"""Asked on every round what should flow. Rooms register in `apps.ready`."""


class PlanGate:
    """Lets a batch leave only while its plan holds: grant, epoch, term, and the rights it stands on."""

    def still_valid(self, plan: Plan) -> bool:
        """Ask door two again whether the plan would still be given."""
        try:
            still_granted(plan)
        except PlanRefused:
            return False
        finally:
            close_old_connections()
        return True


class MemoryJournal:
    """Writes every batch into the access memory: started before it leaves, finished when the target has it."""

    def __init__(self) -> None:
        self._reads: dict[UUID, tuple[events.Reading, UUID]] = {}
        self._subjects: dict[UUID, tuple[bytes, ...]] = {}

    def started(self, subscription: Subscription, lsn: int, rows: int | None) -> None:
        """Record, durably, that a batch is about to leave."""
        plan = subscription.plan
        relation = subscription.grant
        reading = events.Reading(
            form="table",
            actor=plan.actor,
            scene=plan.scene,
            grants=((relation.grant, relation.epoch),) if relation.grant else (),
            entry=relation.entry,
            query=f"batch:{lsn}",
            data_version=str(lsn),
        )
        self._reads[subscription.id] = (reading, events.start_access(reading))

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
        events.finish_access(reading, read, rows=rows, digest=digest, subjects=b"".join(subjects))

    def failed(self, subscription: Subscription, error: BaseException) -> None:
        """Note in the log that a batch did not arrive; the state itself is reported by act on the next round."""
        self._reads.pop(subscription.id, None)
        log.warning("movement %s: %s", subscription.id, type(error).__name__)


@dataclass(slots=True)
class _Flow:
    runner: CaptureRunner
    members: dict[UUID, tuple[str, Report]] = field(default_factory=dict)
    seen: dict[UUID, tuple[Phase, int | None]] = field(default_factory=dict)


class Streams:
    """The flows of one worker process."""

    def __init__(self) -> None:
        self._flows: dict[UUID, _Flow] = {}
        self._refused: dict[UUID, str] = {}
        self._gate = PlanGate()
        self._journal = MemoryJournal()

    def reconcile(self) -> None:
        """Start what should flow and does not, stop what should not, and report what changed."""
        wanted = {w.id: w for provider in PROVIDERS for w in provider()}
        for flow in self._flows.values():
            self._part(flow, wanted)
        for want in wanted.values():
            self._join(want)
        for flow in self._flows.values():
            self._report(flow)
        for source in [key for key, flow in self._flows.items() if not flow.members]:
            self._flows.pop(source).runner.stop(timeout=10)

    def stop(self) -> None:
        """End all flows after the batches in hand."""
        for flow in self._flows.values():
            flow.runner.stop(timeout=20)
        self._flows.clear()

    def status(self) -> dict[str, object]:
        """Give how each source and its deliveries stand, for metrics and pages."""
        return {str(source): flow.runner.status() for source, flow in self._flows.items()}

    def _part(self, flow: _Flow, wanted: dict[UUID, Wanted]) -> None:
        for member, (version, _report) in list(flow.members.items()):
            if member not in wanted or wanted[member].version != version:
                flow.runner.remove(member, timeout=10)
                flow.members.pop(member)
                flow.seen.pop(member, None)

    def _join(self, want: Wanted) -> None:
        flow = self._flows.get(want.source.pk)
        if flow is not None and want.id in flow.members:
            return
        try:
            subscription = want.subscription()
        except JiangyuanError as error:
            self._refuse(want, error)
            return
        self._refused.pop(want.id, None)
        if flow is None:
            flow = self._flows[want.source.pk] = _Flow(self._runner(want.source))
            flow.runner.start()
        flow.runner.add(subscription)
        flow.members[want.id] = (want.version, want.report)

    def _refuse(self, want: Wanted, error: JiangyuanError) -> None:
        if self._refused.get(want.id) == str(error):
            return
        self._refused[want.id] = str(error)
        want.report(DeliveryStatus(want.id, Phase.PAUSED, None, 0, 0, 0, None, error.as_dict()))

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
        for status in flow.runner.status().deliveries:
            kept = flow.members.get(status.subscription)
            mark = (status.phase, status.snapshots)
            if kept is None or flow.seen.get(status.subscription) == mark:
                continue
            flow.seen[status.subscription] = mark
            try:
                kept[1](status)
            except JiangyuanError as error:
                log.warning("report of %s refused: %s", status.subscription, error)
