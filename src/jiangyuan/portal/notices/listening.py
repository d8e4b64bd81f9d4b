"""One listener per process: the database's NOTIFY becomes what happened, gathered over a moment."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID

import orjson
import psycopg
from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections

from jiangyuan.kernel.config import settings
from jiangyuan.kernel.events import CHANNEL as EVENTS
from jiangyuan.kernel.log_store import fetch
from jiangyuan.portal.notices.writing import CHANNEL as NOTICES

log = logging.getLogger(__name__)

READ = 500
"""Events that one look reads; what happened beyond is told as work of everybody concerned by the newest ones."""
SESSION_ENDS = ("organization.session.", "organization.person.", "organization.appointment.")
"""After these a person's sessions are looked at again."""
_NEWER = (
    "SELECT xid, id, type, actor_id, body, object_type, object_id FROM kernel_event WHERE (xid, id) > (%s, %s)"
    f" ORDER BY xid, id LIMIT {READ}"
)


@dataclass(slots=True)
class Heard:
    """What happened within a moment: new notices, bodies that acted, records concerned, persons whose session may end."""

    notices: list[tuple[UUID, UUID]] = field(default_factory=list)
    bodies: set[UUID] = field(default_factory=set)
    things: set[str] = field(default_factory=set)
    ended: set[UUID] = field(default_factory=set)


async def listen(*, settle: float) -> AsyncIterator[Heard | None]:
    """Give what happens, for ever; None after the database was away, since whatever happened then was not heard."""
    lost = False
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(settings().database_url, autocommit=True) as connection:
                await connection.execute(f"LISTEN {EVENTS}")
                await connection.execute(f"LISTEN {NOTICES}")
                if lost:
                    yield None
                reader = _Reader(await sync_to_async(_newest)())
                async for heard in _gathered(connection, reader, settle):
                    yield heard
        except (psycopg.Error, OSError, DatabaseError):
            log.warning("the listener lost the database and comes again")
            lost = True
            await asyncio.sleep(1.0)


async def _gathered(connection: psycopg.AsyncConnection, reader: _Reader, settle: float) -> AsyncIterator[Heard]:
    while True:
        heard, woken = Heard(), False
        async for notice in connection.notifies(timeout=30.0, stop_after=1):
            woken = _take(heard, notice.channel, notice.payload) or woken
        if not woken and not heard.notices:
            continue
        # acts come in groups: one look for all of them
        async for notice in connection.notifies(timeout=settle):
            woken = _take(heard, notice.channel, notice.payload) or woken
        if woken:
            await sync_to_async(reader.read)(heard)
        yield heard


def _take(heard: Heard, channel: str, payload: str) -> bool:
    if channel != NOTICES:
        return True
    try:
        said = orjson.loads(payload)
        heard.notices.append((UUID(said["notice"]), UUID(said["person"])))
    except (ValueError, KeyError, TypeError):
        log.warning("a notice that cannot be read was announced")
    return False


def _newest() -> tuple[int, UUID]:
    close_old_connections()
    found = fetch("SELECT xid, id FROM kernel_event ORDER BY xid DESC, id DESC LIMIT 1")
    return (found[0][0], found[0][1]) if found else (0, UUID(int=0))


class _Reader:
    """Reads what is newer than the last look. A late committer may be passed over: pages only look a little later."""

    def __init__(self, place: tuple[int, UUID]) -> None:
        self._place = place

    def read(self, heard: Heard) -> None:
        """Add the newer events to what was heard."""
        close_old_connections()
        for xid, id, type, actor, body, kind, thing in fetch(_NEWER, [*self._place]):
            self._place = (xid, id)
            if body is not None:
                heard.bodies.add(body)
            if thing is not None:
                heard.things.add(f"{kind}:{thing}")
            if type.startswith(SESSION_ENDS):
                heard.ended |= {one for one in (actor, thing) if one is not None}
