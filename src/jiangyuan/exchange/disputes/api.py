"""The REST routes of disputes, under /disputes/. The authority's own proposal is on none of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema

from jiangyuan.exchange.disputes import queries
from jiangyuan.ui.objects import find
from jiangyuan.ui.rest import api, expose, faults, listing

router = Router(tags=["disputes"])


class DisputeOut(Schema):
    """A dispute as both sides see it."""

    id: UUID
    version: int
    state: str
    state_label: str
    request_id: UUID
    grant_id: UUID | None
    claimant_id: UUID
    respondent_id: UUID
    jurisdiction: str
    ground: str
    claim: str
    wish: str
    answer: str
    insisted: str
    outcome: str
    decision: str
    article: str
    carry_out_by: date | None
    decided_at: datetime | None
    government: str
    created_at: datetime


listing(
    router,
    "",
    item=DisputeOut,
    rows=lambda actor: queries.disputes(actor=actor),
    allowed=("-created_at",),
    title=_("查看共享争议"),
    filters=("state", "ground"),
)


@router.get("/{id}", response={200: DisputeOut}, openapi_extra=faults(401, 403, 404), summary=str(_("查看一项争议")))
def show_dispute(request: HttpRequest, id: UUID) -> Any:
    """Show a dispute that the caller may know of."""
    return find(queries.disputes(actor=cast(Any, request).auth), id)


expose(router, "disputes.dispute.raise", "", status=201)
for _step in ("answer", "settle", "escalate", "withdraw", "propose", "send_back", "decide", "refer", "close", "record"):
    expose(router, f"disputes.dispute.{_step}", f"/{{id}}/{_step}")

api.add_router("/disputes", router)
