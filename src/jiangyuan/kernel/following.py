"""Handlers follow the memory without asking it for each of them when nothing has happened."""

from __future__ import annotations

import time

from django.db import connection

from jiangyuan.kernel.events import run_handlers
from jiangyuan.kernel.models import HandlerCursor

_NEWEST_EVENT = """
SELECT xid, id, xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
  FROM kernel_event ORDER BY xid DESC, id DESC LIMIT 1
"""
LOOK_ANYWAY = 15.0
"""Seconds after which every handler is asked even so: a cursor may have been set back by hand."""
_NEWEST = """
SELECT e.xid, e.id, a.xid, a.id,
       greatest(e.xid, a.xid) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
  FROM (SELECT 1) one
  LEFT JOIN LATERAL (SELECT xid, id FROM kernel_event ORDER BY xid DESC, id DESC LIMIT 1) e ON true
  LEFT JOIN LATERAL (SELECT xid, id FROM kernel_access ORDER BY xid DESC, id DESC LIMIT 1) a ON true
"""


class Follower:
    """Runs the handlers whenever the memory has grown since they had all read it."""

    def __init__(self) -> None:
        self._read: tuple[object, ...] | None = None
        self._since = 0.0

    def step(self) -> int:
        """Let every handler read on, unless all have read everything; returns how many records were handled."""
        newest = _newest()
        if newest is not None and newest == self._read and time.monotonic() - self._since < LOOK_ANYWAY:
            return 0
        done = run_handlers()
        waiting = done or HandlerCursor.objects.filter(next_at__isnull=False).exists()
        self._read, self._since = (None if waiting else newest), time.monotonic()
        return done


def _newest() -> tuple[object, ...] | None:
    """Give the newest records of the memory; None while an older transaction may still add some before them."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST)
        found = cursor.fetchone()
    return tuple(found[:4]) if found is not None and found[4] else None


def newest_event() -> tuple[int, int] | None:
    """Give the newest event; None while an older transaction may still put one before it, or when there is none.

    While two callers get the same, no act has been committed between them.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST_EVENT)
        found = cursor.fetchone()
    return (found[0], found[1]) if found is not None and found[2] else None
