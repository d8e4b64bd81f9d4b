"""REST of grading."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema

from jiangyuan.catalog.grading import queries
from jiangyuan.ui.rest import api, expose, listing


class ProposalOut(Schema):
    """One proposal; `reasons` are [source, detail], the deciding one first."""

    id: UUID
    version: int
    entry_id: UUID
    item_id: UUID
    grade: int
    personal: bool
    meaning: str
    confidence: Decimal
    reasons: list[list[str]]
    sampled: bool
    decided: str
    decided_grade: int | None
    reason: str


router = Router(tags=["catalog"])
expose(router, "catalog.grading.ask", "/ask")
expose(router, "catalog.proposal.confirm", "/proposals/{id}/confirm")
expose(router, "catalog.proposal.change", "/proposals/{id}/change")
listing(
    router,
    "/proposals",
    item=ProposalOut,
    rows=lambda actor: queries.proposals(actor=actor),
    allowed=("-created_at", "grade", "confidence"),
    title=_("分级建议"),
    filters=("entry", "grade", "decided"),
)
api.add_router("/grading", router)
