"""Quality rules, runs, results and evidence."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import QuerySet

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Record
from jiangyuan.resources.ingestion.models import Mount


class QualityRule(Record):
    """A rule of one mount; `definition` is the JSON form of a `data.checks` rule."""

    mount = models.ForeignKey(Mount, on_delete=models.PROTECT, related_name="rules")
    name = models.CharField(max_length=200)
    definition = models.JSONField()
    origin = models.CharField(max_length=20, default="manual")
    active = models.BooleanField(default=True)

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[QualityRule]:
        return cls.objects.filter(mount__in=Mount.visible_to(actor))

    def policy_attributes(self) -> dict[str, Any]:
        return self.mount.policy_attributes()


class CheckRun(Record):
    """One run of a mount's rules. `score` is 0-100 with two decimals, the mean of its dimensions; None when nothing could be
    checked."""

    mount = models.ForeignKey(Mount, on_delete=models.PROTECT, related_name="check_runs")
    finished_at = models.DateTimeField(null=True)
    rows = models.BigIntegerField(null=True)
    score = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    dimensions = models.JSONField(default=dict)
    error = models.JSONField(null=True)

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[CheckRun]:
        return cls.objects.filter(mount__in=Mount.visible_to(actor))

    def policy_attributes(self) -> dict[str, Any]:
        return self.mount.policy_attributes()


class CheckResult(Record):
    """What one rule found in one run; the keys of violating rows are sealed under the data set's key, capped."""

    run = models.ForeignKey(CheckRun, on_delete=models.PROTECT, related_name="results")
    rule = models.ForeignKey(QualityRule, on_delete=models.PROTECT, related_name="results")
    dimension = models.CharField(max_length=20)
    checked = models.BigIntegerField()
    failed = models.BigIntegerField()
    sealed_evidence = models.BinaryField(null=True)
    sealing_key = models.UUIDField(null=True)
    evidence_kept = models.PositiveIntegerField(default=0)

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[CheckResult]:
        return cls.objects.filter(run__in=CheckRun.visible_to(actor))
