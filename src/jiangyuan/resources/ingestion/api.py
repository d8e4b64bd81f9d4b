"""REST of ingestion."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema

from jiangyuan.resources.ingestion import queries
from jiangyuan.resources.ingestion.models import Ingest
from jiangyuan.ui.rest import api, expose, listing


class MountOut(Schema):
    """A mounted table."""

    id: UUID
    version: int
    entry_id: UUID
    table_id: UUID
    alias: str
    key: list[str]
    mode: str
    state: str


class IngestOut(Schema):
    """How the rows of a mount come in."""

    id: UUID
    version: int
    mount_id: UUID
    method: str
    state: str
    rows: int | None
    data_version: str
    last_applied_at: datetime | None
    error: dict[str, str] | None


router = Router(tags=["resources"])
expose(router, "resources.mount.tie", "/mounts")
for _verb in ("repair", "remove"):
    expose(router, f"resources.mount.{_verb}", f"/mounts/{{id}}/{_verb}")
for _verb in ("retry", "pause", "resume", "stop", "verify"):
    expose(router, f"resources.ingest.{_verb}", f"/ingests/{{id}}/{_verb}")
listing(
    router,
    "/mounts",
    item=MountOut,
    rows=lambda actor: queries.mounts(actor=actor),
    allowed=("alias", "created_at"),
    title=_("挂载"),
    filters=("entry", "state", "alias"),
)
listing(
    router,
    "/ingests",
    item=IngestOut,
    rows=lambda actor: Ingest.visible_to(actor),
    allowed=("created_at",),
    title=_("归集"),
    filters=("mount", "state"),
)
api.add_router("/resources", router)
