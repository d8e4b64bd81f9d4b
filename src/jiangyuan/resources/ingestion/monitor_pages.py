"""How rows come in: the state of each copy in words, what stopped it and who, lag and throughput as the worker measured."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Max, Q, Sum
from django.db.models.functions import TruncHour
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.events import history
from jiangyuan.resources.ingestion import queries
from jiangyuan.resources.ingestion.models import Ingest, Measure
from jiangyuan.ui import charts, live, measures, parts, session, states, wording
from jiangyuan.ui.retelling import retold

OVERVIEW, ONE = "jy-ingests", "jy-ingest"
BOUND = 500
_LABEL = "ingestion.ingest"
_SUMS: dict[str, Any] = {
    "all_rows": Sum("rows"),
    "all_batches": Sum("batches"),
    "weighted": Sum(F("typical") * F("batches")),
    "timed": Sum("batches", filter=Q(typical__isnull=False)),
    "worst": Max("slowest"),
}
_STOPS = ("resources.ingest.paused", "resources.ingest.stopped")


def overview(actor: Actor) -> measures.Live:
    """Draw how all ingests that the actor may know of fare, those that need somebody by name."""
    found = list(Ingest.visible_to(actor).exclude(state="stopped").select_related("mount__entry__body")[:BOUND])
    bad = [one for one in found if one.state == "failed"]
    paused = sum(one.state == "paused" for one in found)
    late = [one for one in found if one.error and one.state not in ("failed", "paused")]
    told = [
        _("%(n)s 项已暂停") % {"n": paused} if paused else "",
        _("%(n)s 项正在自动重试") % {"n": len(late)} if late else "",
    ]
    current = sum(one.state == "current" for one in found)
    every = ngettext("%(n)s 项归集在持续更新", "%(n)s 项归集在持续更新", current) % {"n": current}
    text = _("，").join([*([every] if current else []), *(part for part in told if part)])
    if not found:
        return measures.Live(id=OVERVIEW, inner=(), every=0)
    needs = tuple(
        parts.Link(
            title=_("%(data)s：%(why)s") % {"data": one.mount.entry.known_name, "why": _why(one)},
            url=f"/resources/{one.mount_id}/",
        )
        for one in bad[:5]
    )
    title = ngettext("%(n)s 项需要处理", "%(n)s 项需要处理", len(bad)) % {"n": len(bad)} if bad else _("全部正常")
    verdict = measures.Verdict(title=title, tone="bad" if bad else "good", text=text, needs=needs)
    return measures.Live(
        id=OVERVIEW,
        inner=(verdict,),
        every=15,
        about=tuple(f"{_LABEL}:{one.pk}" for one in found[: live.WATCHED]),
        at=timezone.localtime(),
    )


def _why(one: Ingest) -> str:
    return retold((one.error or {}).get("message", "")) or _("归集停住了")


def ingest_monitor(one: Ingest) -> measures.Live:
    """Draw how one ingest fares: its state and what stopped it, what was measured in the last hour, a day by hours."""
    inner: tuple[parts.Part, ...] = (standing(one), _tiles(one))
    if one.method == "capture":
        inner = (*inner, hours_chart(Measure.objects.filter(ingest=one), code="ingest-hours"))
    busy = one.state in queries.LIVE
    return measures.Live(
        id=ONE, inner=inner, every=5 if busy else 0, about=(f"{_LABEL}:{one.pk}",), at=timezone.localtime()
    )


def standing(one: Ingest) -> measures.Verdict:
    """Say in words how an ingest stands: what it does, or what stopped it, who, when, and what to do."""
    if one.state == "failed":
        told = wording.fault_text(one.error) or _("请检查数据源后点“重新归集”。")
        return measures.Verdict(title=_("归集停住了"), tone="bad", text=told)
    if one.error:
        told = wording.fault_text(one.error)
        text = _("%(why)s 平台每隔一会儿自动再试，无需处理；持续多时请检查数据源。") % {"why": told}
        return measures.Verdict(title=_("来源或存储暂时没有响应"), tone="warn", text=text)
    if one.state in ("paused", "stopped"):
        return _by_somebody(one)
    said = {
        "waiting": _("即将开始，通常几秒。"),
        "running": _copying(one),
        "current": {
            "capture": _("来源的变更随时到达。"),
            "polling": ngettext(
                "每 %(n)s 秒查询一次来源的变化。", "每 %(n)s 秒查询一次来源的变化。", one.interval_seconds
            )
            % {"n": one.interval_seconds},
            "once": _("已按一次性方式复制；来源以后的变化不会到达。"),
        }.get(one.method, ""),
    }
    return measures.Verdict(title=one.state_label, tone=states.tone_of(one.state), text=said.get(one.state, ""))


def _by_somebody(one: Ingest) -> measures.Verdict:
    newest = next(iter(history(object_type=_LABEL, object_id=one.pk, limit=1, types=_STOPS)), None)
    what = {
        "paused": _("平台上的数据停在暂停时的样子；恢复后补上期间的变更。"),
        "stopped": _("不再归集；已归集的数据保留到解除挂载为止。"),
    }[one.state]
    if newest is None:
        return measures.Verdict(title=one.state_label, tone="warn", text=what)
    names = session.names_of({(newest.actor_kind, str(newest.actor_id))})
    who = names.get((newest.actor_kind, str(newest.actor_id)), _("平台服务"))
    said = {"who": who, "at": f"{timezone.localtime(newest.at):%Y-%m-%d %H:%M}", "what": what}
    paused = _("由%(who)s于 %(at)s 暂停。%(what)s") % said
    stopped = _("由%(who)s于 %(at)s 停止。%(what)s") % said
    return measures.Verdict(
        title=one.state_label, tone="warn", text=paused if newest.type.endswith(".paused") else stopped
    )


def _copying(one: Ingest) -> str:
    begun = next(
        iter(history(object_type=_LABEL, object_id=one.pk, limit=1, types=("resources.ingest.started",))), None
    )
    text = _("正在复制全部行，完成后转为持续归集。")
    if begun is not None:
        minutes = int((timezone.now() - begun.at).total_seconds() // 60)
        text += (
            ngettext("已用 %(n)s 分钟。", "已用 %(n)s 分钟。", minutes) % {"n": minutes} if minutes else _("刚刚开始。")
        )
    rows = one.mount.table.row_estimate
    return text + (ngettext("扫描时约 %(n)s 行。", "扫描时约 %(n)s 行。", rows) % {"n": f"{rows:,}"} if rows else "")


def _tiles(one: Ingest) -> measures.Tiles:
    since = timezone.now() - timedelta(hours=1)
    row = Measure.objects.filter(ingest=one, at__gte=since, typical__isnull=False).aggregate(**_SUMS)
    typical = row["weighted"] / row["timed"] if row["timed"] else None
    hour = _("最近一小时")
    captured = (
        measures.Tile(title=_("通常多久到达"), value=seconds_text(typical), note=_("最近一小时，从来源提交到本平台")),
        measures.Tile(title=_("95% 在多久以内"), value=seconds_text(row["worst"]), note=hour),
        measures.Tile(title=_("变更行数"), value=row["all_rows"] or 0, unit=_("行"), note=hour),
    )
    polled = (measures.Tile(title=_("最慢多久到达"), value=_longest(one), note=_("轮询间隔加一次查询的时间")),)
    shown = captured if one.method == "capture" else polled if one.method == "polling" else ()
    return measures.Tiles(
        label=_("归集"),
        items=(
            measures.Tile(title=_("平台上的行数"), value=one.rows, unit=_("行")),
            *shown,
            measures.Tile(title=_("最近更新"), value=one.last_applied_at),
        ),
    )


def _longest(one: Ingest) -> str:
    return ngettext("约 %(n)s 秒", "约 %(n)s 秒", one.interval_seconds) % {"n": one.interval_seconds}


def seconds_text(seconds: float | None) -> str:
    """Say a lag as people read it."""
    if seconds is None:
        return ""
    if seconds < 1:
        return _("%(n)s 毫秒") % {"n": round(seconds * 1000)}
    return (
        ngettext("%(n)s 秒", "%(n)s 秒", 2) % {"n": f"{seconds:.1f}"}  # a number with decimals is plural
        if seconds < 120
        else ngettext("%(n)s 分钟", "%(n)s 分钟", round(seconds / 60)) % {"n": round(seconds / 60)}
    )


def hours_chart(rows: Any, *, code: str) -> charts.Chart:
    """Draw how many rows were moved in each of the last 24 hours; an hour without a measure moved nothing.

    A full copy took no time from commit to commit, and is no change: what has no lag is not counted.
    """
    now = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    hours = [now - timedelta(hours=back) for back in reversed(range(24))]
    counted: dict[datetime, int] = {
        timezone.localtime(row["hour"]): row["n"]
        for row in rows.filter(at__gte=hours[0], typical__isnull=False)
        .annotate(hour=TruncHour("at"))
        .values("hour")
        .annotate(n=Sum("rows"))
        .order_by()
    }
    values = [counted.get(hour, 0) for hour in hours] if counted else []
    return charts.Chart(
        code=code,
        title=_("最近 24 小时的变更"),
        kind="stacked",
        upright=True,
        labels=[f"{hour:%m-%d %H:00}" for hour in hours] if counted else [],
        series=(charts.Series(title=_("行数"), values=values),),
        over=_("时间"),
        unit=_("行"),
        source=_("归集和交换程序的计量，每 10 秒至多记一次，保留三天"),
        at=timezone.localtime(),
        empty=parts.Empty(
            title=_("最近 24 小时没有变更"), why=_("来源有变更时，这里按小时显示。首次全量复制不计在内。")
        ),
    )
