"""Demands."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.entries.models import AUTHORITY, Entry
from jiangyuan.coordination.demand.states import DEMAND
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Stated
from jiangyuan.organization.models import Body


class Demand(Stated):
    """Data that a body needs and did not find (数据需求): what, for which matter, on what basis, and what was searched.

    No clock runs on it: the sharing regulation limits the reply to a request for an entry (art. 21), and the plan asks
    that supply and demand be matched (供需对接) without setting days. A limit that nobody has set is not shown.

    `answer` is the authority's; `outcome` says in a word what becomes of it, `entry` names the entry that serves it.
    """

    OUTCOMES = [
        ("found", _("已有目录可以满足")),
        ("to_compile", _("列入编目，由有关部门编制目录")),
        ("unavailable", _("暂不能提供")),
    ]

    workflow = DEMAND
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="demands")
    name = models.CharField(max_length=200)
    searched = models.CharField(max_length=200, blank=True, default="")
    matter = models.TextField(max_length=2000)
    basis = models.TextField(max_length=2000)
    holder = models.CharField(max_length=120, blank=True, default="")
    outcome = models.CharField(max_length=12, choices=OUTCOMES, blank=True, default="")
    answer = models.TextField(max_length=2000, blank=True, default="")
    entry = models.ForeignKey(Entry, null=True, blank=True, on_delete=models.PROTECT, related_name="demands")
    answered_by = models.UUIDField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["body", "created_at"], name="demand_of_body")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Demand]:
        """A body's demands are its own and the authority's."""
        if actor.kind == "service" or actor.capacity in AUTHORITY:
            return cls.objects.all()
        return cls.objects.filter(body_id=actor.body) if actor.body else cls.objects.none()

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.body_id), "jurisdiction": self.body.jurisdiction.code}

    def authors(self) -> set[UUID]:
        return {author for author in (self.created_by,) if author}
