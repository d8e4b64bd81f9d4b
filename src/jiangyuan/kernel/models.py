"""Tables of the kernel: the base of every record, the memory, keys, cursors and clocks.

`Event`, `Access`, `Leaf`, `TreeNode` and `TreeHead` are append-only: the application's role may INSERT the first two,
without choosing their transaction, and SELECT them all; the other three are the sequencer's (migrations 0002, 0003).
`Event` and `Access` are partitioned by month, so Django does not manage them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self
from uuid import UUID

import orjson
from django.db import models
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.config import settings
from jiangyuan.kernel.identifiers import uuid7

if TYPE_CHECKING:
    from jiangyuan.kernel.actor import Actor
    from jiangyuan.kernel.workflow import Workflow


def _node() -> str:
    return settings().node_code


class Record(models.Model):
    """Base of every business table: identity, origin, version.

    `version` counts the acts on the row (optimistic locking); `node_id` is the node that made it; `origin_id` and
    `origin_version` say where a row that came from elsewhere stands there; `created_by` is the acting person's id.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    node_id = models.CharField(max_length=64, default=_node, editable=False)
    origin_id = models.CharField(max_length=200, blank=True, default="")
    origin_version = models.CharField(max_length=64, blank=True, default="")
    version = models.PositiveIntegerField(default=0)
    created_by = models.UUIDField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    workflow: ClassVar[Workflow | None] = None
    policy_relations: ClassVar[tuple[str, ...]] = ()
    """Relations that `policy_attributes` follows (`body__jurisdiction`): an act loads them together with the row."""

    class Meta:
        abstract = True

    def policy_attributes(self) -> dict[str, Any]:
        """Give the attributes that policies may ask about: strings, booleans, integers, sets of strings."""
        return {}

    def authors(self) -> set[UUID]:
        """Give the persons who made or submitted this; none of them may approve it (nobody approves his own)."""
        return {self.created_by} if self.created_by else set()

    @classmethod
    def visible_to(cls, actor: Actor) -> models.QuerySet[Self]:
        """Give the rows the actor may know of. Every room's model says its own; nothing said, nothing visible."""
        return cls._default_manager.none()


class Stated(Record):
    """A record with a state machine. The state moves only through `act`."""

    state = models.CharField(max_length=40, db_index=True)
    workflow_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.state and self.workflow is not None:
            self.state = self.workflow.initial
            self.workflow_version = self.workflow.version
        super().save(*args, **kwargs)

    @property
    def state_label(self) -> str:
        """Give the state as people read it."""
        assert self.workflow is not None
        return str(self.workflow.states[self.state])


class Event(models.Model):
    """One act, as the memory keeps it. `canonical` (RFC 8785 bytes) is what is hashed; the columns only index it."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    xid = models.BigIntegerField()
    type = models.TextField()
    actor_kind = models.TextField()
    actor_id = models.UUIDField()
    body = models.UUIDField(null=True)
    object_type = models.TextField()
    object_id = models.UUIDField(null=True)
    correlation = models.UUIDField(null=True)
    canonical = models.BinaryField()
    key_id = models.UUIDField(null=True)
    ciphertext = models.BinaryField(null=True)

    class Meta:
        managed = False
        db_table = "kernel_event"

    @property
    def content(self) -> dict[str, Any]:
        """Give the canonical content: type, actor, object, scene, payload and the commitment to the sealed part."""
        return orjson.loads(bytes(self.canonical))

    @property
    def payload(self) -> dict[str, Any]:
        """Give the public part of what happened."""
        return self.content["payload"]


class Access(models.Model):
    """One phase of one read of governed data: `started` before the first byte, `finished` after the last, or `whole`.

    `read` joins the phases. `subjects` holds keyed pseudonyms of the persons whose rows were read (HMAC-SM3, 16 bytes
    each), so that "who read me" is answered without keeping identifiers.
    """

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    xid = models.BigIntegerField()
    read = models.UUIDField()
    phase = models.TextField()
    form = models.TextField()
    grant = models.UUIDField(null=True, db_column="grant_id")
    entry = models.UUIDField(null=True, db_column="entry_id")
    actor_kind = models.TextField()
    actor_id = models.UUIDField()
    body = models.UUIDField(null=True)
    rows = models.BigIntegerField(null=True, db_column="row_count")
    subjects = models.BinaryField(null=True)
    canonical = models.BinaryField()

    class Meta:
        managed = False
        db_table = "kernel_access"

    @property
    def content(self) -> dict[str, Any]:
        """Give the canonical content: operator, case number, purpose, channel, query and answer digests."""
        return orjson.loads(bytes(self.canonical))


class Leaf(models.Model):
    """One leaf of the Merkle log: one act, or one batch of accesses under an inner root."""

    index = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=8)
    event = models.UUIDField(null=True, db_index=True)
    from_xid = models.BigIntegerField(null=True)
    from_id = models.UUIDField(null=True)
    to_xid = models.BigIntegerField(null=True)
    to_id = models.UUIDField(null=True)
    count = models.PositiveIntegerField(default=1)
    hash = models.BinaryField()

    class Meta:
        db_table = "kernel_leaf"
        # finds how far each kind has come, and the batch that a read belongs to
        indexes = [models.Index(fields=["kind", "to_xid", "to_id"], name="leaf_reached")]


class TreeNode(models.Model):
    """The hash of one complete subtree: `level` 1 covers two leaves, level n covers 2^n; so proofs need few reads."""

    id = models.BigAutoField(primary_key=True)
    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        db_table = "kernel_tree_node"
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="tree_node_once")]


class TreeHead(models.Model):
    """A signed head: the root over the first `size` leaves, signed with the node's SM2 key."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    at = models.DateTimeField()
    key_id = models.CharField(max_length=64)
    signature = models.BinaryField()

    class Meta:
        db_table = "kernel_tree_head"


class DataKey(models.Model):
    """The key of one subject or data set, wrapped under the master key. Destroying it is the erasure of what it seals."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    subject = models.CharField(max_length=200, unique=True)
    wrapped = models.BinaryField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    destroyed_at = models.DateTimeField(null=True)


class IdempotencyKey(models.Model):
    """A request already carried out: the same key gives the same answer, other content under it is refused."""

    id = models.BigAutoField(primary_key=True)
    actor = models.CharField(max_length=120)
    key = models.CharField(max_length=120)
    action = models.CharField(max_length=120)
    digest = models.BinaryField()
    result = models.JSONField(null=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "key"], name="idempotency_once")]


class RefusalCount(models.Model):
    """Refusals of one actor for one reason within a window, folded into one event so that probing cannot flood."""

    id = models.BigAutoField(primary_key=True)
    actor = models.CharField(max_length=120)
    action = models.CharField(max_length=120)
    code = models.CharField(max_length=80)
    since = models.DateTimeField()
    folded = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "action", "code"], name="refusal_once")]


class HandlerCursor(models.Model):
    """How far one handler has read in the memory, and what stopped it if it is stopped."""

    name = models.CharField(max_length=120, primary_key=True)
    xid = models.BigIntegerField(default=0)
    event = models.UUIDField(default=UUID(int=0))
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")
    next_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(auto_now=True)


class CalendarDay(models.Model):
    """A day that differs from the published calendar, or belongs to a year the calendar does not know yet."""

    day = models.DateField(primary_key=True)
    working = models.BooleanField()
    note = models.CharField(max_length=200, blank=True, default="")


class Clock(Record):
    """A statutory clock that runs on an object: which rule, since when, until when, and whose desk it runs on."""

    RUNNING, PAUSED, MET, OVERDUE = "running", "paused", "met", "overdue"
    STATES = [(RUNNING, _("计时中")), (PAUSED, _("已暂停")), (MET, _("已办结")), (OVERDUE, _("已超期"))]

    limit = models.CharField(max_length=60)
    object_type = models.CharField(max_length=80)
    object_id = models.UUIDField()
    body = models.UUIDField(null=True, db_index=True)
    received_on = models.DateField()
    due_on = models.DateField(null=True, db_index=True)
    certain = models.BooleanField(default=True)
    pauses = models.JSONField(default=list)
    extended = models.PositiveSmallIntegerField(default=0)
    met_on = models.DateField(null=True)
    reminded_on = models.DateField(null=True)
    escalated_on = models.DateField(null=True)
    status = models.CharField(max_length=10, choices=STATES, default=RUNNING)

    class Meta:
        indexes = [models.Index(fields=["object_type", "object_id"])]
