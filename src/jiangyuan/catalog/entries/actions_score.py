"""The kept scores of entries: worked out anew when something about them changed, never on a list's way to the reader.

A score says nothing that is not in the memory already, as the search index does; it is no act, and leaves no event.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone, translation

from jiangyuan.catalog.entries import score
from jiangyuan.catalog.entries.models import DataItem, Entry
from jiangyuan.catalog.entries.queries import problems_of
from jiangyuan.ui import tabs

CHUNK = 500
KIND = "entries.entry"
# tens of thousands at once: the ORM's way takes five times as long
_KEEP_VALUES = """
UPDATE entries_entry e SET score = v.score, known_score = CASE WHEN v.known THEN v.score ELSE e.known_score END
FROM unnest(%s::uuid[], %s::smallint[], %s::boolean[]) AS v(id, score, known) WHERE e.id = v.id
"""
_KEEP_LINES = """
INSERT INTO entries_entryscore (entry_id, lines, at)
SELECT v.id::uuid, v.lines, now() FROM jsonb_each(%s::jsonb) AS v(id, lines)
ON CONFLICT (entry_id) DO UPDATE SET lines = EXCLUDED.lines, at = EXCLUDED.at
"""


def facts_of(entry: Entry, items: Sequence[DataItem], problems: Mapping[str, int] | None = None) -> score.Facts:
    """Give what the score looks at in an entry as it stands."""
    ground = entry.share_basis if entry.share_type == "none" else entry.share_condition
    changed = entry.published_at or entry.updated_at
    return score.Facts(
        summary=len(entry.summary.strip()),
        share_type=entry.share_type,
        ground=ground.strip(),
        methods=len(entry.share_methods),
        classification=entry.classification,
        nature=entry.nature,
        contact=bool(entry.contact),
        phone=bool(entry.contact_phone),
        time=entry.time_from is not None,
        space=bool(entry.space_scope),
        days=score.days_since(timezone.localtime(changed).date() if changed else None, timezone.localdate()),
        problems=sum((problems or {}).values()),
        kinds=problems or {},
        returned=bool(entry.return_reasons),
        items=[
            score.ItemFacts(
                named=item.name != item.column or not item.name.isascii(),
                typed=bool(item.data_type) and (item.data_type not in "CNY" or item.length is not None),
                described=bool(item.description) or item.element_id is not None,
                element=item.element_id is not None,
                key=item.key,
            )
            for item in items
        ],
    )


def judge(entry: Entry) -> list[score.Line]:
    """Judge one entry by the criteria of the catalogue itself."""
    return score.judge(facts_of(entry, list(entry.items.all()), problems_of([entry.pk]).get(entry.pk)))


def rejudge(pks: Iterable[UUID]) -> int:
    """Work out the scores of some entries and keep them; gives how many. What the rooms above add is asked of them."""
    wanted, done = list(pks), 0
    for start in range(0, len(wanted), CHUNK):
        rows = Entry.objects.filter(pk__in=wanted[start : start + CHUNK]).prefetch_related("items")
        done += _keep(list(rows))
    return done


def rejudge_waiting() -> int:
    """Work out the scores of all entries that have none yet, in chunks by key; gives how many."""
    done = 0
    while True:
        rows = list(Entry.objects.filter(score__isnull=True).order_by("pk").prefetch_related("items")[:CHUNK])
        if not rows:
            return done
        done += _keep(rows)


def _keep(rows: Sequence[Entry]) -> int:
    problems, above = problems_of([entry.pk for entry in rows]), _above(rows)
    values: list[int] = []
    judged: dict[str, list[dict[str, Any]]] = {}
    for entry in rows:
        lines = score.judge(facts_of(entry, list(entry.items.all()), problems.get(entry.pk)))
        judged[str(entry.pk)] = score.kept(lines)
        values.append(score.value_of([(line.earned, line.possible) for line in lines] + above[entry.pk]))
    pks = [entry.pk for entry in rows]
    known = [entry.state == "published" or not entry.live_version for entry in rows]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_KEEP_VALUES, (pks, values, known))
        cursor.execute(_KEEP_LINES, [json.dumps(judged, ensure_ascii=False)])
    return len(rows)


def _above(rows: Sequence[Entry]) -> dict[UUID, list[tuple[int, int]]]:
    with translation.override("zh-hans"):
        added = tabs.points(KIND, rows)
    return {pk: [(point.earned, point.possible) for point in points] for pk, points in added.items()}
