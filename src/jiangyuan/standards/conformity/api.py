"""REST of the reviews."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema

from jiangyuan.standards.conformity import queries
from jiangyuan.standards.conformity.models import Finding
from jiangyuan.ui.rest import api, expose, listing


class ReviewOut(Schema):
    """One review; `score` and `coverage` are 0-100, null when nothing could be checked; `points` gives (passed, of)."""

    id: UUID
    version: int
    kind: str
    target: UUID
    title: str
    created_at: datetime
    finished_at: datetime | None
    score: Decimal | None
    coverage: Decimal | None
    points: dict[str, list[str]]
    tables: int
    fields: int
    measured: int
    findings_total: int
    error: dict[str, Any] | None


class FindingOut(Schema):
    """One finding; `url` is where it is mended."""

    id: UUID
    review_id: UUID
    table: str
    column: str
    check_code: str
    severity: str
    found: str
    expected: str
    standard: str
    url: str
    checked: int
    failed: int


router = Router(tags=["standards"])
expose(router, "standards.review.ask", "/reviews")
listing(
    router,
    "/reviews",
    item=ReviewOut,
    rows=lambda actor: queries.reviews(actor=actor),
    allowed=("-created_at", "findings_total"),
    title=_("符标审查"),
    filters=("kind", "target"),
)
listing(
    router,
    "/findings",
    item=FindingOut,
    rows=lambda actor: Finding.visible_to(actor),
    allowed=("position",),
    title=_("审查发现"),
    filters=("review", "severity", "check_code"),
)
api.add_router("/conformity", router)
