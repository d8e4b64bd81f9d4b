"""What the ledger reads: the rooms' own rows as the actor may see them, and counts that were kept beforehand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from jiangyuan.catalog.entries.models import AUTHORITY, DataItem, Entry
from jiangyuan.catalog.entries.queries import live
from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.exchange.sharing.terms import LIVE
from jiangyuan.kernel.actor import Actor
from jiangyuan.organization.models import Body, Jurisdiction
from jiangyuan.portal.figures import queries as figures
from jiangyuan.resources.ingestion.models import Mount
from jiangyuan.resources.quality.models import CheckResult, CheckRun
from jiangyuan.sources.models import ScannedColumn, ScannedTable, Source

COUNTED = ("bodies", "systems", "assets", "sources", "tables", "columns", "published")
MOST = 200
Counts = Mapping[str, int]


def divisions_below(parent: Jurisdiction) -> list[Jurisdiction]:
    """Give the divisions in force right below one, down to the counties."""
    rows = Jurisdiction.objects.filter(parent=parent, retired=False).exclude(level="township")
    return list(rows.order_by("code"))


def towns_of(parent: Jurisdiction) -> list[Jurisdiction]:
    """Give the townships and subdistricts in force right below a division."""
    return list(Jurisdiction.objects.filter(parent=parent, retired=False, level="township").order_by("code")[:MOST])


def counts_by_body(actor: Actor) -> list[tuple[Body, Counts]]:
    """Give each body with its counts, of what the actor may see."""
    found: dict[UUID, dict[str, int]] = {}
    for body, parts in figures.by_body(actor=actor, names=COUNTED):
        sums: dict[str, int] = defaultdict(int)
        for (name, _key), value in parts.items():
            sums[name] += value
        found[body.pk] = sums
    bodies = Body.visible_to(actor).filter(active=True).select_related("jurisdiction").order_by("name")
    return [(body, found.get(body.pk, {})) for body in bodies[:2000]]


def within(code: str, level: str) -> str:
    """Give the beginning that the codes inside a division share."""
    return code[: {"province": 2, "prefecture": 4, "county": 6}.get(level, len(code))]


def summed(counts: Sequence[tuple[Body, Counts]], beginning: str = "") -> dict[str, int]:
    """Add up the counts of the bodies whose division's code begins so."""
    total: dict[str, int] = defaultdict(int)
    for body, parts in counts:
        if body.jurisdiction.code.startswith(beginning):
            for name, value in parts.items():
                total[name] += value
    return total


def sources_of(actor: Actor, body: Body) -> QuerySet[Source]:
    """Give the sources of a body that the actor may see, with the number of their tables."""
    live_tables = Count("tables", filter=Q(tables__gone_at__isnull=True))
    return Source.visible_to(actor).filter(body=body).annotate(table_count=live_tables)


def sees_sources(actor: Actor, body: Body) -> bool:
    """Tell whether the sources of a body are the actor's to see."""
    return actor.body == body.pk or Source.visible_to(actor).filter(body=body).exists()


def tables(actor: Actor, text: str = "") -> QuerySet[ScannedTable]:
    """Give the tables in force that the actor may see, narrowed by words in name or comment."""
    rows = ScannedTable.visible_to(actor).filter(gone_at__isnull=True).select_related("source__body")
    for word in text.split()[:8]:
        rows = rows.filter(Q(name__icontains=word) | Q(comment__icontains=word))
    return rows


def columns(actor: Actor, text: str = "") -> QuerySet[ScannedColumn]:
    """Give the columns in force that the actor may see, narrowed by words in name or comment."""
    rows = ScannedColumn.visible_to(actor).filter(gone_at__isnull=True, table__gone_at__isnull=True)
    for word in text.split()[:8]:
        rows = rows.filter(Q(name__icontains=word) | Q(comment__icontains=word))
    return rows.select_related("table__source__body")


def with_counts(rows: list[Any]) -> None:
    """Tell the tables of one page how many columns they have and by which entry they are catalogued (two statements)."""
    ids = [table.pk for table in rows]
    live_columns = ScannedColumn.objects.filter(table__in=ids, gone_at__isnull=True)
    counted = dict(live_columns.order_by().values_list("table").annotate(n=Count("pk")))
    mounts = Mount.objects.filter(table__in=ids).exclude(state="removed").select_related("entry").order_by("created_at")
    tied = {mount.table_id: mount for mount in mounts}
    for table in rows:
        table.column_count = counted.get(table.pk, 0)
        table.mount = tied.get(table.pk)


@dataclass(frozen=True, slots=True)
class Item:
    """What a column became in the catalogue."""

    entry: Entry
    name: str
    grade: int
    personal: bool
    shareable: bool
    mask: dict[str, Any]
    element: Any = None


def items_of(actor: Actor, column: ScannedColumn) -> list[Item]:
    """Give the data items that a column became, as the actor may see them: others see what is published."""
    mounted = Mount.objects.filter(table=column.table).exclude(state="removed").values("entry")
    drawn = Q(pk__in=mounted) | Q(drafted_from=column.table)
    found: list[Item] = []
    for entry in Entry.visible_to(actor).filter(drawn).select_related("body")[:MOST]:
        whole = actor.body == entry.body_id or actor.capacity in AUTHORITY
        found += _own(entry, column.name) if whole else _published(entry, column.name)
    return found


def _own(entry: Entry, name: str) -> list[Item]:
    rows = DataItem.objects.filter(entry=entry, column=name).select_related("element")
    return [Item(entry, i.name, i.grade, i.personal, i.shareable, i.mask, i.element) for i in rows]


def _published(entry: Entry, name: str) -> list[Item]:
    content = live(entry) or {"items": []}
    return [
        Item(entry, i["name"], i["grade"], i["personal"], i["shareable"], i["mask"])
        for i in content["items"]
        if i["column"] == name
    ]


def grants_on(actor: Actor, column: ScannedColumn) -> list[Grant]:
    """Give the live grants that contain a column and that the actor may see."""
    rows = Grant.visible_to(actor).filter(mount__table=column.table, state__in=LIVE)
    rows = rows.select_related("consumer", "system", "entry").order_by("until")[:MOST]
    return [grant for grant in rows if any(item["column"] == column.name for item in grant.items)]


def checks_on(actor: Actor, column: ScannedColumn) -> tuple[CheckRun | None, list[CheckResult]]:
    """Give the newest check of a column's table and what its rules on this column found."""
    runs = CheckRun.visible_to(actor).filter(mount__table=column.table, finished_at__isnull=False)
    run = runs.order_by("-finished_at").first()
    if run is None:
        return None, []
    results = CheckResult.visible_to(actor).filter(run=run).select_related("rule").order_by("dimension", "rule__name")
    return run, [r for r in results[:MOST] if column.name in _columns_of(r.rule.definition)]


def _columns_of(definition: dict[str, Any]) -> set[str]:
    named = {str(definition.get(key) or "") for key in ("column", "other")}
    return named | {str(name) for name in definition.get("columns") or ()}
