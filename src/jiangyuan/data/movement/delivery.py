"""One subscription on its way: prepared, copied once, followed, retried, paused, ended. A thread each."""

import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

import psycopg
from django.utils.translation import gettext_lazy as _

from jiangyuan.data.movement.apply import Target
from jiangyuan.data.movement.changes import Folded, Folder, complete
from jiangyuan.data.movement.filter import PlanFilter
from jiangyuan.data.movement.pgoutput import Relation
from jiangyuan.data.movement.reread import reread
from jiangyuan.data.movement.sessions import connect, source_errors
from jiangyuan.data.movement.shape import Shape, check_drift, make_shape
from jiangyuan.data.movement.snapshot import copy_snapshot
from jiangyuan.data.movement.state import (
    Cursor,
    Delta,
    Gate,
    Journal,
    Meter,
    MovementRefused,
    Phase,
    Stopped,
    Subscription,
    TargetUnavailable,
    Withdrawn,
)
from jiangyuan.kernel.errors import Refused, Transient

if TYPE_CHECKING:
    from jiangyuan.data.movement.lanes import Batch, Lane

Answer = TypeVar("Answer")

IDLE = 0.5
"""Seconds for which a delivery waits for its next batch before it looks around."""
QUIET = 2.0
"""Seconds between two questions to the gate when nothing happens: a withdrawn grant stops within them.

A batch never leaves without asking; this only tells how soon a quiet copy is taken away.
"""


RESTARTING = 60.0
"""Seconds for which something that is away counts as being restarted."""


class HostUnavailable(Transient):
    """Gate or journal did not answer; nothing leaves until they do."""


class Line(Protocol):
    """What a delivery needs of the runner that reads the source."""

    def claim(self, delivery: "Delivery", cursor: Cursor) -> bool:
        """Hold the log for this delivery; return whether it has everything after the cursor, else a snapshot is due."""
        ...

    def publish(self, place: tuple[str, str]) -> bool:
        """See to it that the table is published; return whether it was not, so that its changes went unseen."""
        ...

    def join(self, delivery: "Delivery", lsn: int) -> "Lane":
        """Get changes from a position on; raises `SourceUnavailable` when the log before it is gone meanwhile."""
        ...

    @property
    def system(self) -> str:
        """Name the history that positions belong to."""
        ...


class Delivery:
    """Keeps one target table up with its source until it is stopped, paused or its grant ends."""

    def __init__(
        self,
        *,
        subscription: Subscription,
        line: Line,
        gate: Gate,
        journal: Journal,
        heartbeat: float,
        give_up_after: float,
    ) -> None:
        self.subscription = subscription
        self.meter = Meter()
        self.hold: int | None = None
        """The log from here on is still needed; None: nothing is. Written under the runner's lock or by our thread."""
        self._line = line
        self._gate = gate
        self._journal = journal
        self._heartbeat = heartbeat
        self._give_up_after = give_up_after
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._source: psycopg.Connection | None = None
        self._folders: dict[int, tuple[Relation, Folder]] = {}
        self._part = _Part()
        self._unreported: tuple[int, int, str, tuple[bytes, ...]] | None = None
        self._busy_since: float | None = None
        self._drifted = False

    # life

    def start(self) -> None:
        """Begin, or begin again after a pause; harmless while it runs."""
        if self._thread is None or not self._thread.is_alive():
            self._stop.clear()
            self.meter.enter(Phase.PREPARING)
            self._thread = threading.Thread(target=self._run, name=f"jy-delivery-{self.subscription.id}", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ask it to end after the batch in hand."""
        self._stop.set()

    def join(self, seconds: float) -> bool:
        """Wait for its end; return whether it ended."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self._thread is None or not self._thread.is_alive()

    @property
    def running(self) -> bool:
        """Whether its thread lives."""
        return self._thread is not None and self._thread.is_alive()

    def stuck_for(self) -> float:
        """Return for how many seconds the batch in hand has been under way; 0 when there is none."""
        since = self._busy_since
        return 0.0 if since is None else time.monotonic() - since

    def give_up(self) -> None:
        """Pause a delivery whose target neither answers nor fails; its thread ends when the call comes back."""
        self._stop.set()
        error = TargetUnavailable(
            _("接收库长时间没有应答"), code="movement.target_silent", where=self.subscription.target.name
        )
        self._end(Phase.PAUSED, error)

    @property
    def active(self) -> bool:
        """Whether it still wants changes."""
        return self.meter.phase not in (Phase.PAUSED, Phase.WITHDRAWN, Phase.STOPPED)

    def _run(self) -> None:
        failing_since: float | None = None
        delay = 0.1
        while True:
            batches = self.meter.batches
            try:
                self._attempt()
                failing_since, delay = None, 0.1
            except Stopped:
                return self._end(self.meter.phase if self.meter.phase is Phase.PAUSED else Phase.STOPPED)
            except Withdrawn as error:
                return self._end(Phase.WITHDRAWN, error)
            except Refused as error:
                return self._end(Phase.PAUSED, error)
            except Transient as error:
                now = time.monotonic()
                if failing_since is None or self.meter.batches > batches:
                    failing_since, delay = now, 0.1
                if isinstance(error, TargetUnavailable) and now - failing_since > self._give_up_after:
                    return self._end(Phase.PAUSED, error)
                self.meter.enter(Phase.RETRYING, error)
                self._note(error)
                if self._stop.wait(delay):
                    return self._end(Phase.STOPPED)
                # what restarts is away for seconds; only what stays away is asked less often
                delay = min(delay * 2, 1.0 if now - failing_since < RESTARTING else 15.0)
            except Exception as error:
                return self._end(Phase.PAUSED, error)

    def _end(self, phase: Phase, error: BaseException | None = None) -> None:
        self.hold = None
        if error is not None:
            self._note(error)
        self.meter.enter(phase, error)

    def _note(self, error: BaseException) -> None:
        try:
            self._journal.failed(self.subscription, error)
        except Exception:
            return

    # one attempt

    def _attempt(self) -> None:
        lane: Lane | None = None
        self._busy_since = None
        target: Target | None = None
        plan_filter: PlanFilter | None = None
        self._part = _Part()
        self._folders = {}
        try:
            self._report()
            self.subscription.plan.verify()
            with source_errors(self.subscription.source.name):
                shape = make_shape(self._reader(), place=self.subscription.source, grant=self.subscription.grant)
                missed = self._line.publish((self.subscription.source.schema, self.subscription.source.table))
            plan_filter = PlanFilter(subscription=self.subscription, shape=shape, source=self._reader)
            target = Target(subscription=self.subscription, shape=shape)
            self._check_gate(target)
            cursor = target.cursor()
            complete_log = self._line.claim(self, cursor)
            known = None if missed or self._drifted or not complete_log else cursor.lsn
            lsn = self._snapshot(shape, target, plan_filter) if known is None else known
            self.meter.lsn = lsn
            lane = self._line.join(self, lsn)
            self.meter.enter(Phase.STREAMING)
            self._follow(lane, target, shape, plan_filter)
        finally:
            if lane is not None:
                lane.left = True
            for part in (target, plan_filter, self._source):
                if part is not None:
                    part.close()
            self._source = None

    def _reader(self) -> psycopg.Connection:
        """A session on the source, for its catalogue and for values that the stream left out."""
        if self._source is None or self._source.closed:
            self._source = connect(self.subscription.source.connection)
        return self._source

    def _check_gate(self, target: Target) -> None:
        if self._ask(lambda: self._gate.still_valid(self.subscription.plan)):
            return
        target.withdraw()
        raise Withdrawn(
            _("授权已终止或到期，同步已停止"),
            code="movement.withdrawn",
            where=self.subscription.target.name,
            mend=_("如仍需使用，请重新提出申请"),
        )

    def _ask(self, question: Callable[[], Answer]) -> Answer:
        try:
            return question()
        except (Refused, Transient):
            raise
        except Exception as error:
            raise HostUnavailable(
                _("授权核验或留痕暂时不可用，数据未发出"), code="movement.host", where=type(error).__name__
            ) from error

    # the first copy

    def _snapshot(self, shape: Shape, target: Target, plan_filter: PlanFilter) -> int:
        self.meter.enter(Phase.SNAPSHOT)
        asked = time.monotonic()

        def before_bytes(lsn: int) -> None:
            self._check_gate(target)
            self._ask(lambda: self._journal.started(self.subscription, lsn, None))

        def between_blocks(rows: int) -> None:
            nonlocal asked
            self.meter.copying(rows)
            if self._stop.is_set():
                raise Stopped
            if time.monotonic() - asked > IDLE:
                asked = time.monotonic()
                if not self._ask(lambda: self._gate.still_valid(self.subscription.plan)):
                    raise Withdrawn(_("授权已终止或到期，同步已停止"), code="movement.withdrawn")

        try:
            copied = copy_snapshot(
                subscription=self.subscription,
                shape=shape,
                target=target,
                plan_filter=plan_filter,
                before_bytes=before_bytes,
                between_blocks=between_blocks,
            )
        except Withdrawn:
            target.withdraw()
            raise
        target.commit(lsn=copied.lsn, system=self._line.system, rows=copied.rows, digest=copied.digest)
        self._drifted = False
        self._committed(copied.lsn, copied.rows, copied.digest, snapshot=True)
        return copied.lsn

    # following

    def _follow(self, lane: "Lane", target: Target, shape: Shape, plan_filter: PlanFilter) -> None:
        beaten = asked = time.monotonic()
        while True:
            if self._stop.is_set():
                raise Stopped
            safe = lane.safe
            try:
                batch = lane.waiting.get(timeout=IDLE)
            except queue.Empty:
                batch = None
            if batch is not None:
                self._busy_since = time.monotonic()
                self._deliver(batch, target, shape, plan_filter)
                self._busy_since = None
                continue
            if lane.closed or time.monotonic() - asked >= QUIET:
                self._check_gate(target)
                asked = time.monotonic()
            if lane.closed:
                return
            if not self._part.open and time.monotonic() - beaten >= self._heartbeat:
                beaten = time.monotonic()
                if self.hold is not None and safe > self.hold:
                    # `safe` was read before the queue was found empty: nothing before it is missing here.
                    target.advance(lsn=safe)
                    self.hold = self.meter.lsn = safe

    def _deliver(self, batch: "Batch", target: Target, shape: Shape, plan_filter: PlanFilter) -> None:
        delta = self._judge(batch, shape, plan_filter)
        self._check_gate(target)
        if delta is not None and (delta.rows or delta.cleared):
            rows = delta.rows
            self._ask(lambda: self._journal.started(self.subscription, batch.lsn, rows))
            target.write(delta)
            self._part.add(delta)
        if not batch.last:
            self._part.open = True
            return
        part, self._part = self._part, _Part()
        target.commit(lsn=batch.lsn, system=self._line.system, rows=part.rows, digest=part.digest)
        if part.digest:
            self.meter.since = batch.committed_at
            self._committed(batch.lsn, part.rows, part.digest, subjects=tuple(sorted(part.subjects)))
        else:
            self.hold = self.meter.lsn = batch.lsn

    def _judge(self, batch: "Batch", shape: Shape, plan_filter: PlanFilter) -> Delta | None:
        folded: Folded | None = None
        for relation, changes in batch.runs:
            folder = self._folder(relation, shape)
            folded = folded or folder.start()
            folder.fold(changes, into=folded)
        if folded is None:
            return None
        with source_errors(self.subscription.source.name):
            complete(folded, reread=lambda keys: reread(self._reader(), self.subscription.source, shape, keys))
            return plan_filter.apply_plan(folded.present(), absent=folded.absent(), cleared=folded.cleared)

    def _folder(self, relation: Relation, shape: Shape) -> Folder:
        known = self._folders.get(relation.oid)
        if known is None or known[0] is not relation:
            try:
                check_drift(relation, shape, place=self.subscription.source)
            except MovementRefused:
                # The log between here and the mending holds rows of another shape; only a new copy leads past them.
                self._drifted = True
                raise
            known = relation, Folder(relation=relation, shape=shape)
            self._folders[relation.oid] = known
        return known[1]

    def _committed(
        self, lsn: int, rows: int, digest: str, *, snapshot: bool = False, subjects: tuple[bytes, ...] = ()
    ) -> None:
        self.hold = lsn
        self.meter.delivered(lsn=lsn, rows=rows, snapshot=snapshot)
        self._unreported = (lsn, rows, digest, subjects)
        self._report()

    def _report(self) -> None:
        """Tell the journal of a committed batch; when it does not answer, before anything else is tried again."""
        if self._unreported is not None:
            lsn, rows, digest, subjects = self._unreported
            if subjects:
                self._ask(lambda: self._journal.concerned(self.subscription, lsn, subjects))
            self._ask(lambda: self._journal.finished(self.subscription, lsn, rows, digest))
            self._unreported = None


class _Part:
    """What of a transaction that comes in several batches was written so far."""

    def __init__(self) -> None:
        self.open = False
        self.rows = 0
        self.digest = ""
        self.subjects: set[bytes] = set()

    def add(self, delta: Delta) -> None:
        self.rows += delta.rows
        self.subjects.update(delta.subjects)
        self.digest = delta.digest(after=self.digest)
