"""Mounts and ingests."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.kernel.models import Stated
from jiangyuan.resources.ingestion.states import INGEST, MOUNT
from jiangyuan.sources.models import ScannedTable


class Mount(Stated):
    """An entry tied to a table (挂载). Its id is the *resource* of the data plane; `alias` its name in SQL.

    `mode`: `physical` copies rows into the serving store (`store.r_<id>`), `logical` reads them in place.
    `key`: the columns that identify a row. `error`: why the table no longer fits, and how to mend it, while it is broken.
    """

    MODES = [("physical", _("物理归集")), ("logical", _("逻辑接入"))]

    workflow = MOUNT
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="mounts")
    table = models.ForeignKey(ScannedTable, on_delete=models.PROTECT, related_name="mounts")
    alias = models.CharField(max_length=130, unique=True)
    key = models.JSONField(default=list)
    mode = models.CharField(max_length=8, choices=MODES, default="physical")
    error = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "table"], condition=~Q(state="removed"), name="mount_live_once")
        ]

    def __str__(self) -> str:
        return self.alias

    @property
    def store_table(self) -> str:
        """Give the name of its table in schema `store`."""
        return f"r_{self.id.hex}"

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Mount]:
        return cls.objects.filter(entry__in=Entry.visible_to(actor))

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.entry.body_id), "mode": self.mode, "grade": self.entry.known_grade}


class Ingest(Stated):
    """The bringing-in of one mount's rows. `method`: capture (log), polling (declared eventual), or once.

    `checksum_source` and `checksum_store` (`data.table_digest`) are those of the last full comparison, at `verified_at`;
    `data_version` is what answers carry. `turn` names the one chain of polls that is under way: a poll of another chain
    does nothing. `rows`, `data_version` and `last_applied_at` of a captured copy are also moved on between acts, as its
    cursor moves; the memory of each batch is the access memory's.
    """

    METHODS = [("capture", _("变更捕获")), ("polling", _("轮询（最终一致）")), ("once", _("一次性"))]

    workflow = INGEST
    mount = models.OneToOneField(Mount, on_delete=models.PROTECT, related_name="ingest")
    method = models.CharField(max_length=8, choices=METHODS, default="capture")
    interval_seconds = models.PositiveIntegerField(default=60)
    rows = models.BigIntegerField(null=True)
    checksum_source = models.CharField(max_length=64, blank=True, default="")
    checksum_store = models.CharField(max_length=64, blank=True, default="")
    verified_at = models.DateTimeField(null=True)
    turn = models.UUIDField(default=uuid7)
    data_version = models.CharField(max_length=64, blank=True, default="")
    last_applied_at = models.DateTimeField(null=True)
    error = models.JSONField(null=True)

    def __str__(self) -> str:
        return self.mount.alias

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Ingest]:
        return cls.objects.filter(mount__in=Mount.visible_to(actor))

    def policy_attributes(self) -> dict[str, Any]:
        return self.mount.policy_attributes()


class Measure(models.Model):
    """What one ingest moved in a short while, as the worker counted it: rows, batches, and the seconds from the
    source's commit to the store's (typical, and of the slowest twentieth). Kept for a few days, never changed."""

    ingest = models.ForeignKey(Ingest, on_delete=models.PROTECT, related_name="measures")
    at = models.DateTimeField()
    rows = models.BigIntegerField()
    batches = models.PositiveIntegerField()
    typical = models.FloatField(null=True)
    slowest = models.FloatField(null=True)

    class Meta:
        indexes = [models.Index(fields=["ingest", "at"], name="ingest_measure_when")]

    def __str__(self) -> str:
        return str(self.at)
