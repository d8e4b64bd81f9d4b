"""Samples of charts, small lines, numbers and the map in all their states, for the living page."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.clocks import SHANGHAI
from jiangyuan.ui import charts, maps, parts, tiles

_AT = datetime(2026, 11, 22, 9, 30, tzinfo=SHANGHAI)
_LONG = _("青海省退役军人事务厅优抚对象和享受国家抚恤补助人员信息采集与动态管理办公室")
_BODIES = (_("省民政厅"), _("省公安厅"), _("省人社厅"), _("省医保局"))


def _days(number: int) -> list[date]:
    return [date(2026, 11, 22) - timedelta(days=back) for back in reversed(range(number))]


def _wave(number: int, base: int, step: int) -> list[int]:
    return [base + (place * step * 7) % (base + 1) for place in range(number)]


def _chart(code: str, kind: Any, title: Any, labels: Any, series: Any, **more: Any) -> charts.Chart:
    given = {"over": _("日期"), "source": _("演示数据"), "at": _AT, "unit": _("次"), **more}
    return charts.Chart(code=code, kind=kind, title=title, labels=labels, series=tuple(series), **given)


def _one(title: Any, values: Any, tone: Any = "") -> charts.Series:
    return charts.Series(title=title, values=values, tone=tone)


def lines() -> tuple[parts.Part, ...]:
    """Give lines over time: many days, one day, none, gaps."""
    pair = [_one(_("核验"), _wave(30, 400, 3)), _one(_("查询"), _wave(30, 120, 5))]
    gaps = [None if place % 6 == 3 else value for place, value in enumerate(_wave(14, 90, 4))]
    return (
        _chart("line-many", "line", _("每日核验和查询"), _days(30), pair),
        _chart("line-one", "line", _("只有一天"), _days(1), [_one(_("核验"), [40]), _one(_("查询"), [7])]),
        _chart("line-gaps", "line", _("有几天不知道"), _days(14), [_one(_("核验"), gaps)]),
        _chart("line-none", "line", _("还没有记录"), [], []),
    )


def bars() -> tuple[parts.Part, ...]:
    """Give bars: a few, very long names, stacked states, parts of a whole."""
    many = [_("%(n)s号部门") % {"n": place} for place in range(1, 25)]
    states = [
        _one(_("已发布"), [12, 7, 0, 3], "good"),
        _one(_("待主管部门审核"), [2, 0, 4, 1], "running"),
        _one(_("已退回纠正"), [0, 1, 0, 2], "warn"),
    ]
    by_day = [_one(_("提交申请"), _wave(14, 8, 3)), _one(_("同意共享"), _wave(14, 5, 2))]
    shares = [_one(_("目录"), [9310, 80211, 412])]
    kinds = [_("无条件共享"), _("有条件共享"), _("不予共享")]
    over = {"over": _("部门"), "unit": _("条")}
    return (
        _chart(
            "bars-few", "bars", _("目录按部门"), _BODIES, [_one(_("目录"), [14, 8, 4, 6])], urls=["#bars"] * 4, **over
        ),
        _chart("bars-long", "bars", _("很长的名称"), [_LONG, _BODIES[0]], [_one(_("目录"), [93112, 5])], **over),
        _chart("bars-many", "bars", _("很多部门"), many, [_one(_("目录"), _wave(24, 900, 9))], **over),
        _chart("bars-states", "stacked", _("目录按部门和状态"), _BODIES, states, **over),
        _chart("bars-days", "stacked", _("每日办理"), _days(14), by_day, upright=True),
        _chart("bars-share", "share", _("共享类型"), kinds, shares, **{**over, "over": _("共享类型")}),
    )


def small() -> tuple[parts.Part, ...]:
    """Give small lines side by side, and numbers that lead somewhere."""

    def item(title: Any, values: list[Any], url: str = "#small") -> charts.Multiple:
        spark = charts.Spark(title=title, values=values, labels=_days(14))
        return charts.Multiple(spark=spark, value=values[-1], unit=_("次"), url=url)

    items = (
        item(_("核验"), _wave(14, 400, 3)),
        item(_("查询"), _wave(14, 30, 5)),
        item(_("不变"), [7] * 14),
        item(_("没有"), [0] * 14),
        item(_LONG, [*_wave(13, 9, 2), None], ""),
    )
    numbers = tiles.Tiles(
        title=_("数字"),
        items=(
            tiles.Tile(title=_("已发布目录"), value=93112, unit=_("条"), url="#small"),
            tiles.Tile(title=_("按时答复率"), value=98.7, unit="%", url="#small", note=_("已答复和超时共 1204 件")),
            tiles.Tile(title=_("质量平均分"), value=None, unit=_("分")),
            tiles.Tile(title=_LONG, value=0, unit=_("个")),
        ),
    )
    given = {"over": _("日期"), "source": _("演示数据"), "at": _AT}
    shown = charts.Multiples(code="multiples", title=_("近 14 日"), items=items, **given)
    return numbers, shown, charts.Multiples(code="multiples-none", title=_("还没有记录"), items=(), **given)


def province() -> tuple[parts.Part, ...]:
    """Give the map: many values, none at all, and a province whose counties have no places of their own."""
    given = {
        "measure": _("已发布目录"),
        "unit": _("条"),
        "over": _("县（市、区、行委）"),
        "source": _("演示数据"),
        "at": _AT,
    }
    known = list(maps.GRID)

    def areas(codes: list[str], value: Any) -> tuple[maps.Area, ...]:
        return tuple(
            maps.Area(code=code, name=code, short=code[2:], within=code[:4], url="#maps", value=value(place))
            for place, code in enumerate(codes)
        )

    elsewhere = [f"62{place // 5:02}{place % 5 + 1:02}" for place in range(5, 30)]
    return (
        maps.Map(code="map-many", title=_("按县分布"), areas=areas(known, lambda n: n * n // 3), **given),
        maps.Map(code="map-none", title=_("都没有"), areas=areas(known, lambda n: 0), **given),
        maps.Map(code="map-rows", title=_("没有排好位置的省"), areas=areas(elsewhere, lambda n: n or None), **given),
    )
