"""How each figure is counted: one statement a figure for what stands, one a memory for what happened.

Transactions below the oldest running one have all ended, so what they wrote is read exactly once: from the transaction
reached before up to that one. The place reached moves in the same transaction as the sums.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Avg, Count, F, Q
from django.utils import timezone

from jiangyuan.catalog.census.models import Holding
from jiangyuan.catalog.entries.models import Entry
from jiangyuan.exchange.delivery.models import Warning
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.kernel.models import Clock
from jiangyuan.organization.models import ApplicationSystem, Body
from jiangyuan.portal.figures.models import Figure, Reach
from jiangyuan.portal.figures.shown import ACTS, FIGURES
from jiangyuan.resources.quality.models import CheckRun
from jiangyuan.sources.models import ScannedColumn, ScannedTable, Source

KEPT = timedelta(days=400)
Counts = list[tuple[str, str, Any, int]]
"""(name, key, body, value) …"""

_PUBLISHED = """
    SELECT e.body_id, v.content->>'share_type', v.content->>'open_type', count(*),
           sum(jsonb_array_length(v.content->'items'))
    FROM entries_entry e JOIN entries_entryversion v ON v.entry_id = e.id AND v.number = e.live_version
    WHERE e.state = 'published' GROUP BY 1, 2, 3
"""
_ADD = """
    ON CONFLICT (day, name, key, body_id) DO UPDATE SET value = figures_figure.value + excluded.value
"""
_ACTS = f"""
    INSERT INTO figures_figure (name, key, body_id, day, value)
    SELECT 'acts', m.type, m.body, (m.at AT TIME ZONE 'Asia/Shanghai')::date AS d, count(*)
    FROM kernel_event m JOIN organization_body b ON b.id = m.body
    WHERE m.xid >= %s AND m.xid < %s AND m.type = ANY(%s) GROUP BY 2, 3, 4 {_ADD}
"""
_READS = f"""
    INSERT INTO figures_figure (name, key, body_id, day, value)
    SELECT s.name, m.form, s.body, (m.at AT TIME ZONE 'Asia/Shanghai')::date AS d, sum(s.value)
    FROM kernel_access m JOIN sharing_grant g ON g.id = m.grant_id
    CROSS JOIN LATERAL (VALUES ('calls', g.consumer_id, CASE WHEN m.form = 'table' THEN 0 ELSE 1 END),
                               ('calls_given', g.provider_id, CASE WHEN m.form = 'table' THEN 0 ELSE 1 END),
                               ('rows', g.consumer_id, coalesce(m.row_count, 0)),
                               ('rows_given', g.provider_id, coalesce(m.row_count, 0))) AS s(name, body, value)
    WHERE m.xid >= %s AND m.xid < %s AND m.phase IN ('whole', 'finished') AND s.value > 0 GROUP BY 1, 2, 3, 4 {_ADD}
"""


def refresh(*, force: bool = False) -> bool:
    """Bring the figures up to date; does nothing when nothing was remembered since and the day is the same.

    Returns whether it counted. Two at once wait for each other.
    """
    today = timezone.localdate()
    Reach.objects.get_or_create(pk=1)
    with transaction.atomic():
        reach = Reach.objects.select_for_update().get(pk=1)
        below = _ended()
        if not force and reach.day == today and not _anything(reach.xid, below):
            return False
        with connection.cursor() as cursor:
            cursor.execute(_ACTS, [reach.xid, below, sorted(ACTS)])
            cursor.execute(_READS, [reach.xid, below])
        _keep(_counted(), today)
        reach.xid, reach.day, reach.at = below, today, timezone.now()
        reach.save()
    return True


def _ended() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])  # type: ignore[index]


def _anything(start: int, end: int) -> bool:
    sql = "SELECT EXISTS (SELECT 1 FROM {} WHERE xid >= %s AND xid < %s)"
    with connection.cursor() as cursor:
        for memory in ("kernel_event", "kernel_access"):
            cursor.execute(sql.format(memory), [start, end])
            if cursor.fetchone() == (True,):
                return True
    return False


def _keep(counts: Counts, today: date) -> None:
    standing = [name for name, kept in FIGURES.items() if not kept.flow]
    Figure.objects.filter(day=today, name__in=standing).delete()
    Figure.objects.bulk_create(
        [Figure(name=n, key=k, body_id=b, day=today, value=v) for n, k, b, v in counts], batch_size=2000
    )
    Figure.objects.filter(day__lt=today - KEPT).delete()


def _counted() -> Counts:
    return [*_supply(), *_catalogue(), *_quality(), *_exchange()]


def _by(rows: Any, body: str, key: str = "") -> Any:
    """Count rows by body, and by the values of a column."""
    fields = [body, key] if key else [body]
    return rows.values_list(*fields).annotate(n=Count("pk")).order_by()


def _supply() -> Counts:
    found: Counts = [("bodies", "", pk, 1) for pk in Body.objects.filter(active=True).values_list("pk", flat=True)]
    found += [("systems", "", b, n) for b, n in _by(ApplicationSystem.objects.all(), "body")]
    found += [("assets", k, b, n) for b, k, n in Holding.objects.values_list("body", "kind", "things")]
    found += [("sources", s, b, n) for b, s, n in _by(Source.objects.all(), "body", "state")]
    tables = ScannedTable.objects.filter(gone_at__isnull=True)
    found += [("tables", "", b, n) for b, n in _by(tables, "source__body")]
    columns = ScannedColumn.objects.filter(gone_at__isnull=True, table__gone_at__isnull=True)
    return [*found, *(("columns", "", b, n) for b, n in _by(columns, "table__source__body"))]


def _catalogue() -> Counts:
    found: Counts = [("entries", s, b, n) for b, s, n in _by(Entry.objects.all(), "body", "state")]
    with connection.cursor() as cursor:
        cursor.execute(_PUBLISHED)
        rows = cursor.fetchall()
    sums: dict[tuple[str, str, Any], int] = {}
    for body, share, opened, entries, items in rows:
        parts = [("published", share, entries), ("items", "", items or 0)]
        for name, key, value in parts + ([("open", opened, entries)] if opened != "none" else []):
            sums[name, key, body] = sums.get((name, key, body), 0) + int(value)
    return [*found, *((n, k, b, v) for (n, k, b), v in sums.items())]


def _quality() -> Counts:
    last = CheckRun.objects.filter(score__isnull=False, mount__entry__state="published").exclude(mount__state="removed")
    newest = last.order_by("mount", "-finished_at").distinct("mount").values("pk")
    scored = CheckRun.objects.filter(pk__in=newest).values_list("mount__entry__body")
    found: Counts = []
    for body, average, runs in scored.annotate(mean=Avg("score"), n=Count("pk")).order_by():
        found += [("quality", "points", body, round(average * 100 * runs)), ("quality", "runs", body, runs)]
    return found


def _exchange() -> Counts:
    found: Counts = [("requests", s, b, n) for b, s, n in _by(Request.objects.all(), "consumer", "state")]
    received = Request.objects.filter(received_at__isnull=False)
    found += [("received", s, b, n) for b, s, n in _by(received, "provider", "state")]
    found += [("grants", s, b, n) for b, s, n in _by(Grant.objects.all(), "consumer", "state")]
    found += [("given", s, b, n) for b, s, n in _by(Grant.objects.all(), "provider", "state")]
    replies = Clock.objects.filter(limit__startswith="sharing.reply", body__in=Body.objects.values("pk"))
    late = Q(status=Clock.OVERDUE) | Q(status=Clock.MET, met_on__gt=F("due_on"))
    for body, missed, met, all_of_them in replies.values_list("body").annotate(
        a=Count("pk", filter=late), b=Count("pk", filter=Q(status=Clock.MET) & ~late), c=Count("pk")
    ):
        parts = (("late", missed), ("ontime", met), ("running", all_of_them - missed - met))
        found += [("replies", key, body, n) for key, n in parts if n]
    opened = _by(Warning.objects.filter(acknowledged_at__isnull=True), "body")
    done = _by(Warning.objects.filter(acknowledged_at__isnull=False), "body")
    return [*found, *(("warnings", "open", b, n) for b, n in opened), *(("warnings", "done", b, n) for b, n in done)]
