"""What is asked of a copy from outside its flow: how many rows, begin anew, and away with it and its capture."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from jiangyuan.data.movement.capture import slot_name
from jiangyuan.data.movement.sessions import connect, identifier, source_errors, target_errors
from jiangyuan.data.movement.slots import drop_slot
from jiangyuan.data.movement.state import Place, SourceUnavailable

if TYPE_CHECKING:
    from jiangyuan.data.connections import ConnectionSpec

_MINE = """
SELECT obj_description(to_regclass(format('%%I.%%I', %s::text, %s::text)), 'pg_class')
"""
_PUBLICATION = """
SELECT 1 FROM pg_publication p WHERE pubname = %s AND pg_has_role(p.pubowner, 'MEMBER')
"""

_MOST_COUNTED = 5_000_000
_ESTIMATE = """
SELECT reltuples::bigint FROM pg_class
 WHERE oid = to_regclass(format('%%I.%%I', %s::text, %s::text)) AND reltuples > %s
"""


def drop_copy(place: Place, *, subscription: UUID) -> bool:
    """Drop the table of a subscription and its memory in one transaction; return whether there was a table.

    Only a table that movement built is dropped. Raises `TargetUnavailable` while views still stand on it.
    """
    with target_errors(place.name), connect(place.connection, autocommit=False) as session:
        comment = session.execute(_MINE, [place.schema, place.table]).fetchone()
        mine = bool(comment and comment[0] and str(subscription) in comment[0])
        if mine:
            session.execute(sql.SQL("DROP TABLE {}").format(identifier(place)))
        known = session.execute("SELECT to_regclass('jiangyuan.delivery') IS NOT NULL").fetchone()
        if known and known[0]:
            session.execute("DELETE FROM jiangyuan.delivery WHERE subscription = %s", [subscription])
        session.commit()
    return mine


def release_source(spec: ConnectionSpec, *, name: str) -> bool:
    """Drop the slot that captures a source under `name`, and the publication made for it; return whether there was one.

    A publication of the department's own stays. Raises `SourceUnavailable` while a reader still holds the slot.
    """
    slot = slot_name(name, database=spec.database)
    with source_errors(spec.database), connect(spec) as session:
        found = session.execute("SELECT 1 FROM pg_replication_slots WHERE slot_name = %s", [slot]).fetchone()
        try:
            drop_slot(session, slot)
        except psycopg.errors.ObjectInUse as error:
            raise SourceUnavailable(_("来源库的复制槽仍在使用"), code="movement.slot_busy", where=slot) from error
        if session.execute(_PUBLICATION, [slot]).fetchone():
            session.execute(sql.SQL("DROP PUBLICATION {}").format(sql.Identifier(slot)))
    return found is not None


def forget_cursor(place: Place, *, subscription: UUID) -> None:
    """Make a copy begin anew: whoever follows it notices that its cursor is gone, and takes a snapshot."""
    with target_errors(place.name), connect(place.connection) as session:
        known = session.execute("SELECT to_regclass('jiangyuan.delivery') IS NOT NULL").fetchone()
        if not (known and known[0]):  # nothing was ever delivered there
            return
        session.execute("UPDATE jiangyuan.delivery SET lsn = NULL WHERE subscription = %s", [subscription])


def copied_rows(place: Place) -> int:
    """Count the rows of a copy: exactly while that takes no time, else as PostgreSQL estimates them."""
    with target_errors(place.name), connect(place.connection) as session:
        row = session.execute(_ESTIMATE, [place.schema, place.table, _MOST_COUNTED]).fetchone()
        if row is None:
            row = session.execute(sql.SQL("SELECT count(*) FROM {}").format(identifier(place))).fetchone()
    return int(row[0]) if row else 0
