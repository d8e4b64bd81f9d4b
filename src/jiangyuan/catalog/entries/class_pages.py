"""The tree of classes: browsed by everybody, added to, renamed and closed by the authority."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.entries import queries, tables
from jiangyuan.catalog.entries.models import Classification
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import NotFound
from jiangyuan.ui import listing, pages, parts, steps
from jiangyuan.ui.session import require_actor

CATALOG = parts.Link(title=gettext_lazy("数据目录"), url="/catalog/")
TREE = parts.Link(title=gettext_lazy("分类目录"), url="/catalog/classes/")
ADD = "catalog.classification.add"
ACTS = ("catalog.classification.rename", "catalog.classification.close")
LEVELS = {
    1: gettext_lazy("一级 类"),
    2: gettext_lazy("二级 项"),
    3: gettext_lazy("三级 目"),
    4: gettext_lazy("四级 细目"),
}
MOST = 2000
"""Classes that a form offers; a tree of more is entered by its code."""


def choices(actor: Actor) -> list[tuple[str, str]]:
    """Give the open 目 and 细目 to choose from."""
    rows = queries.classes(actor=actor).filter(level__gte=3, closed_at__isnull=True)
    return [(kept.code, str(kept)) for kept in rows[:MOST]]


def _table(rows: Any, caption: Any) -> parts.Table:
    closed, own = parts.Badge(label=_("已停用"), tone="closed"), parts.Badge(label=_("本省"), tone="plain")
    nation = parts.Badge(label=_("国家"), tone="plain")
    return parts.Table(
        caption=caption,
        show_caption=True,
        columns=tuple(parts.Column(title=t) for t in (_("代码"), _("名称"), _("层级"), _("来源"))),
        rows=[
            (
                parts.Code(text=kept.code),
                parts.Link(title=kept.name, url=f"{TREE.url}{kept.code}/"),
                LEVELS[kept.level],
                closed if kept.closed_at else nation if kept.national else own,
            )
            for kept in rows
        ],
        empty=parts.Empty(title=_("下面还没有分类"), why=_("主管部门可以增加本省的分类。")),
    )


def tree_page(request: HttpRequest) -> HttpResponse:
    """Show the first two levels: the 类, each with its 项."""
    actor = require_actor(request)
    rows = list(queries.classes(actor=actor).filter(level__lte=2))
    sections = [_table([k for k in rows if k.level == 2 and k.parent_id == first.pk], str(first))
                for first in rows if first.level == 1]  # fmt: skip
    may = steps.may_begin(ADD, actor)
    action = parts.Button(title=_("增加分类"), url=f"{TREE.url}new/", icon="plus") if may else None
    header = parts.Header(
        title=_("分类目录"),
        lead=_("类、项按国家编制指南，目、细目由本省主管部门维护；目录代码由分类代码和顺序号组成。"),
        crumbs=(CATALOG, parts.Link(title=_("分类目录"), current=True)),
        action=action,
    )
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _find(actor: Actor, code: str) -> Classification:
    found = queries.classes(actor=actor).filter(code=code[:20]).first()
    if found is None:
        raise NotFound(_("分类目录中没有“%(code)s”") % {"code": code[:20]}, mend=_("请从分类目录中选择。"))
    return found


def class_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show one class: where it stands, what is below it, and the entries in it."""
    actor = require_actor(request)
    kept = _find(actor, code)
    base = f"{TREE.url}{kept.code}/"
    above = [kept.code[:n] for n in (1, 3, 6) if n < len(kept.code)]
    crumbs = [parts.Link(title=one.name, url=f"{TREE.url}{one.code}/") for one in
              queries.classes(actor=actor).filter(code__in=above)]  # fmt: skip
    found = steps.steps(kept, actor, besides=() if kept.national or kept.closed_at else ACTS)
    header = parts.Header(
        title=kept.name,
        code=parts.Code(text=kept.code),
        crumbs=(CATALOG, TREE, *crumbs, parts.Link(title=kept.name, current=True)),
        **steps.buttons(kept, found, base, danger=("catalog.classification.close",)),
    )
    entries = tables.entry_table(
        request,
        queries.entries(actor=actor).filter(known_classification__startswith=kept.code),
        filters=None,
        empty=parts.Empty(title=_("这个分类下还没有目录"), why=_("编制目录时从分类目录中选择。")),
    )
    below = queries.classes(actor=actor).filter(parent=kept)
    sections = (*((_table(below, _("下级分类")),) if kept.level < 4 else ()), entries)
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def new_class_page(request: HttpRequest) -> HttpResponse:
    """Add a class."""
    return steps.begin_page(
        request, ADD, back=TREE.url, done=lambda made: f"{TREE.url}{made.code}/", crumbs=(CATALOG, TREE)
    )


def class_step_page(request: HttpRequest, code: str, verb: str) -> HttpResponse:
    """Rename or close a class."""
    kept = _find(require_actor(request), code)
    return steps.step_page(
        request,
        kept,
        verb,
        allowed=ACTS,
        base=f"{TREE.url}{kept.code}/",
        crumbs=(CATALOG, TREE),
        initial={"name": kept.name} if verb == "rename" else None,
        danger=("catalog.classification.close",),
    )


def class_facet(request: HttpRequest, actor: Actor) -> listing.Facet:
    """Give the facet of classes: the 类 and 项, each with all that stands below it."""
    rows = queries.classes(actor=actor).filter(level__lte=2)
    return listing.facet(request, "class", _("分类"), [(kept.code, str(kept)) for kept in rows])
