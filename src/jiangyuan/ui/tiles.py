"""Numbers that lead to what they count, and groups of parts side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from jiangyuan.ui.parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One number: what it counts, its unit, where the list behind it is, a word on it. `value` None: not known yet."""

    title: Any
    value: Any
    unit: Any = ""
    url: str = ""
    note: Any = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiles(Part):
    """A row of numbers under a heading."""

    template: ClassVar[str] = "ui/parts/figures.html"
    title: Any
    items: tuple[Tile, ...]
    lead: Any = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside(Part):
    """Parts side by side, two in a row where there is room."""

    template: ClassVar[str] = "ui/parts/beside.html"
    items: tuple[Part, ...]
    title: Any = ""
