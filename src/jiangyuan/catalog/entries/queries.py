"""Every read of the catalogue's own tables."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from jiangyuan.catalog.entries.models import Entry, EntryVersion
from jiangyuan.catalog.entries.rules import differences
from jiangyuan.kernel.actor import Actor

_FIELDS = (
    "name",
    "summary",
    "category",
    "classification",
    "format",
    "update_cycle",
    "share_type",
    "share_condition",
    "share_basis",
    "open_type",
    "open_condition",
    "grade",
)


def snapshot(entry: Entry) -> dict[str, Any]:
    """Give an entry as a version keeps it: its fields, and its items by column."""
    items = [
        {
            "column": item.column,
            "name": item.name,
            "type": item.type,
            "grade": item.grade,
            "personal": item.personal,
            "shareable": item.shareable,
            "identifies": item.identifies,
            "mask": item.mask,
            "key": item.key,
        }
        for item in entry.items.all()
    ]
    return {**{name: getattr(entry, name) for name in _FIELDS}, "items": items}


def entries(*, actor: Actor, text: str = "", body: str = "", state: str = "", share_type: str = "") -> QuerySet[Entry]:
    """Give the entries the actor may know of, narrowed by words in name, summary or code and by facets."""
    found = Entry.visible_to(actor).select_related("body")
    for word in text.split()[:8]:
        found = found.filter(Q(name__icontains=word) | Q(summary__icontains=word) | Q(code__startswith=word))
    exact = {"body__alias": body, "state": state, "share_type": share_type}
    return found.filter(**{key: value for key, value in exact.items() if value})


def live(entry: Entry) -> dict[str, Any] | None:
    """Give what the published version says; None for an entry that was never published."""
    if not entry.live_version:
        return None
    return EntryVersion.objects.get(entry=entry, number=entry.live_version).content


def pending_differences(entry: Entry) -> list[dict[str, Any]]:
    """List in what the entry as it is being revised differs from its published version (empty: nothing, or no version)."""
    published = live(entry)
    return differences(published, snapshot(entry)) if published else []
