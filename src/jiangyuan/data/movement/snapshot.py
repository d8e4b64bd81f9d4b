"""The first full copy of a table, exactly as of one position of the source's log.

A temporary logical slot exports a snapshot together with its position: the copy holds every commit before it, the
stream gives every commit from it on. The plan stands in the source's own SELECT. Where nothing else is to be done the
binary COPY stream is passed through untouched; tokens and pseudonym keys are computed on Arrow batches in between.
"""

import os
import secrets
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import psycopg
import pyarrow as pa
from cryptography.hazmat.primitives import hashes
from psycopg import sql
from pyarrow import csv

from jiangyuan.data.masking import mask_kind
from jiangyuan.data.movement.apply import Target
from jiangyuan.data.movement.filter import PlanFilter, masked, passing
from jiangyuan.data.movement.pgoutput import parse_lsn
from jiangyuan.data.movement.sessions import connect, connect_stream, fragment, identifier, source_errors
from jiangyuan.data.movement.shape import Shape
from jiangyuan.data.movement.state import Subscription

if TYPE_CHECKING:
    from jiangyuan.data.connections import ConnectionSpec

_BLOCK = 1 << 18


@dataclass(frozen=True, slots=True)
class Copied:
    """What a snapshot brought: rows, SM3 over the COPY stream's bytes, and the position it stands for."""

    rows: int
    digest: str
    lsn: int


@contextmanager
def exported(spec: "ConnectionSpec") -> Iterator[tuple[int, psycopg.Connection]]:
    """Give a log position and a session that sees exactly what was committed before it.

    Waits for transactions that are open at the source, 60 s at most (then psycopg's `LockNotAvailable`).
    """
    name = f"jy_snapshot_{secrets.token_hex(6)}"
    with connect_stream(spec) as stream:
        order = fragment(f"CREATE_REPLICATION_SLOT {name} TEMPORARY LOGICAL pgoutput EXPORT_SNAPSHOT")
        row = stream.execute(order).fetchone()
        assert row is not None
        with connect(spec, autocommit=False) as reader:
            reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            reader.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(row[2])))
            yield parse_lsn(row[1]), reader


def copy_snapshot(
    *,
    subscription: Subscription,
    shape: Shape,
    target: Target,
    plan_filter: PlanFilter,
    before_bytes: Callable[[int], None],
    between_blocks: Callable[[int], None],
) -> Copied:
    """Replace the target's rows by the source's, in the target's open transaction; the caller commits with the cursor.

    `before_bytes(lsn)` is called once before the first byte leaves, `between_blocks(rows)` every 256 KiB with the rows
    that were read so far; what they raise (a withdrawn grant, a stop) ends the copy and nothing of it stays.
    """
    digest = hashes.Hash(hashes.SM3())
    with source_errors(subscription.source.name), exported(subscription.source.connection) as (lsn, reader):
        before_bytes(lsn)
        through = plan_filter.tokens is None
        query = selection(subscription, shape, through=through)
        # An abandoned copy must be ended before its session can be: whatever stops us closes the generators, last first.
        open_blocks = ExitStack()
        read = _Read()
        blocks = open_blocks.enter_context(closing(_copy_out(reader, query, "binary" if through else "csv", read)))
        if not through:
            tokenised = _tokenised(blocks, subscription=subscription, shape=shape, plan_filter=plan_filter)
            blocks = open_blocks.enter_context(closing(tokenised))

        def watched() -> Generator[bytes, None, None]:
            # The target reads these blocks; an error of the source must still be told as one of the source.
            with source_errors(subscription.source.name):
                for block in blocks:
                    between_blocks(read.rows)
                    digest.update(block)
                    yield block

        with open_blocks, closing(watched()) as counted:
            rows = target.load(counted, form="binary" if through else "csv")
    return Copied(rows, digest.finalize().hex(), lsn)


def selection(subscription: Subscription, shape: Shape, *, through: bool) -> sql.Composed:
    """The plan as the source's own SELECT: target columns for passing through, else what tokens are made of too."""
    grant = subscription.grant
    columns = {column.name: column for column in grant.columns}
    types = shape.types
    shown: list[sql.Composable] = []
    for column in grant.columns:
        kind = mask_kind(column)
        name = sql.Identifier(column.name)
        target_type = fragment(types[column.name])
        if kind in ("none", "token"):
            source = next(c for c in shape.needed if c.name == column.name)
            # A domain keeps its base type's bytes; what is delivered as text is asked for as text.
            shown.append(name if source.type != "text" or kind == "token" else sql.SQL("{}::text").format(name))
        elif kind == "redact":
            shown.append(sql.SQL("NULL::{}").format(target_type))
        else:
            shown.append(sql.SQL("{}::{}").format(masked(columns[column.name]), target_type))
    if not through and shape.pseudonym:
        shown += [sql.Identifier(name) for name in shape.source_key]
    return sql.SQL("SELECT {} FROM {} WHERE {}").format(
        sql.SQL(", ").join(shown), identifier(subscription.source), passing(grant.condition)
    )


@dataclass(slots=True)
class _Read:
    """How many rows the source gave so far: it sends each in a message of its own."""

    rows: int = 0


def _copy_out(reader: psycopg.Connection, query: sql.Composed, form: str, read: _Read) -> Generator[bytes, None, None]:
    order = sql.SQL("COPY ({}) TO STDOUT (FORMAT {})").format(query, fragment(form))
    with reader.cursor() as cursor, cursor.copy(order, ()) as copy:
        gathered, size = [], 0
        while piece := copy.read():
            gathered.append(bytes(piece))
            size += len(piece)
            read.rows += 1
            if size >= _BLOCK:
                yield b"".join(gathered)
                gathered, size = [], 0
        if gathered:
            yield b"".join(gathered)


def _tokenised(
    blocks: Iterator[bytes], *, subscription: Subscription, shape: Shape, plan_filter: PlanFilter
) -> Generator[bytes, None, None]:
    """Turn the source's CSV into the target's: tokens and pseudonym keys are computed per Arrow batch."""
    names = [column.name for column in subscription.grant.columns]
    extra = list(shape.source_key) if shape.pseudonym else []
    raw = [f"c{number}" for number in range(len(names) + len(extra))]
    convert = csv.ConvertOptions(
        column_types={name: pa.string() for name in raw},
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    with closing(_parsed(blocks, raw, convert)) as batches:
        for batch in batches:
            shown = dict(zip(names, batch.columns, strict=False))
            keys = dict(zip(extra, batch.columns[len(names) :], strict=True))
            rows = pa.table({**{name: shown[name] for name in names}, **keys})
            dressed = plan_filter.dress(rows, shown)
            sink = pa.BufferOutputStream()
            csv.write_csv(dressed, sink, csv.WriteOptions(include_header=False, quoting_style="needed"))
            yield sink.getvalue().to_pybytes()


def _parsed(
    blocks: Iterator[bytes], names: list[str], convert: csv.ConvertOptions
) -> Generator[pa.RecordBatch, None, None]:
    """Parse a stream of CSV blocks; a thread feeds the parser, for each of the two blocks on its own end."""
    inlet, outlet = os.pipe()
    failure: list[BaseException] = []

    def feed() -> None:
        with os.fdopen(outlet, "wb") as pipe:
            try:
                for block in blocks:
                    pipe.write(block)
            except BrokenPipeError:
                pass
            except BaseException as error:
                failure.append(error)

    feeder = threading.Thread(target=feed, name="jy-snapshot-feed", daemon=True)
    with os.fdopen(inlet, "rb") as pipe:
        feeder.start()
        try:
            yield from _read_csv(cast(Any, pipe), names, convert)
        finally:
            pipe.close()
            feeder.join()
    if failure:
        raise failure[0]


def _read_csv(pipe: BinaryIO, names: list[str], convert: csv.ConvertOptions) -> Iterator[pa.RecordBatch]:
    read = csv.ReadOptions(column_names=names, block_size=1 << 22, use_threads=False)
    parse = csv.ParseOptions(newlines_in_values=True, quote_char='"', double_quote=True, ignore_empty_lines=False)
    try:
        yield from csv.open_csv(cast(Any, pipe), read_options=read, parse_options=parse, convert_options=convert)
    except pa.ArrowInvalid as error:
        if "Empty CSV" not in str(error):
            raise
