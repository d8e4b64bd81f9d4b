"""The overview: what the platform holds and how it fares, every number leading to what it counts."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.entries.states import ENTRY
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.config import settings
from jiangyuan.portal.figures import province, queries, shown
from jiangyuan.portal.figures.queries import Sums
from jiangyuan.ui import charts, measures, pages, parts, states, tiles
from jiangyuan.ui.session import require_actor

DAYS = 30
MOST_BODIES = 12
FORMS = ("match", "query")
FEW = 3
"""Figures fewer than these do not stand in a row of their own."""


def overview_page(request: HttpRequest) -> HttpResponse:
    """Show the figures that the actor may see."""
    actor = require_actor(request)
    found = queries.sums(actor=actor)
    header = parts.Header(title=_("全省总览"), lead=_("平台有什么、运行得怎样。数字随办理更新，点开可见明细。"))
    if found.at is None:
        empty = parts.Empty(
            title=_("数字正在统计"), why=_("平台启动后一分钟内完成第一次统计。"), todo=_("请稍后刷新本页。")
        )
        return pages.page(request, "ui/detail.html", header=header, sections=(empty,))
    days = queries.by_day(actor=actor, names=("acts", "calls", "rows"), days=DAYS)
    sections = (
        *_first(actor),
        *_whole(found, actor, days),
        *_own(found, actor),
        tiles.Beside(title=_("近 30 日"), items=_trends(days, found, actor)),
        tiles.Beside(title=_("各部门"), items=_departments(found, actor)),
        tiles.Beside(items=province.drawn(actor=actor, asked=request.GET.get("map", "")[:20], at=found.at)),
    )
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _first(actor: Actor) -> tuple[parts.Part, ...]:
    """Say first what needs a person; when nothing does, that all is well."""
    now = queries.needing(actor=actor)
    needs = [
        (now.late, _("时限已超期"), "/clocks/list/?status=overdue"),
        (now.failing, _("数据源异常"), "/sources/?state=failing"),
        (now.warnings, _("变化预警未处理"), "/exchange/warnings/?state=open"),
    ]
    told = tuple(
        parts.Link(title=_("%(what)s：%(n)s") % {"what": what, "n": f"{n:,}"}, url=url) for n, what, url in needs if n
    )
    if not told:
        at = timezone.localtime().strftime("%H:%M")
        text = _("截至 %(at)s，没有超期的时限、异常的数据源和未处理的预警。") % {"at": at}
        return (measures.Verdict(title=_("运行正常"), text=text),)
    title = ngettext("有 %(n)s 类事项需要处理", "有 %(n)s 类事项需要处理", len(told)) % {"n": len(told)}
    return (measures.Verdict(title=title, tone="bad" if now.late else "warn", needs=told),)


def _tile(found: Sums, name: str, *keys: str, note: Any = "") -> tiles.Tile:
    kept = shown.FIGURES[name]
    return tiles.Tile(title=kept.title, value=found.total(name, *keys), unit=kept.unit, url=kept.url, note=note)


def _whole(found: Sums, actor: Actor, days: Any) -> tuple[tiles.Tiles, ...]:
    """Say what there is and how it fares; of whom the second is one figure or two, both in one row."""
    seen = shown.whole(actor)
    names = ("bodies", "systems", "sources", "tables", "columns", "published", "items", "open")
    holds = tuple(_tile(found, name) for name in names if name in seen)
    fares = _fares(found, actor, days)
    if len(fares) < FEW:
        return (tiles.Tiles(title=_("平台有什么，运行得怎样"), items=(*holds, *fares)),)
    return tiles.Tiles(title=_("平台有什么"), items=holds), tiles.Tiles(title=_("运行得怎样"), items=fares)


def _today(days: Any, name: str, *keys: str) -> int:
    line, values = days
    current = line and line[-1]
    if not current:
        return 0
    return sum(part[-1] for (of, key), part in values.items() if of == name and (not keys or key in keys))


def _fares(found: Sums, actor: Actor, days: Any) -> tuple[tiles.Tile, ...]:
    seen = shown.whole(actor)
    items: list[tiles.Tile] = []
    if "replies" in seen:
        given = found.total("replies", "ontime") + found.total("replies", "late")
        note = _("已答复和超时共 %(n)s 件") % {"n": given}
        items.append(
            tiles.Tile(title=_("按时答复率"), value=found.on_time, unit="%", url="/exchange/requests/", note=note)
        )
    if "requests" in seen:
        items.append(_tile(found, "requests", note=_("其中同意 %(n)s 件") % {"n": found.total("requests", "agreed")}))
    if "grants" in seen:
        grants = shown.FIGURES["grants"]
        live = found.total("grants", "active")
        items.append(
            tiles.Tile(title=_("有效授权"), value=live, unit=grants.unit, url="/exchange/grants/?state=active")
        )
    if "calls" in seen:
        items += [
            tiles.Tile(title=_("今日核验和查询"), value=_today(days, "calls", *FORMS), unit=_("次"), url="#calls"),
            tiles.Tile(title=_("今日交付数据"), value=_today(days, "rows"), unit=_("行"), url="#rows"),
        ]
    if "quality" in seen:
        runs = found.total("quality", "runs")
        note = ngettext("%(n)s 张表最近一次检查", "%(n)s 张表最近一次检查", runs) % {"n": runs}
        items.append(tiles.Tile(title=_("质量平均分"), value=found.quality, unit=_("分"), url="/resources/", note=note))
    return tuple(items)


def _own(found: Sums, actor: Actor) -> tuple[tiles.Tiles, ...]:
    """Show a department its own part of what it does not see as a whole."""
    if not actor.body:
        return ()
    seen = shown.whole(actor)
    mine = queries.sums(actor=actor, body=actor.body)
    names = (
        "systems",
        "sources",
        "tables",
        "columns",
        "entries",
        "requests",
        "received",
        "grants",
        "given",
        "warnings",
    )
    items = [_tile(mine, name) for name in names if name not in seen and name in mine.parts]
    return (tiles.Tiles(title=_("本部门"), items=tuple(items)),) if items else ()


def _line(days: Any, name: str, keys: dict[str, Any]) -> tuple[list[date], tuple[charts.Series, ...]]:
    line, values = days
    found = [(title, values[name, key]) for key, title in keys.items() if (name, key) in values]
    return line, tuple(charts.Series(title=title, values=part) for title, part in found)


def _source() -> str:
    """Name the platform, in the reader's language where it still has the name that it came with."""
    return _(settings().node_name)


def _trends(days: Any, found: Sums, actor: Actor) -> tuple[parts.Part, ...]:
    common = {"over": _("日期"), "source": _source(), "at": found.at}
    forms = {"match": _("核验"), "query": _("查询")}
    ways = {"table": _("库表交换"), "match": _("核验"), "query": _("查询")}
    seen = shown.whole(actor)
    made: list[parts.Part] = []
    for code, title, unit, kind, keys in (
        ("calls", _("核验和查询"), _("次"), "line", forms),
        ("rows", _("交付数据"), _("行"), "line", ways),
        ("acts", _("目录和申请的办理"), _("件"), "stacked", shown.ACTS),
    ):
        labels, series = _line(days, code, keys)
        of = _("全省：%(what)s") if code in seen else _("本部门：%(what)s")
        made.append(
            charts.Chart(
                code=code,
                title=of % {"what": title},
                unit=unit,
                kind=kind,
                upright=kind == "stacked",
                labels=labels,
                series=series,
                lead=_counted_as(code, whole=code in seen, first=labels[0]) if series else "",
                **common,
            )
        )
    if found.total("published"):
        made.append(_shares(found, common))
    return tuple(made)


def _counted_as(code: str, *, whole: bool, first: date) -> str:
    """Say whose part a line counts, and since when: a department's is not the province's."""
    since = _("自 %(day)s 起有记录。") % {"day": first}
    if code == "acts":
        said = _("按办理的日期计，含所有部门办理的。") if whole else _("按办理的日期计，只含本部门办理的。")
    else:
        said = _("含所有部门使用的。") if whole else _("只含本部门使用的。")
    return said + since


def _shares(found: Sums, common: dict[str, Any]) -> charts.Chart:
    kinds = [(key, title) for key, title in Entry.SHARE if found.total("published", key)]
    return charts.Chart(
        code="shares",
        title=_("全省：%(what)s") % {"what": _("已发布目录的共享类型")},
        unit=_("条"),
        kind="share",
        labels=[t for _k, t in kinds],
        urls=[f"/catalog/?state=published&share_type={key}" for key, _title in kinds],
        series=(charts.Series(title=_("目录"), values=[found.total("published", key) for key, _t in kinds]),),
        **{**common, "over": _("共享类型")},
    )


def _departments(found: Sums, actor: Actor) -> tuple[parts.Part, ...]:
    rows = queries.by_body(actor=actor, names=("entries", "published", "quality"))
    common = {"over": _("部门"), "source": _source(), "at": found.at}
    return (*_entries_by_body(rows, actor, common), *_quality_by_body(rows, common))


def _entries_by_body(rows: Any, actor: Actor, common: dict[str, Any]) -> tuple[parts.Part, ...]:
    by_state = "entries" in shown.whole(actor)
    name, parted = ("entries", ENTRY.states) if by_state else ("published", dict(Entry.SHARE))
    sized = [(body, {k: v for (n, k), v in part.items() if n == name}) for body, part in rows]
    sized = sorted((one for one in sized if one[1]), key=lambda one: -sum(one[1].values()))[:MOST_BODIES]
    keys = [key for key in parted if any(key in part for _body, part in sized)]
    if not sized:
        return ()

    def series(key: str) -> charts.Series:
        values = [part.get(key, 0) for _body, part in sized]
        return charts.Series(title=parted[key], values=values, tone=states.tone_of(key) if by_state else "")

    chart = charts.Chart(
        code="entries",
        title=_("目录按部门和状态") if by_state else _("目录按部门和共享类型"),
        unit=_("条"),
        kind="stacked",
        labels=[str(body) for body, _part in sized],
        urls=[f"/ledger/body/{body.alias}/" for body, _part in sized],
        series=tuple(series(key) for key in keys),
        **common,
    )
    return (chart,)


def _quality_by_body(rows: Any, common: dict[str, Any]) -> tuple[parts.Part, ...]:
    points, runs = ("quality", "points"), ("quality", "runs")
    scored = [(body, round(part[points] / part[runs] / 100, 2)) for body, part in rows if part.get(runs)]
    scored = sorted(scored, key=lambda one: -one[1])[:MOST_BODIES]
    if not scored:
        return ()
    chart = charts.Chart(
        code="quality",
        title=_("数据质量按部门"),
        unit=_("分，满分 100"),
        kind="bars",
        labels=[str(body) for body, _score in scored],
        urls=[f"/ledger/body/{body.alias}/" for body, _score in scored],
        series=(charts.Series(title=_("平均分"), values=[score for _body, score in scored]),),
        **common,
    )
    return (chart,)


urlpatterns = [path("overview/", overview_page, name="overview")]
