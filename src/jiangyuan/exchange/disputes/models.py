"""Disputes between the two sides of a sharing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q, QuerySet

from jiangyuan.catalog.entries.models import AUTHORITY
from jiangyuan.exchange.disputes.states import DISPUTE
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Stated
from jiangyuan.organization.models import Body


class Dispute(Stated):
    """An objection of one side (`claimant`) to the other (`respondent`) about one request, and its grant if it has one.

    `ground`: one of `rules.GROUNDS`. `jurisdiction`: code of the division whose sharing authority decides: that of both
    sides, or the nearest above both (art. 28). `proposal` and `objection` (what its head wants otherwise) stay inside the authority.
    """

    workflow = DISPUTE
    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="disputes")
    grant = models.ForeignKey(Grant, null=True, on_delete=models.PROTECT, related_name="disputes")
    claimant = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="disputes_raised")
    respondent = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="disputes_answered")
    jurisdiction = models.CharField(max_length=12)
    ground = models.CharField(max_length=20)
    claim = models.TextField(max_length=2000)
    wish = models.TextField(max_length=2000)
    answer = models.TextField(max_length=2000, blank=True, default="")
    answered_by = models.UUIDField(null=True)
    insisted = models.TextField(max_length=2000, blank=True, default="")
    proposal = models.TextField(max_length=2000, blank=True, default="")
    proposed_by = models.UUIDField(null=True)
    objection = models.TextField(max_length=2000, blank=True, default="")
    outcome = models.CharField(max_length=20, blank=True, default="")
    decision = models.TextField(max_length=2000, blank=True, default="")
    article = models.CharField(max_length=200, blank=True, default="")
    carry_out_by = models.DateField(null=True)
    decided_at = models.DateTimeField(null=True)
    government = models.TextField(max_length=2000, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "ground", "claimant"],
                condition=~Q(state__in=["settled", "withdrawn", "closed"]),
                name="dispute_once",
            )
        ]

    def __str__(self) -> str:
        return str(self.request)

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Dispute]:
        if actor.kind == "service" or actor.capacity in AUTHORITY:
            return cls.objects.all()
        if actor.kind != "person" or not actor.body:
            return cls.objects.none()
        return cls.objects.filter(Q(claimant_id=actor.body) | Q(respondent_id=actor.body))

    def policy_attributes(self) -> dict[str, Any]:
        return {
            "claimant": str(self.claimant_id),
            "respondent": str(self.respondent_id),
            "jurisdiction": self.jurisdiction,
        }

    def authors(self) -> set[UUID]:
        """Give who raised, answered or proposed: none of them decides."""
        return {one for one in (self.created_by, self.answered_by, self.proposed_by) if one}
