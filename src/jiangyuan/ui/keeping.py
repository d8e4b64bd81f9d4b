"""What a list has kept for it: the views people named, and the record of what was taken out of it.

The room that keeps them stands above this one, so it registers how; with nobody registered there are no views, and
nothing can be exported, for nothing leaves that is not remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from jiangyuan.kernel.actor import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A state of a list that a person named: its query, where it is managed, and whether the list opens with it."""

    id: UUID
    name: str
    query: str
    url: str
    default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An export as it is remembered: of which list, what was in force, in which order, how many rows, which file."""

    list: str
    title: str
    query: str
    conditions: Sequence[tuple[str, str]]
    format: str
    rows: int
    complete: bool
    digest: str


Views = Callable[[Actor, str], Sequence[View]]
Remember = Callable[[HttpRequest, Taken], Any]

_views: Views | None = None
_remember: Remember | None = None
_save_url = ""


def register(*, views: Views, save_url: str, remember: Remember) -> None:
    """Register how a person's views of a list are read, where one is saved, and how an export is remembered."""
    global _views, _remember, _save_url
    _views, _save_url, _remember = views, save_url, remember


def views_of(actor: Actor, path: str) -> Sequence[View]:
    """Give the views that a person has of a list."""
    return _views(actor, path) if _views else ()


def save_url() -> str:
    """Give where a view is saved; empty when nobody keeps views."""
    return _save_url


def may_take() -> bool:
    """Tell whether exports are remembered, and so may be made."""
    return _remember is not None


def remember(request: HttpRequest, taken: Taken) -> None:
    """Remember an export. Raises what the act refuses with; then the file must not be given."""
    assert _remember is not None
    _remember(request, taken)
