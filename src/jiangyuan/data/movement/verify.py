"""Proof that a captured copy holds what its source holds, while both go on living.

Neither side is stopped. The source is digested in one snapshot, the copy at its own cursor; when they differ, the source
is digested once more: if it stood still meanwhile and the copy had caught up, the copy is wrong; if it moved, the
comparison is made again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from psycopg import sql

from jiangyuan.data.movement.pgoutput import parse_lsn
from jiangyuan.data.movement.sessions import connect, fragment, identifier, source_errors, target_errors
from jiangyuan.data.movement.shape import Shape, make_shape
from jiangyuan.data.movement.snapshot import selection
from jiangyuan.data.movement.state import SourceUnavailable, Subscription
from jiangyuan.data.table_digest import combine, postgres_digest, quoted

if TYPE_CHECKING:
    import psycopg

_TRIES = 5
_CURSOR = "SELECT lsn::text FROM jiangyuan.delivery WHERE subscription = %s"


@dataclass(frozen=True, slots=True)
class Verified:
    """What a comparison found: rows of the source, and both checksums (equal: the copy is exact)."""

    rows: int
    checksum_source: str
    checksum_store: str


@dataclass(frozen=True, slots=True)
class _Seen:
    rows: int
    checksum: str
    lsn: int


def verify_copy(subscription: Subscription, *, patience: float = 40.0) -> Verified:
    """Compare the copy of a subscription with its source under the plan; `patience` seconds let the copy catch up.

    Raises `MovementRefused` where a side cannot be read, and `SourceUnavailable` where the table is changed so busily,
    or the copy so far behind, that no comparison was conclusive.
    """
    subscription.plan.verify()
    place = subscription.source
    with source_errors(place.name), connect(place.connection) as source:
        shape = make_shape(source, place=place, grant=subscription.grant)
    before = _source(subscription, shape)
    for _try in range(_TRIES):
        stored = _store(subscription, shape)
        if stored.checksum != before.checksum and stored.lsn < before.lsn:
            _caught_up(subscription, before.lsn, patience)
            stored = _store(subscription, shape)
        if stored.checksum == before.checksum:
            return Verified(before.rows, before.checksum, stored.checksum)
        after = _source(subscription, shape)
        if stored.checksum == after.checksum or (before.checksum == after.checksum and stored.lsn >= before.lsn):
            return Verified(after.rows, after.checksum, stored.checksum)
        before = after
    raise SourceUnavailable(
        _("来源表变化频繁，暂时无法核对"), code="movement.busy", where=place.name, mend=_("系统稍后将再次核对。")
    )


def _source(subscription: Subscription, shape: Shape) -> _Seen:
    """Digest the source in one snapshot; the position is read inside it, so that all it shows lies before."""
    query = selection(subscription, shape, through=True)
    with source_errors(subscription.source.name), connect(subscription.source.connection, autocommit=False) as session:
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = _digest(session, shape, sql.SQL("({}) AS shown").format(query))
        lsn = session.execute("SELECT pg_current_wal_insert_lsn()::text").fetchone()
    assert lsn is not None
    return _Seen(row[0], combine(row[0], row[1:]), parse_lsn(lsn[0]))


def _store(subscription: Subscription, shape: Shape) -> _Seen:
    with target_errors(subscription.target.name), connect(subscription.target.connection, autocommit=False) as session:
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor = session.execute(_CURSOR, [subscription.id]).fetchone()
        row = _digest(session, shape, identifier(subscription.target))
    return _Seen(row[0], combine(row[0], row[1:]), parse_lsn(cursor[0]) if cursor and cursor[0] else 0)


def _digest(session: psycopg.Connection, shape: Shape, relation: sql.Composable) -> tuple:
    texts = [f"{quoted(name)}::text" for name in shape.names]
    # the text of the digest is generated here; `%%` in it stands for itself, as parameters are given
    query = postgres_digest(texts, "{relation}")
    row = session.execute(fragment(query).format(relation=relation), ()).fetchone()
    assert row is not None
    return row


def _caught_up(subscription: Subscription, position: int, patience: float) -> None:
    """Wait until the copy's cursor has passed a position; a quiet copy's cursor is moved by its heartbeat."""
    deadline = time.monotonic() + patience
    with target_errors(subscription.target.name), connect(subscription.target.connection) as session:
        while time.monotonic() < deadline:
            row = session.execute(_CURSOR, [subscription.id]).fetchone()
            if row is not None and row[0] and parse_lsn(row[0]) >= position:
                return
            time.sleep(0.25)
