"""What results can be narrowed by: counted as a second answer, so that nobody waits for counts to see what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from jiangyuan.catalog.entries.models import Classification, Entry
from jiangyuan.kernel.actor import Actor
from jiangyuan.organization.models import Jurisdiction
from jiangyuan.portal.search import finding, queries
from jiangyuan.portal.search.documents import BY_CODE
from jiangyuan.portal.search.finding import Facets
from jiangyuan.ui import listing, session
from jiangyuan.ui.pages import is_fragment
from jiangyuan.ui.session import require_actor

SHARE, FORMATS, CYCLES = dict(Entry.SHARE), dict(Entry.FORMATS), dict(Entry.CYCLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value of a facet: where choosing it leads (or giving it up, when it is in force)."""

    title: Any
    count: int
    url: str
    current: bool


def chosen_of(request: HttpRequest) -> dict[str, list[str]]:
    """Read which values of which facets were chosen, bounded."""
    found = {}
    for name in finding.FACETS:
        values = list(dict.fromkeys(value[:60] for value in request.GET.getlist(name) if value))[: finding.CHOICES]
        if values:
            found[name] = values
    return found


def kept(text: str, chosen: Facets) -> list[tuple[str, str]]:
    """Give what the address says of a search: its words and what it is narrowed to."""
    return [("q", text), *((name, value) for name, values in chosen.items() for value in values)]


def beside(request: HttpRequest, actor: Actor, results: queries.Results, text: str, chosen: Facets) -> dict[str, Any]:
    """Give what stands beside the results: where the counts are asked, or the counts where no script can ask."""
    if results.direct or not (results.hits or chosen):
        return {}
    asked = urlencode([*kept(text, chosen), *([("near", "1")] if results.near else [])])
    if request.GET.get("counts") == "1":
        return drawn(actor, text, chosen, near=results.near)
    return {"facets_url": f"/search/facets?{asked}", "counts_url": f"?{asked}&counts=1"}


def facets_page(request: HttpRequest) -> HttpResponse:
    """Give the counts of a search as the fragment that its page asks for; opened by itself it leads back to the page."""
    actor = require_actor(request)
    text, chosen = listing.words_of(request), chosen_of(request)
    if not is_fragment(request):
        return HttpResponse(
            status=303, headers={"Location": f"/search?{urlencode([*kept(text, chosen), ('counts', '1')])}"}
        )
    context = drawn(actor, text, chosen, near=request.GET.get("near") == "1")
    response = render(request, "search/facets.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


def drawn(actor: Actor, text: str, chosen: Facets, *, near: bool) -> dict[str, Any]:
    """Give the facets of a search as they are drawn."""
    found = queries.counts(actor, text, facets=chosen, near=near)
    return {
        "facets": _facets(found, chosen, kept(text, chosen)),
        "narrowed": sum(map(len, chosen.values())),
        "clear_url": "/search?" + urlencode({"q": text}),
        "told": _told(found.total) if found.total and not near else "",
    }


def _told(total: int) -> str:
    return _("找到 %(n)s 项，只含您有权查看的内容。") % {"n": f"{total:,}"}


def _titles() -> dict[str, str]:
    return {
        "kind": _("类别"), "jurisdiction": _("行政区划"), "body": _("部门"), "classification": _("资源分类"),
        "grade": _("数据级别"), "share": _("共享类型"), "format": _("数据格式"), "cycle": _("更新周期"),
        "fresh": _("最近变动"), "score": _("目录评分"),
    }  # fmt: skip


def _facets(counts: queries.Counts, chosen: Facets, here: list[tuple[str, str]]) -> list[tuple[Any, list[Choice]]]:
    name_of = _namer(counts, chosen)
    found = []
    for name, title in _titles().items():
        values = dict(counts.facets.get(name, []))
        # what is chosen stays on the page, so that it can be given up
        values |= {value: 0 for value in chosen.get(name, ()) if value not in values}
        choices = [
            Choice(
                title=name_of(name, value),
                count=count,
                url=_toggled(here, name, value),
                current=value in chosen.get(name, ()),
            )
            for value, count in values.items()
        ]
        if len(choices) > 1 or any(choice.current for choice in choices):
            found.append((title, choices))
    return found


def _toggled(here: list[tuple[str, str]], name: str, value: str) -> str:
    pair = (name, value)
    return "/search?" + urlencode([one for one in here if one != pair] if pair in here else [*here, pair])


def _namer(counts: queries.Counts, chosen: Facets) -> Callable[[str, str], Any]:
    """Give what names the values of the facets; what is named by rows is read at once."""

    def values(name: str) -> set[str]:
        return {value for value, _count in counts.facets.get(name, [])} | set(chosen.get(name, ()))

    bodies = session.names_of({("body", value) for value in values("body")})
    places = dict(Jurisdiction.objects.filter(code__in=values("jurisdiction")).values_list("code", "name"))
    classes = dict(Classification.objects.filter(code__in=values("classification")).values_list("code", "name"))
    named: Mapping[str, Callable[[str], Any]] = {
        "kind": lambda value: BY_CODE[value].title if value in BY_CODE else value,
        "body": lambda value: bodies.get(("body", value), _("其他")),
        "jurisdiction": lambda value: places.get(value, value),
        "classification": lambda value: f"{value} {classes.get(value, '')}".strip(),
        "grade": lambda value: _("%(grade)s 级") % {"grade": value},
        "share": lambda value: SHARE.get(value, _("其他")),
        "format": lambda value: FORMATS.get(value, _("其他")),
        "cycle": lambda value: CYCLES.get(value, _("其他")),
        "fresh": lambda value: _fresh().get(value, _("其他")),
        "score": lambda value: _scores().get(value, _("其他")),
    }
    return lambda name, value: named[name](value)


def _fresh() -> dict[str, str]:
    return {"30": _("30 天内"), "180": _("半年内"), "365": _("一年内"), "older": _("一年以前")}


def _scores() -> dict[str, str]:
    return {"90": _("90 分及以上"), "75": _("75—89 分"), "60": _("60—74 分"), "0": _("60 分以下")}
