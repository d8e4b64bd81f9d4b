"""Pages of views: saving the state of a list, renaming, opening with, removing and restoring; exports as remembered."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.portal.views import queries
from jiangyuan.portal.views.models import ListExport, SavedView
from jiangyuan.ui import listing, lists, pages, parts, session, steps
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import local_url, require_actor

VIEWS = parts.Link(title=gettext_lazy("我的视图"), url="/views/")
EXPORTS = parts.Link(title=gettext_lazy("列表导出"), url="/exports/")
ACTS = (
    "views.view.rename",
    "views.view.open_with",
    "views.view.open_without",
    "views.view.remove",
    "views.view.restore",
)


def _opened(view: SavedView) -> str:
    return f"{view.page}?{view.query}"


def new_view_page(request: HttpRequest) -> HttpResponse:
    """Save the state of a list, as its small form sent it."""
    asked = request.POST if request.method == "POST" else request.GET
    path_of, query = asked.get("page", "")[:200], asked.get("query", "")[:4000]
    return steps.begin_page(
        request,
        "views.view.save",
        crumbs=(VIEWS,),
        back=local_url(request, f"{path_of}?{query}", VIEWS.url),
        about={"person": ""},
        fixed={"page": path_of, "query": query},
        done=_opened,
        lead=_("视图记住列表的条件、排序和每页条数，只有您自己看得到。"),
    )


def views_page(request: HttpRequest) -> HttpResponse:
    """List one's own views of all lists."""
    actor = require_actor(request)
    states = (("kept", _("在用")), ("removed", _("已移除")))
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("视图名称"),
        facets=(listing.facet(request, "kept", _("状态"), states),),
    )
    rows = queries.views(actor=actor).filter(removed_at__isnull=filters.facets[0].value != "removed")
    for word in filters.text.split()[:8]:
        rows = rows.filter(name__icontains=word)
    table = listing.table_of(
        request,
        rows,
        caption=_("我的视图"),
        columns=(
            parts.Column(title=_("名称"), order="name"),
            parts.Column(title=_("打开列表时先看它")),
            parts.Column(title=_("保存时间"), order="created_at"),
            parts.Column(title=_("打开")),
        ),
        row=lambda view: (
            parts.Link(title=view.name, url=f"/views/{view.pk}/"),
            view.default,
            view.created_at,
            parts.Link(title=_("打开列表"), url=_opened(view)) if view.removed_at is None else "",
        ),
        order=("-created_at", "name"),
        filters=filters,
        acts=("views.view.remove", "views.view.restore"),
        empty=parts.Empty(
            title=_("还没有视图"),
            why=_("常用的条件和排序可以存为视图，下次一点就到。"),
            todo=_("在任何列表中选好条件，再点“存为我的视图”。"),
        ),
    )
    header = parts.Header(title=VIEWS.title, lead=_("各个列表中您命名过的条件和排序，只有您自己看得到。"))
    return lists.list_page(request, header=header, filters=filters, table=table)


def view_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one view, with what can be done with it."""
    actor = require_actor(request)
    view = find(queries.views(actor=actor), pk)
    kept = view.removed_at is None
    without = ("views.view.open_with",) if view.default else ("views.view.open_without",)
    found = steps.steps(view, actor, besides=ACTS, without=without)
    buttons = steps.buttons(view, found, f"/views/{view.pk}/", main="views.view.restore", danger=(ACTS[3],))
    if kept:
        buttons["action"] = parts.Button(title=_("打开列表"), url=_opened(view))
    header = parts.Header(title=view.name, crumbs=(VIEWS, parts.Link(title=view.name, current=True)), **buttons)
    rows = (
        parts.Definition(term=_("列表"), value=parts.Link(title=_("打开列表"), url=_opened(view))),
        parts.Definition(term=_("打开列表时先看它"), value=view.default),
        parts.Definition(term=_("保存时间"), value=view.created_at),
        *((parts.Definition(term=_("移除时间"), value=view.removed_at),) if not kept else ()),
    )
    sections = (parts.Definitions(rows=rows), trace_part(view, limit=20))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def view_step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Rename a view, open its list with or without it, remove or restore it."""
    view = find(queries.views(actor=require_actor(request)), pk)
    base = f"/views/{view.pk}/"
    undo = _("已移除。可在本页点“恢复视图”撤销。") if verb == "remove" else ""
    answer = steps.step_page(request, view, verb, allowed=ACTS, base=base, crumbs=(VIEWS,))
    if undo and answer.status_code in (303, 204) and _gone(view):
        pages.flash(request, undo, level=messages.INFO)
    return answer


def _gone(view: SavedView) -> bool:
    view.refresh_from_db(fields=["removed_at"])
    return view.removed_at is not None


def exports_page(request: HttpRequest) -> HttpResponse:
    """List the exports: one's own, and for the auditor everybody's."""
    actor = require_actor(request)
    filters = listing.Filters(text=listing.words_of(request), words=_("列表名称"))
    rows = queries.exports(actor=actor)
    for word in filters.text.split()[:8]:
        rows = rows.filter(title__icontains=word)
    names: dict[tuple[str, str], str] = {}

    def name(found: list[ListExport]) -> None:
        wanted = {("person", str(one.person)) for one in found} | {("body", str(one.body)) for one in found}
        names.update(session.names_of(wanted))

    table = listing.table_of(
        request,
        rows,
        caption=EXPORTS.title,
        columns=(
            parts.Column(title=_("列表")),
            parts.Column(title=_("导出人")),
            parts.Column(title=_("部门")),
            parts.Column(title=_("条件")),
            parts.Column(title=_("行数"), numeric=True, unit=_("行"), order="rows"),
            parts.Column(title=_("格式")),
            parts.Column(title=_("时间"), order="created_at"),
        ),
        row=lambda one: (
            parts.Link(title=one.title, url=f"/exports/{one.pk}/"),
            names.get(("person", str(one.person)), ""),
            names.get(("body", str(one.body)), ""),
            _conditions(one),
            one.rows,
            one.format.upper(),
            one.created_at,
        ),
        order=("-created_at", "rows"),
        filters=filters,
        prepare=name,
        empty=parts.Empty(title=_("还没有导出过列表"), why=_("从任何列表导出文件，都会记在这里。")),
    )
    return lists.list_page(request, header=_exports_header(), filters=filters, table=table)


def _exports_header() -> parts.Header:
    return parts.Header(title=EXPORTS.title, lead=_("谁在什么时候导出了哪个列表、多少行、什么条件。"))


def _conditions(one: ListExport) -> list[str]:
    return [_("%(title)s：%(value)s") % {"title": t, "value": v} for t, v in one.conditions] or [_("没有条件")]


def export_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one export and its trace."""
    one = find(queries.exports(actor=require_actor(request)), pk)
    names = session.names_of({("person", str(one.person)), ("body", str(one.body))})
    rows = (
        parts.Definition(term=_("列表"), value=one.title),
        parts.Definition(term=_("导出人"), value=names.get(("person", str(one.person)), "")),
        parts.Definition(term=_("部门"), value=names.get(("body", str(one.body)), "")),
        parts.Definition(term=_("条件"), value=_conditions(one)),
        parts.Definition(term=_("行数"), value=one.rows),
        parts.Definition(term=_("是否完整"), value=one.complete),
        parts.Definition(term=_("格式"), value=one.format.upper()),
        parts.Definition(
            term=_("文件摘要"), value=parts.Code(text=one.digest), help=_("国密 SM3，可核对一个文件是不是这次导出的。")
        ),
        parts.Definition(term=_("时间"), value=one.created_at),
    )
    header = parts.Header(title=str(one), crumbs=(EXPORTS, parts.Link(title=one.title, current=True)))
    sections = (parts.Definitions(rows=rows), trace_part(one, limit=20))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


urlpatterns = [
    path("views/", views_page, name="views"),
    path("views/new/", new_view_page, name="view_new"),
    path("views/<uuid:pk>/", view_page, name="view"),
    path("views/<uuid:pk>/<slug:verb>/", view_step_page, name="view_step"),
    path("exports/", exports_page, name="list_exports"),
    path("exports/<uuid:pk>/", export_page, name="list_export"),
]
