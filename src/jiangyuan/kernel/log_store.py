"""The tables of the Merkle log as the sequencer, the proofs and the check read and write them.

The application's role reads them; they are written by the sequencer alone, on a connection of the owner.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.config import database_options, settings
from jiangyuan.kernel.errors import Broken
from jiangyuan.kernel.merkle import Place
from jiangyuan.kernel.receipts import Head

LOCK = "jiangyuan.sequencer"
BELOW_RUNNING = "xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
"""Only rows whose transaction, and every older one, has ended: what is read has no gap that fills later."""

Cursor = tuple[int, UUID]
BEGINNING: Cursor = (0, UUID(int=0))


OWNER = "owner"
"""Name of the connection on which the log is written."""
_alias: ContextVar[str] = ContextVar("log_connection", default=DEFAULT_DB_ALIAS)


def fetch(sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Run a query and give all of its rows."""
    with connections[_alias.get()].cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def copy(target: str, rows: Iterable[Sequence[Any]]) -> None:
    """Write rows to `target`, `table (columns)`, in one COPY."""
    with connections[_alias.get()].cursor() as wrapped:
        driver: Any = wrapped  # COPY is the driver's own, which Django hands through
        with driver.copy(f"COPY {target} FROM STDIN") as writer:
            for row in rows:
                writer.write_row(row)


@contextmanager
def sole_sequencer() -> Iterator[bool]:
    """Hold the sequencer's lock for the block, over several transactions; False where somebody else holds it.

    Within the block the log is read and written as its owner.
    """
    if connection.in_atomic_block:
        # its own rows, and everything younger than the block, would stay below no horizon
        raise Broken(_("存证程序不能在事务内运行"), code="sequencer_in_transaction")
    token = _alias.set(_owner())
    try:
        held = bool(fetch("SELECT pg_try_advisory_lock(hashtext(%s))", [LOCK])[0][0])
        try:
            yield held
        finally:
            if held:
                fetch("SELECT pg_advisory_unlock(hashtext(%s))", [LOCK])
    finally:
        _alias.reset(token)


def _owner() -> str:
    """Give the connection of the owner, whose address only the worker is told."""
    url = settings().owner_url
    if not url:
        raise Broken(_("本进程不掌握存证日志的写入权限"), code="sequencer_not_owner", where="owner_url")
    connections.databases.setdefault(OWNER, {**connections.databases[DEFAULT_DB_ALIAS], **database_options(url)})
    return OWNER


def at_once() -> transaction.Atomic:
    """Give one transaction of the connection in use."""
    return transaction.atomic(using=_alias.get())


def size() -> int:
    """Give the number of leaves."""
    return fetch('SELECT coalesce(max("index") + 1, 0) FROM kernel_leaf')[0][0]


def reached(kind: str) -> Cursor:
    """Give the last (transaction, id) of a kind, "event" or "access", that has a leaf."""
    found = fetch(
        "SELECT to_xid, to_id FROM kernel_leaf WHERE kind = %s ORDER BY to_xid DESC, to_id DESC LIMIT 1", [kind]
    )
    return found[0] if found else BEGINNING


class DatabaseNodes:
    """The complete subtrees as the database holds them: leaves in `kernel_leaf`, the others in `kernel_tree_node`."""

    def get(self, places: Collection[Place]) -> Mapping[Place, bytes]:
        """Give the hashes of the places that are held."""
        leaves = [index for level, index in places if level == 0]
        above = [place for place in places if place[0]]
        found: dict[Place, bytes] = {}
        if leaves:
            rows = fetch('SELECT "index", hash FROM kernel_leaf WHERE "index" = ANY(%s::bigint[])', [leaves])
            found.update({(0, index): bytes(kept) for index, kept in rows})
        if above:
            rows = fetch(
                'SELECT n.level, n."index", n.hash FROM kernel_tree_node n'
                ' JOIN unnest(%s::smallint[], %s::bigint[]) AS w(level, "index")'
                ' ON n.level = w.level AND n."index" = w."index"',
                [[level for level, _index in above], [index for _level, index in above]],
            )
            found.update({(level, index): bytes(kept) for level, index, kept in rows})
        return found

    def put(self, nodes: Mapping[Place, bytes]) -> None:
        """Keep the subtrees above the leaves; the leaves themselves are rows that say more than their hash."""
        copy('kernel_tree_node (level, "index", hash)', ((*place, kept) for place, kept in nodes.items() if place[0]))


_HEAD = "SELECT size, root, at, key_id, signature FROM kernel_tree_head"


def _head(row: tuple[Any, ...]) -> Head:
    size, root, at, key_id, signature = row
    return Head(settings().node_code, size, bytes(root), stamp(at), key_id, bytes(signature))


def stamp(at: datetime) -> str:
    """Spell a moment as heads hold it: ISO 8601, UTC, microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def latest_head() -> Head | None:
    """Give the newest signed head; None before the first."""
    rows = fetch(f"{_HEAD} ORDER BY size DESC LIMIT 1")
    return _head(rows[0]) if rows else None


def heads(*, after: int = -1, until: int | None = None) -> list[Head]:
    """Give the signed heads over more than `after` and at most `until` leaves, smallest first."""
    rows = fetch(
        f"{_HEAD} WHERE size > %s AND size <= coalesce(%s::bigint, 9223372036854775807) ORDER BY size", [after, until]
    )
    return [_head(row) for row in rows]
