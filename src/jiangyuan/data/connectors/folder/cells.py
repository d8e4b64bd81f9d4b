"""The limited process that gives a form that was filled in as plain rows: `python -m …folder.cells FD NAME FOLDER LIMIT ROWS SHEETS`.

Unlike `parse`, it looks for no tables and no types: every cell is a text as typed, every row keeps its number, so that
what is wrong can be told by row and column. It writes one JSON line per row into FOLDER/rows.jsonl: [sheet, number,
cells, lengths of the cells that were cut], and prints the sheets with their encoding.
"""

from __future__ import annotations

import csv
import io
import json
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MEMORY = 1 << 30
PROCESSOR_SECONDS = 60
OUTPUT = 1 << 30
LONGEST_CELL = 20_000
"""Characters of a cell that are given on; the true length is told beside them."""
MOST_COLUMNS = 200
Row = tuple[int, list[str]]


def _bound() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT, OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"


def _sheets(name: str, data: bytes, limit: int, sheets: int) -> Iterator[tuple[str, str, Iterator[Row]]]:
    """Give (sheet, encoding, rows) of a file. Raises `FileProblem`."""
    from jiangyuan.data.connectors.folder import formats
    from jiangyuan.data.connectors.folder.problems import FileProblem
    from jiangyuan.data.connectors.folder.text import decode, delimiter

    whole = formats.unpack(data, limit)
    lower = name.lower().removesuffix(".gz")
    if whole.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        yield from _book(whole, sheets)
        return
    if lower.endswith((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")):
        raise FileProblem("broken_sheet")
    text, encoding = decode(whole)
    if not text.strip():
        raise FileProblem("empty")
    if lower.endswith((".json", ".jsonl")):
        yield "", encoding, _objects(text)
        return
    if text.lstrip()[:200].lower().startswith(("<html", "<!doctype html", "<table", "<?xml")):
        raise FileProblem("markup")
    csv.field_size_limit(limit)
    yield "", encoding, _delimited(text, delimiter(text))


def _delimited(text: str, mark: str) -> Iterator[Row]:
    from jiangyuan.data.connectors.folder.problems import FileProblem

    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    try:
        yield from enumerate(reader, start=1)
    except csv.Error as error:
        raise FileProblem("broken_rows") from error


def _book(data: bytes, sheets: int) -> Iterator[tuple[str, str, Iterator[Row]]]:
    import python_calamine

    from jiangyuan.data.connectors.folder import formats
    from jiangyuan.data.connectors.folder.problems import FileProblem

    if data.startswith(b"PK"):
        formats.check_zip(data)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        for name in book.sheet_names[:sheets]:
            found = book.get_sheet_by_name(name).iter_rows()
            yield name, "", ((number, [_cell(c) for c in row]) for number, row in enumerate(found, start=1))
    except python_calamine.PasswordError as error:
        raise FileProblem("encrypted") from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise FileProblem("broken_sheet") from error


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"  # i18n: as people type it into a form
    from jiangyuan.data.connectors.folder import formats

    return formats.cell_text(value, [])


def _objects(text: str) -> Iterator[Row]:
    """Give a list of objects as rows under the union of their keys; what is nested stays JSON."""
    from jiangyuan.data.connectors.folder.problems import FileProblem

    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileProblem("broken_json", place=getattr(error, "pos", 0)) from error
    if isinstance(told, dict):
        lists = [value for value in told.values() if isinstance(value, list)]
        told = lists[0] if len(lists) == 1 else [told]
    if not isinstance(told, list) or not all(isinstance(each, dict) for each in told):
        raise FileProblem("json_shape")
    keys = list(dict.fromkeys(str(key) for each in told for key in each))
    yield 0, keys
    for number, each in enumerate(told, start=1):
        yield number, [_nested(each.get(key)) for key in keys]


def _nested(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else _cell(value)


def _write(name: str, data: bytes, folder: Path, bounds: tuple[int, int, int]) -> list[dict[str, Any]]:
    from jiangyuan.data.connectors.folder.problems import FileProblem

    told: list[dict[str, Any]] = []
    count, (limit, most, sheets) = 0, bounds
    with (folder / "rows.jsonl").open("w", encoding="utf-8") as out:
        for place, (sheet, encoding, rows) in enumerate(_sheets(name, data, limit, sheets)):
            told.append({"sheet": sheet, "encoding": encoding})
            for number, cells in rows:
                if not any(cell.strip() for cell in cells):
                    continue
                count += 1
                if count > most:
                    raise FileProblem("too_many_rows", limit=most)
                if len(cells) > MOST_COLUMNS and any(cell.strip() for cell in cells[MOST_COLUMNS:]):
                    raise FileProblem("too_many_columns", limit=MOST_COLUMNS, row=number)
                out.write(_line(place, number, cells[:MOST_COLUMNS]))
    if not count:
        raise FileProblem("empty")
    return told


def _line(sheet: int, number: int, cells: list[str]) -> str:
    cut = {str(n): len(cell) for n, cell in enumerate(cells) if len(cell) > LONGEST_CELL}
    kept = [cell[:LONGEST_CELL].replace("\0", "") for cell in cells]
    kept = [cell.encode("utf-8", "replace").decode() for cell in kept]  # halves of characters that JSON lets through
    return json.dumps([sheet, number, kept, cut], ensure_ascii=False, separators=(",", ":")) + "\n"


def main(arguments: list[str]) -> int:
    """Read the descriptor, write the rows and print the sheets; 0 also where the file cannot be read."""
    _bound()
    from jiangyuan.data.connectors.folder.problems import FileProblem

    descriptor, name, folder = int(arguments[0]), arguments[1], Path(arguments[2])
    limit, most, sheets = (int(each) for each in arguments[3:6])
    with os.fdopen(descriptor, "rb") as stream:
        data = stream.read(limit + 1)
    answer: dict[str, Any] = {}
    try:
        if len(data) > limit:
            raise FileProblem("too_large", limit=limit)
        answer["sheets"] = _write(name, data, folder, (limit, most, sheets))
    except FileProblem as problem:
        answer = {"problem": problem.code, "params": problem.params}
    except MemoryError:
        answer = {"problem": "bomb", "params": {"limit": MEMORY}}
    print(json.dumps(answer, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
