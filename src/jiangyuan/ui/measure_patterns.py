"""What measures things, in all its states, for the living page: verdicts, figures, meters, a score, a chain, live parts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.clocks import SHANGHAI
from jiangyuan.ui import measures, parts, tiles

_AT = datetime(2026, 11, 22, 9, 30, tzinfo=SHANGHAI)
_PLACE = "#measures"


def verdicts() -> tuple[parts.Part, ...]:
    """Give the verdict when all is well, when something should be looked at, and when it needs a person."""
    needs = (
        parts.Link(title=_("最低生活保障信息：两小时未更新"), url=_PLACE),
        parts.Link(title=_("死亡人口信息：来源连不上"), url=_PLACE),
    )
    return (
        measures.Verdict(title=_("一切正常"), text=_("9 条供数都按时更新。")),
        measures.Verdict(title=_("1 条供数比约定的慢"), tone="warn", needs=needs[:1]),
        measures.Verdict(title=_("2 条供数需要处理"), text=_("最久的已经两小时。"), tone="bad", needs=needs),
    )


def figures() -> tuple[parts.Part, ...]:
    """Give a row of figures: one that leads somewhere, one that stands still, one that is not known, one to look at."""
    tile = measures.Tile
    items = (
        tile(title=_("现有记录"), value=318204, unit=_("行"), url=_PLACE, note=_("昨日 24 时统计")),
        tile(title=_("需要处理"), value=2, unit=_("条"), tone="bad", url=_PLACE),
        tile(title=_("比约定的慢"), value=1, unit=_("条"), tone="warn"),
        tile(title=_("最近一次检查"), value=None),
    )
    tiles = measures.Tiles(label=_("数字"), items=items)
    return tiles, measures.Fold(title=_("比例"), note=_("没有测量的不画，也不写成零。"), inner=meters())


def meters() -> tuple[parts.Part, ...]:
    """Give the meter where it is well, tolerable, not well, and where nothing was measured."""
    return tuple(measures.Meter(value=value, unit="%", label=_("完整性")) for value in (99.2, 86, 41.5, None))


def scores() -> tuple[parts.Part, ...]:
    """Give a score with what is missing and how to gain it, and one where nothing is missing."""
    button = parts.Button(title=_("补充说明"), url=_PLACE, kind="plain")
    point = measures.Point
    there = (
        point(title=_("有负责人"), earned=30, possible=30),
        point(title=_("数据项有说明"), earned=40, possible=40),
        point(title=_("对照了数据标准"), earned=30, possible=30),
    )
    missing = (
        there[0],
        point(title=_("数据项有说明"), earned=22, possible=40, gain=_("还有 8 个数据项没有说明。"), action=button),
        point(title=_("对照了数据标准"), earned=0, possible=30, gain=_("选择已发布的标准，逐项对照。")),
    )
    return (
        tiles.Beside(
            title=_("并排"),
            items=(
                measures.Score(title=_("目录完善程度"), points=missing),
                measures.Score(title=_("没有缺项"), points=there),
            ),
        ),
    )


def chains() -> tuple[parts.Part, ...]:
    """Give a chain with several things in a stage, one of them needing a person, and a stage with nothing in it."""
    good, bad = parts.Badge(label=_("正常"), tone="good"), parts.Badge(label=_("同步中断"), tone="bad")
    node, stage = measures.Node, measures.Stage
    taken = (
        node(kind=_("数据库供数"), name=_("省公安厅"), url=_PLACE, note=_("每日更新"), badge=good),
        node(kind=_("服务"), name=_("低保资格核验"), badge=bad),
    )
    source = node(kind=_("业务数据库"), name=_("民政业务系统"), url=_PLACE, badge=good)
    stages = (
        stage(title=_("来源"), nodes=(source,)),
        stage(title=_("目录"), nodes=(node(kind=_("目录"), name=_("城乡居民最低生活保障信息"), url=_PLACE),)),
        stage(title=_("使用"), nodes=taken),
        stage(title=_("对外开放"), none=_("没有开放。")),
    )
    return (measures.Chain(title=_("从来源到使用"), stages=stages, note=_("从左到右，数据往哪里去。")),)


def living() -> tuple[Any, ...]:
    """Give what asks for itself again, as it stands when nothing is under way, and a few links in one cell."""
    notice = parts.Notice(title=_("数据已全部到达。"), tone="good")
    links = (parts.Link(title=_("省民政厅"), url=_PLACE), parts.Link(title=_("省公安厅"), url=_PLACE))
    return measures.Live(id="pattern-live", inner=(notice,), every=0, at=_AT), measures.Links(items=links)
