"""REST of deadlines: clocks, extensions, matters of supervision."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema

from jiangyuan.coordination.deadlines import queries
from jiangyuan.ui.rest import api, expose, listing


class ClockOut(Schema):
    """A statutory clock; `certain` is false while the working days of its year are not published."""

    id: UUID
    limit: str
    object_type: str
    object_id: UUID
    body: UUID | None
    received_on: date
    due_on: date | None
    certain: bool
    extended: int
    met_on: date | None
    status: str


class ExtensionOut(Schema):
    """An extension of a clock, in working days."""

    id: UUID
    version: int
    state: str
    clock_id: UUID
    body_id: UUID
    days: int
    reason: str
    answer: str
    created_at: datetime


class OverdueOut(Schema):
    """A clock that ran out, under supervision."""

    id: UUID
    version: int
    state: str
    clock_id: UUID
    body_id: UUID
    urged: int
    words: str
    created_at: datetime


router = Router(tags=["deadlines"])
expose(router, "deadlines.extension.ask", "/extensions")
expose(router, "deadlines.extension.approve", "/extensions/{id}/approve")
expose(router, "deadlines.extension.refuse", "/extensions/{id}/refuse")
expose(router, "deadlines.overdue.urge", "/overdue/{id}/urge")
listing(
    router,
    "/clocks",
    item=ClockOut,
    rows=lambda actor: queries.clocks(actor=actor),
    allowed=("-created_at", "due_on"),
    title=_("时限"),
    filters=("status", "limit"),
)
listing(
    router,
    "/extensions",
    item=ExtensionOut,
    rows=lambda actor: queries.extensions(actor=actor),
    allowed=("-created_at",),
    title=_("延期申请"),
    filters=("state",),
)
listing(
    router,
    "/overdue",
    item=OverdueOut,
    rows=lambda actor: queries.overdue(actor=actor),
    allowed=("-created_at",),
    title=_("超期督促"),
    filters=("state",),
)
api.add_router("/deadlines", router)
