"""The page of results, and what the box on top of every page suggests while somebody types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.texts import listed
from jiangyuan.portal.search import facet_pages, queries
from jiangyuan.portal.search.documents import BY_LABEL
from jiangyuan.portal.search.finding import Hit
from jiangyuan.portal.search.folding import fold
from jiangyuan.portal.search.marking import Marked, Reason, marked, matching, needles, reasons, snippet
from jiangyuan.portal.search.shape import Document
from jiangyuan.ui import listing, measures, navigation, pages, parts, steps
from jiangyuan.ui.session import require_actor
from jiangyuan.ui.states import tone_of

PLACES = 4
"""Most pages of the portal itself that are suggested or found."""
REASONS = 4
"""Most reasons that are told of one hit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One hit as it is drawn. `why`: how it was found, where that is not plain to see."""

    kind: Any
    url: str
    name: Marked
    badge: parts.Badge | None
    facts: tuple[str, ...]
    code: str
    about: Marked
    items: list[Marked]
    why: str


def search_page(request: HttpRequest) -> HttpResponse:
    """Search everything that the actor may see, narrowed by facets (`facet_pages`), which are a second answer."""
    actor = require_actor(request)
    text, chosen = listing.words_of(request), facet_pages.chosen_of(request)
    asked = request.GET.get("page", "")
    page = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else 1
    if not text:
        return _nothing_typed(request)
    results = queries.search(actor, text, facets=chosen, page=page)
    wanted = needles(text, near=results.near)
    kept = facet_pages.kept(text, chosen)
    narrowed = sum(map(len, chosen.values()))
    return pages.page(
        request,
        "search/results.html",
        header=parts.Header(title=_("搜索“%(text)s”") % {"text": text}),
        above=_told(results, text, dropped=narrowed - len(chosen.get("kind", ())), again=_address(kept, page)),
        places=places_named(actor, text) if page == 1 and not narrowed else [],
        found=[_found(hit, text, wanted, near=results.near) for hit in results.hits],
        **facet_pages.beside(request, actor, results, text, chosen),
        empty=_nothing_found(actor, text, bool(narrowed) and not results.direct),
        pager=_pager(results, kept),
        wish=_wish(actor, text) if results.near else None,
    )


def _nothing_typed(request: HttpRequest) -> HttpResponse:
    why = _("在上方输入名称、信息项、代码、部门或拼音首字母，可同时搜索目录、申请、授权、数据源、部门和应用系统。")
    empty = parts.Empty(title=_("想找什么？"), why=why, todo=_("例如："), icon="search", links=_examples())
    return pages.page(request, "ui/detail.html", header=parts.Header(title=_("搜索")), sections=(empty,))


def _examples() -> tuple[parts.Link, ...]:
    """Give a few searches that show what can be typed: a thing, a person's matter, a department, initials."""
    typed = ("不动产", "死亡人员", "民政厅", "shjz")  # i18n: what the data is called, in whatever language one reads
    return tuple(parts.Link(title=text, url="/search?" + urlencode({"q": text})) for text in typed)


def _address(kept: list[tuple[str, str]], page: int) -> str:
    return "?" + urlencode([*kept, ("page", str(page))] if page > 1 else kept)


def _told(results: queries.Results, text: str, *, dropped: int, again: str) -> list[parts.Part]:
    """Say when the results are not what they usually are.

    `dropped`: how many conditions only the index could have kept to; `again`: the same search with all of them.
    """
    if results.direct:
        why = _("现在按名称直接查找，每类最多列出 %(n)s 项；信息项、拼音和近义词暂不能用。") % {"n": queries.DIRECT}
        if dropped:
            told = _("您选择的 %(n)s 个筛选条件没有生效，以下结果未按它们缩小；条件仍在网址中，索引建好后即可生效。")
            why = f"{why} {told % {'n': dropped}}"
        title = _("索引正在建立，筛选暂不可用")
        retry = parts.Button(title=_("再试一次"), url=again, kind="plain")
        return [parts.Notice(title=title, tone="warn", text=why), measures.Links(items=(retry,))]
    if results.near:
        title = _("没有完全符合“%(text)s”的内容，以下是相近的") % {"text": text}
        return [parts.Notice(title=title, text=_("可点击其中一项，或换一个说法再搜。"))]
    return []


def _nothing_found(actor: Actor, text: str, narrowed: bool) -> parts.Empty:
    todo = _("可去掉左侧的一个条件。") if narrowed else _("可换一个说法，或只输入其中几个字。")
    wish = None if narrowed else _wish(actor, text)
    return parts.Empty(
        title=_("没有找到“%(text)s”") % {"text": text},
        why=_("只搜索您有权查看的内容。"),
        todo=f"{todo}{_('确实需要而平台没有的数据，可以登记需求。')}" if wish else todo,
        action=wish,
    )


def _wish(actor: Actor, text: str) -> parts.Button | None:
    """Offer to file a demand for what was searched in vain, to those who may."""
    if not steps.may_begin("demand.demand.file", actor, body=str(actor.body or "")):
        return None
    url = "/coordination/demands/new/?" + urlencode({"q": text})
    return parts.Button(title=_("登记数据需求"), url=url, icon="plus", kind="plain")


def _pager(results: queries.Results, kept: list[tuple[str, str]]) -> parts.Pager | None:
    def to(page: int) -> str:
        return "?" + urlencode([*kept, ("page", str(page))])

    if results.page == 1 and not results.more:
        return None
    note = _("第 %(n)s 页") % {"n": results.page}
    return parts.Pager(
        previous_url=to(results.page - 1) if results.page > 1 else "",
        next_url=to(results.page + 1) if results.more else "",
        note=note,
    )


def badge_of(document: Document) -> parts.Badge | None:
    """Give the state of what was found as a badge, in the words of its state table."""
    workflow = BY_LABEL[document.label].model.workflow
    state = document.state
    if not state or workflow is None or state not in workflow.states:
        return None
    return parts.Badge(label=workflow.states[state], tone=tone_of(state, workflow.name))


def _found(hit: Hit, text: str, wanted: list[str], *, near: bool) -> Found:
    told = hit.document
    assert told is not None
    facts = [told.body_name]
    if told.share:
        facts.append(str(facet_pages.SHARE.get(told.share, "")))
    if told.grade:
        facts.append(_("%(grade)s 级") % {"grade": told.grade})
    return Found(
        kind=BY_LABEL[hit.label].title,
        url=told.url,
        name=marked(told.name, wanted),
        badge=badge_of(told),
        facts=tuple(fact for fact in facts if fact),
        code=told.codes[0] if told.codes else "",
        about=snippet(told.about, wanted),
        items=matching(told.items, wanted),
        why=_why(reasons(told, text, near=near)),
    )


def _why(found: list[Reason]) -> str:
    """Say in words why something was found."""
    fields = {"name": _("名称"), "code": _("代码"), "items": _("信息项"), "body": _("部门"), "about": _("说明")}
    texts = {
        "text": _("%(field)s有“%(words)s”"),
        "synonym": _("%(field)s有近义词“%(words)s”"),
        "letters": _("名称的拼音首字母含“%(words)s”"),
        "near": _("名称中相同的字：%(words)s"),
    }
    told = [texts[one.how] % {"field": fields[one.field], "words": one.words} for one in found]
    return listed(told[:REASONS])


# --- while typing -----------------------------------------------------------------------------------------------------


def places_named(actor: Actor, text: str) -> list[parts.Link]:
    """Give the pages of the portal that the actor's own navigation names so."""
    wanted = "".join(fold(text[:60]).split())
    found: dict[str, parts.Link] = {}
    for group in navigation.navigation(actor, "/"):
        for place in group:
            for entry in place.entries:
                if wanted and wanted in "".join(fold(str(entry.title)).split()):
                    found.setdefault(entry.path, parts.Link(title=entry.title, url=entry.path, icon=place.icon))
    return list(found.values())[:PLACES]


def suggest_page(request: HttpRequest) -> HttpResponse:
    """Give the list of suggestions for what was typed so far, as the fragment that the box shows."""
    actor = require_actor(request)
    text = listing.words_of(request)
    wanted = needles(text) if text else []
    groups: dict[Any, list[dict[str, Any]]] = {}
    for hit in queries.suggest(actor, text) if text else []:
        groups.setdefault(BY_LABEL[hit.label].title, []).append(
            {
                "name": marked(hit.name, wanted),
                "text": hit.name,
                "url": hit.url,
                "note": hit.body,
            }
        )
    named = places_named(actor, text) if text else []
    response = pages.page(
        request, "search/suggestions.html", groups=groups, places=named, text=text, all_url="/search?" + urlencode({"q": text})
    )  # fmt: skip
    response["Cache-Control"] = "private, max-age=10"
    return response


urlpatterns = [
    path("search", search_page, name="search"),
    path("search/facets", facet_pages.facets_page, name="search_facets"),
    path("search/suggest", suggest_page, name="search_suggest"),
]
