"""The list of elements with their sources, and the page of one element."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jiangyuan.catalog.onesource import queries
from jiangyuan.catalog.onesource.counts import published
from jiangyuan.catalog.onesource.models import OPEN, ElementLine
from jiangyuan.kernel.actor import Actor
from jiangyuan.organization.queries import bodies
from jiangyuan.ui import listing, lists, measures, pages, parts, states, steps
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

LINES = parts.Link(title=gettext_lazy("一数一源清单"), url="/one-source/")
_TONES: dict[str, parts.Tone] = {"none": "idle", "running": "running", "decided": "good"}


def standing_badge(line: ElementLine) -> parts.Badge:
    """Show whether an element has its source."""
    return parts.Badge(label=dict(ElementLine.STANDINGS)[line.standing], tone=_TONES[line.standing])


def lines_page(request: HttpRequest) -> HttpResponse:
    """List the elements: source, collectors, what repeats."""
    actor = require_actor(request)
    offered = [(b.alias, str(b)) for b in bodies(actor=actor)[:500]]
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("数据元名称"),
        facets=(
            listing.facet(request, "standing", _("数源"), ElementLine.STANDINGS, many=True),
            listing.facet(request, "source", _("数源部门"), offered, many=True, field="source__alias"),
            listing.facet(request, "repeating", _("重复采集"), (("yes", _("有未处置的")),)),
        ),
    )
    rows = filters.narrow(queries.lines(actor=actor, text=filters.text), without=("repeating",))
    if any(f.values for f in filters.facets if f.name == "repeating"):
        rows = rows.filter(repeats__gt=0)
    table = listing.table_of(
        request,
        rows,
        caption=_("一数一源清单"),
        columns=(
            parts.Column(title=_("数据元"), order="name"),
            parts.Column(title=_("行政区划")),
            parts.Column(title=_("数源部门")),
            parts.Column(title=_("指定情况")),
            parts.Column(title=_("采集部门"), numeric=True, unit=_("个"), order="collectors"),
            parts.Column(title=_("未处置的重复采集"), numeric=True, unit=_("处"), order="repeats"),
            parts.Column(title=_("已准予的例外"), numeric=True, unit=_("处")),
        ),
        row=lambda one: (
            parts.Link(title=one.name, url=f"{LINES.url}{one.pk}/"),
            one.jurisdiction.name,
            str(one.source or ""),
            standing_badge(one),
            one.collectors,
            one.repeats,
            one.excepted,
        ),
        order=("-repeats", "name", "collectors"),
        filters=filters,
        empty=parts.Empty(
            title=_("清单还是空的"), why=_("目录发布后，信息项对应的数据元会列在这里；由主管部门逐项指定数源部门。")
        ),
    )
    may = steps.may_begin("catalog.designation.propose", actor, jurisdiction=actor.jurisdiction)
    action = parts.Button(title=_("提出数源部门"), url="/one-source/new/", icon="plus") if may else None
    header = parts.Header(
        title=_("一数一源清单"),
        lead=_("每个数据元由一个数源部门负责，其他部门通过共享获取，不重复采集（《政务数据共享条例》第十九条）。"),
        action=action,
        further=(parts.Button(title=_("重复采集"), url="/one-source/repeats/", kind="plain"),),
    )
    return lists.list_page(request, header=header, filters=filters, table=table)


def line_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one element: its source, who collects it, what repeats, how it was designated."""
    actor = require_actor(request)
    line = find(queries.lines(actor=actor), pk)
    may = steps.may_begin("catalog.designation.propose", actor, jurisdiction=line.jurisdiction.code)
    url = f"/one-source/new/?element={line.element_id}"
    action = parts.Button(title=_("提出数源部门"), url=url) if may and line.standing == "none" else None
    further = (
        (parts.Button(title=_("改由其他部门负责"), url=url, kind="plain"),)
        if may and line.standing == "decided"
        else ()
    )
    header = parts.Header(
        title=line.name,
        badge=standing_badge(line),
        crumbs=(LINES, parts.Link(title=line.name, current=True)),
        action=action,
        further=further,
    )
    tiles = measures.Tiles(
        label=_("一数一源"),
        items=(
            measures.Tile(title=_("数源部门"), value=str(line.source or _("未指定"))),
            measures.Tile(title=_("采集部门"), value=line.collectors, unit=_("个"), note=_collectors_note(line)),
            measures.Tile(
                title=_("未处置的重复采集"),
                value=line.repeats,
                unit=_("处"),
                note=_hidden_note(line, actor),
                tone="warn" if line.repeats else None,
            ),
        ),
    )
    sections = (tiles, _collected(line, actor), _repeats(line, actor), _designations(line, actor))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _collectors_note(line: ElementLine) -> str:
    """Say that the source is counted among those who collect, where it is."""
    if line.source_id is None or not published(line).filter(entry__body_id=line.source_id).exists():
        return ""
    return _("含数源部门自身")


def _hidden_note(line: ElementLine, actor: Actor) -> str:
    """Say how many repeated collections the list below leaves out, because they are other bodies' to see."""
    shown = queries.repetitions(actor=actor).filter(line=line, state__in=OPEN).count()
    hidden = line.repeats - shown
    if hidden <= 0:
        return ""
    return ngettext("另有 %(n)s 处在其他部门，您无权查看", "另有 %(n)s 处在其他部门，您无权查看", hidden) % {
        "n": hidden
    }


def _collected(line: ElementLine, actor: Actor) -> parts.Table:
    rows = [
        (
            parts.Link(title=item.entry.known_name, url=f"/catalog/{item.entry_id}/?tab=items"),
            str(item.entry.body),
            item.name,
            _role(line, item),
        )
        for item in queries.collected(line, actor=actor)
    ]
    return parts.Table(
        caption=_("已发布目录中的信息项"),
        show_caption=True,
        columns=tuple(parts.Column(title=t) for t in (_("目录"), _("部门"), _("信息项"), _("作用"))),
        rows=rows,
        empty=parts.Empty(title=_("没有已发布的信息项"), why=_("目录发布后列在这里。")),
    )


def _role(line: ElementLine, item: Any) -> str:
    if item.key or item.identifies:
        return _("标识，不计重复采集")
    return _("数源") if item.entry.body_id == line.source_id else _("采集")


def _repeats(line: ElementLine, actor: Actor) -> parts.Table:
    found = queries.repetitions(actor=actor).filter(line=line).order_by("-updated_at")[:200]
    return parts.Table(
        caption=_("重复采集"),
        show_caption=True,
        columns=tuple(parts.Column(title=t) for t in (_("部门"), _("目录"), _("处置方式"), _("状态"))),
        rows=[
            (
                str(one.body),
                parts.Link(title=one.entry.known_name, url=f"/one-source/repeats/{one.pk}/"),
                one.get_way_display() if one.way else "",  # type: ignore[attr-defined]
                states.state_badge(one),
            )
            for one in found
        ],
        empty=parts.Empty(
            title=_("没有可查看的重复采集"), why=_("确定数源部门后，其他部门已发布目录中的同一数据元会列在这里。")
        ),
    )


def _designations(line: ElementLine, actor: Actor) -> parts.Table:
    found = queries.designations(actor=actor).filter(line=line).order_by("-created_at")[:50]
    return parts.Table(
        caption=_("指定经过"),
        show_caption=True,
        columns=tuple(parts.Column(title=t) for t in (_("数源部门"), _("状态"), _("职责依据"), _("提出时间"))),
        rows=[
            (
                parts.Link(title=str(one.body), url=f"/one-source/designations/{one.pk}/"),
                states.state_badge(one),
                one.basis,
                one.created_at,
            )
            for one in found
        ],
        empty=parts.Empty(title=_("还没有指定过"), why=_("由主管部门提出，部门表态后确定。")),
    )


def of_entry(entry: Any, actor: Actor) -> tuple[parts.Part, ...]:
    """Show on an entry's page what is flagged in it, and where its elements have their sources."""
    told: list[parts.Part] = []
    for one in queries.of_entry(entry, actor=actor):
        title = _("重复采集：%(element)s") % {"element": one.line.name}
        text = _("数源部门是%(source)s，%(state)s。") % {"source": one.line.source, "state": one.state_label}
        tone: parts.Tone = "warn" if one.state in OPEN else "running"
        told += [
            parts.Notice(title=title, tone=tone, text=text),
            parts.Button(title=_("查看重复采集"), url=f"/one-source/repeats/{one.pk}/", kind="plain"),
        ]
    rows = [
        (name, parts.Link(title=line.name, url=f"{LINES.url}{line.pk}/"), str(line.source))
        for name, line in queries.sources_of(entry)
    ]
    if rows:
        told.append(
            parts.Table(
                caption=_("信息项的数源部门"),
                show_caption=True,
                columns=tuple(parts.Column(title=t) for t in (_("信息项"), _("数据元"), _("数源部门"))),
                rows=rows,
                empty=parts.Empty(title=_("没有指定"), why=""),
            )
        )
    return tuple(told)
