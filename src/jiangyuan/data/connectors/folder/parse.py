"""The limited process that looks into a file: `python -m …folder.parse FD NAME FOLDER LIMIT [PART]`.

It takes an open descriptor, never a path; bounds its own memory, processor time and output before it reads a byte; and
writes typed Arrow files beside a JSON description. It is given no credentials, no database and no network address.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

MEMORY = 4 << 30
PROCESSOR_SECONDS = 120
OUTPUT = 4 << 30


def _bound() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT, OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"  # other pools reserve more address space than the bound


def _tables(name: str, data: bytes, limit: int) -> Iterator[tuple[str, list, object]]:
    from jiangyuan.data.connectors.folder import formats

    whole = formats.unpack(data, limit)
    lower = name.lower().removesuffix(".gz")
    if lower.endswith((".json", ".jsonl")):
        found = formats.read_json(whole)
    elif whole.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        found = formats.read_sheets(whole)
    elif lower.endswith((".xlsx", ".xlsb", ".xlsm", ".ods")):
        from jiangyuan.data.connectors.folder.problems import FileProblem

        raise FileProblem("broken_sheet")
    else:
        found = formats.read_text(whole)
    for table in found:
        yield table.part, table.notes, table.data


def _write(name: str, data: bytes, folder: Path, limit: int, part: str | None) -> list[dict]:
    import pyarrow as pa

    from jiangyuan.data.connectors.folder.values import typed

    described = []
    for number, (found, notes, raw) in enumerate(_tables(name, data, limit)):
        if part is not None and found != part:
            continue
        table, columns = typed(raw, notes)  # pyright: ignore[reportArgumentType]
        file = folder / f"{number}.arrow"
        with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=65_536)
        described.append(
            {
                "part": found,
                "file": file.name,
                "rows": table.num_rows,
                "columns": [[column.name, column.type] for column in columns],
                "notes": [list(note) for note in notes[:400]],
            }
        )
    return described


def main(arguments: list[str]) -> int:
    """Read the descriptor, write what was found and print its description; 0 also where the file cannot be read."""
    _bound()
    from jiangyuan.data.connectors.folder.problems import FileProblem

    descriptor, name, folder, limit = int(arguments[0]), arguments[1], Path(arguments[2]), int(arguments[3])
    part = arguments[4] if len(arguments) > 4 else None
    with os.fdopen(descriptor, "rb") as stream:
        data = stream.read(limit + 1)
    answer: dict = {}
    try:
        if len(data) > limit:
            raise FileProblem("too_large", limit=limit)
        answer["tables"] = _write(name, data, folder, limit, part)
    except FileProblem as problem:
        answer = {"problem": problem.code, "params": problem.params}
    except MemoryError:
        answer = {"problem": "bomb", "params": {"limit": MEMORY}}
    print(json.dumps(answer, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
