"""What one number, one source does when an entry was published or withdrawn, or a source decided or ended."""

from __future__ import annotations

from jiangyuan.catalog.onesource import counts
from jiangyuan.catalog.onesource.models import OPEN, Designation, ElementLine, Repetition
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import service_actor
from jiangyuan.kernel.events import handler
from jiangyuan.kernel.models import Event

ONESOURCE = service_actor("onesource")


def look(line: ElementLine) -> None:
    """Find new repetitions of a line, let those go that repeat no more, and count it. Idempotent."""
    line.refresh_from_db()
    for one in Repetition.objects.filter(line=line, state__in=(*OPEN, "excepted")).order_by("pk"):
        if line.source_id in (None, one.body_id) or not counts.collects(line, one.entry_id):
            act("catalog.repetition.lapse", one.pk, actor=ONESOURCE)
    if counts.missing(line):
        act("catalog.repetition.find", actor=ONESOURCE, line=line.pk)
    counts.keep(line)


@handler("catalog.entry.published", "catalog.entry.withdrawn", name="onesource.look_at_entry")
def look_at_entry(event: Event) -> None:
    """Hold what an entry collects, now that it is published or gone, against the sources of its elements."""
    if event.object_id is not None:
        for line in counts.lines_of([event.object_id]):
            look(line)


@handler("catalog.designation.decided", "catalog.designation.ended", name="onesource.look_at_element")
def look_at_element(event: Event) -> None:
    """Hold every entry that collects the element against its source."""
    found = Designation.objects.select_related("line").filter(pk=event.object_id).first()
    if found is not None:
        look(found.line)
