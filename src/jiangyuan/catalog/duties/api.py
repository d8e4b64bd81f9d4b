"""REST of coverage: registers, links, excuses, imports and figures."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema

from jiangyuan.catalog.duties import queries
from jiangyuan.catalog.duties.models import KINDS
from jiangyuan.ui.objects import find
from jiangyuan.ui.rest import api, expose, faults, listing


class ObligationOut(Schema):
    """Something a body answers for, and whether its catalogue covers it."""

    id: UUID
    version: int
    kind: str
    body_id: UUID
    source_list: str
    code: str
    name: str
    category: str
    document: str
    article: str
    materials: list[str]
    valid_from: date
    valid_to: date | None
    in_force: bool
    coverage: str


class ObligationFull(ObligationOut):
    """With its text and the entries tied to it."""

    content: str
    entries: list[UUID]


class CoverageOut(Schema):
    """The figures of one body: in force, covered, excused; shares in hundredths of a per cent, null for no denominator."""

    body_id: UUID
    duty_total: int
    duty_covered: int
    duty_excused: int
    duty_share: int | None
    system_total: int
    system_covered: int
    system_excused: int
    system_share: int | None
    matter_total: int
    matter_covered: int
    matter_excused: int
    matter_share: int | None
    open_total: int
    at: datetime


class ExcuseOut(Schema):
    """Why an obligation needs no entry."""

    id: UUID
    version: int
    state: str
    obligation_id: UUID
    ground: str
    reason: str
    basis: str
    until: date | None
    answer: str


class LoadOut(Schema):
    """What became of an import: rows given, taken, changed and wrong; each fault by row, column, reason and mend."""

    id: UUID
    kind: str
    source: str
    digest: str
    rows: int
    taken: int
    changed: int
    wrong: int
    faults: list[dict[str, Any]]


router = Router(tags=["catalog"])
expose(router, "catalog.obligation.register", "/obligations")
expose(router, "catalog.obligation.load", "/obligations/load", response=LoadOut)
for _verb in ("alter", "retire", "link", "unlink", "write"):
    expose(router, f"catalog.obligation.{_verb}", f"/obligations/{{id}}/{_verb}")
expose(router, "catalog.excuse.propose", "/excuses")
for _verb in ("accept", "refuse", "withdraw", "revoke"):
    expose(router, f"catalog.excuse.{_verb}", f"/excuses/{{id}}/{_verb}")
listing(
    router,
    "/obligations",
    item=ObligationOut,
    rows=lambda actor: queries.obligations(actor=actor),
    allowed=("-updated_at", "name", "code"),
    title=_("职责、系统和事项"),
    filters=("kind", "coverage", "code", "body"),
    fields={"body": "body_id"},
)
listing(
    router,
    "/coverage",
    item=CoverageOut,
    rows=lambda actor: queries.coverage(actor=actor),
    allowed=("-open_total", "open_total"),
    title=_("目录覆盖"),
)
listing(
    router,
    "/excuses",
    item=ExcuseOut,
    rows=lambda actor: queries.excuses(actor=actor),
    allowed=("-created_at",),
    title=_("豁免申请"),
    filters=("state",),
)


@router.get(
    "/obligations/{id}",
    response={200: ObligationFull},
    openapi_extra=faults(401, 403, 404),
    summary=str(_("职责、系统或事项详情")),
    operation_id="catalog.obligation.read",
)
def read_obligation(request: HttpRequest, id: UUID) -> Any:
    """Give one obligation with the entries that the actor may know of."""
    actor = cast(Any, request).auth
    found = find(queries.obligations(actor=actor, in_force=False), id)
    whole = {name: getattr(found, name) for name in (*ObligationOut.model_fields, "content")}
    return {**whole, "entries": [entry.pk for _cover, entry in queries.covers(found, actor=actor)]}


@router.get(
    "/loads/{id}",
    response={200: LoadOut},
    openapi_extra=faults(401, 403, 404),
    summary=str(_("导入结果")),
    operation_id="catalog.load.read",
)
def read_load(request: HttpRequest, id: UUID) -> Any:
    """Give what became of an import."""
    return find(queries.loads(actor=cast(Any, request).auth), id)


@router.get(
    "/coverage/sum",
    response={200: dict[str, dict[str, int | None]]},
    openapi_extra=faults(401, 403),
    summary=str(_("目录覆盖合计")),
    operation_id="catalog.coverage.sum",
)
def sum_coverage(request: HttpRequest, jurisdiction: str = "") -> Any:
    """Give the three figures over the bodies the actor may know of, of one jurisdiction if its code is given."""
    rows = queries.coverage(actor=cast(Any, request).auth)
    rows = rows.filter(body__jurisdiction__code=jurisdiction[:12]) if jurisdiction else rows
    tallies = queries.sums(rows)
    return {
        kind: {"total": t.total, "covered": t.covered, "excused": t.excused, "open": t.open, "share": t.share}
        for kind, t in ((kind, tallies[kind]) for kind in KINDS)
    }


api.add_router("/catalog", router)
