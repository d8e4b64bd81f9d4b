"""From a grid of cells to tables: titles, headers of several rows, footnotes and stacked tables told apart.

Cells are texts as typed; empty ones are "". Every decision leaves a note of what was recognised, guessed or normalised,
so that the person who registers the file can see what was made of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Row = list[str]
Merge = tuple[tuple[int, int], tuple[int, int]]
Note = tuple[str, str, dict[str, Any]]

DEEPEST_HEADER = 4
_FOOTNOTE = re.compile(
    r"^\s*(注|注释|说明|备注|附注|资料来源|数据来源|来源|制表|填表|审核|单位负责人|统计负责人|联系电话)(人|单位|时间|日期)?\s*[\d一二三]*\s*[:：.、]"
)
_CONTINUED = re.compile(r"^(\s|\u3000|\d+\s*[.、．])")
_LABELLED = re.compile(r"[:：]")
_NUMBER = re.compile(r"^[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?([eE][+-]?\d+)?%?$")
_DATE = re.compile(r"^\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?([ T]\d{1,2}:\d{2}.*)?$")
_PERIOD = re.compile(r"^(19|20)\d{2}(\.0)?(年?|[-/.年](0?[1-9]|1[0-2])月?|年?第?[一二三四1-4]季度)$")
_MONTH = re.compile(r"^((?:19|20)\d{2})\.(\d{1,2})$")


@dataclass(slots=True)
class Block:
    """One table of a grid: its column names, the rows under them (as indexes and cells) and the notes made."""

    names: list[str]
    rows: list[Row]
    notes: list[Note] = field(default_factory=list)


def clean(cell: str) -> str:
    """Give a cell without blanks and invisible characters around it."""
    return cell.strip(" \t\r\n\u3000\u00a0\ufeff\u200b")


def _kind(cell: str) -> str:
    text = cell.translate(_HALF)
    if not text:
        return "blank"
    if _PERIOD.match(text):
        return "period"
    if _DATE.match(text) or (_NUMBER.match(text) and any(c.isdigit() for c in text)):
        return "value"
    return "text"


_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def tables(rows: Sequence[Row], *, merges: Sequence[Merge] = ()) -> list[Block]:
    """Split a grid into its tables. `merges` are ((row, column), (row, column)) of merged cells, both ends included."""
    raw = [[cell if clean(cell) else "" for cell in row] for row in rows]
    found: list[Block] = []
    titles: list[Note] = []
    for start, end in _stretches(raw):
        stretch = _Stretch(raw, start, end, merges)
        if stretch.is_note() and found:
            found[-1].notes.extend(stretch.as_notes("footnote"))
        elif stretch.is_title():
            titles.extend(stretch.as_notes("title"))
        elif found and stretch.continues(found[-1]):
            found[-1].rows.extend(stretch.data(start))
            found[-1].notes.append(("recognised", "blank_rows", {"row": start + 1}))
        else:
            for block in stretch.blocks():
                block.notes[:0] = titles
                titles = []
                found.append(block)
    return found


def _stretches(rows: Sequence[Row]) -> list[tuple[int, int]]:
    found, start = [], None
    for place, row in enumerate([*rows, []]):
        if any(row):
            start = place if start is None else start
        elif start is not None:
            found.append((start, place))
            start = None
    return found


class _Stretch:
    """Consecutive rows of a grid without a blank one between them."""

    def __init__(self, rows: list[Row], start: int, end: int, merges: Sequence[Merge]) -> None:
        self.rows, self.start, self.end, self.merges = rows, start, end, merges
        self.width = max(len(row) for row in rows[start:end])
        for place in range(start, end):
            rows[place] += [""] * (self.width - len(rows[place]))

    def _filled(self, place: int) -> list[str]:
        return [cell for cell in self.rows[place] if cell]

    def is_note(self) -> bool:
        return bool(_FOOTNOTE.match(self._filled(self.start)[0])) and all(
            len(self._filled(place)) <= 2 for place in range(self.start, self.end)
        )

    def is_title(self) -> bool:
        return self.width > 1 and all(self._is_title_row(place) for place in range(self.start, self.end))

    def _is_title_row(self, place: int) -> bool:
        filled = self._filled(place)
        if len(filled) == 1:
            return True
        few = len(filled) <= max(2, self.width // 2) and len(filled) < self.width
        return few and all(_LABELLED.search(cell) for cell in filled)

    def as_notes(self, code: str) -> list[Note]:
        level = "recognised"
        return [
            (level, code, {"text": " ".join(map(clean, self._filled(place)))[:500], "row": place + 1})
            for place in range(self.start, self.end)
        ]

    def continues(self, block: Block) -> bool:
        """Tell whether the stretch is more rows of the table before it: as wide, and beginning with data."""
        first = self.rows[self.start]
        kinds = [_kind(clean(cell)) for cell in first]
        same_width = sum(1 for cell in first if cell) > 1 and len(first) == len(block.names)
        return same_width and "value" in kinds

    def data(self, first: int, last: int | None = None) -> list[Row]:
        last = self.end if last is None else last
        filled = [list(self.rows[place]) for place in range(first, last)]
        for (top, left), (bottom, right) in self.merges:
            if top >= first and top < last and bottom > top:
                for place in range(top, min(bottom + 1, last)):
                    for column in range(left, min(right, left) + 1):
                        filled[place - first][column] = filled[place - first][column] or self.rows[top][left]
        return [[clean(cell) for cell in row] for row in filled]

    def blocks(self) -> list[Block]:
        """Give the tables of this stretch; a title or a repeated header inside it begins another."""
        notes: list[Note] = []
        top = self.start
        while top < self.end - 1 and self.width > 1 and self._is_title_row(top):
            notes.append(("recognised", "title", {"text": clean(self._filled(top)[0])[:500], "row": top + 1}))
            top += 1
        bottom, footnotes = self._footnotes(top)
        depth = self._header_depth(top, bottom)
        block = Block(self._names(top, depth, notes), [], notes + footnotes)
        if depth == 0:
            block.notes.append(("guessed", "header_missing", {"row": top + 1}))
        elif depth > 1:
            block.notes.append(("recognised", "header_rows", {"rows": depth, "row": top + 1}))
        return self._split(block, top, depth, bottom)

    def _split(self, block: Block, top: int, depth: int, bottom: int) -> list[Block]:
        header = [[clean(cell) for cell in self.rows[place]] for place in range(top, top + depth)]
        first = top + depth
        for place in range(first + 1, bottom):
            cells = [clean(cell) for cell in self.rows[place]]
            if depth and cells == header[0]:
                rest = _Stretch(self.rows, place, bottom, self.merges).blocks()
                if rest[0].names == block.names:
                    block.notes.append(("recognised", "header_repeated", {"row": place + 1}))
                    block.rows = self.data(first, place) + rest[0].rows
                    return [block, *rest[1:]]
            if self._opens_table(place, bottom, first):
                block.rows = self.data(first, place)
                block.notes.append(("recognised", "stacked", {"row": place + 1}))
                return [block, *_Stretch(self.rows, place, bottom, self.merges).blocks()]
        block.rows = self.data(first, bottom)
        if any(first <= top_row < bottom and low > top_row for (top_row, _left), (low, _right) in self.merges):
            block.notes.append(("normalised", "merged_filled", {}))
        return [block]

    def _opens_table(self, place: int, bottom: int, first: int) -> bool:
        if self.width < 2 or place + 2 >= bottom or len(self._filled(place)) != 1:
            return False
        header = [_kind(clean(cell)) for cell in self.rows[place + 1]]
        above = [_kind(clean(cell)) for cell in self.rows[place - 1]]
        below = [_kind(clean(cell)) for cell in self.rows[place + 2]]
        wide = sum(kind != "blank" for kind in header) >= 2
        return wide and place > first and "value" not in header and "value" in above and "value" in below

    def _footnotes(self, top: int) -> tuple[int, list[Note]]:
        first = None
        for place in range(self.end - 1, top, -1):
            filled = self._filled(place)
            if len(filled) > 2 and not _FOOTNOTE.match(filled[0]):
                break
            if _FOOTNOTE.match(filled[0]):
                first = place
            elif not (len(filled) == 1 and self.width > 1 and (_CONTINUED.match(filled[0]) or len(filled[0]) > 20)):
                break
        if first is None:
            return self.end, []
        return first, _Stretch(self.rows, first, self.end, ()).as_notes("footnote")

    def _header_depth(self, top: int, bottom: int) -> int:
        if not self._header_like(top):
            return 0
        spans = [
            (low - place + 1, right > left)
            for (place, left), (low, right) in self.merges
            if place == top and low < bottom
        ]
        depth = max([high + (wide and high == 1) for high, wide in spans if high <= DEEPEST_HEADER], default=1)
        while depth < DEEPEST_HEADER and any(
            place == top + depth - 1 and right > left and low == place
            for (place, left), (low, right) in self.merges
            if place > top
        ):
            depth += 1
        if depth == 1 and not self.merges and self._second_header(top, bottom):
            depth = 2
        return min(depth, bottom - top)

    def _second_header(self, top: int, bottom: int) -> bool:
        """Tell whether a header without merge marks (a CSV) goes on: gaps above, texts below them, then values."""
        if top + 2 >= bottom or not self._header_like(top + 1):
            return False
        above, below, data = (self.rows[top + step] for step in range(3))
        gaps = [place for place, cell in enumerate(above) if not cell]
        kinds = [_kind(clean(cell)) for cell in data]
        return bool(gaps) and all(below[place] for place in gaps) and "value" in kinds and bool(above[0])

    def _header_like(self, place: int) -> bool:
        kinds = [_kind(clean(cell)) for cell in self.rows[place]]
        return "value" not in kinds and any(kind != "blank" for kind in kinds)

    def _names(self, top: int, depth: int, notes: list[Note]) -> list[str]:
        if depth == 0:
            return [f"列{place + 1}" for place in range(self.width)]
        grid = [[clean(cell) for cell in self.rows[top + level]] for level in range(depth)]
        for (first, left), (last, right) in self.merges:
            if top <= first < top + depth:
                for level in range(first - top, min(last - top + 1, depth)):
                    for column in range(left, min(right + 1, self.width)):
                        grid[level][column] = grid[0 + first - top][left]
        if depth > 1 and not self.merges:
            for column in range(1, self.width):
                grid[0][column] = grid[0][column] or grid[0][column - 1]
        return column_names([_joined(level[column] for level in grid) for column in range(self.width)], notes)


def _joined(parts: Any) -> str:
    kept: list[str] = []
    for part in parts:
        if part and (not kept or kept[-1] != part):
            kept.append(part)
    return "_".join(kept)


def column_names(raw: Sequence[str], notes: list[Note]) -> list[str]:
    """Make unique names of a header: half width, no line breaks, empty ones numbered, repeated ones told apart."""
    names = []
    for place, text in enumerate(_months(raw, notes)):
        name = re.sub(r"\s+", " ", re.sub(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])", "", text.translate(_LETTERS)))
        name = re.sub(r"^((?:19|20)\d{2})\.0$", r"\1", clean(name))[:120]
        if name != text:
            notes.append(("normalised", "header_name", {"from": text, "to": name}))
        names.append(name or f"列{place + 1}")
    seen: dict[str, int] = {}
    for place, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            names[place] = f"{name}_{seen[name]}"
            notes.append(("normalised", "header_duplicate", {"from": name, "to": names[place]}))
            seen[names[place]] = 1
    return names


_LETTERS = {0xFF10 + n: 0x30 + n for n in range(10)} | {0x3000: 0x20}
_LETTERS |= {0xFF21 + n: 0x41 + n for n in range(26)} | {0xFF41 + n: 0x61 + n for n in range(26)}


def _months(raw: Sequence[str], notes: list[Note]) -> list[str]:
    """Read 2016.1 as October where it stands in October's place: a spreadsheet dropped the zero of 2016.10."""
    texts = list(raw)
    for place, text in enumerate(texts):
        found = _MONTH.match(text)
        if not found or found.group(2) != "1":
            continue
        year = found.group(1)
        around = {texts[place - 1] if place else "", texts[place + 1] if place + 1 < len(texts) else ""}
        if around & {f"{year}.09", f"{year}.11"}:
            texts[place] = f"{year}.10"
            notes.append(("normalised", "month_ten", {"from": text, "to": texts[place]}))
    return texts
