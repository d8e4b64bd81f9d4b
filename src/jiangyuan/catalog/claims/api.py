"""REST of claims."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema

from jiangyuan.catalog.claims import queries
from jiangyuan.catalog.claims.models import Demand
from jiangyuan.ui.objects import find
from jiangyuan.ui.rest import api, expose, faults, listing


class ClaimListOut(Schema):
    """A list issued to a line, and how far its answers have come."""

    id: UUID
    title: str
    line_id: UUID
    asked: int
    waiting: int
    claimed: int
    inapplicable: int
    held_above: int


class ClaimOut(Schema):
    """What one body answers to one upper entry."""

    id: UUID
    version: int
    state: str
    list_id: UUID
    entry_id: UUID
    body_id: UUID
    own_id: UUID | None
    reason: str
    answered_at: datetime | None


class PinProposalOut(Schema):
    """A later upper version proposed to a claimant."""

    id: UUID
    version: int
    state: str
    claim_id: UUID
    pinned: int
    number: int
    trigger: str
    objection: str
    answer: str


class ProposalFull(PinProposalOut):
    """A proposal with what moving the pin changes."""

    changes: list[dict[str, Any]]


class DemandOut(Schema):
    """A demand for return flow."""

    id: UUID
    claim_id: UUID
    body_id: UUID
    entry_id: UUID
    needs: str
    created_at: datetime
    withdrawn_at: datetime | None


router = Router(tags=["claims"])
expose(router, "catalog.claimlist.issue", "/claim-lists")
for _verb in ("accept", "decline", "hold_above", "reconsider", "keep", "give_up"):
    expose(router, f"catalog.claim.{_verb}", f"/claims/{{id}}/{_verb}")
for _verb in ("move", "object", "uphold", "concede"):
    expose(router, f"catalog.proposal.{_verb}", f"/proposals/{{id}}/{_verb}")
expose(router, "catalog.entry.add_local_item", "/entries/{id}/items")
listing(
    router,
    "/claim-lists",
    item=ClaimListOut,
    rows=lambda actor: queries.lists(actor=actor),
    allowed=("-created_at", "title"),
    title=_("申领清单"),
)
listing(
    router,
    "/claims",
    item=ClaimOut,
    rows=lambda actor: queries.claims(actor=actor),
    allowed=("-created_at",),
    title=_("目录申领"),
    filters=("state", "entry", "body", "list"),
)
listing(
    router,
    "/proposals",
    item=PinProposalOut,
    rows=lambda actor: queries.proposals(actor=actor),
    allowed=("-created_at",),
    title=_("申领目录的新版本"),
    filters=("state", "claim"),
)
listing(
    router,
    "/return-demands",
    item=DemandOut,
    rows=lambda actor: Demand.visible_to(actor),
    allowed=("-created_at",),
    title=_("回流需求"),
)


@router.get(
    "/proposals/{id}",
    response={200: ProposalFull},
    openapi_extra=faults(401, 404),
    summary=str(_("新版本的差异")),
    operation_id="catalog.proposal.read",
)
def read_proposal(request: HttpRequest, id: UUID) -> Any:
    """Give one proposal with the locked fields and items in which the two upper versions differ."""
    one = find(queries.proposals(actor=cast(Any, request).auth), id)
    return {**{name: getattr(one, name) for name in PinProposalOut.model_fields}, "changes": queries.changes(one)}


api.add_router("/catalog", router)
