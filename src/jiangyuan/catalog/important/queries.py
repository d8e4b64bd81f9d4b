"""Every read of the important-data list."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils import timezone

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.important.models import Important
from jiangyuan.kernel.actor import Actor


def important(*, actor: Actor, text: str = "") -> QuerySet[Important]:
    """Give the identifications that the actor may know of, narrowed by words."""
    found = Important.visible_to(actor).select_related("entry__body__jurisdiction")
    for word in text.split()[:8]:
        found = found.filter(entry__known_name__icontains=word)
    return found


def late() -> Q:
    """Give the condition under which the yearly assessment is overdue."""
    return Q(state="reported", assess_by__lt=timezone.localdate())


def of_entry(entry: Entry, *, actor: Actor) -> Important | None:
    """Give the identification of an entry that is in force, for those who may know of it."""
    return important(actor=actor).filter(entry=entry).exclude(state="removed").first()


def own_entries(actor: Actor) -> QuerySet[Entry]:
    """Give the entries of the actor's body that are not withdrawn."""
    rows = Entry.visible_to(actor).filter(body_id=actor.body).exclude(state="withdrawn")
    return rows.order_by("known_name", "id")
