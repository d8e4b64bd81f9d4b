"""Every read of ingestion's own tables, and what its services may read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from jiangyuan.catalog.entries.models import DataItem
from jiangyuan.data.relations import Column, Location, RelationGrant
from jiangyuan.kernel.actor import Actor, Scene, service_actor
from jiangyuan.resources.ingestion.models import Ingest, Mount
from jiangyuan.resources.ingestion.rules import misfit
from jiangyuan.sources.queries import connection_of

INGEST = service_actor("ingest")
QUALITY = service_actor("quality")
SUBJECTS = ("citizen_id", "uscc")
ALWAYS = date(9999, 12, 31)
LIVE = ("waiting", "running", "current")
"""States of an ingest in which rows come in, or should."""


def mounts(*, actor: Actor) -> QuerySet[Mount]:
    """Give the mounts the actor may know of, with entry, table and ingest."""
    return Mount.visible_to(actor).select_related("entry__body", "table__source", "ingest").order_by("alias")


def grantable(entry: UUID) -> bool:
    """Tell whether an entry may be granted from now on: it has a mount that holds rows, or reads them in place."""
    live = Mount.objects.filter(entry_id=entry, state="active")
    return live.filter(Q(mode="logical") | Q(ingest__state="current")).exists()


def live_ingests(method: str) -> QuerySet[Ingest]:
    """Give the ingests of a method that should be going on now."""
    found = Ingest.objects.filter(method=method, state__in=LIVE, mount__state="active")
    found = found.exclude(mount__entry__state="withdrawn").exclude(mount__table__source__state="retired")
    return found.select_related("mount__entry", "mount__table__source").order_by("created_at")


def source_location(mount: Mount) -> Location:
    """Give where the rows of a mount stand at its source."""
    table = mount.table
    return Location("source", table.schema, table.name, connection_of(table.source))


def store_location(mount: Mount) -> Location:
    """Give where the copy of a physical mount stands in the serving store."""
    return Location("serving", "store", mount.store_table)


def data_version(mount: Mount) -> str:
    """Give the version that answers from this mount carry."""
    ingest = Ingest.objects.filter(mount=mount).first()
    return ingest.data_version if ingest else ""


def relation(mount: Mount, location: Location, *, forms: frozenset[str]) -> RelationGrant:
    """Describe a whole mount for a service: every item, every row, no mask."""
    items = list(mount.entry.items.select_related("element"))
    return RelationGrant(
        resource=mount.pk,
        entry=mount.entry_id,
        alias=mount.alias,
        location=location,
        key=tuple(mount.key),
        columns=tuple(Column(i.column, i.type, None, i.element.code if i.element else "") for i in items),
        condition=None,
        grant=None,
        epoch=mount.version,
        until=ALWAYS,
        forms=forms,
        data_version=data_version(mount),
        subjects=subjects_of(items),
    )


def subjects_of(items: Sequence[DataItem]) -> tuple[str, ...]:
    """Name the columns by which a person or enterprise is asked about, the person's first."""
    found = sorted((SUBJECTS.index(i.identifies), i.position, i.column) for i in items if i.identifies in SUBJECTS)
    return tuple(column for _kind, _position, column in found)


def resolve_for_services(actor: Actor, scene: Scene, names: Sequence[str | UUID], form: str) -> Sequence[RelationGrant]:
    """Answer what the services `ingest` and `quality` may read: active mounts named by id, and nothing else.

    Both read the department's front-end database. The resolver of everybody else is `exchange.sharing`'s.
    """
    if actor.kind != "service" or actor.id not in (INGEST.id, QUALITY.id):
        return ()
    wanted = [name for name in names if isinstance(name, UUID)]
    found = Mount.objects.filter(pk__in=wanted, state="active").exclude(entry__state="withdrawn")
    forms = frozenset({"table", "query"})
    return [relation(m, source_location(m), forms=forms) for m in found.select_related("entry", "table__source")]


def misfit_of(mount: Mount) -> dict[str, str] | None:
    """Tell why a mount's table, as last scanned, no longer fits its entry; None where it fits."""
    table = mount.table
    columns = {c.name: c.type for c in table.columns.all() if c.gone_at is None}
    items = list(mount.entry.items.values_list("column", "type"))
    where = f"{table.schema}.{table.name}".lstrip(".")
    return misfit(items, None if table.gone_at else columns, where=where)
