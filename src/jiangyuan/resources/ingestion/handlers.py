"""What ingestion does when it hears of scans, connections and publications: mounts break, heal, and rows flow again."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from jiangyuan.catalog.entries.actions_score import rejudge
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.events import handler
from jiangyuan.kernel.models import Event
from jiangyuan.resources.ingestion.models import Ingest, Mount
from jiangyuan.resources.ingestion.queries import INGEST, misfit_of


@handler("sources.scan.finished", name="ingestion.follow_scans")
def follow_scan(event: Event) -> None:
    """Report the mounts whose table a scan found dropped or changed, and take those into use that fit again."""
    _judge(Mount.objects.filter(table__source=UUID(event.payload["source"])))


@handler("catalog.entry.published", name="ingestion.follow_publications")
def follow_publication(event: Event) -> None:
    """Take the mounts of an entry into use again that its new version fits."""
    _judge(Mount.objects.filter(entry=event.object_id))


@handler("sources.source.connected", name="ingestion.follow_connections")
def follow_connection(event: Event) -> None:
    """Try again what failed, as soon as its source was tested to be usable."""
    for ingest in Ingest.objects.filter(mount__table__source=event.object_id, mount__state="active", state="failed"):
        act("resources.ingest.retry", ingest.pk, actor=INGEST)


@handler(
    "resources.mount.tied",
    "resources.mount.broken",
    "resources.mount.repaired",
    "resources.mount.removed",
    name="ingestion.score_entries",
)
def score_entry(event: Event) -> None:
    """Have the entry of a mount scored anew: whether data stand behind it counts."""
    rejudge(Mount.objects.filter(pk=event.object_id).values_list("entry_id", flat=True))


def _judge(mounts: Iterable[Mount]) -> None:
    for mount in mounts:
        if mount.state == "removed":
            continue
        misfit = misfit_of(mount)
        if misfit is not None and mount.state == "active":
            act("resources.mount.report_broken", mount.pk, actor=INGEST, error=misfit)
        elif misfit is None and mount.state == "broken":
            act("resources.mount.repair", mount.pk, actor=INGEST)
