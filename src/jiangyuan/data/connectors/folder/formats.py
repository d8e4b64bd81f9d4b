"""The formats offices send: delimited text, spreadsheets and JSON, each read into tables of texts.

Runs in the limited process only. Texts of a large file stay in Arrow; a file small enough is looked at cell by cell.
"""

from __future__ import annotations

import csv
import datetime
import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.csv as arrow_csv

from jiangyuan.data.connectors.folder import grid
from jiangyuan.data.connectors.folder.problems import FileProblem
from jiangyuan.data.connectors.folder.text import decode, delimiter

SMALL_TEXT = 8 * 2**20
"""Characters up to which a text is looked at cell by cell for stacked tables and rows of another length."""
HEAD_ROWS = 60
MOST_UNPACKED = 1 << 30
MOST_RATIO = 200
MOST_DEPTH = 64
EXACT_FLOAT = 1e15


@dataclass(slots=True)
class RawTable:
    """A table of texts as found: its `part` of the file ("" for the whole), Arrow strings, and the notes made."""

    part: str
    data: pa.Table
    notes: list[grid.Note] = field(default_factory=list)


def unpack(data: bytes, limit: int) -> bytes:
    """Undo gzip within `limit` bytes and 200 times the packed size. Raises `FileProblem` beyond either."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    bound = min(limit, max(len(data) * MOST_RATIO, 1 << 20))
    stream = zlib.decompressobj(wbits=31)
    try:
        whole = stream.decompress(data, bound + 1)
    except zlib.error as error:
        raise FileProblem("broken_archive") from error
    if len(whole) > bound or stream.unconsumed_tail:
        raise FileProblem("bomb", limit=bound)
    if not stream.eof:
        raise FileProblem("broken_archive")
    return whole


def check_zip(data: bytes) -> None:
    """Look into a zip's directory before anything is unpacked. Raises `FileProblem` for a bomb, a loop or damage."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise FileProblem("broken_archive") from error
    total = sum(entry.file_size for entry in entries)
    if total > MOST_UNPACKED or total > max(len(data) * MOST_RATIO, 1 << 22) or len(entries) > 10_000:
        raise FileProblem("bomb", limit=MOST_UNPACKED)
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise FileProblem("encrypted")


def _as_table(block: grid.Block, part: str) -> RawTable:
    columns = [pa.array([row[place] or None for row in block.rows], pa.string()) for place in range(len(block.names))]
    notes = list(block.notes)
    kept = []
    for place, name in enumerate(block.names):
        if columns[place].null_count == len(columns[place]) and name == f"列{place + 1}":
            notes.append(("normalised", "empty_column", {"column": place + 1}))
        else:
            kept.append(place)
    data = pa.table([columns[place] for place in kept], names=[block.names[place] for place in kept])
    return RawTable(part, data, notes)


def _from_grid(
    rows: list[grid.Row], part: str, merges: list[grid.Merge], before: list[grid.Note]
) -> Iterator[RawTable]:
    blocks = [block for block in grid.tables(rows, merges=merges) if block.names]
    for number, block in enumerate(blocks, start=1):
        name = part if len(blocks) == 1 else f"{part}#{number}" if part else str(number)
        table = _as_table(block, name)
        table.notes[:0] = before
        yield table


def read_text(data: bytes) -> Iterator[RawTable]:
    """Read delimited text. Raises `FileProblem` for an unknown encoding, or rows of another length in a large file."""
    text, encoding = decode(data)
    if text.lstrip()[:200].lower().startswith(("<html", "<!doctype html", "<table", "<?xml")):
        raise FileProblem("markup")
    mark = delimiter(text)
    notes: list[grid.Note] = [
        ("recognised", "encoding", {"encoding": encoding}),
        ("recognised", "delimiter", {"delimiter": {"\t": "Tab"}.get(mark, mark)}),
    ]
    if not text.strip():
        raise FileProblem("empty")
    try:
        if len(text) <= SMALL_TEXT:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
            yield from _from_grid(rows, "", [], notes)
        else:
            yield _large_text(text, mark, notes)
    except csv.Error as error:
        raise FileProblem("broken_rows", row=0) from error


def _large_text(text: str, mark: str, notes: list[grid.Note]) -> RawTable:
    stream = io.StringIO(text, newline="")
    reader = csv.reader(stream, delimiter=mark)
    head, lines = [], []
    for row in reader:
        head.append(row)
        lines.append(reader.line_num)
        if len(head) == HEAD_ROWS:
            break
    block = grid.tables(head)[0]
    body = len(head) - len(block.rows)
    start = 0
    for _line in range(lines[body - 1] if body else 0):
        start = text.index("\n", start) + 1
    skipped: list[str] = []

    def other_length(row: arrow_csv.InvalidRow) -> str:
        cells = row.text.split(mark)
        if sum(1 for cell in cells if grid.clean(cell)) <= 1:
            skipped.append(grid.clean(row.text)[:500])
            return "skip"
        return "error"

    options = arrow_csv.ParseOptions(delimiter=mark, newlines_in_values=True, invalid_row_handler=other_length)
    names = block.names
    types = dict.fromkeys(names, pa.string())
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(text[start:].encode()),
            read_options=arrow_csv.ReadOptions(column_names=names, use_threads=False),
            parse_options=options,
            convert_options=arrow_csv.ConvertOptions(column_types=types, strings_can_be_null=True, null_values=[""]),
        )
    except pa.ArrowInvalid as error:
        raise FileProblem("broken_rows", row=0) from error
    found = block.notes + [("recognised", "footnote", {"text": line, "row": 0}) for line in skipped[:20] if line]
    return RawTable("", table, notes + found)


def read_sheets(data: bytes) -> Iterator[RawTable]:
    """Read every sheet of a workbook (xlsx, xlsb, ods, xls). Raises `FileProblem` for a bomb, a password or damage."""
    import python_calamine

    if data.startswith(b"PK"):
        check_zip(data)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
    except python_calamine.PasswordError as error:
        raise FileProblem("encrypted") from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise FileProblem("broken_sheet") from error
    for name in names:
        try:
            sheet = book.get_sheet_by_name(name)
            cells = sheet.to_python(skip_empty_area=False)
            merges = [((a, b), (c, d)) for (a, b), (c, d) in sheet.merged_cell_ranges or []]
        except (python_calamine.CalamineError, OSError, ValueError) as error:
            raise FileProblem("broken_sheet", sheet=name) from error
        notes: list[grid.Note] = []
        rows = [[cell_text(cell, notes) for cell in row] for row in cells]
        yield from _from_grid(rows, name, merges, notes)


def cell_text(value: Any, notes: list[grid.Note]) -> str:
    """Give a cell of a workbook as text: whole numbers without a point, midnights as days."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if abs(value) >= EXACT_FLOAT and not any(note[1] == "number_precision" for note in notes):
            notes.append(("warning", "number_precision", {}))
        return str(int(value)) if value.is_integer() and abs(value) < 1e18 else repr(value)
    if isinstance(value, datetime.datetime):
        midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    return "" if value is None else str(value)


class _Written(float):
    """A number of a JSON text that remembers how it was written, so that no digit is lost."""

    def __init__(self, text: str) -> None:
        self.text = text


def read_json(data: bytes) -> Iterator[RawTable]:
    """Read arrays of objects (several may follow one another) or one object per line.

    Nested values stay as JSON text. Raises `FileProblem` for damage, depth beyond 64, or items that are no objects.
    """
    text, encoding = decode(data)
    notes: list[grid.Note] = [("recognised", "encoding", {"encoding": encoding})]
    decoder = json.JSONDecoder(parse_float=_Written)
    items: list[dict[str, Any]] = []
    place, arrays = 0, 0
    while (place := _next(text, place)) < len(text):
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            raise FileProblem("broken_json", place=getattr(error, "pos", place)) from error
        arrays += isinstance(value, list)
        items.extend(_items(value))
    if not items:
        raise FileProblem("empty")
    if arrays > 1:
        notes.append(("recognised", "concatenated", {"arrays": arrays}))
    raw = list(dict.fromkeys(key for item in items for key in item))
    names = grid.column_names(raw, notes)
    columns = [pa.array([_json_text(item.get(key)) for item in items], pa.string()) for key in raw]
    yield RawTable("", pa.table(columns, names=names), notes)


def _next(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n,\ufeff":
        place += 1
    return place


def _items(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        inner = [part for part in value.values() if isinstance(part, list) and part and isinstance(part[0], dict)]
        return _items(inner[0]) if len(inner) == 1 else [value]
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return value
    raise FileProblem("json_shape")


def _json_text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, _Written):
        return value.text
    return json.dumps(value, ensure_ascii=False)
