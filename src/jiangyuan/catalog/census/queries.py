"""Every read of the census's own tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.utils.translation import override

from jiangyuan.catalog.census.comparing import (
    Database,
    Difference,
    Seen,
    Sides,
    Table,
    against_previous,
    against_scan,
)
from jiangyuan.catalog.census.kinds import KINDS
from jiangyuan.catalog.census.models import Asset, Campaign, Channel, Finding, Holding, Report, beginning
from jiangyuan.kernel.actor import Actor
from jiangyuan.organization.models import Body
from jiangyuan.sources.models import ScannedColumn, ScannedTable, Source
from jiangyuan.ui.retelling import FIRST

_PREVIOUS = """
    SELECT coalesce(n.kind, p.kind), coalesce(n.parent, p.parent), coalesce(n.code, p.code), coalesce(n.name, ''),
           n.facts, coalesce(p.name, ''), p.facts,
           CASE WHEN p.id IS NULL THEN 'new' WHEN n.id IS NULL THEN 'gone' ELSE 'changed' END
    FROM (SELECT * FROM census_asset WHERE report_id = %s) n
    FULL JOIN (SELECT * FROM census_asset WHERE body_id = %s AND current AND kind = ANY(%s)) p
        ON n.kind = p.kind AND n.parent = p.parent AND n.code = p.code
    WHERE n.id IS NULL OR p.id IS NULL OR n.name <> p.name OR n.facts <> p.facts
    ORDER BY 1, 2, 3 LIMIT %s
"""


def campaigns(*, actor: Actor) -> QuerySet[Campaign]:
    """Give the campaigns the actor may know of."""
    return Campaign.visible_to(actor).select_related("authority", "jurisdiction")


def reports(*, actor: Actor) -> QuerySet[Report]:
    """Give the reports the actor may know of."""
    return Report.visible_to(actor).select_related("body__jurisdiction", "campaign__authority")


def channels(*, actor: Actor) -> QuerySet[Channel]:
    """Give the channels the actor may know of."""
    return Channel.visible_to(actor).select_related("body__jurisdiction")


def assets(*, actor: Actor) -> QuerySet[Asset]:
    """Give what reports register, as far as the actor may know of it."""
    return Asset.visible_to(actor).select_related("body__jurisdiction")


def asked_bodies(campaign: Campaign) -> QuerySet[Body]:
    """Give the departments that a campaign asks: those named, or all of its jurisdiction (and below)."""
    rows = Body.objects.filter(active=True)
    code = campaign.jurisdiction.code
    place = Q(jurisdiction__code__startswith=beginning(code)) if campaign.lower else Q(jurisdiction__code=code)
    rows = rows.filter(place).exclude(pk=campaign.authority_id)
    return rows.filter(pk__in=campaign.bodies) if campaign.bodies else rows


def standing(campaign: Campaign, *, actor: Actor) -> dict[str, int]:
    """Count the reports of a campaign by state (one index scan over at most a few thousand)."""
    rows = Report.visible_to(actor).filter(campaign=campaign).order_by()
    return dict(rows.values_list("state").annotate(n=Count("pk")))


def parents_of(report: Report, kind: str, *, most: int = 20_000) -> dict[str, str]:
    """Give the codes and names of what things of a kind may lie within, in this report."""
    within = KINDS[kind].within
    if not within:
        return {}
    rows = Asset.objects.filter(report=report, kind=within).order_by("code")
    return dict(rows.values_list("code", "name")[:most])


def counted(report: Report) -> dict[str, int]:
    """Count what a report registers by kind."""
    rows = Asset.objects.filter(report=report).order_by().values_list("kind").annotate(n=Count("pk"))
    return dict(rows)


def differences_of(report: Report, *, most: int) -> list[Difference]:
    """Compare a report with the scans and with the census before; at most so many differences.

    They are said in the platform's first language, whoever asks: what was explained is known again by its words.
    """
    with override(FIRST):
        return _differences(report, most)


def _differences(report: Report, most: int) -> list[Difference]:
    kinds = report.campaign.kinds
    found = against_scan(_sides(report, kinds)) if "database" in kinds else []
    if Asset.objects.filter(body=report.body_id, current=True, kind__in=kinds).exists():
        with connection.cursor() as cursor:
            cursor.execute(_PREVIOUS, [report.pk, report.body_id, list(kinds), most])
            found += against_previous(_decoded(cursor.fetchall()))
    return found[:most]


def _decoded(rows: Iterable[tuple[Any, ...]]) -> Iterable[Any]:
    """Give rows whose facts are values: the driver is told by Django to leave JSON as text."""
    import orjson

    for row in rows:
        yield tuple(orjson.loads(c) if place in (4, 6) and isinstance(c, str) else c or {} if place in (4, 6) else c
                    for place, c in enumerate(row))  # fmt: skip


def _sides(report: Report, kinds: Collection[str]) -> Sides:
    kept = Source.objects.filter(body=report.body_id).exclude(state="retired").order_by("alias")
    rows = kept.values_list("pk", "alias", "name", "last_scanned_at", "receives")
    aliases = {alias: pk for pk, alias, _name, _at, _receives in rows}
    # a database that only receives what others share is the platform's own doing, not a thing to be found
    sources = {pk: (alias, name, at is not None) for pk, alias, name, at, receives in rows if not receives}
    databases = [
        Database(code, name, aliases.get(str(facts.get("source") or "")))
        for code, name, facts in _of(report, "database").values_list("code", "name", "facts")
    ]
    sides = Sides(databases, "table" in kinds, [], sources)
    if sides.with_tables:
        sides.tables = [
            Table(parent, code, name, facts.get("columns"), facts.get("rows"), facts.get("types") or "")
            for parent, code, name, facts in _of(report, "table").values_list("parent", "code", "name", "facts")
        ]
        sides.seen = _seen([one.source for one in databases if one.source])
        told = {one.code.rpartition(".")[2].lower() for one in sides.tables if one.types}
        sides.types = _types([one.id for one in sides.seen if one.name.lower() in told]) if told else {}
    return sides


def _of(report: Report, kind: str) -> QuerySet[Asset]:
    return Asset.objects.filter(report=report, kind=kind).order_by("parent", "code")


def _seen(sources: list[UUID]) -> list[Seen]:
    live = ScannedTable.objects.filter(source__in=sources, gone_at__isnull=True).exclude(report__kind="view")
    columns = Count("columns", filter=Q(columns__gone_at__isnull=True))
    rows = live.order_by("source", "schema", "name").annotate(n=columns)
    return [
        Seen(*row)
        for row in rows.values_list("pk", "source_id", "schema", "name", "comment", "n", "row_estimate")
    ]  # fmt: skip


def _types(tables: list[UUID]) -> dict[UUID, dict[str, str]]:
    """Give the types of the columns of scanned tables, by table and name."""
    found: dict[UUID, dict[str, str]] = defaultdict(dict)
    rows = ScannedColumn.objects.filter(table__in=tables, gone_at__isnull=True).order_by("position")
    for table, name, type in rows.values_list("table_id", "name", "type"):
        found[table][name] = type
    return found


def open_findings(report: Report) -> dict[str, int]:
    """Count the differences that are neither mended nor explained, by code."""
    rows = Finding.objects.filter(report=report, against="scan", code__in=Finding.SETTLED, explanation="")
    return dict(rows.order_by().values_list("code").annotate(n=Count("pk")))


def holdings(bodies: Collection[UUID] | None = None) -> dict[UUID, dict[str, int]]:
    """Give the figures of the general ledger: things by kind of each body, as counted when reports were accepted."""
    rows = Holding.objects.all() if bodies is None else Holding.objects.filter(body__in=list(bodies))
    found: dict[UUID, dict[str, int]] = defaultdict(dict)
    for body, kind, things in rows.values_list("body", "kind", "things"):
        found[body][kind] = things
    return found


def names_above(assets: Iterable[Asset]) -> dict[tuple[Any, str, str], str]:
    """Give the names of what things lie within: {(report, kind, code): name}; two queries for a page of a list."""
    wanted = {(one.report_id, KINDS[one.kind].within, one.parent) for one in assets if one.parent}
    rows = Asset.objects.filter(
        report__in={one[0] for one in wanted}, kind__in={one[1] for one in wanted}, code__in={one[2] for one in wanted}
    )
    return {
        (report, kind, code): name for report, kind, code, name in rows.values_list("report", "kind", "code", "name")
    }


def within(asset: Asset) -> QuerySet[Asset]:
    """Give what lies within a thing, in the same report."""
    kinds = [kind.code for kind in KINDS.values() if kind.within == asset.kind]
    return Asset.objects.filter(report=asset.report_id, kind__in=kinds, parent=asset.code)


def scanned_of(asset: Asset) -> ScannedTable | None:
    """Give the scanned table behind a registered one, where its database is connected."""
    if asset.kind != "table":
        return None
    database = Asset.objects.filter(report=asset.report_id, kind="database", code=asset.parent).first()
    alias = str(database.facts.get("source") or "") if database else ""
    schema, _dot, name = asset.code.rpartition(".")
    rows = ScannedTable.objects.filter(source__alias=alias, source__body=asset.body_id, gone_at__isnull=True)
    if schema:
        return (
            rows.filter(schema__iexact=schema, name__iexact=name).first()
            or rows.filter(schema="", name=asset.code).first()
        )
    found = list(rows.filter(name__iexact=name)[:2])
    return found[0] if len(found) == 1 else None
