"""Every read of needed updates."""

from __future__ import annotations

from django.db.models import QuerySet

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.updates.models import Update
from jiangyuan.catalog.updates.states import OPEN
from jiangyuan.kernel.actor import Actor


def updates(*, actor: Actor) -> QuerySet[Update]:
    """Give the updates the actor may know of, with their entries."""
    return Update.visible_to(actor).select_related("entry__body__jurisdiction")


def open_of(entry: Entry, *, actor: Actor) -> list[Update]:
    """Give the updates of an entry that are not ended, the oldest first."""
    return list(updates(actor=actor).filter(entry=entry, state__in=OPEN).order_by("occurred_on"))
