"""The map of the province: areas shaded by a value, each a link, with a legend and a table.

Without a map file the province is drawn as tiles of one size, one a county, from the list of divisions: a schematic map
without boundaries, so that crowded places read as well as wide ones. `JIANGYUAN_MAP_FILE` names a GeoJSON file whose
features carry the six-digit code (`adcode`, `code` or `id`); `JIANGYUAN_MAP_NUMBER` is the approval number (审图号) that
is printed below; crowded areas (`JIANGYUAN_MAP_INSET`, Xining and Haidong) stand once more in an inset. See docs/decisions/0012-map.md.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from jiangyuan.kernel.config import settings
from jiangyuan.kernel.texts import listed
from jiangyuan.ui.outlines import Outline, code_of, outlines
from jiangyuan.ui.parts import Part

log = logging.getLogger(__name__)

TILE, GAP = 64, 4
INSET = (480, 400)
"""Width and height of the inset that shows crowded areas larger, in units of its own drawing."""
SHADES = 5
MOST_BYTES = 20_000_000
# column, row of each county: neighbours as far as a grid allows, seen from above
GRID: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "632823": (2, 0), "632222": (3, 0), "632221": (4, 0), "630121": (5, 0), "630223": (6, 0), "632803": (0, 1),
        "632802": (1, 1), "632821": (2, 1), "632224": (3, 1), "632223": (4, 1), "630105": (5, 1), "630102": (6, 1),
        "630202": (7, 1), "630222": (8, 1), "632801": (0, 2), "632822": (1, 2), "632524": (2, 2), "632521": (3, 2),
        "630123": (4, 2), "630104": (5, 2), "630103": (6, 2), "630203": (7, 2), "630224": (8, 2), "632724": (0, 3),
        "632726": (1, 3), "632626": (2, 3), "632525": (3, 3), "632523": (4, 3), "630106": (5, 3), "632322": (6, 3),
        "632301": (7, 3), "630225": (8, 3), "632722": (0, 4), "632723": (1, 4), "632623": (2, 4), "632621": (3, 4),
        "632522": (4, 4), "632323": (5, 4), "632324": (6, 4), "632725": (0, 5), "632701": (1, 5), "632624": (2, 5),
        "632622": (3, 5), "632625": (4, 5),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """One area: its code, its name and a short one, the value (None: not known), where it leads, what it lies in."""

    code: str
    name: str
    value: int | None
    url: str
    within: str = ""
    short: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One area as drawn: a tile at `x`, `y`, or the path of its outline; `shade` 0 is for nothing."""

    area: Area
    shade: int
    x: float = 0
    y: float = 0
    path: str = ""
    edges: str = ""

    @property
    def middle(self) -> tuple[float, float]:
        """Give the place of the name."""
        return (self.x, self.y) if self.path else (self.x + TILE / 2, self.y + TILE / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One step of the legend."""

    shade: int
    text: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Map(Part):
    """A map of areas with its legend and its table. `measure` names the value."""

    template: ClassVar[str] = "ui/parts/map.html"
    code: str
    title: Any
    areas: tuple[Area, ...]
    measure: Any
    unit: Any = ""
    over: Any = ""
    lead: Any = ""
    source: Any = ""
    at: datetime | None = None
    choices: tuple[Any, ...] = ()

    @property
    def steps(self) -> list[int]:
        """Give where each shade begins: few values have a shade each, many are parted evenly by rank."""
        values = sorted({area.value for area in self.areas if area.value})
        if len(values) <= SHADES:
            return values
        return sorted({values[len(values) * step // SHADES] for step in range(SHADES)})

    def _shade(self, value: int | None) -> int:
        return sum(1 for step in self.steps if value is not None and value >= step)

    @property
    def keys(self) -> list[Key]:
        """Give the legend, from nothing to most."""
        steps = self.steps
        found = [Key(shade=0, text="0")] if any(not area.value for area in self.areas) else []
        for place, step in enumerate(steps, 1):
            last = steps[place] - 1 if place < len(steps) else max(a.value or 0 for a in self.areas)
            found.append(Key(shade=place, text=f"{step:,}" if last <= step else f"{step:,}–{last:,}"))
        return found

    @property
    def outlined(self) -> bool:
        """Tell whether boundaries are drawn."""
        return bool(_outlines())

    @property
    def number(self) -> str:
        """Give the approval number of the map (审图号); empty for a schematic one."""
        return settings().map_number if self.outlined else ""

    @property
    def drawn(self) -> list[Drawn]:
        """Give the areas as drawn; those that the map file does not know stand in the table alone."""
        known = _outlines()
        if known:
            return self._outlined(known, named=lambda code: code not in _inset())
        places = tile_places(tuple((area.code, area.within) for area in self.areas))
        taken = {place: area.within for area in self.areas if (place := places.get(area.code))}
        return [
            Drawn(
                area,
                self._shade(area.value),
                place[0] * (TILE + GAP),
                place[1] * (TILE + GAP),
                "",
                _edges(place, taken),
            )
            for area in self.areas
            if (place := places.get(area.code))
        ]

    def _outlined(self, known: Mapping[str, Outline], *, named: Callable[[str], bool]) -> list[Drawn]:
        """Draw the areas with a known outline; those that are not `named` have no room for their name."""
        found = [(area, known[area.code]) for area in self.areas if area.code in known]
        return [
            Drawn(
                area if named(area.code) else replace(area, short=""),
                self._shade(area.value),
                line.middle[0],
                line.middle[1],
                line.path,
            )
            for area, line in found
        ]

    @property
    def inset(self) -> list[Drawn]:
        """Give the crowded areas once more, larger and with their names; nothing without boundaries."""
        return self._outlined(_inset(), named=lambda code: True)

    @property
    def inset_box(self) -> str:
        """Give the view box of the inset."""
        return f"0 0 {INSET[0]} {INSET[1]}"

    @property
    def inset_title(self) -> str:
        """Name what the inset shows: what its areas lie in."""
        return str(listed(dict.fromkeys(one.area.within for one in self.inset if one.area.within)))

    @property
    def box(self) -> str:
        """Give the SVG's view box."""
        drawn = self.drawn
        if self.outlined:
            return "0 0 1000 640"
        right = max((d.x for d in drawn), default=0) + TILE + GAP
        return f"-{GAP} -{GAP} {right + GAP} {max((d.y for d in drawn), default=0) + TILE + 2 * GAP}"

    @property
    def ordered(self) -> list[Area]:
        """Give the areas in the order of their codes, for the table."""
        return sorted(self.areas, key=lambda area: area.code)


def _edges(place: tuple[int, int], taken: Mapping[tuple[int, int], str]) -> str:
    """Give the sides of a tile beyond which another prefecture begins, as an SVG path: the borders between them."""
    column, row = place
    x, y, size, half = column * (TILE + GAP), row * (TILE + GAP), TILE, GAP / 2
    sides = {
        (column + 1, row): f"M{x + size + half} {y - half}v{size + GAP}",
        (column, row + 1): f"M{x - half} {y + size + half}h{size + GAP}",
    }
    return "".join(line for beside, line in sides.items() if beside in taken and taken[beside] != taken[place])


def tile_places(areas: Sequence[tuple[str, str]]) -> dict[str, tuple[int, int]]:
    """Give column and row of each area's tile. `areas`: (code, what it lies in).

    Counties whose place is known stand there; else each prefecture has rows of its own.
    """
    if areas and all(code in GRID for code, _within in areas):
        return {code: GRID[code] for code, _within in areas}
    found: dict[str, tuple[int, int]] = {}
    row, column, before = -1, 0, None
    for code, within in sorted(areas, key=lambda one: (one[1], one[0])):
        if within != before or column == 12:
            row, column, before = row + 1, 0, within
        found[code] = (column, row)
        column += 1
    return found


def _outlines() -> Mapping[str, Outline]:
    return _drawn_once()[0]


def _inset() -> Mapping[str, Outline]:
    return _drawn_once()[1]


def _drawn_once() -> tuple[Mapping[str, Outline], Mapping[str, Outline]]:
    file = settings().map_file
    return _read(file, settings().map_inset) if str(file) not in ("", ".") else ({}, {})


@lru_cache(maxsize=2)
def _read(file: Path, crowded: tuple[str, ...]) -> tuple[Mapping[str, Outline], Mapping[str, Outline]]:
    """Read the map file once: its outlines, and those of the crowded areas fitted into the inset.

    A file that cannot be read is logged, and tiles are drawn in its place.
    """
    try:
        if file.stat().st_size > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES} bytes")
        told = json.loads(file.read_text("utf-8"))
        whole = outlines(told, width=1000, height=640)
        wanted = [one for one in told["features"] if crowded and code_of(one).startswith(crowded)]
        few = len(wanted) < 2 or len(wanted) == len(whole)  # one area alone, or the whole map, needs no second drawing
        return whole, {} if few else outlines({"features": wanted}, width=INSET[0], height=INSET[1])
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.error("the map file %s is not used: %s", file, error)
        return {}, {}
