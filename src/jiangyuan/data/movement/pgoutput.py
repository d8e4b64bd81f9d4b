"""Decode PostgreSQL's logical replication messages (`pgoutput`, protocol versions 1 to 4, text values).

Pure: bytes in, frozen messages out, no connection and no clock. Malformed input raises `MalformedMessage`
and nothing else, so that a damaged stream can never be taken for data.
Format: PostgreSQL documentation, "Logical Replication Message Formats".
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TypeAlias

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.errors import Broken

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MAX_COLUMNS = 1664  # PostgreSQL's own limit on the entries of a target list

_U8 = struct.Struct(">B")
_U16 = struct.Struct(">H")
_U32 = struct.Struct(">I")
_I32 = struct.Struct(">i")
_U64 = struct.Struct(">Q")
_I64 = struct.Struct(">q")


class MalformedMessage(Broken):
    """The stream held bytes that are no pgoutput message."""


class Unchanged(Enum):
    """Stands for a TOASTed value that the update did not touch and the stream therefore left out."""

    TOAST = "toast"


UNCHANGED = Unchanged.TOAST
Value: TypeAlias = str | bytes | Unchanged | None
Row: TypeAlias = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Begin:
    """A transaction opens; `final_lsn` is the position of its commit record."""

    final_lsn: int
    committed_at: datetime
    xid: int


@dataclass(frozen=True, slots=True)
class Commit:
    """A transaction is complete; `end_lsn` is the first position after it."""

    commit_lsn: int
    end_lsn: int
    committed_at: datetime


@dataclass(frozen=True, slots=True)
class Origin:
    """The transaction was itself replicated from another server."""

    commit_lsn: int
    name: str


@dataclass(frozen=True, slots=True)
class RelationColumn:
    """One column of a relation; `identity` when it belongs to the replica identity."""

    name: str
    type_oid: int
    modifier: int
    identity: bool


@dataclass(frozen=True, slots=True)
class Relation:
    """The shape of a table from here on; `replica_identity` is d(efault), n(othing), f(ull) or i(ndex)."""

    oid: int
    schema: str
    table: str
    replica_identity: str
    columns: tuple[RelationColumn, ...]


@dataclass(frozen=True, slots=True)
class Type:
    """The name of a type that is not built in."""

    oid: int
    schema: str
    name: str


@dataclass(frozen=True, slots=True)
class Insert:
    """A row came."""

    relation: int
    new: Row


@dataclass(frozen=True, slots=True)
class Update:
    """A row changed; `key` holds the old identity (only when it changed), `old` the whole old row (identity full)."""

    relation: int
    key: Row | None
    old: Row | None
    new: Row


@dataclass(frozen=True, slots=True)
class Delete:
    """A row went; exactly one of `key` and `old` is given."""

    relation: int
    key: Row | None
    old: Row | None


@dataclass(frozen=True, slots=True)
class Truncate:
    """Tables were emptied together."""

    relations: tuple[int, ...]
    cascade: bool
    restart_identity: bool


@dataclass(frozen=True, slots=True)
class LogicalMessage:
    """A message written by `pg_logical_emit_message`."""

    transactional: bool
    lsn: int
    prefix: str
    content: bytes


Message: TypeAlias = Begin | Commit | Origin | Relation | Type | Insert | Update | Delete | Truncate | LogicalMessage


def _malformed(reason: str) -> MalformedMessage:
    return MalformedMessage(_("变更流中的消息无法解析"), code="movement.malformed_message", where=reason)


class _Reader:
    """A cursor over one message; every read is bounded by the message's own length."""

    __slots__ = ("data", "end", "position")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 1
        self.end = len(data)

    def number(self, layout: struct.Struct) -> int:
        (value,) = layout.unpack_from(self.data, self.position)
        self.position += layout.size
        return value

    def letter(self) -> bytes:
        byte = self.data[self.position : self.position + 1]
        if not byte:
            raise _malformed("a kind byte is missing")
        self.position += 1
        return byte

    def string(self) -> str:
        stop = self.data.index(b"\0", self.position)
        text = self.data[self.position : stop].decode()
        self.position = stop + 1
        return text

    def bytes(self, length: int) -> bytes:
        stop = self.position + length
        if stop > self.end:
            raise _malformed("a length points past the end")
        taken = self.data[self.position : stop]
        self.position = stop
        return taken

    def instant(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self.number(_I64))

    def row(self) -> Row:
        data, position = self.data, self.position
        (count,) = _U16.unpack_from(data, position)
        if count > _MAX_COLUMNS:
            raise _malformed("more columns than PostgreSQL can have")
        position += 2
        values: list[Value] = []
        for _column in range(count):
            kind = data[position]
            position += 1
            if kind == 0x74 or kind == 0x62:  # "t" text, "b" binary
                (length,) = _U32.unpack_from(data, position)
                position += 4
                stop = position + length
                if stop > self.end:
                    raise _malformed("a value points past the end")
                piece = data[position:stop]
                values.append(piece.decode() if kind == 0x74 else piece)
                position = stop
            elif kind == 0x6E:  # "n" null
                values.append(None)
            elif kind == 0x75:  # "u" unchanged TOAST
                values.append(UNCHANGED)
            else:
                raise _malformed(f"unknown kind of value {kind}")
        self.position = position
        return tuple(values)


def _begin(reader: _Reader) -> Begin:
    return Begin(reader.number(_U64), reader.instant(), reader.number(_U32))


def _commit(reader: _Reader) -> Commit:
    reader.number(_U8)
    return Commit(reader.number(_U64), reader.number(_U64), reader.instant())


def _origin(reader: _Reader) -> Origin:
    return Origin(reader.number(_U64), reader.string())


def _relation(reader: _Reader) -> Relation:
    oid, schema, table = reader.number(_U32), reader.string(), reader.string()
    identity = reader.letter().decode("ascii")
    count = reader.number(_U16)
    if count > _MAX_COLUMNS:
        raise _malformed("more columns than PostgreSQL can have")
    columns: list[RelationColumn] = []
    for _column in range(count):
        flags = reader.number(_U8)
        columns.append(
            RelationColumn(
                name=reader.string(),
                type_oid=reader.number(_U32),
                modifier=reader.number(_I32),
                identity=bool(flags & 1),
            )
        )
    # An unqualified pg_catalog relation comes with an empty schema.
    return Relation(oid, schema or "pg_catalog", table, identity, tuple(columns))


def _type(reader: _Reader) -> Type:
    return Type(reader.number(_U32), reader.string() or "pg_catalog", reader.string())


def _insert(reader: _Reader) -> Insert:
    relation = reader.number(_U32)
    if reader.letter() != b"N":
        raise _malformed("an insert without its new row")
    return Insert(relation, reader.row())


def _update(reader: _Reader) -> Update:
    relation = reader.number(_U32)
    key: Row | None = None
    old: Row | None = None
    kind = reader.letter()
    if kind == b"K":
        key, kind = reader.row(), reader.letter()
    elif kind == b"O":
        old, kind = reader.row(), reader.letter()
    if kind != b"N":
        raise _malformed("an update without its new row")
    return Update(relation, key, old, reader.row())


def _delete(reader: _Reader) -> Delete:
    relation = reader.number(_U32)
    kind = reader.letter()
    if kind == b"K":
        return Delete(relation, reader.row(), None)
    if kind == b"O":
        return Delete(relation, None, reader.row())
    raise _malformed("a delete without its old row")


def _truncate(reader: _Reader) -> Truncate:
    count = reader.number(_U32)
    options = reader.number(_U8)
    if count * 4 > reader.end - reader.position:
        raise _malformed("a truncate names more tables than it holds")
    oids = tuple(reader.number(_U32) for _table in range(count))
    return Truncate(oids, bool(options & 1), bool(options & 2))


def _message(reader: _Reader) -> LogicalMessage:
    flags, lsn, prefix = reader.number(_U8), reader.number(_U64), reader.string()
    return LogicalMessage(bool(flags & 1), lsn, prefix, reader.bytes(reader.number(_U32)))


_DECODERS: dict[int, Callable[[_Reader], Message]] = {
    ord("B"): _begin,
    ord("C"): _commit,
    ord("O"): _origin,
    ord("R"): _relation,
    ord("Y"): _type,
    ord("I"): _insert,
    ord("U"): _update,
    ord("D"): _delete,
    ord("T"): _truncate,
    ord("M"): _message,
}


def decode(payload: bytes) -> Message:
    """Decode one message of the stream.

    Raises `MalformedMessage` for anything that is not exactly one message: truncated, too long, wrong kind,
    text that is no UTF-8.
    """
    decoder = _DECODERS.get(payload[0]) if payload else None
    if decoder is None:
        raise _malformed("unknown kind of message")
    reader = _Reader(payload)
    try:
        message = decoder(reader)
    except (struct.error, IndexError, ValueError, OverflowError) as error:
        raise _malformed(type(error).__name__) from error
    if reader.position != reader.end:
        raise _malformed("bytes left over after the message")
    return message


def parse_lsn(text: str) -> int:
    """Read a log position written as `16/B374D848` into a number; `ValueError` when it is none."""
    high, _slash, low = text.partition("/")
    return (int(high, 16) << 32) | int(low, 16)


def format_lsn(lsn: int) -> str:
    """Write a log position the way PostgreSQL does."""
    return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"
