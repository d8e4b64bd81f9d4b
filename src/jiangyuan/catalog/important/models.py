"""Identifications of important data."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.entries.models import AUTHORITY, Entry
from jiangyuan.catalog.important.states import IMPORTANT
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Stated


class Important(Stated):
    """That an entry, or some of its items, is important data, with the record of how that was found.

    `columns`: the items concerned (none: the whole entry). `harmed` and `degree`: whom its misuse would harm and how
    much; `level` follows from them (`rules.LEVELS`). `persons`: how many natural persons it concerns, where it does.
    `assessed_on`: the last yearly risk assessment; `assess_by`: the last day for the next.
    """

    HARMED = [
        ("national_security", _("国家安全")),
        ("economy", _("经济运行")),
        ("social_order", _("社会秩序")),
        ("public_interest", _("公共利益")),
        ("organization", _("组织权益")),
        ("person", _("个人权益")),
    ]
    DEGREES = [("very_grave", _("特别严重危害")), ("grave", _("严重危害")), ("ordinary", _("一般危害"))]
    LEVELS = [("core", _("核心数据")), ("important", _("重要数据"))]

    workflow = IMPORTANT
    policy_relations: ClassVar[tuple[str, ...]] = ("entry__body__jurisdiction",)

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="important")
    columns = models.JSONField(default=list)
    harmed = models.CharField(max_length=18, choices=HARMED)
    degree = models.CharField(max_length=10, choices=DEGREES)
    level = models.CharField(max_length=9, choices=LEVELS)
    reason = models.TextField(max_length=4000)
    protection = models.TextField(max_length=2000, blank=True, default="")
    persons = models.BigIntegerField(null=True, blank=True)
    answer = models.TextField(max_length=2000, blank=True, default="")
    document = models.CharField(max_length=200, blank=True, default="")
    reported_on = models.DateField(null=True)
    assessed_on = models.DateField(null=True)
    assessment = models.TextField(max_length=4000, blank=True, default="")
    assess_by = models.DateField(null=True)

    class Meta:
        verbose_name_plural = "important data"
        constraints = [
            models.UniqueConstraint(fields=["entry"], condition=~models.Q(state="removed"), name="important_once")
        ]
        indexes = [models.Index(fields=["state", "updated_at"], name="important_by_state")]

    def __str__(self) -> str:
        return self.entry.known_name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Important]:
        """What is important data is its own body's and the authority's to know."""
        if actor.kind == "service" or actor.capacity in AUTHORITY:
            return cls.objects.all()
        return cls.objects.filter(entry__body_id=actor.body) if actor.body else cls.objects.none()

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.entry.body_id), "jurisdiction": self.entry.body.jurisdiction.code}

    def authors(self) -> set[UUID]:
        return {self.created_by} if self.created_by else set()

    @property
    def late(self) -> bool:
        """Tell whether the yearly assessment is overdue."""
        return self.state == "reported" and self.assess_by is not None and self.assess_by < timezone.localdate()
