"""The page of a list: one call draws it in its whole state, exports it, and carries out what was chosen in it.

def things_page(request):
    table = listing.table_of(request, rows, ..., filters=filters, acts=ACTS)
    return lists.list_page(request, header=header, filters=filters, table=table)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Refused
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.ui import counts, exports, keeping, pages, selection
from jiangyuan.ui.listing import ALL, Filters, Listing, Page, Views, size_links, state_of
from jiangyuan.ui.parts import Header, Link, Pager, Part, pairs_of
from jiangyuan.ui.session import require_actor

REGION = "jy-list"
"""The element that htmx swaps."""
DENSITY_COOKIE = "jy_density"
_YEAR = 365 * 24 * 3600
EXPORT = "_export"


def list_page(
    request: HttpRequest,
    *,
    header: Header,
    table: Listing,
    filters: Filters | None = None,
    above: Sequence[Part] = (),
    tabs: Part | None = None,
    below: Sequence[Part] = (),
) -> HttpResponse:
    """Answer the page of a list: drawn, or only its region for htmx; a file; or what became of a batch.

    Raises `Refused` for what was sent and is not offered here.
    """
    actor = require_actor(request)
    if request.method == "POST":
        return _sent(request, header, table, filters)
    if "density" in request.GET:
        return _density(request)
    views = list(keeping.views_of(actor, request.path))
    chosen = next((view for view in views if view.default), None)
    if chosen is not None and not request.GET and chosen.query:
        return HttpResponseRedirect(f"{request.path}?{chosen.query}")
    drawn = _page(request, table, filters, views, actor)
    only = request.headers.get("HX-Target") == REGION and "HX-History-Restore-Request" not in request.headers
    if only:
        context: dict[str, Any] = {"layout": "ui/fragment.html", "header": header, "list": drawn, "only": True}
    else:
        context = {"header": header, "above": above, "tabs": tabs, "list": drawn, "below": below}
    response = pages.page(request, "ui/list.html", **context)
    patch_vary_headers(response, ["HX-Target", "Cookie"])
    return response


def _sent(request: HttpRequest, header: Header, table: Listing, filters: Filters | None) -> HttpResponse:
    if EXPORT in request.POST:
        return exports.export(request, table, filters, request.POST[EXPORT])
    if request.POST.get(selection.DO) == "batch" and table.acts:
        return selection.batch_page(request, table, header)
    raise Refused(_("这一页没有这项操作"), mend=_("请返回列表，重新选择。"))


def _density(request: HttpRequest) -> HttpResponse:
    """Remember how dense lists are wanted, and go back to the list."""
    dense = request.GET.get("density") == "dense"
    query = urlencode([*state_of(request), *_cursor(request)])
    response = HttpResponseRedirect(f"{request.path}?{query}" if query else f"{request.path}{ALL}")
    response.set_cookie(
        DENSITY_COOKIE,
        "dense" if dense else "",
        max_age=_YEAR,
        samesite="Lax",
        secure=request.is_secure(),
        httponly=True,
    )
    return response


def _cursor(request: HttpRequest) -> list[tuple[str, str]]:
    """Give the page shown, as a part of an address."""
    cursor = request.GET.get("cursor", "")[:2000]
    return [("cursor", cursor)] if cursor else []


def _page(
    request: HttpRequest, table: Listing, filters: Filters | None, views: Sequence[keeping.View], actor: Actor
) -> Page:
    query = pairs_of(table.query)
    dense = request.COOKIES.get(DENSITY_COOKIE) == "dense"
    pager = table.pager or Pager()
    whole = not (pager.previous_url or pager.next_url)
    count = counts.count_of(table.found, shown=len(table.items), whole=whole) if table.items else counts.Count(0)
    marks = selection.marks_of(table, actor) if table.acts else []
    own = {"q", *(facet.name for facet in filters.facets)} if filters else set()
    kept = tuple((k, v) for k, v in query if k not in own)
    denser = urlencode([*query, *_cursor(request), ("density", "plain" if dense else "dense")])
    return Page(
        table=replace(
            table,
            dense=dense,
            code="jy",
            marks=marks,
            batch=selection.batch_of(marks, table.acts, request.get_full_path()),
            pager=replace(pager, sizes=_sizes(table, whole), code="jy"),
        ),
        count=count.text,
        filters=replace(filters, kept=kept) if filters else None,
        views=_views(request, table, views),
        density_url=f"?{denser}",
        most=f"{exports.MOST:,}",
        export_url=request.get_full_path() if keeping.may_take() and table.items else "",
    )


def _sizes(table: Listing, whole: bool) -> tuple[Link, ...]:
    """Offer page sizes where they would change anything."""
    return () if whole and len(table.items) <= 20 else size_links(table.query, table.size)


def _canonical(query: str) -> list[tuple[str, str]]:
    return sorted((k, v) for k, v in parse_qsl(query) if k not in ("cursor", "view", "size"))


def _views(request: HttpRequest, table: Listing, views: Sequence[keeping.View]) -> Views | None:
    save_url = keeping.save_url()
    if not save_url:
        return None
    query = urlencode(pairs_of(table.query))
    here = _canonical(query)
    links = [Link(title=v.name, url=f"?{v.query}", current=_canonical(v.query) == here) for v in views]
    shown = next((v for v in views if _canonical(v.query) == here), None)
    manage = Link(title=_("管理这个视图"), url=shown.url) if shown else None
    everything = Link(title=_("全部"), url=ALL, current=not here)
    return Views(
        items=(everything, *links) if links else (),
        current=manage,
        save_url=save_url if here and shown is None else "",
        list=request.path,
        query=query,
        key=str(uuid7()),
    )
