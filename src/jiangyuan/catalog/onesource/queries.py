"""Every read of one number, one source."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from jiangyuan.catalog.entries.models import DataItem, Entry
from jiangyuan.catalog.onesource.models import OPEN, Designation, ElementLine, Repetition
from jiangyuan.kernel.actor import Actor


def lines(*, actor: Actor, text: str = "") -> QuerySet[ElementLine]:
    """Give the list of elements with their sources, narrowed by words."""
    found = ElementLine.visible_to(actor).select_related("element", "source", "jurisdiction")
    for word in text.split()[:8]:
        found = found.filter(name__icontains=word)
    return found


def designations(*, actor: Actor) -> QuerySet[Designation]:
    """Give the designations that the actor may know of."""
    return Designation.visible_to(actor).select_related("line__element", "line__jurisdiction", "body")


def repetitions(*, actor: Actor) -> QuerySet[Repetition]:
    """Give the repeated collections that the actor may know of."""
    return Repetition.visible_to(actor).select_related(
        "line__element", "line__source", "line__jurisdiction", "body", "entry"
    )


def overdue(one: Repetition) -> bool:
    """Tell whether the day has passed on which the collection was to have stopped."""
    return one.state == "mending" and one.by is not None and one.by < timezone.localdate()


def collected(line: ElementLine, *, actor: Actor) -> list[DataItem]:
    """Give the items of published entries that follow the element, as far as the actor may see the entries."""
    rows = DataItem.objects.filter(
        element_id=line.element_id, entry__body__jurisdiction_id=line.jurisdiction_id, entry__live_version__gt=0
    )
    rows = rows.filter(entry__in=Entry.visible_to(actor)).select_related("entry__body")
    return list(rows.order_by("entry__known_name", "position")[:200])


def of_entry(entry: Entry, *, actor: Actor) -> list[Repetition]:
    """Give what is flagged in an entry and not settled, as far as the actor may know of it."""
    return list(repetitions(actor=actor).filter(entry=entry, state__in=(*OPEN, "excepted")).order_by("created_at")[:50])


def sources_of(entry: Entry) -> list[tuple[str, ElementLine]]:
    """Give the published items of an entry whose elements have a source: (item's name, line of the element)."""
    items = DataItem.objects.filter(entry=entry, element__isnull=False).values_list("element", "name")
    names: dict[UUID, str] = dict(items)
    found = ElementLine.objects.filter(
        element__in=list(names), jurisdiction_id=entry.body.jurisdiction_id, source__isnull=False
    )
    return [(names[line.element_id], line) for line in found.select_related("source").order_by("name")]
