"""From the one stream of a source to the many subscriptions: who gets which change, cut into batches.

Pure but for the queues between the reader's thread and those of the deliveries.
"""

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from jiangyuan.data.movement.changes import Change
from jiangyuan.data.movement.pgoutput import Begin, Commit, Delete, Insert, Message, Relation, Truncate, Update


@dataclass(frozen=True, slots=True)
class Limits:
    """When a batch is cut although more is coming, and how much may wait for a slow target.

    `rows`, `bytes` and `seconds` bound one batch; `depth` batches may wait; a target that takes none for `patience`
    seconds is left behind and fetches the rest from the source's log later.
    """

    rows: int = 10_000
    bytes: int = 8 << 20
    seconds: float = 0.2
    depth: int = 8
    patience: float = 2.0


@dataclass(slots=True)
class Batch:
    """Changes of one table in commit order. Not `last`: the source's transaction goes on in the next batch."""

    runs: list[tuple[Relation, list[Change]]]
    lsn: int
    last: bool
    rows: int
    committed_at: datetime | None = None
    """When the source committed the oldest transaction in it."""


@dataclass(eq=False, slots=True)
class Lane:
    """The way of one subscription's changes from the reader to its delivery, from a cursor on.

    The reader fills it and may close it; the delivery empties it and may leave it. A delivery that comes back gets a
    new lane.
    """

    schema: str
    table: str
    start: int
    depth: int
    queued: int = 0
    """The end of the last commit that is in the queue whole, or was already taken from it."""
    safe: int = 0
    """Every commit before this position that concerns the table is in the queue or was already taken from it."""
    closed: bool = False
    left: bool = False
    in_parts: bool = False
    committed_at: datetime | None = None
    waiting: "queue.Queue[Batch | None]" = field(init=False)
    runs: list[tuple[Relation, list[Change]]] = field(default_factory=list)
    rows: int = 0
    gathered: int = 0
    """The end of the last commit whose changes are being gathered."""

    def __post_init__(self) -> None:
        self.waiting = queue.Queue(self.depth)
        self.queued = self.safe = self.start

    def take(self, relation: Relation, change: Change) -> None:
        """Add a change to the batch being gathered."""
        if not self.runs or self.runs[-1][0] is not relation:
            self.runs.append((relation, []))
        self.runs[-1][1].append(change)
        self.rows += 1

    def cut(self, *, lsn: int, last: bool) -> Batch:
        """Close the batch being gathered and return it; without `last` its transaction is still open."""
        batch = Batch(self.runs, lsn, last, self.rows, self.committed_at)
        self.committed_at = None
        self.runs, self.rows, self.in_parts = [], 0, not last
        if last:
            self.queued = lsn
        return batch


Offer = Callable[[Lane, Batch], None]


class Router:
    """Gives each change to the lanes of its table that do not have its commit yet.

    A new router is made for every opening of the stream: relation messages are repeated there.
    """

    def __init__(self, *, limits: Limits, offer: Offer) -> None:
        self.position = 0
        """The end of the last commit that was read."""
        self._limits = limits
        self._offer = offer
        self._lanes: list[Lane] = []
        self._relations: dict[int, Relation] = {}
        self._routes: dict[int, list[Lane]] = {}
        self._begin: Begin | None = None
        self._touched: dict[int, Lane] = {}
        self._gathered: dict[int, Lane] = {}
        self._rows = self._bytes = 0
        self._since = 0.0

    @property
    def in_transaction(self) -> bool:
        """Whether the stream is between a begin and its commit."""
        return self._begin is not None

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The lanes that are served."""
        return tuple(self._lanes)

    def admit(self, lane: Lane) -> None:
        """Serve a lane from the next transaction on."""
        self._lanes.append(lane)
        for oid, relation in self._relations.items():
            if (relation.schema, relation.table) == (lane.schema, lane.table):
                self._routes[oid].append(lane)

    def dismiss(self, lane: Lane) -> None:
        """Serve a lane no more; what was gathered for it is dropped."""
        self._lanes.remove(lane)
        for lanes in self._routes.values():
            if lane in lanes:
                lanes.remove(lane)
        self._touched.pop(id(lane), None)
        self._gathered.pop(id(lane), None)

    def feed(self, message: Message, *, size: int) -> None:
        """Take the next message of the stream; full batches are offered at once."""
        if isinstance(message, Insert | Update | Delete):
            self._change(message.relation, message, size)
        elif isinstance(message, Begin):
            self._begin = message
        elif isinstance(message, Commit):
            self._commit(message)
        elif isinstance(message, Relation):
            self._relations[message.oid] = message
            names = (message.schema, message.table)
            self._routes[message.oid] = [lane for lane in self._lanes if (lane.schema, lane.table) == names]
        elif isinstance(message, Truncate):
            for oid in message.relations:
                self._change(oid, message, size)

    def _change(self, oid: int, change: Change, size: int) -> None:
        begin = self._begin
        if begin is None:
            return
        for lane in self._routes.get(oid, ()):
            if begin.final_lsn >= lane.queued and not lane.left:
                lane.take(self._relations[oid], change)
                self._touched[id(lane)] = lane
                if not self._rows:
                    self._since = time.monotonic()
                self._rows += 1
                self._bytes += size
        if self._rows >= self._limits.rows or self._bytes >= self._limits.bytes:
            self._cut_open(begin.final_lsn)

    def _cut_open(self, lsn: int) -> None:
        """Hand over what is gathered in the middle of a transaction: it stays one transaction of the target."""
        self.flush()
        for lane in self._touched.values():
            if lane.runs:
                self._offer(lane, lane.cut(lsn=lsn, last=False))
        self._rows = self._bytes = 0

    def _commit(self, commit: Commit) -> None:
        self._begin = None
        self.position = commit.end_lsn
        for lane in self._touched.values():
            lane.gathered = commit.end_lsn
            lane.committed_at = lane.committed_at or commit.committed_at
            self._gathered[id(lane)] = lane
        self._touched = {}
        if self._rows and time.monotonic() - self._since >= self._limits.seconds:
            self.flush()

    def flush(self) -> None:
        """Offer all gathered batches whose last transaction is complete."""
        for number, lane in list(self._gathered.items()):
            # In the middle of a transaction what it added may not be committed with what came before it.
            if number not in self._touched:
                del self._gathered[number]
                self._offer(lane, lane.cut(lsn=lane.gathered, last=True))
        if not self._touched:
            self._rows = self._bytes = 0

    def settle(self, received: int) -> None:
        """Note that nothing is under way before `received`; called when the stream is idle and all is flushed."""
        if self._begin is not None or self._gathered:
            return
        self.position = max(self.position, received)
        for lane in self._lanes:
            lane.safe = max(lane.safe, self.position)

    def abandon(self) -> list[Lane]:
        """Forget everything that was not offered; return the lanes that wait for the rest of a transaction."""
        for lane in self._lanes:
            lane.runs, lane.rows = [], 0
        return [lane for lane in self._lanes if lane.in_parts]
