"""What movement remembers and asks: subscriptions, cursors, batches, and the three questions it puts to its host."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import orjson
import pyarrow as pa
from cryptography.hazmat.primitives import hashes
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.errors import JiangyuanError, Refused, Transient

if TYPE_CHECKING:
    from jiangyuan.data.connections import ConnectionSpec
    from jiangyuan.data.plan import Plan, RelationGrant


class MovementRefused(Refused):
    """The movement cannot go on until somebody mends the source, the target or the agreement."""


class TargetUnavailable(Transient):
    """The target does not answer or does not accept the batch now."""


class SourceUnavailable(Transient):
    """The source does not answer now."""


class Withdrawn(MovementRefused):
    """The grant behind the subscription is no longer valid."""


class Stopped(Exception):
    """The runner was asked to stop."""


@dataclass(frozen=True, slots=True)
class Place:
    """A table in a database."""

    connection: "ConnectionSpec"
    schema: str
    table: str

    @property
    def name(self) -> str:
        """The table's name for people."""
        return f"{self.schema}.{self.table}"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One granted table that is to follow its source.

    `plan` holds exactly one relation. `token_key` (secret, 32 bytes) makes the grant's tokens and pseudonym keys.
    With `empties_on_withdrawal` the delivered rows are deleted when the grant ends, otherwise they stay, as agreed. With
    `pseudonym` the journal is told, under keyed pseudonyms, whose rows each batch after the snapshot held.
    """

    id: UUID
    plan: "Plan"
    source: Place
    target: Place
    token_key: bytes = field(default=b"", repr=False)
    empties_on_withdrawal: bool = False
    pseudonym: Callable[[str], bytes] | None = field(default=None, repr=False)

    @property
    def subject(self) -> str:
        """The granted column that names the person or enterprise a row is about; empty where none is told of."""
        if self.pseudonym is None:
            return ""
        return next((name for name in self.grant.subjects if self.grant.column(name) is not None), "")

    @property
    def grant(self) -> "RelationGrant":
        """The one relation of the plan."""
        return self.plan.relations[0]


@dataclass(frozen=True, slots=True)
class System:
    """Which history a log position belongs to: positions of another server or timeline mean nothing here."""

    identifier: str
    timeline: int

    def __str__(self) -> str:
        return f"{self.identifier}/{self.timeline}"


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a target is: every commit whose record begins before `lsn` is in it. None before the first snapshot."""

    lsn: int | None
    system: str
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Delta:
    """What one batch does to a target, already filtered and masked.

    `upserts` holds whole rows, `deletes` keys; all values are text in PostgreSQL's own spelling, null is null. With
    `cleared` the target is emptied first. No key occurs twice.
    """

    upserts: pa.Table
    deletes: pa.Table
    cleared: bool = False
    subjects: tuple[bytes, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows leave for the target (upserts and deletions)."""
        return self.upserts.num_rows + self.deletes.num_rows

    def digest(self, *, after: str = "") -> str:
        """Return SM3 over the batch's canonical bytes, in hexadecimal.

        The bytes are JSON of cleared, deleted keys and rows, column by column; a transaction that comes in several
        batches chains them by `after`, the digest so far.
        """
        content = {
            "after": after,
            "cleared": self.cleared,
            "deletes": self.deletes.to_pydict(),
            "upserts": self.upserts.to_pydict(),
        }
        return sm3(orjson.dumps(content, option=orjson.OPT_SORT_KEYS))


def sm3(content: bytes) -> str:
    """Return the SM3 digest (GB/T 32905) of bytes in hexadecimal."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(content)
    return digest.finalize().hex()


class Gate(Protocol):
    """Asked before every batch and once a second between them; an exception counts as no answer: nothing leaves."""

    def still_valid(self, plan: "Plan") -> bool:
        """Return whether the grant behind the plan is in force: epoch, active, until."""
        ...


class Journal(Protocol):
    """Where each batch is written down; `started` returns only when its record is durable."""

    def started(self, subscription: Subscription, lsn: int, rows: int | None) -> None:
        """Record that rows (None: a snapshot, not yet counted) are about to leave."""
        ...

    def concerned(self, subscription: Subscription, lsn: int, subjects: tuple[bytes, ...]) -> None:
        """Record whose rows the batch held, before `finished`; only for subscriptions that have a `pseudonym`."""
        ...

    def finished(self, subscription: Subscription, lsn: int, rows: int, digest: str) -> None:
        """Record that the target committed them."""
        ...

    def failed(self, subscription: Subscription, error: BaseException) -> None:
        """Record that the delivery stopped or a batch was not accepted."""
        ...


class Phase(StrEnum):
    """Where a subscription stands."""

    PREPARING = "preparing"
    SNAPSHOT = "snapshot"
    STREAMING = "streaming"
    RETRYING = "retrying"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"


PHASE_LABELS = {
    Phase.PREPARING: _("准备中"),
    Phase.SNAPSHOT: _("首次全量"),
    Phase.STREAMING: _("持续同步"),
    Phase.RETRYING: _("重试中"),
    Phase.PAUSED: _("已暂停"),
    Phase.WITHDRAWN: _("授权已终止"),
    Phase.STOPPED: _("已停止"),
}


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """A subscription as an operator sees it; `lsn` is the cursor, `snapshots` how often the whole table was sent.

    `lags`: seconds from the source's commit to the target's, of the newest batches, at most `LAGS`. `copied`: rows that
    the copy under way has read so far; none of them is at the target before all are.
    """

    subscription: UUID
    phase: Phase
    lsn: int | None
    rows: int
    batches: int
    snapshots: int
    last_commit: datetime | None
    error: dict | None
    lags: tuple[float, ...] = ()
    copied: int = 0


@dataclass(frozen=True, slots=True)
class RunnerStatus:
    """A source as an operator sees it; `lag_bytes` is the log the slot still holds back, `refused` tells that its owner
    must mend something before it can be read."""

    running: bool
    connected: bool
    lag_bytes: int | None
    last_read: datetime | None
    reconnects: int
    error: dict | None
    deliveries: tuple[DeliveryStatus, ...]
    refused: bool = False


LAGS = 200
"""How many lags of batches a meter keeps."""


class Meter:
    """The counters of one delivery; written by its thread, read by anybody."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.phase = Phase.PREPARING
        self.lsn: int | None = None
        self.rows = 0
        self.copied = 0
        self.batches = 0
        self.snapshots = 0
        self.last_commit: datetime | None = None
        self.error: dict | None = None
        self.lags: deque[float] = deque(maxlen=LAGS)
        self.since: datetime | None = None  # when the source committed what is delivered next

    def enter(self, phase: Phase, error: BaseException | None = None) -> None:
        """Note a new phase and, for a bad one, why."""
        described = describe_error(error) if error is not None else None
        with self._lock:
            self.phase, self.error, self.copied = phase, described, 0

    def copying(self, rows: int) -> None:
        """Note how many rows the copy under way has read so far."""
        with self._lock:
            self.copied = rows

    def delivered(self, *, lsn: int, rows: int, snapshot: bool = False) -> None:
        """Note that the target committed rows up to `lsn`."""
        with self._lock:
            self.lsn = lsn
            self.rows += rows
            self.batches += 1
            self.snapshots += snapshot
            self.last_commit = datetime.now(UTC)
            if self.since is not None:  # clocks of two machines may differ: nothing arrives before it was sent
                self.lags.append(max(0.0, (self.last_commit - self.since).total_seconds()))
                self.since = None

    def read(self, subscription: UUID) -> DeliveryStatus:
        """Return the counters as of now."""
        with self._lock:
            return DeliveryStatus(
                subscription,
                self.phase,
                self.lsn,
                self.rows,
                self.batches,
                self.snapshots,
                self.last_commit,
                self.error,
                tuple(self.lags),
                self.copied,
            )


def describe_error(error: BaseException) -> dict:
    """Give an error as a dictionary for a status; a foreign error shows only its kind, its text may hold data."""
    if isinstance(error, JiangyuanError):
        return error.as_dict()
    return {"code": "movement.unexpected", "message": type(error).__name__, "where": "", "mend": "", "article": ""}
