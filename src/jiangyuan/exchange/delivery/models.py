"""Deliveries, warnings and records of use."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import QuerySet

from jiangyuan.exchange.delivery.states import DELIVERY
from jiangyuan.exchange.sharing.models import Case, Grant
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Record, Stated
from jiangyuan.organization.models import Body
from jiangyuan.sources.models import Source


class Delivery(Stated):
    """A granted table kept current in the consumer's own database."""

    workflow = DELIVERY
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="deliveries")
    target = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="deliveries")
    schema = models.CharField(max_length=63, default="delivered")
    table = models.CharField(max_length=63)
    rows = models.BigIntegerField(default=0)
    last_applied_at = models.DateTimeField(null=True)
    error = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["target", "schema", "table"], name="delivery_once")]
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}"

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Delivery]:
        # who keeps the platform running sees that rows move, never the rows
        if actor.kind == "person" and actor.capacity == "operations":
            return cls.objects.all()
        return cls.objects.filter(grant__in=Grant.visible_to(actor))

    def policy_attributes(self) -> dict[str, Any]:
        return self.grant.policy_attributes()


class Measure(models.Model):
    """What one delivery moved in a short while, as the worker counted it: rows, batches, and the seconds from the
    source's commit to the target's (typical, and of the slowest twentieth). Kept for a few days, never changed."""

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="measures")
    at = models.DateTimeField()
    rows = models.BigIntegerField()
    batches = models.PositiveIntegerField()
    typical = models.FloatField(null=True)
    slowest = models.FloatField(null=True)

    class Meta:
        indexes = [models.Index(fields=["delivery", "at"], name="measure_when")]

    def __str__(self) -> str:
        return str(self.at)


class Warning(Record):
    """A change of record of a person listed in a watched case, told to the consumer. It holds no value of the record."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="warnings")
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="warnings")
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="warnings")
    read = models.UUIDField()
    subject = models.BinaryField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.UUIDField(null=True)
    outcome = models.TextField(max_length=2000, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "grant", "read", "subject"], name="warning_once")]

    def __str__(self) -> str:
        return self.case.number

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Warning]:
        return cls.objects.filter(body_id=actor.body)

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.body_id)}


class UseRecord(Record):
    """What the consumer did with the data (art. 29): scenario, process, outcome, storage, destruction; kept 3 years."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="use_records")
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="use_records")
    case_number = models.CharField(max_length=60, blank=True, default="")
    scenario = models.TextField(max_length=2000)
    process = models.TextField(max_length=2000)
    outcome = models.TextField(max_length=2000)
    storage = models.TextField(max_length=2000, blank=True, default="")
    destruction = models.TextField(max_length=2000, blank=True, default="")

    def __str__(self) -> str:
        return str(self.grant)

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[UseRecord]:
        return cls.objects.filter(grant__in=Grant.visible_to(actor))

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.body_id)}

    def authors(self) -> set[UUID]:
        return super().authors()
