"""Needed updates of entries."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.entries.models import AUTHORITY, Entry
from jiangyuan.catalog.updates.states import OPEN, UPDATE
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Stated


class Update(Stated):
    """A published entry must be updated (更新事项): what triggered it, on which day it happened, and what came of it.

    `occurred_on` is the day of the change, from which the limit counts (art. 17: 自调整、变化发生之日起). `outcome` says
    why nothing need change; `number` is the version that was live when the trigger was recorded.
    """

    TRIGGERS = [("law_or_duty", _("法律法规或职责变化")), ("own_information", _("自身信息变化"))]
    LIMITS: ClassVar[dict[str, str]] = {
        "law_or_duty": "catalog.update.duty",
        "own_information": "catalog.update.entry",
    }

    workflow = UPDATE
    policy_relations = ("entry__body__jurisdiction",)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="updates")
    trigger = models.CharField(max_length=16, choices=TRIGGERS)
    reason = models.TextField(max_length=2000)
    occurred_on = models.DateField()
    number = models.PositiveIntegerField()
    outcome = models.TextField(max_length=2000, blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-created_at", "id"], name="update_by_day")]
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "trigger"], condition=Q(state__in=sorted(OPEN)), name="update_open_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.entry)

    @property
    def limit(self) -> str:
        """Give the code of the limit that the trigger starts."""
        return self.LIMITS[self.trigger]

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Update]:
        """Updates are their department's and the authority's: others learn of them when the entry is published."""
        if actor.kind == "service" or actor.capacity in AUTHORITY:
            return cls.objects.all()
        return cls.objects.filter(entry__body_id=actor.body) if actor.body else cls.objects.none()

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.entry.body_id), "jurisdiction": self.entry.body.jurisdiction.code}
