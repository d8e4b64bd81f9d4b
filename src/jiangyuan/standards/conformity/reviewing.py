"""What may be reviewed, and who says so: rooms above register their things, and whoever may read rows registers that.

With nobody registered for a kind there is nothing of it to review; with no measurer registered values are not judged,
and the report says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from jiangyuan.kernel.actor import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column, item or answer field as it stands. `element` is the code of the element that was assigned to it (empty:
    it is recognised by its name); grade, personal and mask are None where the thing does not say. `url` leads to the fix;
    of the checks in `fixes` it is mended elsewhere."""

    name: str
    comment: str = ""
    type: str = "text"
    element: str = ""
    grade: int | None = None
    personal: bool | None = None
    masked: bool | None = None
    url: str = ""
    fixes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One table, entry or interface with its fields; `table` is the scanned table whose rows may be measured, if any.

    `url` leads to where it is mended, `fixes` to where single checks are.
    """

    title: str
    fields: tuple[Field, ...]
    url: str
    key: tuple[str, ...] | None = None
    table: UUID | None = None
    fixes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewable:
    """One kind of thing that may be reviewed: which of them an actor may have reviewed, whose they are, their subjects.

    `subjects` gives one for a table or entry and one for each table of a database.
    """

    code: str
    title: Any
    rows: Callable[[Actor], QuerySet[Any]]
    body: Callable[[Any], UUID | None]
    subjects: Callable[[Any], Sequence[Subject]]
    url: Callable[[Any], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one rule of an element found in the rows of one column."""

    column: str
    kind: str
    checked: int
    failed: int


Measurer = Callable[[UUID], Sequence[Measured] | None]
_kinds: dict[str, Reviewable] = {}
_measurer: Measurer | None = None


def register(*kinds: Reviewable) -> None:
    """Register kinds. The same code again replaces the kind, so that `ready()` may run twice."""
    for kind in kinds:
        _kinds[kind.code] = kind


def register_measurer(measure: Measurer) -> None:
    """Register what checks the rows of a scanned table by its elements, through a plan (None: it may not be read)."""
    global _measurer
    _measurer = measure


def kinds() -> tuple[Reviewable, ...]:
    """Give every kind that may be reviewed."""
    return tuple(_kinds.values())


def kind_of(code: str) -> Reviewable | None:
    """Give a kind by its code."""
    return _kinds.get(code)


def measured(table: UUID | None) -> Sequence[Measured] | None:
    """Measure the rows of a table; None where there is no table, or nobody may read it."""
    return _measurer(table) if table is not None and _measurer is not None else None
