"""Proposals of grades and what became of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import QuerySet

from jiangyuan.catalog.entries.models import DataItem, Entry
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Record


class Proposal(Record):
    """What was proposed for a data item, on which reasons, and how a person decided. Only the `current` one stands.

    `reasons` are [source, detail]; `sampled`: statistics of the column were read; `decided`: confirmed, or changed with
    `reason`; `decided_grade` is then the item's grade.
    """

    policy_relations = ("entry__body__jurisdiction",)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="grading_proposals")
    item = models.ForeignKey(DataItem, on_delete=models.PROTECT, related_name="grading_proposals")
    grade = models.PositiveSmallIntegerField()
    personal = models.BooleanField()
    meaning = models.CharField(max_length=60, blank=True, default="")
    confidence = models.DecimalField(max_digits=3, decimal_places=2)
    reasons = models.JSONField(default=list)
    sampled = models.BooleanField(default=False)
    current = models.BooleanField(default=True)
    decided = models.CharField(max_length=9, blank=True, default="")
    decided_grade = models.PositiveSmallIntegerField(null=True)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=1000, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["entry", "current"], name="proposal_of_entry")]

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Proposal]:
        """Proposals are inner work: its body's and the authority's."""
        rows = cls.objects.filter(entry__in=Entry.visible_to(actor))
        if actor.kind == "service" or actor.capacity in (
            "authority_handler",
            "authority_head",
            "auditor",
            "security_admin",
        ):
            return rows
        return rows.filter(entry__body_id=actor.body)

    def policy_attributes(self) -> dict[str, Any]:
        return self.entry.policy_attributes()

    def authors(self) -> set[UUID]:
        return set()
