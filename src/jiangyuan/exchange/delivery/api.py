"""REST of delivery: tables kept current, warnings, records of use."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema

from jiangyuan.exchange.delivery import queries
from jiangyuan.exchange.delivery.models import UseRecord
from jiangyuan.ui.rest import api, expose, listing


class DeliveryOut(Schema):
    """A granted table kept current in the consumer's own database."""

    id: UUID
    version: int
    grant_id: UUID
    target_id: UUID
    schema_name: str
    table: str
    state: str
    rows: int
    last_applied_at: datetime | None
    error: dict[str, str] | None

    @staticmethod
    def resolve_schema_name(delivery: object) -> str:
        """Give the schema under a name that is not taken."""
        return str(getattr(delivery, "schema", ""))


class WarningOut(Schema):
    """A change of record of a listed person; it holds no value of the record."""

    id: UUID
    case_id: UUID
    grant_id: UUID
    created_at: datetime
    acknowledged_at: datetime | None
    outcome: str


class UseOut(Schema):
    """What the consumer did with the data (art. 29)."""

    id: UUID
    grant_id: UUID
    case_number: str
    scenario: str
    process: str
    outcome: str
    storage: str
    destruction: str
    created_at: datetime


router = Router(tags=["delivery"])
expose(router, "delivery.delivery.open", "/deliveries")
for _verb in ("retry", "pause", "resume", "stop"):
    expose(router, f"delivery.delivery.{_verb}", f"/deliveries/{{id}}/{_verb}")
expose(router, "delivery.warning.acknowledge", "/warnings/{id}/acknowledge")
expose(router, "delivery.use.record", "/uses")
listing(
    router,
    "/deliveries",
    item=DeliveryOut,
    rows=lambda actor: queries.deliveries(actor=actor),
    allowed=("-created_at",),
    title=_("库表交换"),
    filters=("grant", "state"),
)
listing(
    router,
    "/warnings",
    item=WarningOut,
    rows=lambda actor: queries.warnings(actor=actor),
    allowed=("-created_at",),
    title=_("变化预警"),
    filters=("case", "grant"),
)
listing(
    router,
    "/uses",
    item=UseOut,
    rows=lambda actor: UseRecord.visible_to(actor),
    allowed=("-created_at",),
    title=_("使用情况"),
    filters=("grant", "case_number"),
)
api.add_router("/delivery", router)
