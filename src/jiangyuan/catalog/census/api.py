"""REST of the census."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema

from jiangyuan.catalog.census import queries
from jiangyuan.catalog.census.kinds import KINDS
from jiangyuan.catalog.census.models import Finding, Upload
from jiangyuan.ui.rest import api, expose, listing


class CampaignOut(Schema):
    """A campaign: who asks, for what, until when."""

    id: UUID
    version: int
    state: str
    title: str
    authority_id: UUID
    kinds: list[str]
    deadline: date
    lower: bool
    opened_at: datetime | None
    closed_at: datetime | None


class ReportOut(Schema):
    """A department's report: what it registers by kind, what does not agree with the scans, and where it stands."""

    id: UUID
    version: int
    state: str
    campaign_id: UUID
    body_id: UUID
    zero: bool
    total: int
    counts: dict[str, int]
    differences: dict[str, int]
    checked_at: datetime | None
    signed_at: datetime | None
    filed_at: datetime | None
    reason: str


class AssetOut(Schema):
    """One registered thing."""

    id: UUID
    report_id: UUID
    body_id: UUID
    kind: str
    parent: str
    code: str
    name: str
    facts: dict[str, Any]
    current: bool


class CensusFindingOut(Schema):
    """One difference."""

    id: UUID
    report_id: UUID
    against: str
    code: str
    kind: str
    parent: str
    thing: str
    name: str
    reported: str
    found: str
    explanation: str


class UploadOut(Schema):
    """A sheet that was checked: how many rows are good, and the first faults."""

    id: UUID
    version: int
    state: str
    report_id: UUID
    kind: str
    file_name: str
    rows: int
    faulty: int
    faults: list[dict[str, Any]]


class ChannelOut(Schema):
    """A channel between departments, and what becomes of it."""

    id: UUID
    version: int
    state: str
    body_id: UUID
    name: str
    protocol: str
    content: str
    callers: list[str]
    outsiders: str
    monthly_calls: int
    personal: bool
    fate: str
    reason: str
    until: date | None


router = Router(tags=["census"])
expose(router, "census.campaign.create", "/campaigns")
for _verb in ("edit", "open", "remind", "close", "cancel"):
    expose(router, f"census.campaign.{_verb}", f"/campaigns/{{id}}/{_verb}")
for _kind in KINDS:
    expose(router, f"census.{_kind}.record", f"/reports/{{id}}/{_kind}", response=AssetOut)
for _verb in ("remove", "carry_over", "check", "mend", "submit", "sign", "send_back", "accept", "return", "lapse"):
    expose(router, f"census.report.{_verb}", f"/reports/{{id}}/{_verb.replace('_', '-')}")
expose(router, "census.report.upload", "/reports/{id}/upload", response=UploadOut)
expose(router, "census.upload.apply", "/uploads/{id}/apply")
expose(router, "census.upload.drop", "/uploads/{id}/drop")
expose(router, "census.finding.explain", "/findings/{id}/explain")
expose(router, "census.channel.register", "/channels")
expose(router, "census.channel.edit", "/channels/{id}/edit")
expose(router, "census.channel.decide", "/channels/{id}/decide")
listing(
    router,
    "/campaigns",
    item=CampaignOut,
    rows=lambda actor: queries.campaigns(actor=actor),
    allowed=("-created_at", "deadline", "title"),
    title=_("普查批次"),
    filters=("state", "title"),
)
listing(
    router,
    "/reports",
    item=ReportOut,
    rows=lambda actor: queries.reports(actor=actor),
    allowed=("-created_at", "state"),
    title=_("普查报告"),
    filters=("campaign", "body", "state"),
)
listing(
    router,
    "/assets",
    item=AssetOut,
    rows=lambda actor: queries.assets(actor=actor),
    allowed=("code", "name", "-created_at"),
    title=_("普查登记"),
    filters=("report", "body", "kind", "parent", "code", "current"),
)
listing(
    router,
    "/findings",
    item=CensusFindingOut,
    rows=lambda actor: Finding.visible_to(actor),
    allowed=("thing", "-created_at"),
    title=_("普查差异"),
    filters=("report", "against", "code"),
)
listing(
    router,
    "/uploads",
    item=UploadOut,
    rows=lambda actor: Upload.visible_to(actor),
    allowed=("-created_at",),
    title=_("批量导入"),
    filters=("report", "state"),
)
listing(
    router,
    "/channels",
    item=ChannelOut,
    rows=lambda actor: queries.channels(actor=actor),
    allowed=("name", "-monthly_calls", "-created_at"),
    title=_("存量共享通道"),
    filters=("body", "state", "fate"),
)
api.add_router("/census", router)
