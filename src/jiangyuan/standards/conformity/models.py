"""Reviews as they are kept, and what each found."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Record
from jiangyuan.organization.models import Body

OVERSEERS = frozenset({"authority_handler", "authority_head", "auditor"})


class Review(Record):
    """One conformity review of one thing, kept as it was found. `score` and `coverage` are 0.00-100.00; None: nothing to
    check. `points` gives each check's (passed, of) as texts; `measured` tells of how many tables the rows were checked."""

    policy_relations = ("body__jurisdiction",)
    kind = models.CharField(max_length=20)
    target = models.UUIDField()
    title = models.CharField(max_length=200)
    url = models.CharField(max_length=200)
    body = models.ForeignKey(Body, null=True, on_delete=models.PROTECT, related_name="conformity_reviews")
    finished_at = models.DateTimeField(null=True)
    error = models.JSONField(null=True)
    score = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    coverage = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    points = models.JSONField(default=dict)
    tables = models.PositiveIntegerField(default=0)
    fields = models.PositiveIntegerField(default=0)
    measured = models.PositiveIntegerField(default=0)
    findings_total = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["target", "created_at"], name="review_of_target")]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Review]:
        if actor.kind == "service" or actor.capacity in OVERSEERS:
            return cls.objects.all()
        return cls.objects.filter(Q(body_id=actor.body)) if actor.body else cls.objects.none()

    def policy_attributes(self) -> dict[str, Any]:
        body = self.body
        return {"body": str(self.body_id or ""), "jurisdiction": body.jurisdiction.code if body else ""}


class Finding(Record):
    """One finding of a review: where, which check, what was found, what is expected, and where it is mended."""

    SEVERITIES = [("wrong", _("不符合")), ("outdated", _("已过时")), ("advice", _("建议"))]

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="findings")
    position = models.PositiveIntegerField()
    table = models.CharField(max_length=300)
    column = models.CharField(max_length=200, blank=True, default="")
    check_code = models.CharField(max_length=12)
    severity = models.CharField(max_length=8, choices=SEVERITIES)
    found = models.CharField(max_length=200, blank=True, default="")
    expected = models.CharField(max_length=200, blank=True, default="")
    standard = models.CharField(max_length=200, blank=True, default="")
    url = models.CharField(max_length=300, blank=True, default="")
    checked = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["review", "position"], name="finding_of_review")]

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Finding]:
        return cls.objects.filter(review__in=Review.visible_to(actor))
