"""The left navigation: what people come for, and the rooms they may enter.

Each app registers its items in `apps.ready()`; an item is shown to an actor when its own predicate says so. The
predicate only keeps the menu short: whether a page may be opened is decided by the page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.urls import NoReverseMatch, URLResolver, get_resolver, reverse
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Broken

Visible = Callable[[Actor | None], bool]

PURPOSES: dict[str, tuple[Any, str]] = {
    "home": (_("我的工作台"), "layout-dashboard"),
    "find": (_("找数据"), "search"),
    "supply": (_("供数据"), "database-import"),
    "approve": (_("办审批"), "checkbox"),
    "results": (_("看成效"), "chart-bar"),
}
"""What people come for: code -> (title, icon)."""

ROOMS: dict[str, tuple[Any, str]] = {
    "coordination": (_("统筹管理"), "sitemap"),
    "catalog": (_("数据目录"), "folders"),
    "resources": (_("数据资源"), "database"),
    "exchange": (_("共享交换"), "arrows-exchange"),
    "services": (_("数据服务"), "apps"),
    "computing": (_("算力设施"), "server"),
    "standards": (_("标准规范"), "ruler-2"),
    "security": (_("安全保障"), "shield-lock"),
}
"""The eight rooms of the plan, in its order: code -> (title, icon)."""


GROUPS: dict[str, dict[str, Any]] = {
    "catalog": {
        "look": _("查目录"),
        "make": _("编目录"),
        "source": _("数源和责任"),
        "protect": _("分级和保护"),
    },
    "coordination": {
        "people": _("组织机构"),
        "duty": _("时限和需求"),
    },
}
"""Subheadings of the rooms that hold many pages, in their order: place -> code -> title."""
FEW = 7
"""Up to so many links a room needs no subheadings."""


def signed_in(actor: Actor | None) -> bool:
    """Tell whether anybody is signed in: the usual predicate."""
    return actor is not None


def holding(*capacities: str) -> Visible:
    """Give a predicate that is true for an actor in one of the capacities."""
    wanted = frozenset(capacities)
    return lambda actor: actor is not None and actor.capacity in wanted


@lru_cache(maxsize=1024)
def _path_of(name: str, _resolver: URLResolver) -> str:
    # every page draws a hundred links, and routes do not change while the resolver stands
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One link of the navigation. `url` is a path, or the name of a route; `place` a code of PURPOSES or ROOMS.

    `group` is a code of GROUPS of that place; without one the link stands before the first subheading.
    """

    place: str
    title: Any
    url: str
    order: int = 100
    group: str = ""
    visible: Visible = signed_in

    @property
    def path(self) -> str:
        """Give the path the item leads to; empty while the route is not installed."""
        return self.url if self.url.startswith("/") else _path_of(self.url, get_resolver())


@dataclass(frozen=True, slots=True)
class Entry:
    """One link as it is drawn."""

    title: Any
    path: str
    current: bool
    group: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Links of a room under one subheading; the first ones may have none."""

    title: Any
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One heading of the navigation with the links under it."""

    code: str
    title: Any
    icon: str
    entries: tuple[Entry, ...]

    @property
    def current(self) -> bool:
        """Tell whether the page being shown lies under this heading."""
        return any(entry.current for entry in self.entries)

    @property
    def sections(self) -> tuple[Section, ...]:
        """Give the links by subheading; few links come as one section without any."""
        groups = GROUPS.get(self.code, {}) if len(self.entries) > FEW else {}
        if not groups:
            return (Section("", self.entries),)
        found = (Section(groups.get(code, ""), self._under(code)) for code in ("", *groups))
        return tuple(section for section in found if section.entries)

    def _under(self, group: str) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.group == group)


_items: dict[tuple[str, str], Item] = {}


def register(*items: Item) -> None:
    """Add items. Registering the same place and url again replaces the item, so that `ready()` may run twice."""
    for item in items:
        if item.place not in PURPOSES and item.place not in ROOMS:
            raise Broken(f"navigation has no place named {item.place}", code="navigation", where=item.url)
        if item.group and item.group not in GROUPS.get(item.place, {}):
            raise Broken(f"{item.place} has no group named {item.group}", code="navigation", where=item.url)
        _items[item.place, item.url] = item


def _places(named: dict[str, tuple[Any, str]], actor: Actor | None, here: str, current: str) -> tuple[Place, ...]:
    found: list[Place] = []
    for code, (title, icon) in named.items():
        mine = sorted(
            (i for i in _items.values() if i.place == code and i.visible(actor)), key=lambda i: (i.order, i.url)
        )
        entries = tuple(
            Entry(i.title, path, (code, path) == (here, current), i.group) for i in mine if (path := i.path)
        )
        if entries:
            found.append(Place(code, title, icon, entries))
    return tuple(found)


def _nearest(actor: Actor | None, path: str) -> tuple[str, str]:
    """Give place and path of the item that the page belongs to: the longest path that the page's begins with."""
    candidates = [
        (item.place, item_path)
        for item in sorted(_items.values(), key=lambda i: (i.order, i.url))
        if item.visible(actor) and (item_path := item.path) and path.startswith(item_path)
    ]
    exact = [c for c in candidates if c[1] != "/" or path == "/"]
    return max(exact, key=lambda c: len(c[1]), default=("", ""))


def navigation(actor: Actor | None, path: str) -> tuple[tuple[Place, ...], tuple[Place, ...]]:
    """Give what the actor sees on the left: (by what people come for, by room). `path` is the page being shown."""
    here, current = _nearest(actor, path)
    return _places(PURPOSES, actor, here, current), _places(ROOMS, actor, here, current)
