"""Texts put together from parts, as each language does it: lists of names, and citations of law."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.functional import lazystr
from django.utils.translation import gettext as _


def listed(items: Iterable[Any]) -> Any:
    """Give items as one text, with the separator of the reader's language; lazy, since a refusal may travel first."""
    return lazystr(_Listed(tuple(items)))


class _Listed:
    def __init__(self, items: tuple[Any, ...]) -> None:
        self._items = items

    def __str__(self) -> str:
        return _("、").join(map(str, self._items))


def cite(article: object) -> str:
    """Name an article of law in the reader's language.

    Rules and events hold articles in Chinese, as the law is published; only what is drawn is translated.
    """
    text = str(article or "")
    return _(text) if text else ""
