"""How the batches' counts are kept, and how the platform finds out that a line is fulfilled."""

from __future__ import annotations

from django.db.models import Count, Q

from jiangyuan.catalog.commitments import rules
from jiangyuan.catalog.commitments.models import Commitment, ShareBatch


def keep(batch: ShareBatch) -> None:
    """Count the lines of a batch anew: those in force, fulfilled, late."""
    locked = ShareBatch.objects.select_for_update().get(pk=batch.pk)
    found = (
        Commitment.objects.filter(batch=batch)
        .exclude(state="released")
        .aggregate(
            lines=Count("pk"),
            fulfilled=Count("pk", filter=Q(state="fulfilled")),
            overdue=Count("pk", filter=Commitment.overdue()),
        )
    )
    for name, value in found.items():
        setattr(locked, name, value)
        setattr(batch, name, value)
    locked.save(update_fields=[*found, "updated_at"])


def is_fulfilled(line: Commitment) -> bool:
    """Ask the rooms above whether the line's entry is shared in the way asked for."""
    entry = line.entry
    return rules.fulfilled(
        method=line.method,
        entry=entry.pk if entry else None,
        published=bool(entry and entry.live_version),
        share_type=entry.known_share_type if entry else "none",
    )
