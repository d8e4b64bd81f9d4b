"""Registered sources and what scans found in them."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Record, Stated
from jiangyuan.organization.models import Body
from jiangyuan.sources.states import SOURCE

OVERSEERS = frozenset({"authority_handler", "authority_head", "system_admin", "auditor", "operations"})


class Source(Stated):
    """A department's database or folder (前置库). The password is sealed; connection strings are never stored.

    `receives`: tables may be delivered into it. `accepts_unbounded_slot`: its owner signed that change capture may
    hold back write-ahead log without bound.
    """

    KINDS = [("postgres", "PostgreSQL"), ("sqlite", "SQLite"), ("folder", _("文件夹"))]

    workflow = SOURCE
    policy_relations = ("body__jurisdiction",)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="sources")
    name = models.CharField(max_length=120)
    alias = models.SlugField(max_length=40, unique=True)
    kind = models.CharField(max_length=10, choices=KINDS)
    host = models.CharField(max_length=253, blank=True, default="")
    port = models.PositiveIntegerField(null=True, blank=True)
    database = models.CharField(max_length=63, blank=True, default="")
    username = models.CharField(max_length=63, blank=True, default="")
    sealed_password = models.BinaryField(null=True)
    sealing_key = models.UUIDField(null=True)
    path = models.CharField(max_length=400, blank=True, default="")
    receives = models.BooleanField(default=False)
    accepts_unbounded_slot = models.BooleanField(default=False)
    last_test = models.JSONField(null=True)
    last_tested_at = models.DateTimeField(null=True)
    last_scanned_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Source]:
        if actor.kind == "service" or actor.capacity in OVERSEERS:
            return cls.objects.all()
        return cls.objects.filter(body_id=actor.body)

    @property
    def connection_mark(self) -> str:
        """Give a text that changes exactly when the source is to be reached in another way (address, account, password)."""
        sealed = bytes(self.sealed_password or b"")
        facts = (self.kind, self.host, self.port, self.database, self.username, self.path, self.accepts_unbounded_slot)
        return hashlib.sha256(repr(facts).encode() + sealed).hexdigest()[:16]

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.body_id), "kind": self.kind, "jurisdiction": self.body.jurisdiction.code}


class Scan(Record):
    """One scan of a source: when, what it found and what differs from the scan before.

    `phase` and `seen` tell how far one under way is: the phase of `connectors.PHASES` (or `recording`), and how many
    things each phase has done. They move while the worker scans and are no act: they say nothing but that it goes on.
    `truncated`: a bound was reached and not everything was seen. `problems`: [{"code", "message"}], files or tables left
    out and why.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="scans")
    finished_at = models.DateTimeField(null=True)
    phase = models.CharField(max_length=12, blank=True, default="")
    seen = models.JSONField(default=dict)
    tables = models.PositiveIntegerField(default=0)
    columns = models.PositiveIntegerField(default=0)
    difference = models.JSONField(default=dict)
    truncated = models.BooleanField(default=False)
    problems = models.JSONField(default=list)
    error = models.JSONField(null=True)

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Scan]:
        return cls.objects.filter(source__in=Source.visible_to(actor))

    def policy_attributes(self) -> dict[str, Any]:
        return self.source.policy_attributes()


class ScannedTable(Record):
    """A table, view or sheet as the last scan saw it; `gone_at` marks one that disappeared."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="tables")
    schema = models.CharField(max_length=63, blank=True, default="")
    name = models.CharField(max_length=200)
    comment = models.CharField(max_length=1000, blank=True, default="")
    key = models.JSONField(default=list)
    row_estimate = models.BigIntegerField(null=True)
    bytes = models.BigIntegerField(null=True)
    report = models.JSONField(default=dict)
    gone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "schema", "name"], name="scanned_table_once")]

    def __str__(self) -> str:
        return self.comment or self.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[ScannedTable]:
        return cls.objects.filter(source__in=Source.visible_to(actor))

    def policy_attributes(self) -> dict[str, Any]:
        return self.source.policy_attributes()


class ScannedColumn(Record):
    """A column as the last scan saw it.

    `profile` holds what the source's own statistics estimate and never a value: {"filled": share of rows with a value,
    "distinct": number of values, "width": bytes}. Rows are governed data and are read by a `Plan` alone.
    """

    table = models.ForeignKey(ScannedTable, on_delete=models.PROTECT, related_name="columns")
    name = models.CharField(max_length=200)
    position = models.PositiveIntegerField()
    type = models.CharField(max_length=200)
    nullable = models.BooleanField(default=True)
    comment = models.CharField(max_length=1000, blank=True, default="")
    profile = models.JSONField(default=dict)
    gone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["table", "name"], name="scanned_column_once")]

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[ScannedColumn]:
        return cls.objects.filter(table__in=ScannedTable.visible_to(actor))
