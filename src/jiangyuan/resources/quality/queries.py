"""Every read of quality's own tables."""

from __future__ import annotations

from typing import Any

import orjson
from django.db.models import QuerySet

from jiangyuan.kernel import vault
from jiangyuan.kernel.actor import Actor
from jiangyuan.resources.ingestion.models import Mount
from jiangyuan.resources.quality.models import CheckResult, CheckRun, QualityRule


def rules_of(*, actor: Actor, mount: Mount) -> QuerySet[QualityRule]:
    """Give the active rules of a mounted table."""
    return QualityRule.visible_to(actor).filter(mount=mount, active=True).order_by("name")


def runs_of(*, actor: Actor, mount: Mount) -> QuerySet[CheckRun]:
    """Give the runs of a mounted table, newest first."""
    return CheckRun.visible_to(actor).filter(mount=mount).order_by("-created_at")


def results_of(*, actor: Actor, run: CheckRun) -> QuerySet[CheckResult]:
    """Give what each rule found in a run, the worst first."""
    return CheckResult.visible_to(actor).filter(run=run).select_related("rule").order_by("-failed", "pk")


def evidence_of(result: CheckResult, *, actor: Actor) -> list[list[str]] | None:
    """Give the keys of violating rows to the department that owns them; None to everybody else, or when erased."""
    if result.sealed_evidence is None or actor.body != result.run.mount.entry.body_id:
        return None
    opened = vault.unseal(bytes(result.sealed_evidence), place=f"evidence:{result.pk}")
    found: list[Any] | None = orjson.loads(opened) if opened else None
    return found
