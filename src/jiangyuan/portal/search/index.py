"""The index on disk: its generations, who reads and who writes.

Under `<home>/search` lies one folder a generation; the file `current` names the one in use. A generation is built aside
and named only when it is whole, so a builder that dies leaves the old one in use. How far the memory was followed
stands in the index itself, as a document of the same commit: content and place cannot disagree, whatever was killed.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import tantivy

from jiangyuan.kernel.config import settings
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.portal.search import shape
from jiangyuan.portal.search.shape import Document

PLACE = "place"
"""The key of the document that says how far the memory was followed."""
_BUILDING = 512 * 1024 * 1024
_FOLLOWING = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """How far the memory was followed: the last transaction and event."""

    xid: int = 0
    event: UUID = field(default=UUID(int=0))


def open_index(folder: Path) -> tantivy.Index:
    """Open the index of a generation, or make it in an empty folder."""
    return shape.register(tantivy.Index(shape.schema(), path=str(folder)))


class Writer:
    """Writes into one generation. Only one may be open on a folder: another one raises ValueError."""

    def __init__(self, folder: Path, *, building: bool = False) -> None:
        self.folder = folder
        self._index = open_index(folder)
        # one thread indexes while the caller reads and cuts words: two would make twice the segments to merge
        self._writer = self._index.writer(_BUILDING if building else _FOLLOWING, 1)

    def put(self, label: str, pks: Iterable[UUID], documents: Iterable[Document]) -> None:
        """Replace everything that stands under these things by the documents."""
        for pk in pks:
            self._writer.delete_documents_by_term("key", shape.key_of(label, pk))
        self.add(documents)

    def add(self, documents: Iterable[Document]) -> int:
        """Add documents that are not in the index yet. Returns how many."""
        count = 0
        for document in documents:
            self._writer.add_json(shape.stored(document))
            count += 1
        return count

    def commit(self, place: Place) -> None:
        """Make what was written readable, together with how far the memory was followed."""
        self._writer.delete_documents_by_term("key", PLACE)
        made = tantivy.Document()
        made.add_text("key", PLACE)
        made.add_bytes("shown", orjson.dumps([place.xid, str(place.event)]))
        self._writer.add_document(made)
        self._writer.commit()

    def close(self) -> None:
        """Wait for what runs in the background, and let the folder go."""
        self._writer.wait_merging_threads()


# --- generations ------------------------------------------------------------------------------------------------------


def root() -> Path:
    """Give the folder of the search."""
    return settings().home / "search"


def current() -> Path | None:
    """Give the folder of the generation in use; None when there is none of this shape."""
    try:
        name = (root() / "current").read_text("ascii").strip()
    except (OSError, ValueError):
        return None
    folder = root() / name
    return folder if name.startswith(f"{shape.VERSION}-") and "/" not in name and folder.is_dir() else None


def new_generation() -> Path:
    """Make the folder of a new generation."""
    folder = root() / f"{shape.VERSION}-{uuid7()}"
    folder.mkdir(parents=True)
    return folder


def put_in_use(folder: Path) -> None:
    """Name a whole generation the one in use, and take the others away."""
    draft = root() / f".current.{os.getpid()}"
    with draft.open("w", encoding="ascii") as file:
        file.write(folder.name)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(root() / "current")
    sweep(keep=folder)


def sweep(keep: Path | None) -> None:
    """Take away every generation but one; who still reads an open file of theirs is not disturbed."""
    for folder in root().glob("v*-*"):
        if folder != keep:
            shutil.rmtree(folder, ignore_errors=True)


def ask_for_rebuild() -> None:
    """Ask the worker of this host to build the index anew."""
    root().mkdir(parents=True, exist_ok=True)
    (root() / "rebuild.wanted").touch()


def rebuild_asked(*, done: bool = False) -> bool:
    """Tell whether somebody asked for it; `done` takes the wish away."""
    wish = root() / "rebuild.wanted"
    asked = wish.exists()
    if done:
        wish.unlink(missing_ok=True)
    return asked


# --- reading ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Open:
    folder: Path
    index: tantivy.Index
    stamp: int = 0


@dataclass(slots=True)
class Reader:
    """What this process reads: the generation in use, opened once, and renewed when its writer has committed."""

    _open: _Open | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def searcher(self) -> tantivy.Searcher | None:
        """Give a searcher over the newest commit; None while there is no index that can be read."""
        with self._lock:
            try:
                return self._renewed()
            except (OSError, ValueError):
                self._open = None
                return None

    def _renewed(self) -> tantivy.Searcher | None:
        folder = current()
        if folder is None:
            self._open = None
            return None
        stamp = (folder / "meta.json").stat().st_mtime_ns
        if self._open is None or self._open.folder != folder:
            self._open = _Open(folder, open_index(folder))
            self._open.index.config_reader("manual")
        if self._open.stamp != stamp:
            self._open.index.reload()
            self._open.stamp = stamp
        return self._open.index.searcher()


reader = Reader()


def place_of(searcher: tantivy.Searcher) -> Place | None:
    """Give how far the memory was followed, as the index itself says; None for an index that never said."""
    wanted = tantivy.Query.term_query(shape.schema(), "key", PLACE)
    found = searcher.search(wanted, 1, count=False).hits
    if not found:
        return None
    xid, event = orjson.loads(bytes(_first(searcher.doc(found[0][1]), "shown")))
    return Place(xid, UUID(event))


def _first(document: tantivy.Document, name: str) -> Any:
    return document.get_first(name)


def shown(searcher: tantivy.Searcher, address: Any) -> tuple[str, list[str]]:
    """Give the key of a hit, and its name, its body's name and its page as they were indexed."""
    document = searcher.doc(address)
    return str(_first(document, "key")), shape.shown_of(bytes(_first(document, "shown")))


def key_at(searcher: tantivy.Searcher, address: Any) -> str:
    """Give the id of the thing that a hit stands for."""
    return str(_first(searcher.doc(address), "key")).partition(":")[2]
