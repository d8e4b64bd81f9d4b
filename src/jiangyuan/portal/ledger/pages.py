"""The ledger from above: the province, its prefectures and counties, their departments."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _

from jiangyuan.catalog.census.kinds import KINDS
from jiangyuan.catalog.census.queries import assets
from jiangyuan.catalog.census.report_pages import asset_table
from jiangyuan.catalog.entries.queries import entries
from jiangyuan.catalog.entries.tables import entry_table
from jiangyuan.kernel.actor import ADMINISTRATORS, Actor
from jiangyuan.kernel.config import settings
from jiangyuan.organization.models import ApplicationSystem, Body, Jurisdiction
from jiangyuan.portal.figures.shown import FIGURES, whole
from jiangyuan.portal.ledger import queries, table_pages
from jiangyuan.portal.ledger.table_pages import LEDGER, crumbs
from jiangyuan.ui import listing, lists, pages, parts, states, tiles
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

HITS = 10
OVERSEERS = frozenset({"authority_handler", "authority_head", "auditor"})
"""Who sees the sources, censuses and systems of every body."""


def ledger_page(request: HttpRequest) -> HttpResponse:
    """Show the province: what is below it, its own departments, and the search over tables and columns."""
    actor = require_actor(request)
    top = Jurisdiction.objects.filter(code=settings().province_code, scheme="mca", retired=False).first()
    if top is None:
        header = parts.Header(title=LEDGER.title)
        empty = parts.Empty(title=_("还没有装入行政区划"), why=_("总账本按行政区划和部门展开。"))
        return pages.page(request, "ui/detail.html", header=header, sections=(empty,))
    return _division(request, actor, top)


def division_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show a prefecture or a county."""
    actor = require_actor(request)
    rows = Jurisdiction.visible_to(actor).filter(code=code, retired=False).order_by("scheme")
    return _division(request, actor, find(rows, rows.values_list("pk", flat=True).first() or code))


def _division(request: HttpRequest, actor: Actor, division: Jurisdiction) -> HttpResponse:
    text = listing.words_of(request)
    counts = queries.counts_by_body(actor)
    beginning = queries.within(division.code, division.level)
    total = queries.summed(counts, beginning)
    seen = [name for name in queries.COUNTED if name in whole(actor)]
    numbers = tiles.Tiles(
        title=_("登记在册"),
        items=tuple(tiles.Tile(title=FIGURES[n].title, value=total.get(n, 0), unit=FIGURES[n].unit) for n in seen),
    )
    own = [one for one in counts if one[0].jurisdiction.code == division.code]
    sections: list[Any] = [numbers]
    if text:
        own = [one for one in counts if text in one[0].name and one[0].jurisdiction.code.startswith(beginning)]
        sections = [*_found(actor, text)] if division.level == "province" else []
    below = queries.divisions_below(division)
    title = _("省级部门") if division.level == "province" and not text else _("部门")
    sections.append(_bodies(own, seen, title, searched=bool(text)))
    if below and not text:
        sections.append(_divisions(below, counts, seen))
    towns = queries.towns_of(division)
    if towns and not text:
        sections.append(_towns(towns))
    province = division.level == "province"
    filters = listing.Filters(text=text, words=_("部门、表或字段的名称") if province else _("部门名称"))
    lead = _("从全省到一个字段：谁登记、在哪张表、编成哪条目录、给了谁。")
    header = parts.Header(
        title=_("%(name)s总账本") % {"name": division.name},
        crumbs=() if province else (*crumbs(division)[:-1], parts.Link(title=division.name, current=True)),
        code=parts.Code(text=division.code),
        lead=lead if province else "",
    )
    return pages.page(request, "ledger/ledger.html", header=header, filters=filters, sections=sections)


def _numbers(parts_of: Any, seen: list[str]) -> tuple[int, ...]:
    return tuple(parts_of.get(name, 0) for name in seen)


def _columns(seen: list[str]) -> tuple[parts.Column, ...]:
    return tuple(parts.Column(title=FIGURES[n].title, numeric=True, unit=FIGURES[n].unit) for n in seen)


def _bodies(rows: Any, seen: list[str], title: Any, *, searched: bool) -> parts.Table:
    shown = [name for name in seen if name != "bodies"]
    return parts.Table(
        caption=title,
        show_caption=True,
        columns=(parts.Column(title=_("部门")), *_columns(shown)),
        rows=[
            (parts.Link(title=body.name, url=f"/ledger/body/{body.alias}/"), *_numbers(counted, shown))
            for body, counted in rows[:500]
        ],
        empty=parts.Empty(title=_("没有名称相符的部门"), why=_("可换一个说法，或只输入其中几个字。"))
        if searched
        else parts.Empty(title=_("还没有登记部门"), why=_("这一级还没有部门接入平台；下级的部门见下表。")),
    )


def _divisions(below: list[Jurisdiction], counts: Any, seen: list[str]) -> parts.Table:
    rows = []
    for one in below:
        total = queries.summed(counts, queries.within(one.code, one.level))
        rows.append(
            (parts.Link(title=one.name, url=f"/ledger/{one.code}/"), parts.Code(text=one.code), *_numbers(total, seen))
        )
    return parts.Table(
        caption=_("下级行政区"),
        show_caption=True,
        columns=(parts.Column(title=_("名称")), parts.Column(title=_("区划代码")), *_columns(seen)),
        rows=rows,
        empty=parts.Empty(title=_("没有下级行政区"), why=""),
    )


def _towns(towns: list[Jurisdiction]) -> parts.Table:
    return parts.Table(
        caption=_("乡镇街道"),
        show_caption=True,
        columns=(parts.Column(title=_("名称")), parts.Column(title=_("区划代码"))),
        rows=[(town.name, parts.Code(text=town.code)) for town in towns],
        empty=parts.Empty(title=_("没有乡镇街道"), why=""),
    )


def _found(actor: Actor, text: str) -> tuple[parts.Table, ...]:
    """Give the tables and columns that the words name, the first ones of each."""
    empty = parts.Empty(
        title=_("没有找到"), why=_("只搜索您有权查看的内容。"), todo=_("可换一个说法，或只输入其中几个字。")
    )
    tables = list(queries.tables(actor, text).order_by("name")[:HITS])
    columns = list(queries.columns(actor, text).order_by("name", "pk")[:HITS])
    heads = (parts.Column(title=_("名称")), parts.Column(title=_("说明")), parts.Column(title=_("所在")))
    of_tables = [(table_pages.link(t), t.comment, f"{t.source.body} · {t.source}") for t in tables]
    of_columns = [
        (parts.Link(title=c.name, url=f"/ledger/column/{c.pk}/"), c.comment, f"{c.table.source.body} · {c.table}")
        for c in columns
    ]
    return tuple(
        parts.Table(caption=caption, show_caption=True, columns=heads, rows=rows, empty=empty)
        for caption, rows in ((_("数据表"), of_tables), (_("字段"), of_columns))
    )


def body_page(request: HttpRequest, alias: str) -> HttpResponse:
    """Show a department: its sources, its entries, its systems."""
    actor = require_actor(request)
    rows = Body.visible_to(actor).filter(alias=alias).select_related("jurisdiction__parent")
    body = find(rows, rows.values_list("pk", flat=True).first() or alias)
    asked = request.GET.get("tab", "")
    registered = assets(actor=actor).filter(body=body, current=True)
    sees = queries.sees_sources(actor, body) or registered.exists()
    titles = {"entries": _("目录")}
    if sees:
        titles = {"": _("数据源"), "census": _("普查登记"), "entries": _("目录"), "systems": _("应用系统")}
    tab = asked if asked in titles else next(iter(titles))
    base = f"/ledger/body/{body.alias}/"
    tabs = parts.Tabs(
        label=_("部门的内容"),
        items=tuple(
            parts.Link(title=title, url=f"{base}?tab={code}" if code else base, current=code == tab)
            for code, title in titles.items()
        ),
    )
    drawn = {"": _sources, "census": _census, "entries": _entries, "systems": _systems}
    header = parts.Header(
        title=body.name,
        code=parts.Code(text=body.credit_code) if body.credit_code else None,
        crumbs=(*crumbs(body.jurisdiction), parts.Link(title=str(body), current=True)),
    )
    filters, table = drawn[tab](request, actor, body)
    above = (
        () if sees else (parts.Notice(title=_("数据源清单由本部门和主管部门查看"), text=_("这里列出已发布的目录。")),)
    )
    return lists.list_page(request, header=header, above=above, tabs=tabs, filters=filters, table=table)


Drawn = tuple[listing.Filters | None, listing.Listing]


def _census(request: HttpRequest, actor: Actor, body: Body) -> Drawn:
    """List what the body's last accepted census registers, from systems down to tables."""
    kinds = [(kind.code, kind.title) for kind in KINDS.values()]
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("代码或名称"),
        facets=(listing.facet(request, "kind", _("类别"), kinds),),
    )
    rows = filters.narrow(assets(actor=actor).filter(body=body, current=True))
    return filters, asset_table(
        request,
        rows,
        filters,
        caption=_("普查登记"),
        empty=_none(actor, body, _("还没有普查登记"), _("普查报告经主管部门接收后计入。")),
    )


def _none(actor: Actor, body: Body, title: Any, why: Any, *, sees: frozenset[str] = OVERSEERS) -> parts.Empty:
    """Say that there is nothing, to those who see all there is; to others, that nothing is theirs to see."""
    if actor.body == body.pk or actor.capacity in sees:
        return parts.Empty(title=title, why=why)
    return parts.Empty(title=_("没有您可查看的内容"), why=_("只由本部门和主管部门查看，您看不到不等于没有。"))


def _sources(request: HttpRequest, actor: Actor, body: Body) -> Drawn:
    table = listing.table_of(
        request,
        queries.sources_of(actor, body),
        caption=_("数据源"),
        columns=(
            parts.Column(title=_("名称"), order="name"),
            parts.Column(title=_("种类")),
            parts.Column(title=_("状态"), order="state"),
            parts.Column(title=_("数据表"), numeric=True, unit=_("张")),
            parts.Column(title=_("上次扫描"), order="last_scanned_at"),
        ),
        row=lambda source: (
            parts.Link(title=source.name, url=f"/ledger/source/{source.alias}/"),
            source.get_kind_display(),
            states.state_badge(source),
            source.table_count,
            source.last_scanned_at or (_("接收库，不扫描") if source.receives else _("还没有扫描")),
        ),
        order=("name", "state", "last_scanned_at"),
        empty=_none(actor, body, _("还没有数据源"), _("由部门的数据共享工作机构登记。")),
    )
    return None, table


def _entries(request: HttpRequest, actor: Actor, body: Body) -> Drawn:
    empty = parts.Empty(title=_("还没有目录"), why=_("部门编制并经审核发布的目录会出现在这里。"))
    rows = entries(actor=actor).filter(body=body)
    return None, entry_table(request, rows, filters=None, empty=empty)


def _systems(request: HttpRequest, actor: Actor, body: Body) -> Drawn:
    table = listing.table_of(
        request,
        ApplicationSystem.visible_to(actor).filter(body=body),
        caption=_("应用系统"),
        columns=(
            parts.Column(title=_("名称"), order="name"),
            parts.Column(title=_("用途")),
        ),
        row=lambda system: (
            parts.Link(title=system.name, url=f"/organization/systems/{system.pk}/"),
            system.purpose,
        ),
        order=("name",),
        empty=_none(
            actor, body, _("还没有应用系统"), _("授权给到应用系统；由部门登记。"), sees=OVERSEERS | ADMINISTRATORS
        ),
    )
    return None, table


urlpatterns = [
    path("ledger/", ledger_page, name="ledger"),
    path("ledger/<int:code>/", lambda request, code: division_page(request, str(code)), name="ledger_division"),
    path("ledger/body/<slug:alias>/", body_page, name="ledger_body"),
    path("ledger/source/<slug:alias>/", table_pages.source_page, name="ledger_source"),
    path("ledger/table/<uuid:pk>/", table_pages.table_page, name="ledger_table"),
    path("ledger/column/<uuid:pk>/", table_pages.column_page, name="ledger_column"),
]
