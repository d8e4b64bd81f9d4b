"""Whether the platform serves, and its measures in Prometheus' text form; every count is bounded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from jiangyuan.kernel.events import HANDLERS
from jiangyuan.kernel.log_store import fetch, latest_head, reached, size
from jiangyuan.kernel.models import HandlerCursor

BOUND = 10_000
"""A lag is counted up to here; what lags further says this number."""

_applied = False


def readiness() -> tuple[bool, dict[str, Any]]:
    """Tell whether the database answers and every migration is applied; the latter is asked until it was true once."""
    global _applied
    try:
        fetch("SELECT 1")
        if not _applied:
            executor = MigrationExecutor(connection)
            _applied = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return False, {"ready": False, "database": "unreachable", "migrations": "unknown"}
    return _applied, {"ready": _applied, "database": "ok", "migrations": "applied" if _applied else "pending"}


def metrics() -> str:
    """Give the measures: leaves and lag of the log, lag and stumbles of handlers, jobs by status."""
    lines = [line for name, help, kind, rows in _measures() for line in _written(name, help, kind, rows)]
    return "\n".join(lines) + "\n"


def _written(name: str, help: str, kind: str, rows: list[tuple[str, float]]) -> Iterator[str]:
    yield f"# HELP {name} {help}"
    yield f"# TYPE {name} {kind}"
    for labels, value in rows:
        yield f"{name}{labels} {value:g}"


def _lag(table: str, kind: str) -> int:
    sql = f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE (xid, id) > (%s, %s) LIMIT {BOUND}) AS newer"
    return fetch(sql, [*reached(kind)])[0][0]


def _measures() -> Iterator[tuple[str, str, str, list[tuple[str, float]]]]:
    head = latest_head()
    log = [('{kind="event"}', _lag("kernel_event", "event")), ('{kind="access"}', _lag("kernel_access", "access"))]
    yield "jiangyuan_log_leaves", "Leaves of the evidence log.", "counter", [("", size())]
    yield (
        "jiangyuan_log_signed_leaves",
        "Leaves under the newest signed head.",
        "counter",
        [("", head.size if head else 0)],
    )
    yield "jiangyuan_log_lag", f"Records without a leaf yet, counted to {BOUND}.", "gauge", [*log]
    cursors = {cursor.name: cursor for cursor in HandlerCursor.objects.all()}
    lags, stumbles = [], []
    for handler in HANDLERS.values():
        cursor = cursors.get(handler.name)
        place = [cursor.xid, cursor.event] if cursor else [0, "00000000-0000-0000-0000-000000000000"]
        sql = (
            "SELECT count(*) FROM (SELECT 1 FROM kernel_event WHERE (xid, id) > (%s, %s) AND type = ANY(%s)"
            f" LIMIT {BOUND}) AS newer"
        )
        label = f'{{handler="{handler.name}"}}'
        lags.append((label, fetch(sql, [*place, sorted(handler.types)])[0][0]))
        stumbles.append((label, cursor.attempts if cursor else 0))
    yield "jiangyuan_handler_lag", f"Events that a handler has not read yet, counted to {BOUND}.", "gauge", lags
    yield "jiangyuan_handler_attempts", "Failed tries at the event a handler stands at.", "gauge", stumbles
    jobs = fetch("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status ORDER BY status")
    yield "jiangyuan_jobs", "Background jobs by status.", "gauge", [(f'{{status="{s}"}}', n) for s, n in jobs]
