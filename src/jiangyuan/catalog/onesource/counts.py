"""Finding who collects an element besides its source, and keeping the line of the element.

Only what is published counts. An entry under revision is judged by its items as they stand; it is judged again when the
revision is published.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from jiangyuan.catalog.entries.models import DataItem
from jiangyuan.catalog.onesource import rules
from jiangyuan.catalog.onesource.models import OPEN, RUNNING, Designation, ElementLine, Repetition
from jiangyuan.organization.models import Jurisdiction
from jiangyuan.standards.models import DataElement

MOST = 5_000
"""Repeated collections of one element that are flagged in one turn; the rest follow in the next."""


def line_of(element: DataElement, jurisdiction: Jurisdiction) -> ElementLine:
    """Give the line of an element in a jurisdiction, made when it is first needed."""
    made, _new = ElementLine.objects.get_or_create(
        element=element, jurisdiction=jurisdiction, defaults={"name": element.name}
    )
    return made


def published(line: ElementLine) -> QuerySet[DataItem]:
    """Give the items of published entries in the jurisdiction that follow the element."""
    return DataItem.objects.filter(
        element_id=line.element_id, entry__live_version__gt=0, entry__body__jurisdiction_id=line.jurisdiction_id
    )


def collects(line: ElementLine, entry: UUID) -> bool:
    """Tell whether the published entry holds an item of the element that does not merely identify its rows."""
    return published(line).filter(entry_id=entry, identifies="", key=False).exists()


def missing(line: ElementLine) -> list[tuple[UUID, UUID]]:
    """Give (body, entry) of collections that repeat what the line's source keeps and are not flagged, or were settled."""
    if line.source_id is None:
        return []
    known = Repetition.objects.filter(line=line).exclude(state__in=("settled", "lapsed")).values("entry")
    rows = published(line).exclude(entry__body_id=line.source_id).exclude(entry__in=known)
    kept = rows.values_list("entry__body_id", "entry_id", "identifies", "key").order_by("entry_id")[: 2 * MOST]
    items = [
        rules.Collected(body, entry, line.element_id, bool(identifies) or key) for body, entry, identifies, key in kept
    ]
    wanted = rules.repeated(items, element=line.element_id, source=line.source_id)
    found = {item.entry: item.body for item in items if item.entry in wanted}
    # what was settled by sharing is not flagged again while the grant lives
    shared = {
        one.entry_id
        for one in Repetition.objects.filter(line=line, state="settled", way="share", entry__in=found)
        if any(held(one.body_id, line.source_id, line.element_id) for held in rules.SHARED)
    }
    return [(body, entry) for entry, body in list(found.items())[:MOST] if entry not in shared]


def keep(line: ElementLine) -> None:
    """Count a line anew: its source, its standing, who collects, what is not settled."""
    locked = ElementLine.objects.select_for_update().get(pk=line.pk)
    decided = Designation.objects.filter(line=line, state="decided").first()
    running = Designation.objects.filter(line=line, state__in=RUNNING).exists()
    locked.source_id = decided.body_id if decided else None
    locked.standing = "decided" if decided else "running" if running else "none"
    locked.collectors = published(line).order_by().values("entry__body").distinct().count()
    locked.repeats = Repetition.objects.filter(line=line, state__in=OPEN).count()
    locked.excepted = Repetition.objects.filter(line=line, state="excepted").count()
    locked.save()
    line.source_id, line.standing, line.repeats = locked.source_id, locked.standing, locked.repeats


def lines_of(entries: Iterable[UUID]) -> list[ElementLine]:
    """Give the lines that entries concern: of the elements their items follow now, and of what was flagged in them."""
    ids = list(entries)
    items = DataItem.objects.filter(entry_id__in=ids, element__isnull=False)
    pairs = set(items.values_list("element", "entry__body__jurisdiction").distinct())
    elements = {e.pk: e for e in DataElement.objects.filter(pk__in=[element for element, _place in pairs])}
    places = {j.pk: j for j in Jurisdiction.objects.filter(pk__in=[place for _element, place in pairs])}
    made = {line.pk: line for e, p in pairs for line in [line_of(elements[e], places[p])]}
    flagged = ElementLine.objects.filter(Q(repetitions__entry_id__in=ids)).distinct()
    return list({**made, **{line.pk: line for line in flagged}}.values())
