"""REST of needed updates."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema

from jiangyuan.catalog.updates import queries
from jiangyuan.ui.rest import api, expose, listing


class UpdateOut(Schema):
    """A needed update of an entry."""

    id: UUID
    version: int
    state: str
    entry_id: UUID
    trigger: str
    reason: str
    occurred_on: date
    outcome: str
    created_at: datetime
    ended_at: datetime | None


class Recorded(Schema):
    """The updates that were recorded."""

    updates: list[UUID]


router = Router(tags=["catalog"])
expose(router, "catalog.update.record", "/updates", response=Recorded)
for _verb in ("begin", "excuse"):
    expose(router, f"catalog.update.{_verb}", f"/updates/{{id}}/{_verb}")
listing(
    router,
    "/updates",
    item=UpdateOut,
    rows=lambda actor: queries.updates(actor=actor),
    allowed=("-created_at", "occurred_on"),
    title=_("目录更新"),
    filters=("state", "trigger"),
)
api.add_router("/catalog", router)
