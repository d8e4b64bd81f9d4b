"""What can be found: how each kind of record becomes documents, and which others change with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.entries.models import AUTHORITY, Entry
from jiangyuan.catalog.interchange.models import ImportRow
from jiangyuan.exchange.delivery.models import Delivery
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.kernel.models import Record
from jiangyuan.organization.models import ApplicationSystem, Appointment, Body, Person
from jiangyuan.portal.search import entry_documents
from jiangyuan.portal.search.shape import Document
from jiangyuan.portal.search.visibility import ANYBODY, of_body, of_capacities, of_person
from jiangyuan.sources.models import OVERSEERS, Scan, ScannedTable, Source
from jiangyuan.ui import objects

CHUNK = 2000
STEWARDS = ("authority_handler", "authority_head", "system_admin", "security_admin", "auditor")
"""Who knows of every application system."""
KEEPERS = ("system_admin", "security_admin", "auditor")
"""Who knows of every person."""
_LIVE = "published"


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """A kind of record that can be found: its rows with what they need, and the documents of some of them."""

    model: type[Record]
    code: str
    title: Any
    rows: Callable[[], QuerySet[Any]]
    documents: Callable[[Sequence[Any]], Iterable[Document]]
    whole: Callable[[], Iterator[Document]] | None = None
    """Another way to the documents of all rows, for a kind of which there are many."""

    @property
    def label(self) -> str:
        """Give the label of its model, as events name it."""
        return self.model._meta.label_lower

    def of(self, pks: Iterable[UUID]) -> list[Document]:
        """Give the documents of some rows; rows that are gone have none."""
        return list(self.documents(list(self.rows().filter(pk__in=list(pks)))))

    def all(self) -> Iterator[Document]:
        """Give the documents of every row, read in pieces by key."""
        if self.whole is not None:
            yield from self.whole()
            return
        last: UUID | None = None
        while True:
            rows = self.rows().order_by("pk")
            piece = list((rows.filter(pk__gt=last) if last else rows)[:CHUNK])
            if not piece:
                return
            yield from self.documents(piece)
            last = piece[-1].pk


def _url(thing: Any) -> str:
    kind = objects.kind_of(thing._meta.label_lower)
    return kind.url(thing) if kind else ""


# --- sharing and delivery ---------------------------------------------------------------------------------------------


def _shared(kind: str, things: Sequence[Any], grants: Callable[[Any], Any], who: Any, about: Any) -> Iterator[Document]:
    for thing in things:
        told = grants(thing)
        yield Document(
            label=thing._meta.label_lower,
            pk=thing.pk,
            kind=kind,
            # both sides know an entry under the name that was published
            name=str(told.entry),
            who=[*who(thing), *of_capacities(AUTHORITY)],
            about=about(thing),
            jurisdiction=told.provider.jurisdiction.code,
            body=str(told.provider_id),
            body_name=str(told.provider),
            state=thing.state,
            codes=[told.system.code],
            url=_url(thing),
        )


def _request_documents(things: Sequence[Request]) -> Iterator[Document]:
    def who(asked: Request) -> list[str]:
        return of_body(asked.consumer_id) + (of_body(asked.provider_id) if asked.received_at else [])

    return _shared(
        "request", things, lambda r: r, who, lambda r: f"{r.consumer} {r.system} {r.scenario} {r.scope} {r.basis}"
    )


def _between(grant: Grant) -> list[str]:
    return of_body(grant.consumer_id) + of_body(grant.provider_id)


def _grant_documents(things: Sequence[Grant]) -> Iterator[Document]:
    return _shared("grant", things, lambda g: g, _between, lambda g: f"{g.consumer} {g.system}")


def _delivery_documents(things: Sequence[Delivery]) -> Iterator[Document]:
    def who(delivery: Delivery) -> list[str]:
        # who keeps the platform running sees that rows move
        return [*_between(delivery.grant), *of_capacities(("operations",))]

    return _shared("delivery", things, lambda d: d.grant, who, lambda d: f"{d.grant.consumer} {d.schema} {d.table}")


def _source_documents(things: Sequence[Source]) -> Iterator[Document]:
    for source in things:
        yield Document(
            label="sources.source",
            pk=source.pk,
            kind="source",
            name=source.name,
            who=[*of_body(source.body_id), *of_capacities(OVERSEERS)],
            jurisdiction=source.body.jurisdiction.code,
            body=str(source.body_id),
            body_name=str(source.body),
            state=source.state,
            codes=[source.alias],
            url=f"/sources/{source.pk}/",
        )


def _table_documents(things: Sequence[ScannedTable]) -> Iterator[Document]:
    for table in things:
        columns = [column for column in table.columns.all() if column.gone_at is None]
        yield Document(
            label="sources.scannedtable",
            pk=table.pk,
            kind="table",
            name=table.comment or table.name,
            items=[f"{column.comment} {column.name}".strip() for column in columns],
            who=[*of_body(table.source.body_id), *of_capacities(OVERSEERS)],
            about=str(table.source),
            jurisdiction=table.source.body.jurisdiction.code,
            body=str(table.source.body_id),
            body_name=str(table.source.body),
            codes=[table.name],
            url=f"/sources/{table.source_id}/",
        )


def _body_documents(things: Sequence[Body]) -> Iterator[Document]:
    for body in things:
        yield Document(
            label="organization.body",
            pk=body.pk,
            kind="body",
            name=body.name,
            who=[ANYBODY],
            about=f"{body.short_name} {body.jurisdiction}",
            jurisdiction=body.jurisdiction.code,
            codes=[body.alias, body.credit_code],
            url=_url(body),
        )


def _person_documents(things: Sequence[Person]) -> Iterator[Document]:
    for person in things:
        held = list(person.appointments.all())
        bodies = {token for one in held for token in of_body(one.body_id)}
        yield Document(
            label="organization.person",
            pk=person.pk,
            kind="person",
            name=person.name,
            who=[*of_person(person.pk), *sorted(bodies), *of_capacities(KEEPERS)],
            body_name=str(held[0].body) if held else "",
            codes=[person.username],
            url=f"/organization/people/{person.pk}/",
        )


def _system_documents(things: Sequence[ApplicationSystem]) -> Iterator[Document]:
    for system in things:
        yield Document(
            label="organization.applicationsystem",
            pk=system.pk,
            kind="system",
            name=system.name,
            who=[*of_body(system.body_id), *of_capacities(STEWARDS)],
            about=system.purpose,
            jurisdiction=system.body.jurisdiction.code,
            body=str(system.body_id),
            body_name=str(system.body),
            codes=[system.code],
            url=f"/organization/systems/{system.pk}/",
        )


SEARCHED: tuple[Searched, ...] = (
    Searched(
        model=Entry,
        code="entry",
        title=_("目录"),
        rows=entry_documents.rows,
        documents=entry_documents.documents,
        whole=entry_documents.whole,
    ),
    Searched(
        model=Request,
        code="request",
        title=_("共享申请"),
        rows=lambda: Request.objects.select_related("entry", "consumer", "provider__jurisdiction", "system"),
        documents=_request_documents,
    ),
    Searched(
        model=Grant,
        code="grant",
        title=_("共享授权"),
        rows=lambda: Grant.objects.select_related("entry", "consumer", "provider__jurisdiction", "system"),
        documents=_grant_documents,
    ),
    Searched(
        model=Delivery,
        code="delivery",
        title=_("库表交换"),
        rows=lambda: Delivery.objects.select_related(
            "grant__entry", "grant__consumer", "grant__provider__jurisdiction", "grant__system"
        ),
        documents=_delivery_documents,
    ),
    Searched(
        model=Source,
        code="source",
        title=_("数据源"),
        rows=lambda: Source.objects.select_related("body__jurisdiction"),
        documents=_source_documents,
    ),
    Searched(
        model=ScannedTable,
        code="table",
        title=_("数据表"),
        rows=lambda: (
            ScannedTable.objects.filter(gone_at__isnull=True)
            .select_related("source__body__jurisdiction")
            .prefetch_related("columns")
        ),
        documents=_table_documents,
    ),
    Searched(
        model=Body,
        code="body",
        title=_("部门"),
        rows=lambda: Body.objects.filter(active=True).select_related("jurisdiction"),
        documents=_body_documents,
    ),
    Searched(
        model=ApplicationSystem,
        code="system",
        title=_("应用系统"),
        rows=lambda: ApplicationSystem.objects.select_related("body__jurisdiction"),
        documents=_system_documents,
    ),
    Searched(
        model=Person,
        code="person",
        title=_("人员"),
        rows=lambda: Person.objects.prefetch_related("appointments__body"),
        documents=_person_documents,
    ),
)
"""Everything that can be found, in the order in which people look for it."""
BY_LABEL = {one.label: one for one in SEARCHED}
BY_CODE = {one.code: one for one in SEARCHED}


def _with_entry(pks: list[UUID]) -> dict[type[Record], Q]:
    inside = Q(entry_id__in=pks)
    return {Entry: Q(pk__in=pks), Request: inside, Grant: inside, Delivery: Q(grant__entry_id__in=pks)}


def _with_body(pks: list[UUID]) -> dict[type[Record], Q]:
    """Say what carries the name of a body."""
    between = Q(provider_id__in=pks) | Q(consumer_id__in=pks)
    own = Q(body_id__in=pks)
    return {
        Body: Q(pk__in=pks), Entry: own, Source: own, ApplicationSystem: own, ScannedTable: Q(source__body_id__in=pks),
        Person: Q(appointments__body_id__in=pks), Request: between, Grant: between,
        Delivery: Q(grant__provider_id__in=pks) | Q(grant__consumer_id__in=pks),
    }  # fmt: skip


FOLLOWS: dict[str, Callable[[list[UUID]], dict[type[Record], Q]]] = {
    "entries.entry": _with_entry,
    "interchange.importbatch": lambda pks: {Entry: Q(pk__in=ImportRow.objects.filter(batch__in=pks).values("entry"))},
    "entries.dataitem": lambda pks: {Entry: Q(items__in=pks)}, "interchange.harvestrun": lambda pks: {Entry: Q(harvested_as__source__runs__in=pks)},
    "sharing.request": lambda pks: {Request: Q(pk__in=pks), Grant: Q(request_id__in=pks)},
    "sharing.grant": lambda pks: {Grant: Q(pk__in=pks), Delivery: Q(grant_id__in=pks)},
    "delivery.delivery": lambda pks: {Delivery: Q(pk__in=pks)},
    "sources.source": lambda pks: {Source: Q(pk__in=pks), ScannedTable: Q(source_id__in=pks)},
    "sources.scan": lambda pks: {
        ScannedTable: Q(source__in=Scan.objects.filter(pk__in=pks).values("source")),
    },
    "organization.body": _with_body,
    "organization.person": lambda pks: {Person: Q(pk__in=pks)},
    "organization.appointment": lambda pks: {
        Person: Q(pk__in=Appointment.objects.filter(pk__in=pks).values("person")),
    },
    "organization.applicationsystem": lambda pks: {
        ApplicationSystem: Q(pk__in=pks), Request: Q(system_id__in=pks), Grant: Q(system_id__in=pks),
    },
}  # fmt: skip
"""What changes with a record that an event names: the rows of each model to be put into the index again."""
