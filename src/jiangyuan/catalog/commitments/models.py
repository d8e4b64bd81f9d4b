"""Batches of the responsibility list and their lines."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.commitments import rules
from jiangyuan.catalog.commitments.states import BATCH, COMMITMENT
from jiangyuan.catalog.entries.models import AUTHORITY, Entry
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Stated
from jiangyuan.organization.models import Body, Jurisdiction


class ShareBatch(Stated):
    """One batch of the list (批次), issued by the authority of a jurisdiction; the counts are kept (`counts`)."""

    workflow = BATCH
    policy_relations: ClassVar[tuple[str, ...]] = ("jurisdiction",)

    jurisdiction = models.ForeignKey(Jurisdiction, on_delete=models.PROTECT, related_name="share_batches")
    name = models.CharField(max_length=200)
    document = models.CharField(max_length=200, blank=True, default="")
    issued_at = models.DateTimeField(null=True)
    lines = models.PositiveIntegerField(default=0)
    fulfilled = models.PositiveIntegerField(default=0)
    overdue = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["jurisdiction", "name"], name="share_batch_once")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[ShareBatch]:
        """What was issued is everybody's inside government; what is being drawn up is the authority's."""
        if actor.kind == "service" or actor.capacity in AUTHORITY:
            return cls.objects.all()
        return cls.objects.exclude(state="draft") if actor.body else cls.objects.none()

    def policy_attributes(self) -> dict[str, Any]:
        return {"jurisdiction": self.jurisdiction.code}


class Commitment(Stated):
    """One line: a provider shall share some data in a way by a day (inclusive). `entry` may be found later."""

    METHODS = [("service", _("服务接口")), ("batch", _("批量交换")), ("file", _("文件下载"))]

    workflow = COMMITMENT
    policy_relations: ClassVar[tuple[str, ...]] = ("batch__jurisdiction",)

    batch = models.ForeignKey(ShareBatch, on_delete=models.PROTECT, related_name="commitments")
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="commitments")
    name = models.CharField(max_length=200)
    scope = models.TextField(max_length=2000, blank=True, default="")
    entry = models.ForeignKey(Entry, null=True, on_delete=models.PROTECT, related_name="commitments")
    method = models.CharField(max_length=7, choices=METHODS)
    deadline = models.DateField()
    fulfilled_at = models.DateTimeField(null=True)
    note = models.TextField(max_length=2000, blank=True, default="")
    told_late = models.DateField(null=True)
    """The deadline whose passing was told, once."""

    class Meta:
        indexes = [
            models.Index(fields=["state", "deadline"], name="commitment_by_deadline"),
            models.Index(fields=["deadline", "id"], name="commitment_in_order"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Commitment]:
        return cls.objects.filter(batch__in=ShareBatch.visible_to(actor))

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.body_id), "jurisdiction": self.batch.jurisdiction.code}

    @property
    def late(self) -> bool:
        """Tell whether the last day has passed and the line is not fulfilled."""
        return rules.late(state=self.state, deadline=self.deadline, today=timezone.localdate())

    @classmethod
    def overdue(cls) -> Q:
        """Give the condition under which a line is late today."""
        return Q(state="due", deadline__lt=timezone.localdate())
