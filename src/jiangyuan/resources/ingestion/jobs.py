"""Background work of ingestion: polls, comparisons, and the clearing away of what was removed."""

from __future__ import annotations

from datetime import timedelta

from jiangyuan.data.movement.polled import Followed, follow_once
from jiangyuan.data.movement.removal import drop_copy, forget_cursor, release_source
from jiangyuan.data.movement.state import Withdrawn
from jiangyuan.data.movement.verify import Verified, verify_copy
from jiangyuan.kernel import events, jobs
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import JiangyuanError, Transient
from jiangyuan.kernel.jobs import job
from jiangyuan.resources.ingestion.flows import SCENE, plain, store_place, subscription_of
from jiangyuan.resources.ingestion.models import Ingest, Mount
from jiangyuan.resources.ingestion.queries import INGEST, LIVE
from jiangyuan.resources.ingestion.streams import PROVIDERS, holds
from jiangyuan.sources.models import Source
from jiangyuan.sources.queries import connection_of

SHORTEST_WAIT = 15
"""Seconds before a source that did not answer is asked again, where its interval is shorter."""


def _kept(ingest: str) -> Ingest:
    return Ingest.objects.select_related("mount__entry", "mount__table__source").get(pk=ingest)


@job("ingestion.poll")
def poll_ingest(ingest: str, turn: str) -> None:
    """Poll once, if this is still the chain of polls that is wanted; the report asks for the next."""
    kept = _kept(ingest)
    if str(kept.turn) != turn or kept.state not in LIVE or kept.mount.state != "active":
        return
    if kept.state == "waiting":
        kept = act("resources.ingest.report_started", kept.pk, actor=INGEST)
    try:
        done = _poll(kept)
        act(
            "resources.ingest.report_current",
            kept.pk,
            actor=INGEST,
            rows=done.rows,
            data_version=str(done.position),
            checksum_source=done.checksum_source,
            checksum_store=done.checksum_store,
        )
    except Withdrawn:
        return  # untied or broken meanwhile: whoever ties or mends it begins a new chain
    except Transient as error:
        if kept.error is None or kept.error.get("code") != error.code:
            act("resources.ingest.report_delayed", kept.pk, actor=INGEST, error=plain(error.as_dict()))
        wait = timedelta(seconds=max(SHORTEST_WAIT, kept.interval_seconds))
        jobs.defer("ingestion.poll", lock=f"ingest:{kept.pk}", after=wait, ingest=ingest, turn=turn)
    except JiangyuanError as error:
        act("resources.ingest.report_failed", kept.pk, actor=INGEST, error=plain(error.as_dict()))


def _poll(kept: Ingest) -> Followed:
    """Bring a polled copy up to its source, the reading remembered as every other."""
    subscription = subscription_of(kept)
    reading = events.Reading(form="table", actor=INGEST, scene=SCENE, entry=kept.mount.entry_id, query="poll")
    read = events.start_access(reading)
    done = follow_once(subscription, still_valid=holds)
    events.finish_access(reading, read, rows=done.rows, digest=done.checksum_source)
    return done


@job("ingestion.verify")
def verify_ingest(ingest: str) -> None:
    """Compare a copy with its source and report both checksums; a captured copy that differs is copied anew.

    A poll compares by itself, so a polled copy is simply polled now. A table too busy to be compared is tried again
    later (`Transient`).
    """
    kept = _kept(ingest)
    if kept.state != "current" or kept.mount.state != "active":
        return
    try:
        done = _compare(kept) if kept.method == "capture" else _poll(kept)
    except Transient:
        raise
    except JiangyuanError as error:
        act("resources.ingest.report_failed", kept.pk, actor=INGEST, error=plain(error.as_dict()))
        return
    act(
        "resources.ingest.report_verified",
        kept.pk,
        actor=INGEST,
        rows=done.rows,
        checksum_source=done.checksum_source,
        checksum_store=done.checksum_store,
    )
    if done.checksum_source != done.checksum_store:
        forget_cursor(store_place(kept.mount), subscription=kept.pk)


def _compare(kept: Ingest) -> Verified:
    subscription = subscription_of(kept)
    reading = events.Reading(form="check", actor=INGEST, scene=SCENE, entry=kept.mount.entry_id, query="checksum")
    read = events.start_access(reading)
    done = verify_copy(subscription)
    events.finish_access(reading, read, rows=done.rows, digest=done.checksum_source)
    return done


@job("ingestion.drop")
def drop_mount(mount: str) -> None:
    """Drop the copy of a removed mount from the serving store, as its owner."""
    kept = Mount.objects.select_related("table__source").get(pk=mount)
    if kept.state != "removed":
        return
    ingest = Ingest.objects.filter(mount=kept).first()
    if ingest is not None:
        drop_copy(store_place(kept), subscription=ingest.pk)


@job("ingestion.release")
def release(source: str) -> None:
    """Let a source forget its log when nothing follows it any more: its slot would hold the log back for nobody."""
    kept = Source.objects.get(pk=source)
    resting = Ingest.objects.filter(method="capture", mount__table__source=kept).exclude(state="stopped")
    wanted = any(want.source.pk == kept.pk for provider in PROVIDERS for want in provider())
    if kept.kind == "postgres" and not wanted and not resting.exists():
        release_source(connection_of(kept), name=settings().node_code)
