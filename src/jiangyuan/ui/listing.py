"""Lists: a table of what the actor may see, narrowed by words and facets, page by key; the address holds all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from jiangyuan.ui.paging import SIZES, keyset
from jiangyuan.ui.parts import Chip, Chips, Column, Empty, Link, Part, Query, Table, pairs_of

_M = TypeVar("_M", bound=Model)
SIZE = 50
SEARCHED = 10
"""A facet with more choices than this has a search box of its own."""
PAIRS, LENGTH = 60, 300
"""What an address may hold: so many conditions, each of so many characters."""
_NO_STATE = frozenset({"view", "density", "cursor"})
ALL = "?view=all"
"""The address of a list without any condition, also for whom another view is the default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One thing a list may be narrowed by: the parameter's name, its title, its choices and those in force.

    `many`: several may be in force at once (any of them fits); `field`: the look-up it narrows by, when not its name.
    `unset`: what holds while none is chosen, where that is not everything.
    """

    name: str
    title: Any
    choices: tuple[tuple[str, Any], ...]
    values: tuple[str, ...] = ()
    many: bool = False
    field: str = ""
    unset: Any = ""

    @property
    def value(self) -> str:
        """Give the choice in force, the first of several; empty for none."""
        return self.values[0] if self.values else ""

    @property
    def options(self) -> list[tuple[str, Any, bool]]:
        """Give the choices, each with whether it is in force."""
        return [(value, label, value in self.values) for value, label in self.choices]

    @property
    def searched(self) -> bool:
        """Tell whether there are so many choices that one looks for them by words."""
        return len(self.choices) > SEARCHED

    def label_of(self, value: str) -> Any:
        """Give the label of a choice."""
        return next((label for known, label in self.choices if known == value), value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters(Part):
    """The row above a list: a box for words and the facets. Without JavaScript it is a form with a button.

    `kept`: what else the address holds (order, page size, …), which narrowing must not lose.
    """

    template: ClassVar[str] = "ui/parts/filters.html"
    facets: tuple[Facet, ...] = ()
    text: str = ""
    words: Any = ""
    kept: tuple[tuple[str, str], ...] = ()
    code: str = "jy"

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Give what is in force as it stands in the address."""
        found = [(facet.name, value) for facet in self.facets for value in facet.values]
        return [*found, ("q", self.text)] if self.text else found

    @property
    def chips(self) -> Chips:
        """Give what is in force, each with the address without it."""
        items = [
            Chip(title=facet.title, value=facet.label_of(value), url=self._without((facet.name, value)))
            for facet in self.facets
            for value in facet.values
        ]
        if self.text:
            items.append(Chip(title=_("含有"), value=self.text, url=self._without(("q", self.text))))
        clear = _address(self.kept)
        return Chips(items=tuple(items), clear_url=clear if len(items) > 1 else "")

    def _without(self, pair: tuple[str, str]) -> str:
        return _address([*(kept for kept in self.pairs if kept != pair), *self.kept])

    @property
    def conditions(self) -> list[tuple[str, str]]:
        """Give what is in force in words: title and value."""
        return [(str(chip.title), str(chip.value)) for chip in self.chips.items]

    @property
    def narrowed(self) -> bool:
        """Tell whether anything is in force."""
        return bool(self.text) or any(facet.values for facet in self.facets)

    def narrow(self, rows: QuerySet[_M], *, without: Iterable[str] = ()) -> QuerySet[_M]:
        """Narrow rows by the facets; those named in `without` are the page's own to apply."""
        left_out = set(without)
        for facet in self.facets:
            if facet.values and facet.name not in left_out:
                rows = rows.filter(**{f"{facet.field or facet.name}__in": facet.values})
        return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Table):
    """A table that is one page of a list, with what is needed to act on its rows and to give all of them."""

    found: QuerySet[Any]
    items: Sequence[Any] = ()
    row: Callable[[Any], Sequence[Any]]
    orders: tuple[str, ...]
    prepare: Callable[[list[Any]], None] | None = None
    acts: tuple[str, ...] = ()
    target: Callable[[Any], Any] | None = None
    size: int = SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class Views(Part):
    """The views a person has of this list, and the small form that names the state shown now."""

    template: ClassVar[str] = "ui/parts/views.html"
    items: tuple[Link, ...] = ()
    current: Link | None = None
    save_url: str = ""
    list: str = ""
    query: str = ""
    key: str = ""
    code: str = "jy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Part):
    """A list as a whole: views, narrowing, what is in force, how many, density, export, the table."""

    template: ClassVar[str] = "ui/parts/list.html"
    table: Table
    count: str = ""
    filters: Filters | None = None
    views: Views | None = None
    density_url: str = ""
    export_url: str = ""
    most: str = ""
    code: str = "jy"


def _address(pairs: Iterable[tuple[str, str]]) -> str:
    query = urlencode(list(pairs))
    return f"?{query}" if query else ALL


def facet(
    request: HttpRequest,
    name: str,
    title: Any,
    choices: Iterable[tuple[Any, Any]],
    *,
    many: bool = False,
    field: str = "",
    unset: Any = "",
) -> Facet:
    """Read one facet from the address; a value that is no choice is not in force."""
    pairs = tuple((str(value), label) for value, label in choices)
    known = dict(pairs)
    asked = [value for value in dict.fromkeys(request.GET.getlist(name)[:PAIRS]) if value in known]
    return Facet(
        name=name,
        title=title,
        choices=pairs,
        values=tuple(asked if many else asked[-1:]),
        many=many,
        field=field,
        unset=unset,
    )


def words_of(request: HttpRequest) -> str:
    """Read the words that were searched for."""
    return " ".join(request.GET.get("q", "").replace("\0", "")[:200].split())


def state_of(request: HttpRequest) -> list[tuple[str, str]]:
    """Give what the address says of the list, bounded; the page shown is not a part of it."""
    asked = ((name, value) for name, values in request.GET.lists() for value in values)
    return [(k, v) for k, v in asked if v and k not in _NO_STATE and len(k) < 60 and len(v) < LENGTH][:PAIRS]


def nothing_found(filters: Filters | None, empty: Empty) -> Empty:
    """Give the empty state: for a narrowed list that the conditions leave nothing, else the list's own."""
    if filters is None or not filters.narrowed:
        return empty
    return Empty(
        title=_("没有符合条件的内容"), why=_("所选条件合在一起没有结果。"), todo=_("可去掉一个条件，或换一个说法搜索。")
    )


def size_of(request: HttpRequest) -> int:
    """Read how many rows a page has; a size that is not offered gives the usual one."""
    asked = request.GET.get("size", "")
    return int(asked) if asked in {str(size) for size in SIZES} else SIZE


def size_links(query: Query, size: int) -> tuple[Link, ...]:
    """Give the page sizes to choose from; another size begins at the first page."""
    kept = [(k, v) for k, v in pairs_of(query) if k not in ("cursor", "size")]
    return tuple(
        Link(title=str(one), url="?" + urlencode([*kept, ("size", str(one))]), current=one == size) for one in SIZES
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
    acts: Iterable[str] = (),
    target: Callable[[Any], Any] | None = None,
) -> Listing:
    """Make one page of a list.

    `order`: the columns it may be sorted by, the default first; `prepare` may read what the rows of this page need
    together, so that no row asks by itself; `acts`: what may be done with several rows at once; `target`: what an act
    is done to, when not the row itself (None: this row has nothing to act on). Raises `BadCursor`.
    """
    query, size, acts = state_of(request), size_of(request), tuple(acts)
    if acts and target is None and rows.model.policy_relations:
        rows = rows.select_related(*rows.model.policy_relations)
    found = keyset(
        rows,
        order=request.GET.get("order", order[0]),
        allowed=order,
        cursor=request.GET.get("cursor", ""),
        size=size,
        salt=request.path,
    )
    if prepare is not None:
        prepare(found.items)
    return Listing(
        caption=caption,
        columns=tuple(columns),
        rows=[row(item) for item in found.items],
        empty=nothing_found(filters, empty),
        order=found.order,
        query=query,
        pager=found.pager(query),
        show_caption=show_caption,
        found=rows,
        items=found.items,
        row=row,
        orders=order,
        prepare=prepare,
        acts=acts,
        target=target,
        size=size,
    )
