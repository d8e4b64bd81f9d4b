"""Texts that are stored in the platform's first language, shown in the reader's.

A finding is kept as the sentence it was when it was made, which everybody may read in the original. Here the sentence
is recognised by the message that it came from, and that message is said again with the same figures and names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

FIRST = "zh-hans"
"""The language in which texts are stored."""
Message = Any | Callable[[int], str]
_PLACE = re.compile(r"%\((\w+)\)s")


class _Figure(int):
    """A number that is printed as it was written, with its thousands."""

    def __new__(cls, written: str) -> _Figure:
        made = super().__new__(cls, written.replace(",", ""))
        made.written = written
        return made

    written: str

    def __str__(self) -> str:
        return self.written


def _value(written: str) -> str | _Figure:
    return _Figure(written) if re.fullmatch(r"[0-9][0-9,]*", written) else written


class Retold:
    """The messages that a stored text may have come from.

    Each is a text in the reader's language, or what gives one for a number where it has a plural; its number is the
    place `count` of the message, or else its first.
    """

    def __init__(self, messages: Iterable[Message]) -> None:
        self._messages = tuple(messages)

    @cached_property
    def _known(self) -> list[tuple[re.Pattern[str], str, Any]]:
        known = []
        with override(FIRST):
            for message in self._messages:
                said = _said(message, 2)
                places = _PLACE.findall(said)
                pieces = [re.escape(piece) for piece in _PLACE.split(said)[::2]]
                pattern = pieces[0] + "".join(
                    f"(?P<{place}>.*?){piece}" for place, piece in zip(places, pieces[1:], strict=True)
                )
                counted = "count" if "count" in places else next(iter(places), "")
                known.append((re.compile(pattern, re.DOTALL), counted, message))
        return known

    def __call__(self, text: Any) -> str:
        """Say a stored text in the reader's language; one that came from no message stays as it is."""
        text = str(text)
        for pattern, counted, message in self._known:
            if found := pattern.fullmatch(text):
                values = {name: _value(written) for name, written in found.groupdict().items()}
                number = values.get(counted)
                return _said(message, number if isinstance(number, int) else 2) % values
        return text


def _said(message: Any, number: int) -> str:
    return message(number) if callable(message) else str(message)


_sources: list[Callable[[], Iterable[Message]]] = []


def remember(messages: Callable[[], Iterable[Message]]) -> None:
    """Register messages of faults and checks that are kept beside records; they are asked for when one is shown."""
    _sources.append(messages)


@lru_cache(maxsize=1)
def _remembered() -> Retold:
    def all_of_them() -> Iterator[Message]:
        for messages in _sources:
            yield from messages()

    return Retold(all_of_them())


def retold(text: Any) -> str:
    """Say the stored text of a fault or a check in the reader's language."""
    said = _remembered()(text)
    # one without places is its own message; the empty one would be the head of the catalogue
    return _(said) if said else said
