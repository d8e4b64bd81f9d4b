"""REST of the sources room."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema

from jiangyuan.sources import queries
from jiangyuan.sources.models import Scan, ScannedTable
from jiangyuan.ui.rest import api, expose, listing


class SourceOut(Schema):
    """A registered database or folder; its password is never answered."""

    id: UUID
    version: int
    name: str
    alias: str
    kind: str
    body_id: UUID
    state: str
    host: str
    port: int | None
    database: str
    path: str
    receives: bool
    last_test: list[dict[str, str]] | None
    last_tested_at: datetime | None
    last_scanned_at: datetime | None


class ScanOut(Schema):
    """One scan and what differed from the one before."""

    id: UUID
    source_id: UUID
    finished_at: datetime | None
    phase: str
    seen: dict[str, int]
    tables: int
    columns: int
    difference: dict[str, list[str]]
    error: dict[str, str] | None


class ScannedTableOut(Schema):
    """A table as the last scan saw it."""

    id: UUID
    source_id: UUID
    schema_name: str
    name: str
    comment: str
    key: list[str]
    row_estimate: int | None

    @staticmethod
    def resolve_schema_name(table: ScannedTable) -> str:
        """Give the schema under a name that is not taken."""
        return table.schema


router = Router(tags=["sources"])
expose(router, "sources.source.register", "/sources")
expose(router, "sources.source.test", "/sources/{id}/test")
expose(router, "sources.source.scan", "/sources/{id}/scan")
expose(router, "sources.source.change_password", "/sources/{id}/password")
expose(router, "sources.source.retire", "/sources/{id}/retire")
listing(
    router,
    "/sources",
    item=SourceOut,
    rows=lambda actor: queries.sources(actor=actor),
    allowed=("-created_at", "name", "alias"),
    title=_("数据源"),
    filters=("alias", "state", "kind"),
)
listing(
    router,
    "/sources/scans",
    item=ScanOut,
    rows=lambda actor: Scan.visible_to(actor),
    allowed=("-created_at",),
    title=_("扫描记录"),
    filters=("source",),
)
listing(
    router,
    "/sources/tables",
    item=ScannedTableOut,
    rows=lambda actor: ScannedTable.visible_to(actor).filter(gone_at__isnull=True),
    allowed=("name", "created_at"),
    title=_("数据表"),
    filters=("source", "name"),
)
api.add_router("", router)
