"""Every read of needed updates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db.models import QuerySet

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.updates.models import Update
from jiangyuan.catalog.updates.states import OPEN
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Clock


def updates(*, actor: Actor) -> QuerySet[Update]:
    """Give the updates the actor may know of, with their entries."""
    return Update.visible_to(actor).select_related("entry__body__jurisdiction")


def open_of(entry: Entry, *, actor: Actor) -> list[Update]:
    """Give the updates of an entry that are not ended, the oldest first."""
    return list(updates(actor=actor).filter(entry=entry, state__in=OPEN).order_by("occurred_on"))


def overdue_of(entries: Sequence[UUID]) -> Mapping[UUID, int]:
    """Count the open updates of entries whose limit has run out."""
    waiting = Update.objects.filter(entry__in=list(entries), state__in=OPEN)
    held = dict(waiting.values_list("pk", "entry_id"))
    late = Clock.objects.filter(
        object_type=Update._meta.label_lower, object_id__in=list(held), status=Clock.OVERDUE
    ).values_list("object_id", flat=True)
    return Counter(held[pk] for pk in set(late))
