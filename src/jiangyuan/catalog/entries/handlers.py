"""What the catalogue does when it hears of its own acts and of clocks: the scores of the entries concerned are kept anew."""

from __future__ import annotations

from jiangyuan.catalog.entries.actions_score import rejudge
from jiangyuan.catalog.entries.models import Entry
from jiangyuan.kernel import jobs
from jiangyuan.kernel.events import handler
from jiangyuan.kernel.models import Event


@handler(
    "catalog.entry.drafted",
    "catalog.entry.composed",
    "catalog.entry.edited",
    "catalog.entry.submitted",
    "catalog.entry.returned",
    "catalog.entry.published",
    "catalog.entry.reclassified",
    "catalog.entry.revised",
    "catalog.entry.withdrawn",
    "kernel.clock.overdue",
    name="entries.score",
)
def follow_entry(event: Event) -> None:
    """Judge the entry that an event is about."""
    if event.object_id and event.object_type == Entry._meta.label_lower:
        rejudge([event.object_id])


@handler(
    "catalog.entry.taken_over",
    "catalog.entry.drafted_many",
    "catalog.entry.redrafted_many",
    name="entries.score_taken_over",
)
def follow_taking_over(_event: Event) -> None:
    """Judge the entries that came together, beside the work."""
    jobs.defer("entries.judge", lock="entries.judge")
