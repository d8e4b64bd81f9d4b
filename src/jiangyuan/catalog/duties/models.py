"""Obligations with their versions and links, excuses, loads, and the kept figures of coverage."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.duties.rules import Tally
from jiangyuan.catalog.duties.states import EXCUSE
from jiangyuan.catalog.entries.models import AUTHORITY, Entry
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Record, Stated
from jiangyuan.organization.models import ApplicationSystem, Body

KINDS = ("duty", "system", "matter")


def of_body(actor: Actor, field: str = "body_id") -> Q | None:
    """Say which rows of bodies an actor may know of: the authority all (None), others their own body's."""
    if actor.kind == "service" or actor.capacity in AUTHORITY:
        return None
    return Q(**{field: actor.body}) if actor.body else Q(pk__in=[])


class Obligation(Record):
    """Something a body answers for, which its catalogue must cover: a duty, an information system, a service matter.

    `source_list` says from which list a duty comes; `code` is its number there, for a matter the national matter code, for a
    system the system's code. `document` and `article` name its source. It counts from `valid_from` to `valid_to`
    (inclusive); `in_force` and `coverage` are kept (`counts`).
    """

    KINDS = [("duty", _("职责")), ("system", _("信息系统")), ("matter", _("政务服务事项"))]
    LISTS = [("mandate", _("三定规定")), ("powers", _("权责清单"))]
    COVERAGE = [("open", _("未覆盖")), ("covered", _("已覆盖")), ("excused", _("已豁免"))]

    policy_relations: ClassVar[tuple[str, ...]] = ("body__jurisdiction",)

    kind = models.CharField(max_length=6, choices=KINDS)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="obligations")
    source_list = models.CharField(max_length=8, choices=LISTS, blank=True, default="")
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=40, blank=True, default="")
    content = models.TextField(max_length=4000, blank=True, default="")
    document = models.CharField(max_length=200, blank=True, default="")
    article = models.CharField(max_length=200, blank=True, default="")
    materials = models.JSONField(default=list)
    system = models.OneToOneField(ApplicationSystem, null=True, on_delete=models.PROTECT, related_name="obligation")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    in_force = models.BooleanField(default=True, editable=False)
    coverage = models.CharField(max_length=7, choices=COVERAGE, default="open", editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "body", "code"], name="obligation_once")]
        indexes = [
            models.Index(fields=["body", "kind", "coverage"], condition=Q(in_force=True), name="obligation_counted"),
            models.Index(fields=["kind", "code", "id"], name="obligation_by_code"),
            models.Index(fields=["name", "id"], name="obligation_by_name"),
            models.Index(fields=["updated_at", "id"], name="obligation_by_change"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Obligation]:
        """What a body answers for is its own and the authority's to see."""
        seen = of_body(actor)
        return cls.objects.all() if seen is None else cls.objects.filter(seen)

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.body_id), "jurisdiction": self.body.jurisdiction.code, "kind": self.kind}


class ObligationVersion(Record):
    """What an obligation said until it was altered, numbered from 1; `until`: the last day on which that held."""

    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    until = models.DateField()
    reason = models.TextField(max_length=2000)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["obligation", "number"], name="obligation_version_once")]

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[ObligationVersion]:
        return cls.objects.filter(obligation__in=Obligation.visible_to(actor))


class Cover(Record):
    """An entry that covers an obligation. It counts while the entry is published."""

    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="covers")
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="covers")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["obligation", "entry"], name="cover_once")]

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Cover]:
        return cls.objects.filter(obligation__in=Obligation.visible_to(actor), entry__in=Entry.visible_to(actor))


class Excuse(Stated):
    """Why an obligation needs no entry: asked for by its body, accepted or not by the authority; `until` inclusive."""

    GROUNDS = [
        ("no_data", _("履行中不产生数据")),
        ("held_above", _("数据由上级统建系统产生和保管")),
        ("secret", _("涉及国家秘密，不编入本目录")),
        ("same_data", _("数据与其他事项相同，已由其目录覆盖")),
        ("ended", _("职能已划转或停止，清单尚未调整")),
    ]

    workflow = EXCUSE
    policy_relations: ClassVar[tuple[str, ...]] = ("obligation__body__jurisdiction",)

    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="excuses")
    ground = models.CharField(max_length=12, choices=GROUNDS)
    reason = models.TextField(max_length=2000)
    basis = models.CharField(max_length=200, blank=True, default="")
    until = models.DateField(null=True, blank=True)
    answer = models.TextField(max_length=2000, blank=True, default="")
    answered_by = models.UUIDField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["obligation"], condition=Q(state__in=("proposed", "accepted")), name="excuse_one_at_a_time"
            )
        ]
        indexes = [models.Index(fields=["state", "created_at"], name="excuse_by_state")]

    def __str__(self) -> str:
        return self.obligation.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Excuse]:
        return cls.objects.filter(obligation__in=Obligation.visible_to(actor))

    def policy_attributes(self) -> dict[str, Any]:
        return self.obligation.policy_attributes()

    def authors(self) -> set[UUID]:
        return {self.created_by} if self.created_by else set()


class Load(Record):
    """One import of a register: what was given, how many rows were taken, and what was wrong with the others.

    `faults`: [{"row", "column", "reason", "mend"}], the first thousand; `wrong` counts the rows that have any.
    """

    kind = models.CharField(max_length=6, choices=Obligation.KINDS)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="loads")
    source = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    wrong = models.PositiveIntegerField(default=0)
    faults = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.source

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Load]:
        seen = of_body(actor)
        return cls.objects.all() if seen is None else cls.objects.filter(seen)


class Figures(models.Model):
    """The three figures of coverage: how many obligations are in force, covered and excused; shares in 1/100 per cent."""

    duty_total = models.PositiveIntegerField(default=0)
    duty_covered = models.PositiveIntegerField(default=0)
    duty_excused = models.PositiveIntegerField(default=0)
    system_total = models.PositiveIntegerField(default=0)
    system_covered = models.PositiveIntegerField(default=0)
    system_excused = models.PositiveIntegerField(default=0)
    matter_total = models.PositiveIntegerField(default=0)
    matter_covered = models.PositiveIntegerField(default=0)
    matter_excused = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True

    def tally(self, kind: str) -> Tally:
        """Give the figure of one kind."""
        return Tally(*(getattr(self, f"{kind}_{part}") for part in ("total", "covered", "excused")))


class Coverage(Figures):
    """The figures of one body as they stand now, kept by `counts.recount`; the shares are what lists sort by."""

    body = models.OneToOneField(Body, on_delete=models.CASCADE, related_name="coverage", primary_key=True)
    duty_share = models.PositiveIntegerField(null=True)
    system_share = models.PositiveIntegerField(null=True)
    matter_share = models.PositiveIntegerField(null=True)
    open_total = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["open_total", "body"], name="coverage_by_open")]

    def __str__(self) -> str:
        return str(self.body)

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Coverage]:
        """A body's figures are its own and the authority's."""
        seen = of_body(actor)
        return cls.objects.all() if seen is None else cls.objects.filter(seen)


class CoverageDay(Figures):
    """The figures of one body at the end of one day (Asia/Shanghai), for evaluation."""

    body = models.ForeignKey(Body, on_delete=models.CASCADE, related_name="coverage_days")
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["body", "day"], name="coverage_day_once")]

    def __str__(self) -> str:
        return str(self.day)

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[CoverageDay]:
        seen = of_body(actor)
        return cls.objects.all() if seen is None else cls.objects.filter(seen)
