"""Tabs that a room above adds to the page of a record below it: quality, lineage and use on the page of an entry.

A page below knows nothing of the rooms above; they register what they have to say of its records when they are ready,
and say it only as far as the actor may know of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jiangyuan.kernel.actor import Actor
from jiangyuan.ui.measures import Point
from jiangyuan.ui.parts import Part

Drawn = Callable[[Any, Actor], Sequence[Part]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """What a room adds to a tab of a kind of record: `code` of the tab, its title, its place, and what it draws.

    Several rooms may add to one tab: their parts stand below each other by `order`.
    """

    label: str
    code: str
    title: Any
    order: int
    draw: Drawn


_tabs: dict[tuple[str, str, int], Tab] = {}
_points: dict[tuple[str, str], Callable[[Sequence[Any]], Mapping[Any, Sequence[Point]]]] = {}


def register(*tabs: Tab) -> None:
    """Add tabs. The same record, code and order again replaces the tab, so that `ready()` may run twice."""
    for tab in tabs:
        _tabs[tab.label, tab.code, tab.order] = tab


def register_points(label: str, name: str, earned: Callable[[Sequence[Any]], Mapping[Any, Sequence[Point]]]) -> None:
    """Add points to the score of a kind of record; `name` tells the rooms apart.

    `earned` is asked for many records at once, as scores are worked out by the ten thousand, and answers by their keys.
    """
    _points[label, name] = earned


def points(label: str, things: Sequence[Any]) -> dict[Any, list[Point]]:
    """Give what the rooms above add to the scores of records of one kind, by their keys."""
    found: dict[Any, list[Point]] = {thing.pk: [] for thing in things}
    for (of, _name), earned in sorted(_points.items(), key=lambda p: p[0]):
        if of == label:
            for pk, more in earned(things).items():
                found[pk].extend(more)
    return found


def titles(label: str) -> dict[str, Any]:
    """Give the tabs of a kind of record (`entries.entry`), by code, in their order."""
    mine = sorted((tab for tab in _tabs.values() if tab.label == label), key=lambda tab: tab.order)
    return {tab.code: tab.title for tab in mine if tab.code}


def drawn(label: str, code: str, thing: Any, actor: Actor) -> tuple[Part, ...]:
    """Draw what the rooms above say of a record under a tab."""
    mine = sorted((t for t in _tabs.values() if (t.label, t.code) == (label, code)), key=lambda tab: tab.order)
    return tuple(part for tab in mine for part in tab.draw(thing, actor))
