"""How deliveries fare: the state of all of them first, then lag and throughput as the worker measured them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Max, Q, Sum
from django.db.models.functions import TruncHour
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiangyuan.exchange.delivery import queries
from jiangyuan.exchange.delivery.models import Delivery, Measure
from jiangyuan.kernel.actor import Actor
from jiangyuan.resources.ingestion.monitor_pages import hours_chart, seconds_text
from jiangyuan.ui import live, measures, parts, states, wording
from jiangyuan.ui.retelling import retold

MONITOR = "jy-deliveries"
LABEL = "delivery.delivery"
EVERY = 5
BOUND = 500
SLOW = 60.0
"""Seconds from commit to commit beyond which a delivery is called slow."""


@dataclass(frozen=True, slots=True)
class Fare:
    """What was measured of one delivery, or of several, in some time."""

    rows: int = 0
    batches: int = 0
    typical: float | None = None
    slowest: float | None = None


_SUMS: dict[str, Any] = {
    "all_rows": Sum("rows"),
    "all_batches": Sum("batches"),
    "weighted": Sum(F("typical") * F("batches")),
    "timed": Sum("batches", filter=Q(typical__isnull=False)),
    "worst": Max("slowest"),
}


def fares(deliveries: Iterable[UUID], *, hours: int = 1) -> dict[UUID, Fare]:
    """Give what was measured of each delivery in the last hours; one that moved nothing is left out."""
    since = timezone.now() - timedelta(hours=hours)
    rows = Measure.objects.filter(delivery__in=list(deliveries), at__gte=since).values("delivery").annotate(**_SUMS)
    return {row["delivery"]: _fare(row) for row in rows}


def _fare(row: dict[str, Any]) -> Fare:
    timed = row["timed"]
    return Fare(row["all_rows"], row["all_batches"], row["weighted"] / timed if timed else None, row["worst"])


def monitor(actor: Actor) -> measures.Live:
    """Draw the state of all deliveries the actor may know of, and what was measured in the last hour."""
    found = list(queries.deliveries(actor=actor).exclude(state="stopped")[:BOUND])
    measured = fares(one.pk for one in found)
    inner: tuple[parts.Part, ...] = (_verdict(found, measured), _tiles(found, measured)) if found else ()
    inner = (*inner, _chart(Measure.objects.filter(delivery__in=[one.pk for one in found]))) if found else ()
    about = tuple(f"{LABEL}:{one.pk}" for one in found[: live.WATCHED])
    every = EVERY if found else 0
    return measures.Live(id=MONITOR, inner=inner, every=every, at=timezone.localtime() if found else None, about=about)


def _verdict(found: list[Delivery], measured: dict[UUID, Fare]) -> measures.Verdict:
    failed = [one for one in found if one.state == "failed"]
    paused = sum(one.state == "paused" for one in found)
    slow = sum((fare.slowest or 0) > SLOW for fare in measured.values())
    told = [
        _("%(n)s 项已暂停") % {"n": paused} if paused else "",
        _("%(n)s 项最近一小时到达较慢") % {"n": slow} if slow else "",
    ]
    current = sum(one.state == "current" for one in found)
    every = ngettext("%(n)s 项交付在持续交换", "%(n)s 项交付在持续交换", current) % {"n": current}
    text = _("，").join([*([every] if current else []), *(part for part in told if part)])
    if not failed:
        return measures.Verdict(title=_("全部正常"), tone="good", text=text)
    title = ngettext("%(n)s 项需要处理", "%(n)s 项需要处理", len(failed)) % {"n": len(failed)}
    needs = tuple(
        parts.Link(
            title=_("%(data)s → %(body)s：%(why)s")
            % {"data": one.grant.entry.known_name, "body": str(one.grant.consumer), "why": _why(one)},
            url=f"/exchange/deliveries/{one.pk}/",
        )
        for one in failed[:5]
    )
    return measures.Verdict(title=title, tone="bad", text=text, needs=needs)


def _why(one: Delivery) -> str:
    return retold((one.error or {}).get("message", "")) or _("交换停住了")


def _tiles(found: list[Delivery], measured: dict[UUID, Fare]) -> measures.Tiles:
    batches = sum(fare.batches for fare in measured.values() if fare.typical is not None)
    weighted = sum((fare.typical or 0) * fare.batches for fare in measured.values() if fare.typical is not None)
    worst = max((fare.slowest for fare in measured.values() if fare.slowest is not None), default=None)
    hour = _("最近一小时")
    return measures.Tiles(
        label=_("库表交换"),
        items=(
            measures.Tile(
                title=_("持续交换"),
                value=sum(one.state == "current" for one in found),
                unit=_("项"),
                note=_("共 %(n)s 项") % {"n": len(found)},
            ),
            measures.Tile(
                title=_("通常多久到达"), value=seconds_text(weighted / batches if batches else None), note=hour
            ),
            measures.Tile(title=_("95% 在多久以内"), value=seconds_text(worst), note=_("最近一小时，最慢的一项交换")),
            measures.Tile(
                title=_("交换行数"),
                value=sum(fare.rows for fare in measured.values()),
                unit=_("行"),
                note=_("最近一小时，含首次全量复制"),
            ),
        ),
    )


def delivery_monitor(one: Delivery) -> measures.Live:
    """Draw how one delivery fares: its state, the last hour, and hour by hour over a day."""
    fare = fares([one.pk]).get(one.pk, Fare())
    tiles = measures.Tiles(
        label=_("最近一小时"),
        items=(
            measures.Tile(title=_("通常多久到达"), value=seconds_text(fare.typical), note=_("从来源提交到本库提交")),
            measures.Tile(title=_("95% 在多久以内"), value=seconds_text(fare.slowest), note=_("最近一小时")),
            measures.Tile(title=_("交换行数"), value=fare.rows, unit=_("行"), note=_("最近一小时，含首次全量复制")),
            measures.Tile(title=_("最近更新"), value=one.last_applied_at),
        ),
    )
    chart = _chart(Measure.objects.filter(delivery=one))
    inner: tuple[parts.Part, ...] = (_standing(one), tiles, chart, _hours(one))
    every = EVERY if one.state in ("waiting", "running", "current") else 0
    about = (f"{LABEL}:{one.pk}",)
    return measures.Live(id="jy-delivery", inner=inner, every=every, at=timezone.localtime(), about=about)


def _chart(measured: Any) -> parts.Part:
    return replace(hours_chart(measured, code="delivery-hours"), lead=_("首次全量复制的行不计在内。"))


def _copying(one: Delivery) -> str:
    """Say how far the first copy is, as the worker noted it."""
    if not one.rows:
        return _("正在复制全部行，完成后转为持续交换。")
    return ngettext(
        "正在复制全部行，已复制 %(n)s 行，完成后转为持续交换。",
        "正在复制全部行，已复制 %(n)s 行，完成后转为持续交换。",
        one.rows,
    ) % {"n": f"{one.rows:,}"}


def _standing(one: Delivery) -> parts.Part:
    said = {
        "waiting": _("即将开始，通常几秒。"),
        "running": _copying(one),
        "current": _("来源的变更随时到达。"),
        "paused": _("目标表停在暂停时的样子；来源的变更在恢复后补上，停得过久会重新复制全部行。"),
        "stopped": _("不再交换；已交换的数据按共享协议处置。"),
    }
    if one.state == "failed":
        told = wording.fault_text(one.error)
        return measures.Verdict(title=_("需要处理"), tone="bad", text=told or _("处理后点“重新交换”。"))
    tone = "warn" if one.state == "paused" else states.tone_of(one.state)
    return measures.Verdict(title=one.state_label, tone=tone, text=said.get(one.state, ""))


def _hours(one: Delivery) -> parts.Table:
    since = timezone.now() - timedelta(hours=24)
    rows = Measure.objects.filter(delivery=one, at__gte=since).annotate(hour=TruncHour("at")).values("hour")
    found = list(rows.annotate(**_SUMS).order_by("-hour"))
    return parts.Table(
        caption=_("最近 24 小时，按小时（含首次全量复制）"),
        show_caption=True,
        columns=(
            parts.Column(title=_("时间")),
            parts.Column(title=_("行数"), numeric=True, unit=_("行")),
            parts.Column(title=_("批次"), numeric=True),
            parts.Column(title=_("通常多久到达"), numeric=True),
            parts.Column(title=_("95% 在多久以内"), numeric=True),
        ),
        rows=[
            (row["hour"], fare.rows, fare.batches, seconds_text(fare.typical), seconds_text(fare.slowest))
            for row in found
            for fare in (_fare(row),)
        ],
        empty=parts.Empty(title=_("最近 24 小时没有变更"), why=_("来源有变更时，每 10 秒至多记录一次到达情况。")),
    )
