"""A form that was filled in, as plain rows: read in the limited process, handed on row by row."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import orjson

from jiangyuan.data.connectors.folder.limited import run_limited
from jiangyuan.data.connectors.folder.messages import problem

MODULE = "jiangyuan.data.connectors.folder.cells"
MOST_SHEETS = 20


class Row(NamedTuple):
    """A row as typed: its number in the sheet (from 1), its cells, and the true length of those that were cut."""

    number: int
    cells: list[str]
    cut: dict[str, int]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a file (a text or JSON file is one sheet without a name); `rows` may be asked for more than once."""

    name: str
    encoding: str
    place: int
    file: Path

    def rows(self) -> Iterator[Row]:
        """Read the rows that hold anything."""
        with self.file.open("rb") as lines:
            for line in lines:
                place, number, cells, cut = orjson.loads(line)
                if place == self.place:
                    yield Row(number, cells, cut)


@contextmanager
def sheets_of(
    data: bytes, name: str, *, most_bytes: int, most_rows: int, most_sheets: int = MOST_SHEETS
) -> Iterator[tuple[Sheet, ...]]:
    """Parse a file's bytes in the limited process; the rows live as long as the context.

    `name` tells the kind by its ending (csv, txt, xlsx, xls, ods, json, each also `.gz`); sheets behind the first
    `most_sheets` are left. Raises `SourceRefused` naming what is wrong with the file and how to mend it.
    """
    with tempfile.TemporaryDirectory(prefix="jiangyuan-form-") as folder, tempfile.TemporaryFile() as file:
        if len(data) > most_bytes:
            raise problem("too_large", {"limit": most_bytes}, name)
        file.write(data)
        file.flush()
        file.seek(0)
        bounds = (most_bytes, most_rows, most_sheets)
        answer = run_limited(MODULE, file.fileno(), name, folder, [str(n) for n in bounds])
        if "problem" in answer:
            raise problem(str(answer["problem"]), answer.get("params", {}), name)
        written = Path(folder) / "rows.jsonl"
        yield tuple(Sheet(one["sheet"], one["encoding"], n, written) for n, one in enumerate(answer["sheets"]))
