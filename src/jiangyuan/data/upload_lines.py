"""The limited process that reads an uploaded sheet: `python -m jiangyuan.data.upload_lines FD MOST`.

It takes an open descriptor, never a path; bounds its own memory and processor time before it reads a byte; and writes
the cells of the first sheet as JSON lines of texts, nothing typed, so that a code keeps its leading zeros.
"""

from __future__ import annotations

import csv
import io
import json
import os
import resource
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

MEMORY = 2 << 30
PROCESSOR_SECONDS = 30
CELL = 4_000
"""Characters of a cell that are given; one longer is longer than any field takes and is told so by its length."""
COLUMNS = 60


def _bound() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _lines(data: bytes) -> Iterator[list[Any]]:
    from jiangyuan.data.connectors.folder import formats
    from jiangyuan.data.connectors.folder.problems import FileProblem
    from jiangyuan.data.connectors.folder.text import decode

    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return iter(_sheet(data, formats))
    text, _encoding = decode(data)
    if text.lstrip().startswith("<"):
        raise FileProblem("markup")
    csv.field_size_limit(1 << 20)
    head = text[:4096].split("\n", 1)[0]
    mark = max(",\t;", key=head.count)
    return iter(csv.reader(io.StringIO(text), delimiter=mark))


def _sheet(data: bytes, formats: Any) -> list[list[str]]:
    import python_calamine

    from jiangyuan.data.connectors.folder.problems import FileProblem

    if data.startswith(b"PK"):
        formats.check_zip(data)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        cells = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except python_calamine.PasswordError as error:
        raise FileProblem("encrypted") from error
    except (python_calamine.CalamineError, OSError, ValueError, IndexError) as error:
        raise FileProblem("broken_sheet") from error
    notes: list[Any] = []
    return [[formats.cell_text(cell, notes) for cell in row] for row in cells]


def _plain(line: list[Any]) -> list[str]:
    return [str(cell).strip()[: CELL + 1] for cell in line[:COLUMNS]]


def main(arguments: list[str]) -> int:
    """Read the descriptor and write {"problem": code} or the lines; 0 also where the file cannot be read."""
    _bound()
    from jiangyuan.data.connectors.folder.problems import FileProblem

    descriptor, most = int(arguments[0]), int(arguments[1])
    with os.fdopen(descriptor, "rb") as stream:
        data = stream.read()
    try:
        found = (plain for line in _lines(data) if any(plain := _plain(line)))
        for line in islice(found, most + 2):
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    except FileProblem as told:
        sys.stdout.write(json.dumps({"problem": told.code, "params": told.params}) + "\n")
    except (csv.Error, MemoryError, RecursionError):
        sys.stdout.write(json.dumps({"problem": "broken_rows", "params": {"row": 0}}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
