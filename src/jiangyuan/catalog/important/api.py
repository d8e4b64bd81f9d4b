"""REST of the important-data list."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema

from jiangyuan.catalog.important import queries
from jiangyuan.ui.rest import api, expose, listing


class ImportantOut(Schema):
    """An identification of important data."""

    id: UUID
    version: int
    state: str
    entry_id: UUID
    columns: list[str]
    harmed: str
    degree: str
    level: str
    reason: str
    protection: str
    persons: int | None
    answer: str
    document: str
    reported_on: date | None
    assessed_on: date | None
    assess_by: date | None


router = Router(tags=["catalog"])
expose(router, "catalog.important.identify", "/important")
for _verb in ("amend", "confirm", "report", "return", "assess", "remove"):
    expose(router, f"catalog.important.{_verb}", f"/important/{{id}}/{_verb}")
listing(
    router,
    "/important",
    item=ImportantOut,
    rows=lambda actor: queries.important(actor=actor),
    allowed=("-updated_at",),
    title=_("重要数据目录"),
    filters=("state", "level", "entry"),
    fields={"entry": "entry_id"},
)

api.add_router("/catalog", router)
