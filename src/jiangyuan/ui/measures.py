"""Parts that measure: a verdict over many things, tiles of figures, a meter of a share, a chain of what leads to what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from jiangyuan.ui.parts import ICONS, Button, Part, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict(Part):
    """The state of the whole, said before any figure: all well, or how many need a person; `needs` leads to each."""

    template: ClassVar[str] = "ui/parts/verdict.html"
    title: Any
    tone: Tone = "good"
    text: Any = ""
    needs: tuple[Part, ...] = ()

    @property
    def icon(self) -> str:
        """Give the icon of the tone."""
        return ICONS[self.tone]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One figure: its title, its value in words or numbers, its unit, and what it means; `url` leads behind it."""

    title: Any
    value: Any
    unit: Any = ""
    note: Any = ""
    url: str = ""
    tone: Tone | None = None

    @property
    def icon(self) -> str:
        """Give the icon of the tone, empty without one."""
        return ICONS[self.tone] if self.tone else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiles(Part):
    """A row of figures."""

    template: ClassVar[str] = "ui/parts/tiles.html"
    label: Any
    items: tuple[Tile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold(Part):
    """A part of a long page that can be folded; on a phone it begins folded, unless `held` keeps it open there."""

    template: ClassVar[str] = "ui/parts/fold.html"
    title: Any
    inner: tuple[Part, ...]
    note: Any = ""
    open: bool = True
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter(Part):
    """A share of a hundred as a bar with its figure beside it; `good` is from where it is well, `fair` from where it is
    tolerable. None: nothing was measured."""

    template: ClassVar[str] = "ui/parts/meter.html"
    value: Any
    label: Any = ""
    good: float = 95
    fair: float = 80
    unit: str = ""

    @property
    def tone(self) -> Tone:
        """Give the colour that helps the figure."""
        if self.value is None:
            return "idle"
        number = float(self.value)
        return "good" if number >= self.good else "warn" if number >= self.fair else "bad"

    @property
    def icon(self) -> str:
        """Give the icon of the tone."""
        return ICONS[self.tone]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One thing that earns points or does not: what it is, whether it is there, and how to gain what is missing."""

    title: Any
    earned: int
    possible: int
    gain: Any = ""
    action: Button | None = None

    @property
    def full(self) -> bool:
        """Tell whether nothing is missing."""
        return self.earned >= self.possible

    @property
    def icon(self) -> str:
        """Give the icon: there, or not yet."""
        return ICONS["good" if self.full else "idle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score(Part):
    """A score that explains itself: its figure, then each point with how to gain it."""

    template: ClassVar[str] = "ui/parts/score.html"
    title: Any
    points: tuple[Point, ...]

    @property
    def total(self) -> int:
        """Give the points that were earned."""
        return sum(point.earned for point in self.points)

    @property
    def meter(self) -> Meter:
        """Give the total as a bar."""
        return Meter(value=self.total, label=self.title, good=80, fair=0)  # what could be better calls nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One thing in a chain: what kind it is, its name (with a link where it may be opened), and its state."""

    kind: Any
    name: Any
    url: str = ""
    note: Any = ""
    badge: Part | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of a chain, with everything that stands in it; `none` says why nothing does."""

    title: Any
    nodes: tuple[Node, ...] = ()
    none: Any = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain(Part):
    """What leads to what, read from left to right, on a small screen from above."""

    template: ClassVar[str] = "ui/parts/chain.html"
    title: Any
    stages: tuple[Stage, ...]
    note: Any = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live(Part):
    """Parts that ask for themselves again every few seconds (`every`; 0: they stand still, nothing is under way).

    `about`: the records (`label:id`) whose events renew the parts at once, as far as whoever looks may see them.
    """

    template: ClassVar[str] = "ui/parts/live.html"
    id: str
    inner: tuple[Any, ...]
    every: int = 5
    at: Any = None
    about: tuple[str, ...] = ()

    @property
    def trigger(self) -> str:
        """Give what has the parts asked for again."""
        told = ["jy-live"] if self.about else []
        return ", ".join([*told, f"every {self.every}s"] if self.every else told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Links(Part):
    """A few links in one cell."""

    template: ClassVar[str] = "ui/parts/links.html"
    items: tuple[Part, ...]
