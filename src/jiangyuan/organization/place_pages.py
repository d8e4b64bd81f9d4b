"""The divisions of the province as a tree, opened level by level, with the bodies that each has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from jiangyuan.kernel.errors import NotFound
from jiangyuan.organization import queries
from jiangyuan.organization.models import Jurisdiction
from jiangyuan.ui import listing, pages, parts
from jiangyuan.ui.session import require_actor

PLACES = parts.Link(title=pgettext_lazy("several", "行政区划"), url="/organization/places/")
MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One division in the tree: its bodies (with those below it) and what lies below."""

    name: str
    code: str
    url: str
    bodies: int
    below: int
    children: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree(parts.Part):
    """A tree of divisions; each level opens by itself, the lowest on a page of its own."""

    template: ClassVar[str] = "organization/tree.html"
    nodes: tuple[Node, ...]


def _stem(code: str) -> str:
    """Give the beginning that a division's code shares with all below it: 630000 -> 63, 632800 -> 6328."""
    return (
        code.rstrip("0")
        if len(code) > 6
        else code[:2]
        if code[2:] == "0000"
        else code[:4]
        if code[4:] == "00"
        else code
    )


def _node(one: Jurisdiction, children: dict[object, list[Jurisdiction]], counted: dict[str, int]) -> Node:
    below = children.get(one.pk, [])
    stem = _stem(one.code)
    return Node(
        name=one.name,
        code=one.code,
        url=f"{PLACES.url}{one.code}/",
        bodies=sum(n for code, n in counted.items() if code.startswith(stem)),
        below=len(below),
        children=tuple(_node(child, children, counted) for child in below),
    )


def places_page(request: HttpRequest) -> HttpResponse:
    """Show province, prefectures and counties as a tree, or what was searched for."""
    actor = require_actor(request)
    filters = listing.Filters(text=listing.words_of(request), words=_("名称或代码"))
    sections: tuple[parts.Part, ...]
    if filters.text:
        sections = (filters, filters.chips, _found(filters.text))
    else:
        rows = list(queries.upper_divisions()[:MOST])
        children: dict[object, list[Jurisdiction]] = {}
        for row in rows:
            children.setdefault(row.parent_id, []).append(row)
        counted = queries.bodies_by_division(actor=actor)
        known = {row.pk for row in rows}
        tops = [row for row in rows if row.parent_id not in known]
        sections = (filters, Tree(nodes=tuple(_node(top, children, counted) for top in tops)))
    header = parts.Header(
        title=pgettext("several", "行政区划"),
        lead=_("省、市州、县逐级展开，乡镇街道在县的页面上；数字是所辖的部门数。"),
    )
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _found(words: str) -> parts.Table:
    rows = list(queries.divisions_named(words)[:MOST])
    return _table(_("找到的区划"), rows, empty=_("没有这样的区划"), why=_("可按名称的一部分或代码的开头查找。"))


def _table(caption: str, rows: list[Jurisdiction], *, empty: str, why: str, above: bool = True) -> parts.Table:
    heads = (_("名称"), _("代码"), pgettext("division", "级别"), *((_("上级"),) if above else ()), _("状态"))
    return parts.Table(
        caption=caption,
        show_caption=True,
        columns=tuple(parts.Column(title=t) for t in heads),
        rows=[
            (
                parts.Link(title=one.name, url=f"{PLACES.url}{one.code}/"),
                parts.Code(text=one.code),
                one.get_level_display(),  # type: ignore[attr-defined]
                *((one.parent.name if one.parent else "",) if above else ()),
                parts.Badge(label=_("已撤销"), tone="closed")
                if one.retired
                else parts.Badge(label=_("现行"), tone="good"),
            )
            for one in rows
        ],
        empty=parts.Empty(title=empty, why=why),
    )


def place_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show a division: where it belongs, its bodies, what lies below."""
    actor = require_actor(request)
    place = queries.division(code[:12])
    if place is None:
        raise NotFound(_("没有这个行政区划"), mend=_("请从行政区划列表中选择。"))
    above: list[parts.Link] = []
    step = place.parent
    while step is not None and len(above) < 4:
        above.insert(0, parts.Link(title=step.name, url=f"{PLACES.url}{step.code}/"))
        step = step.parent
    bodies = list(queries.bodies(actor=actor).filter(jurisdiction=place)[:MOST])
    seated = parts.Table(
        caption=_("本级部门"),
        show_caption=True,
        columns=tuple(parts.Column(title=t) for t in (_("名称"), _("职责"))),
        rows=[
            (
                parts.Link(title=body.name, url=f"/organization/bodies/{body.pk}/"),
                parts.Badge(label=_("共享主管部门"), tone="plain") if body.is_authority else "",
            )
            for body in bodies
        ],
        empty=parts.Empty(title=_("本级还没有部门"), why=_("部门登记时选择所在的行政区划。")),
    )
    below = list(place.children.filter(scheme="mca").select_related("parent").order_by("retired", "code")[:MOST])
    lower = _table(_("下级区划"), below, empty=_("没有下级区划"), why=_("这是区划的最低一级。"), above=False)
    header = parts.Header(
        title=place.name,
        badge=parts.Badge(label=_("已撤销"), tone="closed") if place.retired else None,
        code=parts.Code(text=place.code),
        crumbs=(PLACES, *above, parts.Link(title=place.name, current=True)),
    )
    return pages.page(request, "ui/detail.html", header=header, sections=(seated, lower))
