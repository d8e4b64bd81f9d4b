"""Designations of source departments, repeated collections, and the kept line of each element."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.entries.models import AUTHORITY, Entry
from jiangyuan.catalog.onesource.states import DESIGNATION, REPETITION
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Record, Stated
from jiangyuan.organization.models import Body, Jurisdiction
from jiangyuan.standards.models import DataElement

RUNNING = ("proposed", "consented", "objected")
OPEN = ("flagged", "answered", "mending")


class ElementLine(Record):
    """One line of the list (一数一源清单): an element in a jurisdiction, its source, who collects it; counts are kept.

    `collectors`: bodies whose published entries hold the element; `repeats`: repeated collections not yet settled;
    `standing`: none, running (a designation is under way) or decided.
    """

    STANDINGS = [("none", _("未指定")), ("running", _("正在指定")), ("decided", _("已确定"))]

    element = models.ForeignKey(DataElement, on_delete=models.PROTECT, related_name="source_lines")
    jurisdiction = models.ForeignKey(Jurisdiction, on_delete=models.PROTECT, related_name="source_lines")
    name = models.CharField(max_length=120)
    source = models.ForeignKey(Body, null=True, on_delete=models.PROTECT, related_name="source_of")
    standing = models.CharField(max_length=7, choices=STANDINGS, default="none")
    collectors = models.PositiveIntegerField(default=0)
    repeats = models.PositiveIntegerField(default=0)
    excepted = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["element", "jurisdiction"], name="element_line_once")]
        indexes = [
            models.Index(fields=["repeats", "id"], name="element_line_by_repeats"),
            models.Index(fields=["collectors", "id"], name="element_line_by_collectors"),
            models.Index(fields=["name", "id"], name="element_line_by_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[ElementLine]:
        """The list is everybody's inside government: who needs an element must know where to ask for it."""
        return cls.objects.all() if actor.kind == "service" or actor.body else cls.objects.none()


class Designation(Stated):
    """That a body shall be the source of an element in a jurisdiction: proposed, answered by the body, decided.

    `entry`: the entry of the source that holds the element, once it is known.
    """

    workflow = DESIGNATION
    policy_relations: ClassVar[tuple[str, ...]] = ("line__jurisdiction",)

    line = models.ForeignKey(ElementLine, on_delete=models.PROTECT, related_name="designations")
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="designations")
    basis = models.TextField(max_length=2000)
    answer = models.TextField(max_length=2000, blank=True, default="")
    ruling = models.TextField(max_length=2000, blank=True, default="")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line"], condition=Q(state="decided"), name="one_source"),
            models.UniqueConstraint(fields=["line"], condition=Q(state__in=RUNNING), name="one_designation_at_a_time"),
        ]

    def __str__(self) -> str:
        return self.line.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Designation]:
        """What was decided is everybody's; what is under way is its body's and the authority's."""
        if actor.kind == "service" or actor.capacity in AUTHORITY:
            return cls.objects.all()
        if not actor.body:
            return cls.objects.none()
        return cls.objects.filter(Q(state__in=("decided", "ended")) | Q(body_id=actor.body))

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.body_id), "jurisdiction": self.line.jurisdiction.code}


class Repetition(Stated):
    """A body's entry that collects an element of which another body is the source; settled in one of three ways.

    `by`: the day on which the collection is to have stopped, as the body says and the authority agrees. No clock runs on
    the answer: art. 19 of the sharing regulation forbids collecting anew what can be shared, and sets no days for it.
    """

    WAYS = [
        ("share", _("停止采集，改为共享获取")),
        ("merge", _("并入数源部门的目录")),
        ("exception", _("依法保留采集")),
    ]

    workflow = REPETITION
    policy_relations: ClassVar[tuple[str, ...]] = ("line__jurisdiction",)

    line = models.ForeignKey(ElementLine, on_delete=models.PROTECT, related_name="repetitions")
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="repetitions")
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="repetitions")
    way = models.CharField(max_length=9, choices=WAYS, blank=True, default="")
    reason = models.TextField(max_length=2000, blank=True, default="")
    basis = models.CharField(max_length=200, blank=True, default="")
    by = models.DateField(null=True)
    answered_by = models.UUIDField(null=True)
    ruling = models.TextField(max_length=2000, blank=True, default="")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line", "entry"], name="repetition_once")]
        indexes = [models.Index(fields=["state", "updated_at"], name="repetition_by_state")]

    def __str__(self) -> str:
        return self.line.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Repetition]:
        """A repeated collection is its body's, the source's and the authority's affair."""
        if actor.kind == "service" or actor.capacity in AUTHORITY:
            return cls.objects.all()
        if not actor.body:
            return cls.objects.none()
        return cls.objects.filter(Q(body_id=actor.body) | Q(line__source_id=actor.body))

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.body_id), "jurisdiction": self.line.jurisdiction.code, "way": self.way}

    def authors(self) -> set[UUID]:
        return {self.answered_by} if self.answered_by else set()
