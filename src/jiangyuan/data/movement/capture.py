"""Continuous capture of one source database: one slot, one reader, many subscriptions.

The reader's thread decodes the stream and hands changes to lanes; each delivery has a thread of its own. The source's
log is the only queue that lasts: a delivery that failed, or fell behind, or took a snapshot, comes back with its
cursor, and the reader opens the stream again from the oldest position anybody needs. The position that is confirmed to
the source never passes the cursor of a live delivery; one that is paused holds nothing.
"""

import hashlib
import queue
import re
import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
from django.utils.translation import gettext_lazy as _

from jiangyuan.data.movement.delivery import Delivery
from jiangyuan.data.movement.lanes import Batch, Lane, Limits, Router
from jiangyuan.data.movement.pgoutput import decode
from jiangyuan.data.movement.sessions import connect, source_errors
from jiangyuan.data.movement.slots import (
    SlotState,
    check_bounded,
    drop_slot,
    ensure_slot,
    identify,
    open_publications,
    publish_table,
    read_published,
    read_slot,
)
from jiangyuan.data.movement.state import (
    Cursor,
    Gate,
    Journal,
    RunnerStatus,
    SourceUnavailable,
    Subscription,
    describe_error,
)
from jiangyuan.data.movement.stream import Stream, Wake
from jiangyuan.kernel.errors import JiangyuanError, Refused

if TYPE_CHECKING:
    from jiangyuan.data.connections import ConnectionSpec

_LOOK = 0.5
_SLOT_ERRORS = (psycopg.errors.UndefinedObject, psycopg.errors.ObjectNotInPrerequisiteState)


def slot_name(name: str, *, database: str) -> str:
    """Return the name of slot and publication for a source: readable, and unique per database of a server."""
    readable = re.sub(r"[^a-z0-9_]", "_", f"jiangyuan_{name}_{database}".lower())[:50]
    return f"{readable}_{hashlib.sha256(f'{name}/{database}'.encode()).hexdigest()[:8]}"


class _Reopen(Exception):
    """The stream must be opened again from an earlier position."""


class CaptureRunner:
    """Reads one source database and keeps all its subscriptions going, in threads of this process.

    Only one runner may read a source under one `name`; a second one waits until the first is gone. `heartbeat` is how
    often (seconds) a quiet target's cursor is moved on; a target that fails for `give_up_after` seconds is paused.
    With `owner_accepts_unbounded` the source's owner has signed that its slots may grow without bound.
    """

    def __init__(
        self,
        *,
        name: str,
        source: "ConnectionSpec",
        subscriptions: Iterable[Subscription],
        gate: Gate,
        journal: Journal,
        limits: Limits | None = None,
        heartbeat: float = 10.0,
        give_up_after: float = 900.0,
        owner_accepts_unbounded: bool = False,
    ) -> None:
        self._spec = source
        self._slot = slot_name(name, database=source.database)
        self._gate = gate
        self._journal = journal
        self._limits = limits or Limits()
        self._heartbeat = heartbeat
        self._give_up_after = give_up_after
        self._accepts_unbounded = owner_accepts_unbounded
        self._lock = threading.RLock()
        self._publishing = threading.Lock()
        self._deliveries: dict[UUID, Delivery] = {}
        self._joining: queue.SimpleQueue[Lane] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._wake = Wake.make()
        self._thread: threading.Thread | None = None
        self._confirmed = 0
        self._system = ""
        self._connected = False
        self._publications: tuple[str, ...] = ()
        self._refused = False
        self._reconnects = 0
        self._error: dict | None = None
        self._last_read: datetime | None = None
        self._lag: int | None = None
        self._watched = 0.0
        self._waiting = list(subscriptions)
        self._stream: Stream | None = None

    # for the host

    @property
    def slot(self) -> str:
        """The name of the slot and of the publication at the source."""
        return self._slot

    def start(self) -> None:
        """Begin in a thread of its own and return at once; look at `status` for how it goes."""
        self._thread = threading.Thread(target=self.run, name=f"jy-capture-{self._slot}", daemon=True)
        self._thread.start()

    def stop(self, *, timeout: float = 30.0) -> bool:
        """End after the batches in hand; return whether everything ended in time."""
        self._stop.set()
        self._wake.ring()
        if self._thread is not None:
            self._thread.join(timeout)
            if self._thread.is_alive():
                return False
        return not any(delivery.running for delivery in self._deliveries.values())

    def add(self, subscription: Subscription) -> None:
        """Deliver one more table, from its cursor or by a snapshot."""
        with self._lock:
            if not self._system:
                # Before the first look at the slot nobody can tell whether a cursor is still good.
                self._waiting.append(subscription)
            else:
                self._begin(subscription)

    def resume(self, subscription: UUID) -> None:
        """Let a paused delivery go on, after what stopped it was mended."""
        self._deliveries[subscription].start()

    def remove(self, subscription: UUID, *, timeout: float = 30.0) -> bool:
        """Stop one delivery; its table stays as it is. Return whether it ended in time."""
        with self._lock:
            delivery = self._deliveries.pop(subscription, None)
        if delivery is None:
            return True
        delivery.stop()
        return delivery.join(timeout)

    def status(self) -> RunnerStatus:
        """Return how the source and each of its deliveries stand."""
        with self._lock:
            deliveries = [(key, delivery) for key, delivery in self._deliveries.items()]
        return RunnerStatus(
            running=not self._stop.is_set() and (self._thread is None or self._thread.is_alive()),
            connected=self._connected,
            lag_bytes=self._lag,
            last_read=self._last_read,
            reconnects=self._reconnects,
            error=self._error,
            refused=self._refused and self._error is not None,
            deliveries=tuple(delivery.meter.read(key) for key, delivery in deliveries),
        )

    # for the deliveries

    @property
    def system(self) -> str:
        """Name the history that positions belong to."""
        return self._system

    def claim(self, delivery: Delivery, cursor: Cursor) -> bool:
        """Hold the log for a delivery; return whether the slot still has everything after its cursor."""
        with self._lock:
            usable = cursor.lsn is not None and cursor.system == self._system and cursor.lsn >= self._confirmed
            delivery.hold = cursor.lsn if usable else self._confirmed
            return usable

    def publish(self, place: tuple[str, str]) -> bool:
        """See to it that a table is published; return whether it was not."""
        with self._publishing, connect(self._spec) as connection:
            return publish_table(connection, self._slot, place)

    def join(self, delivery: Delivery, lsn: int) -> Lane:
        """Serve a delivery from a position on."""
        place = delivery.subscription.source
        with self._lock:
            if lsn < self._confirmed:
                raise SourceUnavailable(_("来源库的复制槽已更换，将重新全量"), code="movement.slot_replaced")
            delivery.hold = lsn
        lane = Lane(place.schema, place.table, lsn, self._limits.depth)
        self._joining.put(lane)
        self._wake.ring()
        return lane

    # the reader

    def run(self) -> None:
        """Capture until `stop`; errors of the source are waited out, and only a `Refused` is left to the host."""
        lanes: list[Lane] = []
        delay = 0.05
        try:
            while not self._stop.is_set():
                try:
                    lanes = self._session(lanes)
                    delay = 0.05
                except Refused as error:
                    self._error, self._refused = describe_error(error), True
                    delay = max(delay, 5.0)
                except (JiangyuanError, psycopg.Error, OSError) as error:
                    self._error, self._refused = describe_error(error), False
                finally:
                    self._connected = False
                if self._stop.wait(delay):
                    break
                self._reconnects += 1
                delay = min(delay * 2, 5.0 if self._refused else 1.0)
        finally:
            self._finish()

    def _finish(self) -> None:
        with self._lock:
            deliveries = list(self._deliveries.values())
        for delivery in deliveries:
            delivery.stop()
        for delivery in deliveries:
            delivery.join(20)

    def _session(self, lanes: list[Lane]) -> list[Lane]:
        """Open the stream, read it until it must be opened anew; return the lanes that go on."""
        slot = self._prepare(lanes)
        router = Router(limits=self._limits, offer=self._offer)
        for lane in lanes:
            if not (lane.left or lane.closed):
                router.admit(lane)
        try:
            with Stream(
                spec=self._spec, slot=self._slot, publications=self._publications, start=slot.confirmed
            ) as stream:
                self._stream = stream
                self._connected, self._error = True, None
                router.position = slot.confirmed
                self._start_waiting()
                self._read(stream, router)
        except _Reopen:
            pass
        except _SLOT_ERRORS as error:
            self._error = describe_error(error)
            self._replace_slot()
        finally:
            self._connected = False
            for lane in router.abandon():
                lane.closed = True
            lanes[:] = [lane for lane in router.lanes if not (lane.left or lane.closed)]
        return lanes

    def _prepare(self, lanes: list[Lane]) -> SlotState:
        with source_errors(self._spec.database), connect(self._spec) as connection:
            check_bounded(connection, owner_accepts_unbounded=self._accepts_unbounded)
            with self._publishing:
                self._publications = open_publications(connection, self._slot)
            slot = ensure_slot(connection, self._slot)
            system = str(identify(self._spec))
        with self._lock:
            if (slot.confirmed > self._confirmed and self._confirmed) or system != self._system:
                # Another slot, or another history: nobody may go on from a position of the old one.
                for lane in lanes:
                    lane.closed = True
            self._confirmed, self._system = slot.confirmed, system
        return slot

    def _replace_slot(self) -> None:
        """The slot is gone or cannot go on: make a new one; the deliveries notice by its position."""
        with source_errors(self._spec.database), connect(self._spec) as connection:
            drop_slot(connection, self._slot)
            ensure_slot(connection, self._slot)

    def _start_waiting(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
            for subscription in waiting:
                self._begin(subscription)

    def _begin(self, subscription: Subscription) -> None:
        delivery = Delivery(
            subscription=subscription,
            line=self,
            gate=self._gate,
            journal=self._journal,
            heartbeat=self._heartbeat,
            give_up_after=self._give_up_after,
        )
        self._deliveries[subscription.id] = delivery
        delivery.start()

    def _read(self, stream: Stream, router: Router) -> None:
        count = 0
        while not self._stop.is_set():
            payload = stream.read()
            if payload is not None:
                router.feed(decode(payload), size=len(payload))
                count += 1
                if count % 1000 == 0:
                    stream.confirm(self._confirmable())
                continue
            router.flush()
            router.settle(stream.received)
            self._last_read = datetime.now(UTC)
            self._tend(router)
            stream.confirm(self._confirmable())
            stream.wait(self._wake, _LOOK)

    def _tend(self, router: Router) -> None:
        """Between messages: drop the lanes that were left, let new ones in, look at the source now and then."""
        for lane in router.lanes:
            if lane.left or lane.closed:
                router.dismiss(lane)
        if not router.in_transaction:
            self._admit(router)
        now = time.monotonic()
        if now - self._watched > 5:
            self._watched = now
            self._watch(router)

    def _admit(self, router: Router) -> None:
        """Let new lanes in between two transactions; what they need and is already past is read again."""
        behind = False
        while not self._joining.empty():
            lane = self._joining.get()
            if lane.start < self._confirmed:
                lane.closed = True
                continue
            router.admit(lane)
            behind = behind or lane.start < router.position
        if behind:
            raise _Reopen

    def _watch(self, router: Router) -> None:
        """Measure the lag, and notice what the stream would pass over in silence: tables taken out of the publication."""
        with connect(self._spec) as connection:
            slot = read_slot(connection, self._slot)
            if slot is None or slot.lost:
                raise psycopg.errors.ObjectNotInPrerequisiteState
            self._lag = slot.held_bytes
            publications = open_publications(connection, self._slot)
            published = read_published(connection, self._publications)
        for lane in router.lanes:
            if (lane.schema, lane.table) not in published:
                lane.closed = True
        if publications != self._publications:
            raise _Reopen
        for delivery in self._live():
            if delivery.stuck_for() > self._give_up_after:
                delivery.give_up()

    def _live(self) -> list[Delivery]:
        with self._lock:
            return [delivery for delivery in self._deliveries.values() if delivery.active]

    def _confirmable(self) -> int:
        """The position before which no live delivery needs the log any more."""
        with self._lock:
            live = self._live()
            holds = [self._confirmed if delivery.hold is None else delivery.hold for delivery in live]
            received = self._stream.received if self._stream is not None else self._confirmed
            position = min(holds, default=received)
            self._confirmed = max(self._confirmed, position)
            return self._confirmed

    def _offer(self, lane: Lane, batch: Batch) -> None:
        """Queue a batch; a delivery that takes none for too long is left behind and comes back by itself."""
        deadline = time.monotonic() + self._limits.patience
        while not (lane.left or lane.closed):
            try:
                lane.waiting.put(batch, timeout=0.25)
                return
            except queue.Full:
                if self._stream is not None:
                    self._stream.confirm(self._confirmable())
                if time.monotonic() > deadline:
                    lane.closed = True
