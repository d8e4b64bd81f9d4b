"""Entries, their data items and their published versions."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.entries.states import ENTRY
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Record, Stated
from jiangyuan.organization.models import Body
from jiangyuan.sources.models import ScannedTable
from jiangyuan.standards.models import DataElement

AUTHORITY = frozenset({"authority_handler", "authority_head", "auditor", "security_admin"})
KNOWN = (
    "name",
    "summary",
    "nature",
    "classification",
    "format",
    "share_type",
    "open_type",
    "update_cycle",
    "grade",
    "score",
)
"""What lists tell of an entry: kept as `known_…` beside what is being revised."""


class Entry(Stated):
    """A catalogue entry (目录条目) with the metadata that art. 13 of the sharing regulation and the national guide ask.

    The guide's thirteen core elements: `classification` (its first digit is `category`), `name`, `code`, the provider and
    its code (of `body`), `summary`, `format`, the items, sharing (`share_type`, `share_condition`, `share_methods`),
    opening (`open_type`, `open_condition`), `update_cycle`, `published_at`, and `relations`. `nature` says whether the
    data arise from a service matter (事项类) or not. `time_from`/`time_to`/`space_scope`: what the data cover.
    `score` 0-100 is kept by `score`'s rules (None: not judged yet); the reasons stand in `EntryScore`.
    `share_type`: unconditional, conditional, none (then `share_basis` names the law). `grade` 1-4 is the highest of its
    items'. While a published entry is revised, readers go on seeing its last `EntryVersion`; the `known_…` fields keep
    what lists show, filter and sort by, for everybody alike: what was published last, or the draft while nothing was.
    """

    SHARE = [("unconditional", _("无条件共享")), ("conditional", _("有条件共享")), ("none", _("不予共享"))]
    OPEN = [("unconditional", _("无条件开放")), ("conditional", _("有条件开放")), ("none", _("不予开放"))]
    CATEGORIES = [("1", _("基础信息资源")), ("2", _("主题信息资源")), ("3", _("部门信息资源"))]
    FORMATS = [
        ("database", _("数据库")),
        ("spreadsheet", _("电子表格")),
        ("file", _("电子文件")),
        ("service", _("服务接口")),
        ("image", _("图形图像")),
        ("media", _("流媒体")),
        ("described", _("自描述格式")),
    ]
    CYCLES = [
        ("realtime", _("实时")),
        ("daily", _("每日")),
        ("weekly", _("每周")),
        ("monthly", _("每月")),
        ("quarterly", _("每季度")),
        ("half_yearly", _("每半年")),
        ("yearly", _("每年")),
        ("irregular", _("不定期")),
    ]
    NATURES = [("item", _("事项类")), ("non_item", _("非事项类"))]
    METHODS = [("service", _("服务接口")), ("batch", _("批量交换")), ("file", _("文件下载"))]

    SORTED_AS: ClassVar[dict[str, str]] = {name: f"known_{name}" for name in ("name", "share_type", "grade", "score")}

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
    nature = models.CharField(max_length=10, choices=NATURES, blank=True, default="")
    share_methods = models.JSONField(default=list)
    contact = models.CharField(max_length=60, blank=True, default="")
    contact_phone = models.CharField(max_length=40, blank=True, default="")
    time_from = models.DateField(null=True, blank=True)
    time_to = models.DateField(null=True, blank=True)
    space_scope = models.CharField(max_length=200, blank=True, default="")
    score = models.PositiveSmallIntegerField(null=True, editable=False)
    drafted_from = models.ForeignKey(ScannedTable, null=True, on_delete=models.PROTECT, related_name="entries")
    secrecy_result = models.TextField(max_length=2000, blank=True, default="")
    privacy_result = models.TextField(max_length=2000, blank=True, default="")
    assessed_by = models.UUIDField(null=True)
    assessed_at = models.DateTimeField(null=True)
    submitted_by = models.UUIDField(null=True)
    return_reasons = models.JSONField(default=dict)
    live_version = models.PositiveIntegerField(default=0)
    published_at = models.DateTimeField(null=True)
    known_name = models.CharField(max_length=200, editable=False, default="")
    known_summary = models.TextField(max_length=4000, editable=False, default="")
    known_share_type = models.CharField(max_length=14, choices=SHARE, editable=False, default="conditional")
    known_update_cycle = models.CharField(max_length=12, choices=CYCLES, editable=False, default="realtime")
    known_grade = models.PositiveSmallIntegerField(editable=False, default=1)
    known_nature = models.CharField(max_length=10, choices=NATURES, editable=False, blank=True, default="")
    known_classification = models.CharField(max_length=20, editable=False, default="307001")
    known_format = models.CharField(max_length=12, choices=FORMATS, editable=False, default="database")
    known_open_type = models.CharField(max_length=14, choices=OPEN, editable=False, default="none")
    known_score = models.PositiveSmallIntegerField(null=True, editable=False)

    class Meta:
        verbose_name_plural = "entries"
        # one for each order that the list offers, with the key behind it: a page is read from an index, not sorted
        indexes = [
            models.Index(fields=["updated_at", "id"], name="entry_by_change"),
            models.Index(fields=["known_name", "id"], name="entry_by_name"),
            models.Index(F("code").desc(nulls_last=True), F("id").desc(), name="entry_by_code_down"),
            models.Index(fields=["known_share_type", "id"], name="entry_by_share_type"),
            models.Index(fields=["known_grade", "id"], name="entry_by_grade"),
            models.Index(fields=["state", "id"], name="entry_by_state"),
            models.Index(fields=["body", "updated_at"], name="entry_of_body"),
            models.Index(fields=["known_classification", "id"], name="entry_by_class"),
            models.Index(fields=["known_score", "id"], name="entry_by_score"),
            models.Index(fields=["body", "score"], name="entry_worst_of_body"),
        ]

    def __str__(self) -> str:
        return self.known_name or self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep what readers know of the entry; once it was published, only publishing changes that."""
        if self.published_at is None and not self.live_version:
            self.make_known()
        super().save(*args, **kwargs)

    def make_known(self) -> None:
        """Let everybody know the entry as it stands now."""
        for field in KNOWN:
            setattr(self, f"known_{field}", getattr(self, field))

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
    """A data item (信息项) of an entry. `column` is its column in mounted tables; `mask` the default mask of its grade.

    `type` is the type in the source; `data_type`, `length` (characters or digits) and `scale` (digits after the point)
    say it in the guide's words. `sensitive` marks sensitive personal information (个人信息保护法 art. 28).
    """

    DATA_TYPES = [
        ("C", _("字符型 C")),
        ("N", _("数值型 N")),
        ("Y", _("货币型 Y")),
        ("D", _("日期型 D")),
        ("T", _("日期时间型 T")),
        ("L", _("逻辑型 L")),
        ("M", _("备注型 M")),
        ("G", _("通用型 G")),
        ("B", _("双精度型 B")),
        ("I", _("整型 I")),
        ("F", _("浮点型 F")),
    ]

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    column = models.CharField(max_length=200)
    type = models.CharField(max_length=200)
    data_type = models.CharField(max_length=1, choices=DATA_TYPES, blank=True, default="")
    length = models.PositiveIntegerField(null=True, blank=True)
    scale = models.PositiveSmallIntegerField(null=True, blank=True)
    nullable = models.BooleanField(default=True)
    element = models.ForeignKey(DataElement, null=True, on_delete=models.PROTECT, related_name="items")
    identifies = models.CharField(max_length=30, blank=True, default="")
    grade = models.PositiveSmallIntegerField(default=1)
    personal = models.BooleanField(default=False)
    sensitive = models.BooleanField(default=False)
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


class FormerCode(Record):
    """A code that an entry had until it was reclassified; it goes on finding the entry and is never given again."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="former_codes")
    code = models.CharField(max_length=60, unique=True)
    given_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField()

    class Meta:
        ordering = ["-ended_at"]

    def __str__(self) -> str:
        return self.code

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[FormerCode]:
        return cls.objects.filter(entry__in=Entry.visible_to(actor))


class Classification(Record):
    """One class of the tree 类-项-目-细目, by its digits: 类 1, 项 3, 目 6, 细目 more (《政务信息资源目录编制指南（试行）》).

    `national` classes are the guide's; the authority adds, renames and closes its own below them. A closed class takes
    no new entries, and its code is not given to another.
    """

    LEVELS = [(1, _("类")), (2, _("项")), (3, _("目")), (4, _("细目"))]

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=120)
    level = models.PositiveSmallIntegerField(choices=LEVELS)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    national = models.BooleanField(default=False)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Classification]:
        return cls.objects.all()


class EntryRelation(Record):
    """A typed relation (关联) from one entry to another. `dropped`: taken away by the draft; `known`: was published.

    Those of the draft are the rows that are not dropped; readers know the rows that are known.
    """

    KINDS = [
        ("derived_from", _("加工自")),
        ("part_of", _("属于")),
        ("replaces", _("替代")),
        ("references", _("引用")),
        ("same_subject", _("同一主题")),
    ]

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="relations")
    to = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="related_by")
    kind = models.CharField(max_length=14, choices=KINDS)
    dropped = models.BooleanField(default=False)
    known = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "to", "kind"], name="relation_once"),
            models.CheckConstraint(condition=~Q(entry=F("to")), name="relation_to_another"),
        ]

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[EntryRelation]:
        seen = Entry.visible_to(actor)
        return cls.objects.filter(entry__in=seen, to__in=seen)


class EntryScore(models.Model):
    """Why an entry has its score: `lines` as `score.judge` gives them, and when they were worked out."""

    entry = models.OneToOneField(Entry, primary_key=True, on_delete=models.PROTECT, related_name="judgement")
    lines = models.JSONField(default=list)
    at = models.DateTimeField(auto_now=True)

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[EntryScore]:
        return cls.objects.filter(entry__in=Entry.visible_to(actor))
