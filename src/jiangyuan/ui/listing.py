"""Lists: a table of what the actor may see, narrowed by words and facets, page by key; the address holds all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from jiangyuan.ui.paging import keyset
from jiangyuan.ui.parts import Chip, Chips, Column, Empty, Part, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One thing a list may be narrowed by: the parameter's name, its title, its choices and the one in force."""

    name: str
    title: Any
    choices: tuple[tuple[str, Any], ...]
    value: str = ""

    @property
    def label(self) -> Any:
        """Give the label of the choice in force."""
        return next((label for value, label in self.choices if value == self.value), self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters(Part):
    """The row above a list: a box for words and the facets. Without JavaScript it is a form with a button."""

    template: ClassVar[str] = "ui/parts/filters.html"
    facets: tuple[Facet, ...] = ()
    text: str = ""
    words: Any = ""

    @property
    def chips(self) -> Chips:
        """Give what is in force, each with the address without it."""
        kept = {f.name: f.value for f in self.facets if f.value} | ({"q": self.text} if self.text else {})

        def without(name: str) -> str:
            return "?" + urlencode({k: v for k, v in kept.items() if k != name})

        items = [Chip(title=f.title, value=f.label, url=without(f.name)) for f in self.facets if f.value]
        if self.text:
            items.append(Chip(title=_("含有"), value=self.text, url=without("q")))
        return Chips(items=tuple(items), clear_url="?" if len(items) > 1 else "")

    @property
    def narrowed(self) -> bool:
        """Tell whether anything is in force."""
        return bool(self.text) or any(f.value for f in self.facets)


def facet(request: HttpRequest, name: str, title: Any, choices: Iterable[tuple[Any, Any]]) -> Facet:
    """Read one facet from the address; a value that is no choice is not in force."""
    pairs = tuple((str(value), label) for value, label in choices)
    asked = request.GET.get(name, "")
    return Facet(name=name, title=title, choices=pairs, value=asked if asked in dict(pairs) else "")


def words_of(request: HttpRequest) -> str:
    """Read the words that were searched for."""
    return " ".join(request.GET.get("q", "")[:200].split())


def nothing_found(filters: Filters | None, empty: Empty) -> Empty:
    """Give the empty state: for a narrowed list that the conditions leave nothing, else the list's own."""
    if filters is None or not filters.narrowed:
        return empty
    return Empty(
        title=_("没有符合条件的内容"), why=_("所选条件合在一起没有结果。"), todo=_("可去掉一个条件，或换一个说法搜索。")
    )


def table_of(
    request: HttpRequest,
    rows: QuerySet[Any],
    *,
    caption: Any,
    columns: Sequence[Column],
    row: Callable[[Any], Sequence[Any]],
    order: tuple[str, ...],
    empty: Empty,
    filters: Filters | None = None,
    prepare: Callable[[list[Any]], None] | None = None,
    show_caption: bool = False,
) -> Table:
    """Make one page of a list. `order`: the columns it may be sorted by, the default first; `prepare` may read what
    the rows of this page need together, so that no row asks by itself."""
    query = {k: v for k, v in request.GET.items() if v}
    found = keyset(
        rows, order=query.get("order", order[0]), allowed=order, cursor=query.get("cursor", ""), salt=request.path
    )
    if prepare is not None:
        prepare(found.items)
    return Table(
        caption=caption,
        columns=tuple(columns),
        rows=[row(item) for item in found.items],
        empty=nothing_found(filters, empty),
        order=found.order,
        query=query,
        pager=found.pager(query),
        show_caption=show_caption,
    )
