"""Every read of interchange's own tables."""

from __future__ import annotations

from django.db.models import QuerySet

from jiangyuan.catalog.interchange.models import Docking, HarvestRun, HarvestSource, ImportBatch, ImportRow, Push
from jiangyuan.kernel.actor import Actor


def batches(*, actor: Actor) -> QuerySet[ImportBatch]:
    """Give the batches the actor may know of; their file is not read along."""
    return ImportBatch.visible_to(actor).select_related("body", "otherwise").defer("content")


def rows(batch: ImportBatch, *, verdict: str = "") -> QuerySet[ImportRow]:
    """Give the rows of a batch that the actor was shown, in the file's order."""
    found = ImportRow.objects.filter(batch=batch).order_by("sheet", "number")
    return found.filter(verdict=verdict) if verdict else found


def harvest_sources(*, actor: Actor) -> QuerySet[HarvestSource]:
    """Give the harvested catalogues the actor may know of."""
    return HarvestSource.visible_to(actor).select_related("body")


def harvest_runs(*, actor: Actor, source: HarvestSource) -> QuerySet[HarvestRun]:
    """Give the runs over a source, newest first."""
    return HarvestRun.visible_to(actor).filter(source=source).order_by("-created_at", "-id")


def dockings(*, actor: Actor) -> QuerySet[Docking]:
    """Give the docked catalogues the actor may know of."""
    return Docking.visible_to(actor).select_related("body")


def pushes(*, actor: Actor, docking: Docking) -> QuerySet[Push]:
    """Give what a docked catalogue was told and answered, newest first."""
    return Push.visible_to(actor).filter(docking=docking).select_related("entry").order_by("-updated_at", "-id")
