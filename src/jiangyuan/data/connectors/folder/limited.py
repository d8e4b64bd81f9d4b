"""The parent's side of the limited process: start it, wait within bounds, read what it found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jiangyuan
from jiangyuan.data.connectors.folder.messages import problem
from jiangyuan.data.connectors.folder.root import opened

WALL_SECONDS = 180
LARGEST_FILE = 512 * 2**20
LARGEST_DESCRIPTION = 16 * 2**20


@dataclass(frozen=True, slots=True)
class ParsedTable:
    """One table of a file: its part, typed columns (name, PostgreSQL type), rows, notes and the Arrow file it is in."""

    part: str
    columns: tuple[tuple[str, str], ...]
    rows: int
    notes: tuple[tuple[str, str, dict[str, Any]], ...]
    file: Path


@contextmanager
def parsed(path: str, *, part: str | None = None) -> Iterator[tuple[ParsedTable, ...]]:
    """Parse one file under the root in the limited process; the Arrow files live as long as the context.

    Raises `SourceRefused` naming what is wrong with the file and how to mend it.
    """
    with tempfile.TemporaryDirectory(prefix="jiangyuan-file-") as folder, opened(path) as descriptor:
        if os.fstat(descriptor).st_size > LARGEST_FILE:
            raise problem("too_large", {"limit": LARGEST_FILE}, path)
        answer = _run(descriptor, path, folder, part)
        if "problem" in answer:
            raise problem(str(answer["problem"]), answer.get("params", {}), path)
        yield tuple(_table(item, Path(folder)) for item in answer["tables"])


def _table(item: dict[str, Any], folder: Path) -> ParsedTable:
    return ParsedTable(
        part=item["part"],
        columns=tuple((name, kind) for name, kind in item["columns"]),
        rows=item["rows"],
        notes=tuple((level, code, params) for level, code, params in item["notes"]),
        file=folder / Path(item["file"]).name,
    )


def _run(descriptor: int, path: str, folder: str, part: str | None) -> dict[str, Any]:
    further = [str(LARGEST_FILE)] + ([part] if part is not None else [])
    return run_limited("jiangyuan.data.connectors.folder.parse", descriptor, path, folder, further)


def run_limited(module: str, descriptor: int, path: str, folder: str, further: list[str]) -> dict[str, Any]:
    """Run a module that bounds itself on an open file; gives the JSON object that it printed.

    Its arguments are the descriptor, the file's name, the folder it may write into, and `further`. Raises
    `SourceRefused` when it took too long or more than it may.
    """
    command = [sys.executable, "-P", "-s", "-m", module, str(descriptor), Path(path).name, folder, *further]
    environment = {"PYTHONPATH": str(Path(jiangyuan.__file__).parent.parent), "LC_ALL": "C.UTF-8", "TMPDIR": folder}
    try:
        done = subprocess.run(
            command,
            pass_fds=(descriptor,),
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise problem("too_slow", {"seconds": WALL_SECONDS}, path) from error
    if done.returncode != 0 or len(done.stdout) > LARGEST_DESCRIPTION:
        raise problem("too_demanding", {}, path)
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        raise problem("too_demanding", {}, path) from error
    return answer
