"""Charts as typed values. The table is the content; `static/ui/chart.js` draws it, and without it nothing is lost.

One theme for all: bars begin at zero, values stand beside what they measure, source and time stand below. What the
chart shows is read out of the table by the browser, so the two never differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Literal

from django.utils.translation import gettext_lazy as _

from jiangyuan.ui import shares
from jiangyuan.ui.parts import ICONS, Empty, Part, Tone

Value = int | float | Decimal | None
Kind = Literal["line", "bars", "stacked", "share"]
NOTHING = Empty(title=_("还没有数据"), why=_("有了第一条记录，图和数据表就会出现在这里。"))
MOST_POINTS = 400
"""Points that a chart may hold; who has more sums them up first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One row of values, one for each label (None: not known). `tone` gives a state its colour and icon."""

    title: Any
    values: Sequence[Value]
    tone: Tone | Literal[""] = ""

    @property
    def icon(self) -> str:
        """Give the icon of the tone; empty without one."""
        return ICONS[self.tone] if self.tone else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value as the table holds it: as people read it, and as the chart does; `title` is its column's."""

    value: Value
    title: Any = ""
    share: str = ""

    @property
    def plain(self) -> str:
        """Give the value for the chart; empty when it is not known."""
        return "" if self.value is None else str(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table: its label, where the label leads, its cells."""

    label: Any
    url: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart(Part):
    """A chart with its table. `code` is its anchor, one of a kind on its page; `over` names what the labels are.

    Kinds: `line` (over time), `bars` (lying, one series or several side by side), `stacked` (parts of a whole for each
    label; `upright` over time), `share` (parts of one whole, with per cent). `urls`: where each label leads.
    Raises ValueError for a series whose length differs from the labels', or for too many points.
    """

    template: ClassVar[str] = "ui/parts/chart.html"
    code: str
    title: Any
    kind: Kind
    labels: Sequence[Any]
    series: Sequence[Series]
    over: Any
    unit: Any = ""
    lead: Any = ""
    source: Any = ""
    at: datetime | None = None
    urls: Sequence[str] = ()
    upright: bool = False
    empty: Empty = NOTHING

    def __post_init__(self) -> None:
        for one in self.series:
            if len(one.values) != len(self.labels):
                raise ValueError(f"{self.code}: {len(one.values)} values for {len(self.labels)} labels")
        if self.urls and len(self.urls) != len(self.labels):
            raise ValueError(f"{self.code}: {len(self.urls)} addresses for {len(self.labels)} labels")
        if len(self.labels) > MOST_POINTS:
            raise ValueError(f"{self.code}: {len(self.labels)} labels, at most {MOST_POINTS}")

    @property
    def known(self) -> bool:
        """Tell whether there is anything to show."""
        return any(value is not None for one in self.series for value in one.values)

    @property
    def rows(self) -> list[Row]:
        """Give the rows of the table."""
        total = sum((Decimal(str(v)) for v in self.series[0].values if v is not None), Decimal(0)) if self.series else 0
        return [
            Row(
                label=label,
                url=self.urls[place] if self.urls else "",
                cells=tuple(self._cell(one.title, one.values[place], total) for one in self.series),
            )
            for place, label in enumerate(self.labels)
        ]

    def _cell(self, title: Any, value: Value, total: Any) -> Cell:
        if self.kind != "share" or value is None or not total:
            return Cell(title=title, value=value)
        return Cell(title=title, value=value, share=shares.percent(Decimal(str(value)) * 100 / total))


WIDTH, HEIGHT, MARGIN = 160, 36, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark(Part):
    """A small line without axes beside a number: how it came to be. Drawn by the server."""

    template: ClassVar[str] = "ui/parts/spark.html"
    title: Any
    values: Sequence[Value]
    labels: Sequence[Any]

    @property
    def points(self) -> list[tuple[float, float]]:
        """Give the points of the line in a field of 160 × 36; zero is its foot."""
        known = [(place, float(value)) for place, value in enumerate(self.values) if value is not None]
        if not known:
            return []
        top = max(value for _place, value in known) or 1.0
        step = (WIDTH - 2 * MARGIN) / max(len(self.values) - 1, 1)
        height = HEIGHT - 2 * MARGIN
        return [(round(MARGIN + p * step, 1), round(HEIGHT - MARGIN - v / top * height, 1)) for p, v in known]

    @property
    def line(self) -> str:
        """Give the line as an SVG list of points."""
        return " ".join(f"{x},{y}" for x, y in self.points)

    @property
    def last(self) -> tuple[float, float] | None:
        """Give the last point; it stands where the number was read."""
        return self.points[-1] if self.points else None

    @property
    def extremes(self) -> tuple[Value, Value]:
        """Give the least and the greatest value."""
        known = [value for value in self.values if value is not None]
        return (min(known), max(known)) if known else (None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiple:
    """One of several small lines: its title, its newest value, where the list behind it is."""

    spark: Spark
    value: Value
    unit: Any = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiples(Part):
    """Small lines side by side over the same days, with one table."""

    template: ClassVar[str] = "ui/parts/multiples.html"
    code: str
    title: Any
    over: Any
    items: tuple[Multiple, ...]
    lead: Any = ""
    source: Any = ""
    at: datetime | None = None
    empty: Empty = NOTHING

    @property
    def rows(self) -> list[tuple[Any, list[Value]]]:
        """Give the rows of the table: each day with the value of every line. Raises ValueError when lengths differ."""
        if not self.items:
            return []
        columns = [item.spark.values for item in self.items]
        return [(row[0], list(row[1:])) for row in zip(self.items[0].spark.labels, *columns, strict=True)]
