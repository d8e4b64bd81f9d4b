"""A table that is kept by polling: compared with what was seen before, and written with that memory in one transaction.

Beside `jiangyuan.delivery` stands `jiangyuan.fingerprint`: per copy a digest of each row as it was last seen at the
source. Rows, fingerprints and cursor are committed together, so that a crash repeats nothing. Every comparison is full;
what was changed and changed back between two polls is never seen, which is why polling is declared eventual.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from django.utils.translation import gettext_lazy as _
from pyarrow import csv, parquet

from jiangyuan.data.column_types import family
from jiangyuan.data.connectors.polling import OPERATION, Fingerprints, Poll, poll
from jiangyuan.data.movement.apply import Target
from jiangyuan.data.movement.sessions import fragment, target_errors
from jiangyuan.data.movement.shape import Shape
from jiangyuan.data.movement.state import Delta, MovementRefused, Subscription, Withdrawn
from jiangyuan.data.relations import Column, RelationGrant
from jiangyuan.data.table_digest import combine, postgres_digest, postgres_text, quoted

if TYPE_CHECKING:
    from jiangyuan.data.plan import Plan

_compute: Any = pc
_MEMORY = """
CREATE TABLE IF NOT EXISTS jiangyuan.fingerprint (
    subscription uuid PRIMARY KEY REFERENCES jiangyuan.delivery ON DELETE CASCADE,
    seen bytea NOT NULL,
    high_water text,
    checksum text NOT NULL
);
"""
_REMEMBER = """
INSERT INTO jiangyuan.fingerprint (subscription, seen, high_water, checksum) VALUES (%s, %s, %s, %s)
    ON CONFLICT (subscription) DO UPDATE
    SET seen = EXCLUDED.seen, high_water = EXCLUDED.high_water, checksum = EXCLUDED.checksum
"""
_BLOCK_ROWS = 50_000
_SYSTEM = "polling"


@dataclass(frozen=True, slots=True)
class Followed:
    """What one poll did: rows in the copy, the changes applied, their digest, the cursor, and both checksums."""

    rows: int
    inserted: int
    updated: int
    deleted: int
    position: int
    digest: str
    checksum_source: str
    checksum_store: str


def follow_once(subscription: Subscription, *, still_valid: Callable[[Plan], bool]) -> Followed:
    """Compare a table of a source without a log with its copy's memory, and write what differs.

    `still_valid` is asked before anything is written. Source and copy have the same checksum when this returns: a copy
    that somebody else changed is written anew. Raises `SourceRefused`, `SourceUnavailable`, `MovementRefused`,
    `TargetUnavailable` and `Withdrawn`; nothing is half-written.
    """
    grant = subscription.grant
    target = _PolledTarget(subscription=subscription, shape=_shape(grant))
    try:
        cursor = target.cursor()
        position = (cursor.lsn or 0) + 1
        found = poll(subscription.plan, alias=grant.alias, previous=target.remembered())
        if not still_valid(subscription.plan):
            raise Withdrawn(_("授权已终止或到期，同步已停止"), code="movement.withdrawn", where=grant.alias)
        delta = _delta(found, grant)
        if target.known_checksum() is None:
            target.replace(delta.upserts)
        elif delta.rows:
            target.write(delta)
        if target.checksum() != found.checksum:
            found = poll(subscription.plan, alias=grant.alias, previous=None)
            delta = _delta(found, grant)
            target.replace(delta.upserts)
        stored = target.checksum()
        if stored != found.checksum:
            raise MovementRefused(
                _("来源与归集库的校验和不一致，未作任何改动"),
                code="movement.checksum",
                where=grant.alias,
                mend=_("请检查来源字段类型与目录登记的类型是否一致，重新扫描后再归集。"),
            )
        target.remember(found)
        digest = delta.digest()
        target.commit(lsn=position, system=_SYSTEM, rows=delta.rows, digest=digest)
    except BaseException:
        target.rollback()
        raise
    finally:
        target.close()
    return Followed(found.rows, found.inserted, found.updated, found.deleted, position, digest, found.checksum, stored)


def _shape(grant: RelationGrant) -> Shape:
    columns = tuple((column.name, column.type) for column in grant.columns)
    return Shape(needed=(), source_key=grant.key, columns=columns, key=grant.key, pseudonym=False)


class _PolledTarget(Target):
    """A target that also keeps what was seen."""

    _known: str | None = None

    def _prepare(self) -> None:
        super()._prepare()
        self._connection.execute("SELECT pg_advisory_xact_lock(hashtext('jiangyuan.delivery'))")
        self._connection.execute(_MEMORY)
        self._connection.commit()

    def remembered(self) -> Fingerprints | None:
        """Give what the last poll saw, None before the first."""
        with target_errors(self._where):
            self._begin()
            row = self._connection.execute(
                "SELECT seen, high_water, checksum FROM jiangyuan.fingerprint WHERE subscription = %s",
                [self.subscription.id],
            ).fetchone()
        self._known = row[2] if row else None
        if row is None:
            return None
        return Fingerprints(parquet.read_table(pa.BufferReader(row[0])), row[1])

    def known_checksum(self) -> str | None:
        """Give the checksum after the last poll, None before the first."""
        return self._known

    def remember(self, found: Poll) -> None:
        """Keep what was seen, in the open transaction; nothing is written when nothing differs."""
        if found.checksum == self._known and not (found.inserted or found.updated or found.deleted):
            return
        sink = io.BytesIO()
        parquet.write_table(found.fingerprints.rows, sink, compression="zstd")
        with target_errors(self._where):
            self._connection.execute(
                _REMEMBER,
                [self.subscription.id, sink.getvalue(), found.fingerprints.high_water, found.checksum],
            )

    def replace(self, rows: pa.Table) -> None:
        """Replace all rows, in the open transaction; readers go on seeing the old ones until its end."""
        self.load(_as_csv(rows), form="csv")

    def checksum(self) -> str:
        """Give the checksum of the copy as the open transaction sees it."""
        texts = [postgres_text(column) for column in self.subscription.grant.columns]
        place = self.subscription.target
        query = postgres_digest(texts, f"{quoted(place.schema)}.{quoted(place.table)}")
        with target_errors(self._where):
            row = self._connection.execute(fragment(query)).fetchone()
        assert row is not None
        return combine(row[0], row[1:])


def _as_csv(rows: pa.Table) -> Iterator[bytes]:
    options = csv.WriteOptions(include_header=False, quoting_style="needed")
    for start in range(0, rows.num_rows, _BLOCK_ROWS):
        sink = pa.BufferOutputStream()
        csv.write_csv(rows.slice(start, _BLOCK_ROWS), sink, options)
        yield sink.getvalue().to_pybytes()


def _delta(found: Poll, grant: RelationGrant) -> Delta:
    """Spell the changes as PostgreSQL reads them."""
    gone = _compute.equal(found.changes[OPERATION], "delete")
    texts = _as_text(found.changes.drop_columns([OPERATION]), grant.columns)
    return Delta(
        upserts=texts.filter(_compute.invert(gone)),
        deletes=texts.filter(gone).select(list(grant.key)),
    )


def _as_text(rows: pa.Table, columns: tuple[Column, ...]) -> pa.Table:
    shown = ", ".join(f"{_spelled(column)} AS {quoted(column.name)}" for column in columns)
    with duckdb.connect(":memory:") as engine:
        engine.execute("SET TimeZone = 'UTC'")
        engine.register("changed", rows)
        return cast("pa.Table", engine.execute(f"SELECT {shown} FROM changed").to_arrow_table())


def _spelled(column: Column) -> str:
    name = quoted(column.name)
    if family(column.type) == "binary":
        return f"CASE WHEN {name} IS NOT NULL THEN '\\x' || lower(hex({name})) END"
    return f"{name}::VARCHAR"
