"""Every read of the responsibility list."""

from __future__ import annotations

from django.db.models import QuerySet

from jiangyuan.catalog.commitments.models import Commitment, ShareBatch
from jiangyuan.catalog.entries.models import Entry
from jiangyuan.kernel.actor import Actor


def batches(*, actor: Actor) -> QuerySet[ShareBatch]:
    """Give the batches that the actor may know of."""
    return ShareBatch.visible_to(actor).select_related("jurisdiction")


def commitments(*, actor: Actor, text: str = "") -> QuerySet[Commitment]:
    """Give the lines that the actor may know of, narrowed by words."""
    found = Commitment.visible_to(actor).select_related("batch__jurisdiction", "body", "entry")
    for word in text.split()[:8]:
        found = found.filter(name__icontains=word)
    return found


def of_entry(entry: Entry, *, actor: Actor) -> list[Commitment]:
    """Give the lines that concern an entry and are in force."""
    rows = commitments(actor=actor).filter(entry=entry, state__in=("due", "fulfilled"))
    return list(rows.order_by("deadline")[:50])


def shareable_entries(actor: Actor) -> QuerySet[Entry]:
    """Give the entries that a line may name: published, not withheld."""
    rows = Entry.visible_to(actor).filter(live_version__gt=0).exclude(known_share_type="none")
    return rows.order_by("known_name", "id")
