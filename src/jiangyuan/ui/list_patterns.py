"""The list on the living page, in every state: full with rows to choose, chosen, dense, long names, narrowed to nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.clocks import SHANGHAI
from jiangyuan.ui import parts
from jiangyuan.ui.listing import Facet, Filters, Page, Views, size_links

_PLACE = "#list"


def _columns() -> tuple[parts.Column, ...]:
    return (
        parts.Column(title=_("名称"), order="title"),
        parts.Column(title=_("提供单位")),
        parts.Column(title=_("状态")),
        parts.Column(title=_("时限")),
        parts.Column(title=_("数据量"), numeric=True, unit=_("行"), order="rows"),
        parts.Column(title=_("更新时间"), order="updated_at"),
    )


def _name(title: Any) -> parts.Link:
    return parts.Link(title=title, url=_PLACE)


def _rows(badges: Sequence[parts.Badge], clocks: Sequence[Any]) -> list[list[Any]]:
    first = datetime(2026, 11, 22, 9, 30, tzinfo=SHANGHAI)
    return [
        [_name(_("城乡居民最低生活保障信息")), _("省民政厅"), badges[2], clocks[0], 318204, first],
        [_name(_("死亡人口信息")), _("省公安厅"), badges[1], clocks[3], 9420, first],
        [_name(_("不动产登记信息")), _("省自然资源厅"), badges[3], clocks[4], None, None],
    ]


def _long(badges: Sequence[parts.Badge], clocks: Sequence[Any]) -> list[list[Any]]:
    name = _("青海省三江源国家公园生态管护员公益性岗位人员聘用、续聘、解聘及草原生态保护补助奖励资金发放明细信息")
    body = _("青海省人力资源和社会保障厅、省林业和草原局、三江源国家公园管理局（联合提供）")
    code = parts.Code(text="delivered.three_rivers_source_national_park_ecological_ranger_post_payment_detail_v12")
    both = parts.Stack(first=body, second=_("省民政厅"))
    return [[_name(name), both, badges[4], clocks[6], 90123456789, code]]


def _empty() -> parts.Empty:
    return parts.Empty(
        title=_("没有符合条件的目录"),
        why=_("已选“省民政厅”和“近一周更新”，两个条件合在一起没有结果。"),
        todo=_("可去掉一个条件，或换一个说法搜索。"),
        action=parts.Button(title=_("清除全部条件"), url=_PLACE, kind="plain", icon="filter-off"),
    )


def _first() -> parts.Empty:
    return parts.Empty(
        title=_("目录还是空的"),
        why=_("部门编制并经审核发布的目录会出现在这里。"),
        todo=_("可由已扫描的数据表编制。"),
        action=parts.Button(title=_("编制目录"), url=_PLACE, icon="plus"),
    )


def _filters(code: str, *, narrowed: bool) -> Filters:
    bodies = (
        _("省民政厅"),
        _("省公安厅"),
        _("省自然资源厅"),
        _("省教育厅"),
        _("省财政厅"),
        _("省农业农村厅"),
        _("省统计局"),
        _("省税务局"),
    )
    towns = (_("西宁市民政局"), _("海东市民政局"), _("海北州民政局"), _("海南州民政局"))
    share = (("conditional", _("有条件共享")), ("unconditional", _("无条件共享")), ("none", _("不予共享")))
    sides = (("made", _("本部门提出")), ("received", _("本部门收到")))
    return Filters(
        code=code,
        text=str(_("低保")) if narrowed else "",
        words=_("名称、摘要或编码"),
        facets=(
            Facet(
                name="body",
                title=_("提供单位"),
                choices=tuple((str(n), b) for n, b in enumerate(bodies + towns)),
                values=("0", "3") if narrowed else (),
                many=True,
            ),
            Facet(name="share", title=_("共享类型"), choices=share, values=("none",) if narrowed else (), many=True),
            Facet(name="side", title=_("方向"), choices=sides, values=("made",) if narrowed else ()),
        ),
    )


def _views(code: str, *, here: bool) -> Views:
    names = (_("全部"), _("待我核对的"), _("本月到期"))
    return Views(
        code=code,
        items=tuple(parts.Link(title=n, url=_PLACE, current=i == int(here)) for i, n in enumerate(names)),
        current=parts.Link(title=_("管理这个视图"), url=_PLACE) if here else None,
        save_url="" if here else _PLACE,
    )


def _table(code: str, rows: list[list[Any]], **more: Any) -> parts.Table:
    marks = [
        parts.Mark(value=str(n), label=str(row[0].title), acts=("pause", "stop") if n else ("pause",))
        for n, row in enumerate(rows)
    ]
    acts = (
        parts.Choice(code="pause", title=_("暂停交换")),
        parts.Choice(code="stop", title=_("停止交换"), danger=True),
    )
    sizes = size_links((), 50)
    return parts.Table(
        caption=_("目录"),
        columns=_columns(),
        order="-updated_at",
        query={"q": "x"},
        empty=_empty(),
        rows=rows,
        marks=[*marks[:-1], None] if len(marks) > 1 else marks,
        batch=parts.Batch(code=code, acts=acts, url=_PLACE),
        pager=parts.Pager(previous_url=_PLACE, next_url=_PLACE, note=_("约 93,000 条"), sizes=sizes, code=code),
        code=code,
        **more,
    )


def lists(badges: Sequence[parts.Badge], clocks: Sequence[Any]) -> tuple[parts.Part, ...]:
    """Give the list in its states; badges and clocks are those that the page shows elsewhere."""
    common: dict[str, Any] = {"density_url": _PLACE, "export_url": _PLACE, "most": "50,000"}
    full, long = _rows(badges, clocks), _long(badges, clocks)
    count = str(_("约 93,000 条"))
    narrowed = _table("sample2", full[:2], dense=True)
    bare = parts.Table(caption=_("目录"), columns=_columns(), rows=[], empty=_empty())
    return (
        Page(
            code="jy",
            table=_table("jy", full),
            count=count,
            filters=_filters("jy", narrowed=False),
            views=_views("jy", here=False),
            **common,
        ),
        Page(
            code="sample2",
            table=narrowed,
            count="2",
            filters=_filters("sample2", narrowed=True),
            views=_views("sample2", here=True),
            **common,
        ),
        Page(code="sample3", table=_table("sample3", long), count="1", **common),
        Page(code="sample4", table=bare, filters=_filters("sample4", narrowed=True)),
        parts.Table(caption=_("没有内容的列表"), show_caption=True, columns=_columns(), rows=[], empty=_first()),
        replace(bare, caption=_("不能选择的列表"), rows=full, show_caption=True),
    )
