"""Every read of grading's own tables, what its service may read, and the facts of an entry's columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from jiangyuan.catalog.entries.models import DataItem, Entry
from jiangyuan.catalog.grading.models import Proposal
from jiangyuan.catalog.grading.rules import Facts
from jiangyuan.data.relations import Column, Location, RelationGrant
from jiangyuan.kernel.actor import Actor, Scene, service_actor
from jiangyuan.sources.queries import connection_of

GRADING = service_actor("grading")
FORM = "query"


def proposals(*, actor: Actor) -> QuerySet[Proposal]:
    """Give the proposals that stand, among those the actor may know of."""
    return Proposal.visible_to(actor).filter(current=True).select_related("entry__body__jurisdiction", "item__element")


def resolve_for_grading(actor: Actor, scene: Scene, names: Sequence[str | UUID], form: str) -> Sequence[RelationGrant]:
    """Answer what the service `grading` may read: the table from which an entry was drafted, the entry named by its id.

    It reads to make statistics, in its own scene; nobody else gets anything from here, and no table that no entry names.
    """
    if actor.id != GRADING.id or actor.kind != "service" or form != FORM or scene.purpose != "grading":
        return ()
    wanted = [name for name in names if isinstance(name, UUID)]
    found = Entry.objects.filter(pk__in=wanted, drafted_from__gone_at__isnull=True).exclude(state="withdrawn")
    live = found.exclude(drafted_from__source__state="retired").select_related("drafted_from__source")
    return [_relation(entry) for entry in live if entry.drafted_from is not None]


def _relation(entry: Entry) -> RelationGrant:
    table = entry.drafted_from
    assert table is not None
    columns = {column.name for column in table.columns.all() if column.gone_at is None}
    items = [item for item in entry.items.all() if item.column in columns]
    return RelationGrant(
        resource=entry.pk,
        entry=entry.pk,
        alias=f"grading.{table.name}"[:130],
        location=Location("source", table.schema, table.name, connection_of(table.source)),
        key=tuple(table.key),
        columns=tuple(Column(item.column, item.type) for item in items),
        condition=None,
        grant=None,
        epoch=entry.version,
        until=date(9999, 12, 31),
        forms=frozenset({FORM}),
    )


def facts_of(entry: Entry, identifiers: dict[str, tuple[str, float]]) -> list[tuple[DataItem, Facts]]:
    """Give what is known of each item of an entry; `identifiers` holds what the values of a column were found to be."""
    found = []
    for item in entry.items.select_related("element"):
        one = item.element
        element = (one.code, one.grade, one.personal) if one is not None else None
        comment = item.name if item.name != item.column else ""
        found.append((item, Facts(item.column, comment, element, identifiers.get(item.column))))
    return found
