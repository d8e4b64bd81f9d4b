"""The acts and reads behind the leaves, and whether their columns and sealed parts are what their content says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from jiangyuan.kernel import ciphers
from jiangyuan.kernel.log_store import fetch

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Act:
    """A leaf of an act, with the act as it is stored now; `canonical` is None where the act is gone."""

    index: int
    event: UUID
    hash: bytes
    reached: tuple[int, UUID]
    canonical: bytes | None
    row: Row
    erased: bool

    @property
    def made(self) -> datetime:
        """Give the moment that the act's id carries (UUIDv7)."""
        return _moment(self.event)


@dataclass(frozen=True, slots=True)
class Read:
    """One row of the access memory, as it is stored now."""

    id: UUID
    canonical: bytes
    row: Row


@dataclass(slots=True)
class Batch:
    """A leaf of a batch of reads, with the rows that now stand between its ends."""

    index: int
    hash: bytes
    start: tuple[int, str]
    end: tuple[int, str]
    count: int
    rows: list[Read] = field(default_factory=list)

    @property
    def made(self) -> datetime:
        """Give the moment that the id of its last read carries (UUIDv7)."""
        return _moment(UUID(self.end[1]))


def _moment(identity: UUID) -> datetime:
    return datetime.fromtimestamp((identity.int >> 80) / 1000, UTC)


_ACT = (
    "id",
    "at",
    "xid",
    "type",
    "actor_kind",
    "actor_id",
    "body",
    "object_type",
    "object_id",
    "correlation",
    "key_id",
    "ciphertext",
)
_READ = (
    "id",
    "at",
    "xid",
    "read",
    "phase",
    "form",
    "grant_id",
    "entry_id",
    "actor_kind",
    "actor_id",
    "body",
    "row_count",
    "subjects",
)


def acts(begin: int, end: int) -> dict[int, Act]:
    """Give the leaves begin..end-1 that stand for acts, by index."""
    columns = ", ".join(f"e.{name}" for name in _ACT)
    found = fetch(
        'SELECT l."index", l.event, l.hash, l.to_xid, l.to_id, k.destroyed_at IS NOT NULL, e.canonical,'
        f" {columns} FROM kernel_leaf l LEFT JOIN kernel_event e ON e.id = l.event"
        " LEFT JOIN kernel_datakey k ON k.id = e.key_id"
        ' WHERE l.kind = \'event\' AND l."index" >= %s AND l."index" < %s',
        [begin, end],
    )
    made: dict[int, Act] = {}
    for index, event, kept, xid, last, erased, canonical, *values in found:
        content = None if canonical is None else bytes(canonical)
        row: Row = dict(zip(_ACT, values, strict=True))
        made[index] = Act(index, event, bytes(kept), (xid, last), content, row, erased)
    return made


def batches(begin: int, end: int) -> dict[int, Batch]:
    """Give the leaves begin..end-1 that stand for batches of reads, by index."""
    found = fetch(
        'SELECT "index", hash, from_xid, from_id, to_xid, to_id, count FROM kernel_leaf'
        ' WHERE kind = \'access\' AND "index" >= %s AND "index" < %s ORDER BY "index"',
        [begin, end],
    )
    made: dict[int, Batch] = {}
    for index, kept, *ends, count in found:
        rows = fetch(
            f"SELECT canonical, {', '.join(_READ)} FROM kernel_access"
            " WHERE (xid, id) >= (%s, %s) AND (xid, id) <= (%s, %s) ORDER BY xid, id",
            ends,
        )
        reads = [Read(row[1], bytes(row[0]), dict(zip(_READ, row[1:], strict=True))) for row in rows]
        start, last = (ends[0], str(ends[1])), (ends[2], str(ends[3]))
        made[index] = Batch(index, bytes(kept), start, last, count, reads)
    return made


def faults_of_act(act: Act) -> Iterator[tuple[str, str]]:
    """Compare an act's columns and ciphertext with its canonical content; gives (code, what)."""
    content = _content(act.canonical)
    if content is None:
        return
    sealed = content.get("sealed") or {}
    expected = {
        "id": content.get("id"),
        "at": content.get("at"),
        "xid": act.reached[0],
        "type": content.get("type"),
        "actor_kind": _in(content, "actor", "kind"),
        "actor_id": _in(content, "actor", "id"),
        "body": _in(content, "actor", "body"),
        "object_type": _in(content, "object", "type"),
        "object_id": _in(content, "object", "id"),
        "correlation": content.get("correlation"),
        "key_id": sealed.get("key"),
    }
    yield from _differences(act.row, expected)
    ciphertext = act.row["ciphertext"]
    if ciphertext is None:
        if sealed and not act.erased:
            yield "ciphertext_missing", ""
    elif not sealed or ciphers.sm3(bytes(ciphertext)).hex() != sealed.get("digest"):
        yield "ciphertext", ""


def faults_of_reads(batch: Batch) -> Iterator[tuple[str, str]]:
    """Compare the columns of a batch's reads with their canonical content; gives (code, what)."""
    for read in batch.rows:
        content = _content(read.canonical)
        if content is None:
            continue
        grants = content.get("grants") or [[None]]
        expected = {
            "id": content.get("id"),
            "at": content.get("at"),
            "read": content.get("read"),
            "phase": content.get("phase"),
            "form": content.get("form"),
            "grant_id": grants[0][0],
            "entry_id": content.get("entry"),
            "actor_kind": _in(content, "actor", "kind"),
            "actor_id": _in(content, "actor", "id"),
            "body": _in(content, "actor", "body"),
            "row_count": content.get("rows"),
        }
        for code, what in _differences(read.row, expected):
            yield code, f"{read.id} {what}"
        subjects = read.row["subjects"]
        if (ciphers.sm3(bytes(subjects)).hex() if subjects else "") != content.get("subjects"):
            yield "subjects", str(read.id)


def _content(canonical: bytes | None) -> Row | None:
    """Read canonical bytes; None where they are no longer JSON, which the leaf's hash tells anyway."""
    try:
        content = orjson.loads(canonical or b"null")
    except orjson.JSONDecodeError:
        return None
    return content if isinstance(content, dict) else None


def _in(content: Row, group: str, name: str) -> Any:
    inner = content.get(group)
    return inner.get(name) if isinstance(inner, dict) else None


def _differences(row: Row, expected: Row) -> Iterator[tuple[str, str]]:
    for name, said in expected.items():
        kept = row[name]
        if isinstance(kept, datetime):
            same = isinstance(said, str) and _instant(said) == kept
        elif isinstance(kept, UUID):
            same = str(kept) == said
        else:
            same = kept == said
        if not same:
            yield "column", name


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
