"""REST of the responsibility list."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema

from jiangyuan.catalog.commitments import queries
from jiangyuan.ui.rest import api, expose, listing


class ShareBatchOut(Schema):
    """A batch with its kept counts."""

    id: UUID
    version: int
    state: str
    name: str
    document: str
    jurisdiction_id: UUID
    issued_at: datetime | None
    lines: int
    fulfilled: int
    overdue: int


class CommitmentOut(Schema):
    """A line of the list; `late`: its last day has passed and it is not fulfilled."""

    id: UUID
    version: int
    state: str
    batch_id: UUID
    body_id: UUID
    name: str
    scope: str
    entry_id: UUID | None
    method: str
    deadline: date
    late: bool
    fulfilled_at: datetime | None
    note: str


router = Router(tags=["catalog"])
expose(router, "catalog.share_batch.open", "/share-batches")
for _verb in ("issue", "close"):
    expose(router, f"catalog.share_batch.{_verb}", f"/share-batches/{{id}}/{_verb}")
expose(router, "catalog.commitment.add", "/commitments")
for _verb in ("tie", "postpone", "release"):
    expose(router, f"catalog.commitment.{_verb}", f"/commitments/{{id}}/{_verb}")
listing(
    router,
    "/share-batches",
    item=ShareBatchOut,
    rows=lambda actor: queries.batches(actor=actor),
    allowed=("-created_at", "name"),
    title=_("责任清单批次"),
    filters=("state",),
)
listing(
    router,
    "/commitments",
    item=CommitmentOut,
    rows=lambda actor: queries.commitments(actor=actor),
    allowed=("deadline", "-updated_at"),
    title=_("数据共享责任清单"),
    filters=("state", "method", "batch", "body"),
    fields={"batch": "batch_id", "body": "body_id"},
)

api.add_router("/catalog", router)
