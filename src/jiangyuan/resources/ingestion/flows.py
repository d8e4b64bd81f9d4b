"""What ingestion wants to flow: every capture ingest, from its source into the serving store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.utils import timezone

from jiangyuan.data.connections import ConnectionSpec
from jiangyuan.data.movement.removal import copied_rows, forget_cursor
from jiangyuan.data.movement.state import DeliveryStatus, Phase, Place, Subscription
from jiangyuan.data.plan import authorize
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Scene
from jiangyuan.kernel.config import connection_fields, settings
from jiangyuan.resources.ingestion.gauge import Gauge
from jiangyuan.resources.ingestion.models import Ingest, Measure, Mount
from jiangyuan.resources.ingestion.queries import INGEST, LIVE, live_ingests, source_location
from jiangyuan.resources.ingestion.streams import Wanted

SCENE = Scene(purpose="ingest", channel="worker")


def store_connection() -> ConnectionSpec:
    """Give the platform's own database as the owner, who alone may write the serving store."""
    fields = connection_fields(settings().owner_url)
    return ConnectionSpec(kind="postgres", **fields)


def store_place(mount: Mount) -> Place:
    """Give where the copy of a mount stands, as its owner reaches it."""
    return Place(store_connection(), "store", mount.store_table)


def subscription_of(ingest: Ingest) -> Subscription:
    """Describe the flow of one ingest. Raises what `authorize` refuses."""
    mount = ingest.mount
    plan = authorize([mount.pk], actor=INGEST, scene=SCENE, form="table")
    place = source_location(mount)
    assert place.connection is not None
    return Subscription(
        id=ingest.pk,
        plan=plan,
        source=Place(place.connection, place.schema, place.table),
        target=store_place(mount),
    )


def wanted_ingests() -> Iterable[Wanted]:
    """List the capture ingests that should flow now."""
    for ingest in live_ingests("capture"):
        mount = ingest.mount
        yield Wanted(
            id=ingest.pk,
            version=str(mount.version),
            source=mount.table.source,
            subscription=partial(subscription_of, ingest),
            report=report,
            waiting=ingest.state == "waiting",
            moved=moved,
        )


def report(status: DeliveryStatus) -> None:
    """Tell by act how an ingest fares; called when its phase changes."""
    ingest = Ingest.objects.select_related("mount").get(pk=status.subscription)
    if ingest.state not in LIVE:
        return  # somebody paused or stopped it while it worked
    if status.phase == Phase.SNAPSHOT and ingest.state != "running":
        act("resources.ingest.report_started", ingest.pk, actor=INGEST)
    elif status.phase == Phase.STREAMING:
        if ingest.state == "waiting":
            act("resources.ingest.report_started", ingest.pk, actor=INGEST)
        rows, version = copied_rows(store_place(ingest.mount)), str(status.lsn or 0)
        act("resources.ingest.report_current", ingest.pk, actor=INGEST, rows=rows, data_version=version)
    elif status.phase == Phase.RETRYING and status.error:
        act("resources.ingest.report_delayed", ingest.pk, actor=INGEST, error=plain(status.error))
    elif status.phase == Phase.PAUSED:
        error = plain(status.error)
        if error.get("code") == "movement.shape":
            # the log behind the cursor has rows of another shape: after the mending only a new copy leads past them
            forget_cursor(store_place(ingest.mount), subscription=ingest.pk)
        act("resources.ingest.report_failed", ingest.pk, actor=INGEST, error=error)


def moved(status: DeliveryStatus) -> None:
    """Move on the version that answers carry, and measure; no act, since each batch is in the access memory already."""
    _advance(status, status.last_commit or timezone.now())
    GAUGE.moved(status)


def _advance(status: DeliveryStatus, at: datetime) -> bool:
    found = Ingest.objects.filter(pk=status.subscription, state="current")
    return bool(found.update(data_version=str(status.lsn or 0), last_applied_at=at))


GAUGE = Gauge(Measure, "ingest_id", _advance)
"""What this process last wrote of every ingest."""


def plain(error: dict | None) -> dict[str, str]:
    """Give an error as texts, as events and rows keep it."""
    return {key: str(value) for key, value in (error or {}).items()}
