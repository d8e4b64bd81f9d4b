"""Every write of delivery."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from pydantic import StringConstraints

from jiangyuan.exchange.delivery import rules
from jiangyuan.exchange.delivery.models import Delivery, UseRecord, Warning
from jiangyuan.exchange.delivery.states import DELIVERY
from jiangyuan.exchange.sharing.models import Case, Grant
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Conflict, NotFound
from jiangyuan.sources.models import Source

Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=63)]


def _grant_attributes(values: dict) -> dict:
    grant = Grant.objects.filter(pk=values["grant"]).first()
    return {"consumer": str(grant.consumer_id) if grant else "", "body": str(grant.consumer_id) if grant else ""}


@action(
    "delivery.delivery.open",
    on=None,
    event="delivery.delivery.opened",
    title=_("开通库表交换"),
    about=_grant_attributes,
)
def open_delivery(*, grant: UUID, target: UUID, target_table: Name, target_schema: Name = "delivered") -> Delivery:
    """Have a granted table kept current in the consumer's own database.

    Refuses a grant without the table form, a target that is not the consumer's or does not receive, and a place taken.
    """
    held = Grant.objects.select_related("mount__table__source").filter(pk=grant).first()
    if held is None or not held.active:
        raise NotFound(_("没有找到有效的授权"), where="grant")
    rules.require_form(held.forms)
    schema, table = target_schema, target_table
    rules.require_place(schema, table)
    place = Source.objects.filter(pk=target, body=held.consumer_id, receives=True, kind="postgres").first()
    if place is None or place.state != "connected":
        raise NotFound(_("目标库不是本单位已连接的接收库"), where="target", mend=_("请先登记接收库并通过连接测试。"))
    describe(grant=held.pk, target=place.pk, schema=schema, table=table)
    return _occupy(Delivery(grant=held, target=place, schema=schema, table=table))


def _occupy(wanted: Delivery) -> Delivery:
    """Give the row of the wanted place: a new one, or the locked one of a delivery that was stopped there."""
    place = {"target": wanted.target, "schema": wanted.schema, "table": wanted.table}
    kept = Delivery.objects.select_for_update().filter(**place).first()
    if kept is None:
        try:
            with transaction.atomic():  # two may ask for the same place at once: the database decides
                wanted.save()
        except IntegrityError as error:
            raise _taken() from error
        return wanted
    if kept.state != "stopped":
        raise _taken()
    # an error stays until the flow begins: it tells whether the copy must begin anew
    kept.grant, kept.state, kept.rows, kept.last_applied_at = wanted.grant, DELIVERY.initial, 0, None
    return kept


def _taken() -> Conflict:
    return Conflict(_("该目标表已用于另一项交换"), where="table", mend=_("请更换表名。"))


@action("delivery.delivery.report_started", on=Delivery, event="delivery.delivery.started", title=_("报告开始交换"))
def report_started(delivery: Delivery) -> Delivery:
    """Record that the first full exchange begins."""
    delivery.error = None
    return delivery


@action("delivery.delivery.report_current", on=Delivery, event="delivery.delivery.current", title=_("报告持续交换"))
def report_current(delivery: Delivery, *, rows: int, now: datetime) -> Delivery:
    """Record that the target is complete and follows."""
    delivery.rows, delivery.last_applied_at, delivery.error = rows, now, None
    describe(rows=rows)
    return delivery


@action("delivery.delivery.report_failed", on=Delivery, event="delivery.delivery.failed", title=_("报告交换失败"))
def report_failed(delivery: Delivery, *, error: dict[str, str]) -> Delivery:
    """Record why rows do not arrive any more, and how to mend it."""
    delivery.error = error
    describe(code=error.get("code", ""), where=error.get("where", ""))
    return delivery


@action("delivery.delivery.retry", on=Delivery, event="delivery.delivery.retried", title=_("重新交换"))
def retry(delivery: Delivery) -> Delivery:
    """Try again after what stopped it was mended."""
    return delivery


@action("delivery.delivery.pause", on=Delivery, event="delivery.delivery.paused", title=_("暂停交换"))
def pause(delivery: Delivery) -> Delivery:
    """Let the target stand as it is."""
    return delivery


@action("delivery.delivery.resume", on=Delivery, event="delivery.delivery.resumed", title=_("恢复交换"))
def resume(delivery: Delivery) -> Delivery:
    """Go on from where it stood."""
    return delivery


@action("delivery.delivery.stop", on=Delivery, event="delivery.delivery.stopped", title=_("停止交换"))
def stop(delivery: Delivery, *, reason: Annotated[str, StringConstraints(max_length=2000)] = "") -> Delivery:
    """End a delivery; what was delivered is disposed of as the agreement says (art. 25)."""
    describe(reason=reason)
    return delivery


@action(
    "delivery.warning.raise",
    on=None,
    event="delivery.warning.raised",
    title=_("发出预警"),
    about=lambda values: {},
)
def raise_warning(*, case: UUID, grant: UUID, read: UUID, subject: str) -> Warning:
    """Tell a consumer that the record of a person listed in a watched case has changed. The same change warns once."""
    watched = Case.objects.select_related("system").get(pk=case)
    warning, _made = Warning.objects.get_or_create(
        case=watched,
        grant_id=grant,
        read=read,
        subject=bytes.fromhex(subject),
        defaults={"body_id": watched.system.body_id},
    )
    describe(case=watched.pk, grant=grant, read=read)
    return warning


@action("delivery.warning.acknowledge", on=Warning, event="delivery.warning.acknowledged", title=_("处理预警"))
def acknowledge(warning: Warning, *, outcome: Text, actor: Actor, now: datetime) -> Warning:
    """Say what was done about a warning."""
    if warning.acknowledged_at is not None:
        raise Conflict(_("该预警已处理"), where="warning")
    warning.acknowledged_at, warning.acknowledged_by, warning.outcome = now, actor.id, outcome
    return warning


@action(
    "delivery.use.record",
    on=None,
    event="delivery.use.recorded",
    title=_("登记使用情况"),
    about=_grant_attributes,
)
def record_use(
    *,
    grant: UUID,
    scenario: Text,
    process: Text,
    outcome: Text,
    case_number: Annotated[str, StringConstraints(max_length=60)] = "",
    storage: Annotated[str, StringConstraints(max_length=2000)] = "",
    destruction: Annotated[str, StringConstraints(max_length=2000)] = "",
) -> UseRecord:
    """Keep the consumer's record of use: scenario, process, outcome, storage and destruction (art. 29, three years)."""
    held = Grant.objects.filter(pk=grant).first()
    if held is None:
        raise NotFound(_("没有找到这项授权"), where="grant")
    describe(grant=held.pk, case_number=case_number)
    return UseRecord.objects.create(
        grant=held,
        body_id=held.consumer_id,
        case_number=case_number,
        scenario=scenario,
        process=process,
        outcome=outcome,
        storage=storage,
        destruction=destruction,
    )
