"""An entry as a conformity review sees it: its items with element, grade, personal mark and mask."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.entries.models import AUTHORITY, Entry
from jiangyuan.kernel.actor import Actor
from jiangyuan.standards.conformity.reviewing import Field, Reviewable, Subject


def _rows(actor: Actor) -> Any:
    """Give the entries whose items the actor may have judged as they stand: its body's own, or all for the authority."""
    rows = Entry.visible_to(actor).select_related("body")
    wide = actor.kind == "service" or actor.capacity in AUTHORITY
    return rows if wide else rows.filter(body_id=actor.body)


def _subject(entry: Entry) -> Subject:
    url = f"/catalog/{entry.pk}/items/"
    items = list(entry.items.select_related("element"))
    return Subject(
        title=entry.name,
        url=url,
        fields=tuple(
            Field(
                name=item.column,
                comment=item.name,
                type=item.type,
                element=item.element.code if item.element else "",
                grade=item.grade,
                personal=item.personal,
                masked=bool(item.mask) and item.mask.get("kind", "none") != "none",
                url=url,
            )
            for item in items
        ),
        key=tuple(item.column for item in items if item.key),
        table=entry.drafted_from_id,
    )


ENTRY = Reviewable(
    code="entry",
    title=_("目录"),
    rows=_rows,
    body=lambda entry: entry.body_id,
    subjects=lambda entry: [_subject(entry)],
    url=lambda entry: f"/catalog/{entry.pk}/",
)
