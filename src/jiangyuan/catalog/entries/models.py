"""Entries, their data items and their published versions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.entries.states import ENTRY
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Record, Stated
from jiangyuan.organization.models import Body
from jiangyuan.sources.models import ScannedTable
from jiangyuan.standards.models import DataElement

AUTHORITY = frozenset({"authority_handler", "authority_head", "auditor", "security_admin"})


class Entry(Stated):
    """A catalogue entry (目录条目) with the metadata that art. 13 of the sharing regulation and the national guide ask.

    `share_type`: unconditional, conditional, none (then `share_basis` names the law). `grade` 1-4 is the highest of its
    items'. While a published entry is revised, readers go on seeing its last `EntryVersion`.
    """

    SHARE = [("unconditional", _("无条件共享")), ("conditional", _("有条件共享")), ("none", _("不予共享"))]
    OPEN = [("unconditional", _("无条件开放")), ("conditional", _("有条件开放")), ("none", _("不予开放"))]
    CATEGORIES = [("1", _("基础信息资源")), ("2", _("主题信息资源")), ("3", _("部门信息资源"))]
    FORMATS = [
        ("database", _("数据库")),
        ("spreadsheet", _("电子表格")),
        ("file", _("电子文件")),
        ("service", _("服务接口")),
    ]
    CYCLES = [
        ("realtime", _("实时")),
        ("daily", _("每日")),
        ("weekly", _("每周")),
        ("monthly", _("每月")),
        ("quarterly", _("每季度")),
        ("yearly", _("每年")),
        ("irregular", _("不定期")),
    ]

    workflow = ENTRY
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="entries")
    name = models.CharField(max_length=200)
    code = models.CharField(max_length=60, unique=True, null=True, blank=True)
    summary = models.TextField(max_length=4000, blank=True, default="")
    category = models.CharField(max_length=1, choices=CATEGORIES, default="3")
    classification = models.CharField(max_length=20, default="307001")
    format = models.CharField(max_length=12, choices=FORMATS, default="database")
    update_cycle = models.CharField(max_length=12, choices=CYCLES, default="realtime")
    share_type = models.CharField(max_length=14, choices=SHARE, default="conditional")
    share_condition = models.TextField(max_length=2000, blank=True, default="")
    share_basis = models.TextField(max_length=2000, blank=True, default="")
    open_type = models.CharField(max_length=14, choices=OPEN, default="none")
    open_condition = models.TextField(max_length=2000, blank=True, default="")
    grade = models.PositiveSmallIntegerField(default=1)
    drafted_from = models.ForeignKey(ScannedTable, null=True, on_delete=models.PROTECT, related_name="entries")
    secrecy_result = models.TextField(max_length=2000, blank=True, default="")
    privacy_result = models.TextField(max_length=2000, blank=True, default="")
    assessed_by = models.UUIDField(null=True)
    assessed_at = models.DateTimeField(null=True)
    submitted_by = models.UUIDField(null=True)
    return_reasons = models.JSONField(default=dict)
    live_version = models.PositiveIntegerField(default=0)
    published_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Entry]:
        """Published entries are everybody's inside government; drafts are their body's and the authority's."""
        if actor.kind == "service" or actor.capacity in AUTHORITY:
            return cls.objects.all()
        if not actor.body:
            return cls.objects.none()
        return cls.objects.filter(Q(live_version__gt=0) | Q(body_id=actor.body))

    def policy_attributes(self) -> dict[str, Any]:
        return {
            "body": str(self.body_id),
            "jurisdiction": self.body.jurisdiction.code,
            "grade": self.grade,
            "share_type": self.share_type,
            "live": self.live_version > 0,
        }

    def authors(self) -> set[UUID]:
        return {a for a in (self.created_by, self.submitted_by) if a}


class DataItem(Record):
    """A data item (信息项) of an entry. `column` is its column in mounted tables; `mask` the default mask of its grade."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    column = models.CharField(max_length=200)
    type = models.CharField(max_length=200)
    element = models.ForeignKey(DataElement, null=True, on_delete=models.PROTECT, related_name="items")
    identifies = models.CharField(max_length=30, blank=True, default="")
    grade = models.PositiveSmallIntegerField(default=1)
    personal = models.BooleanField(default=False)
    shareable = models.BooleanField(default=True)
    key = models.BooleanField(default=False)
    mask = models.JSONField(default=dict)
    description = models.CharField(max_length=1000, blank=True, default="")

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["entry", "column"], name="item_once")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[DataItem]:
        return cls.objects.filter(entry__in=Entry.visible_to(actor))


class EntryVersion(Record):
    """What an entry said when it was published: its fields and items as JSON, numbered from 1."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["entry", "number"], name="entry_version_once")]

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[EntryVersion]:
        return cls.objects.filter(entry__in=Entry.visible_to(actor))


class CodeSequence(models.Model):
    """The last number given under one classification prefix; numbers are never given twice."""

    prefix = models.CharField(max_length=30, primary_key=True)
    last = models.PositiveIntegerField(default=0)
