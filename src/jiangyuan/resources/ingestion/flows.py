"""What ingestion wants to flow: every capture ingest, from its source into the serving store."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from jiangyuan.data.connections import ConnectionSpec
from jiangyuan.data.movement.state import DeliveryStatus, Phase, Place, Subscription
from jiangyuan.data.plan import authorize
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Scene
from jiangyuan.kernel.config import connection_fields, settings
from jiangyuan.resources.ingestion.models import Ingest
from jiangyuan.resources.ingestion.queries import INGEST, live_ingests, source_location
from jiangyuan.resources.ingestion.streams import Wanted

SCENE = Scene(purpose="ingest", channel="worker")


def store_connection() -> ConnectionSpec:
    """Give the platform's own database as the owner, who alone may write the serving store."""
    fields = connection_fields(settings().owner_url)
    return ConnectionSpec(kind="postgres", **fields)


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
        target=Place(store_connection(), "store", mount.store_table),
    )


def wanted_ingests() -> Iterable[Wanted]:
    """List the capture ingests that should flow now."""
    for ingest in live_ingests("capture"):
        mount = ingest.mount
        yield Wanted(
            id=ingest.pk,
            version=f"{mount.version}.{mount.table.source.version}",
            source=mount.table.source,
            subscription=partial(subscription_of, ingest),
            report=report,
        )


def report(status: DeliveryStatus) -> None:
    """Tell by act how an ingest fares."""
    ingest = Ingest.objects.select_related("mount").get(pk=status.subscription)
    if status.phase == Phase.SNAPSHOT and ingest.state in ("waiting", "failed", "current"):
        act("resources.ingest.report_started", ingest.pk, actor=INGEST)
    elif status.phase == Phase.STREAMING:
        if ingest.state != "running" and ingest.state != "current":
            act("resources.ingest.report_started", ingest.pk, actor=INGEST)
        act(
            "resources.ingest.report_current",
            ingest.pk,
            actor=INGEST,
            rows=status.rows,
            data_version=str(status.lsn or 0),
        )
    elif status.phase == Phase.PAUSED and ingest.state in ("waiting", "running", "current"):
        act("resources.ingest.report_failed", ingest.pk, actor=INGEST, error=_plain(status.error))


def _plain(error: dict | None) -> dict[str, str]:
    return {key: str(value) for key, value in (error or {}).items()}
