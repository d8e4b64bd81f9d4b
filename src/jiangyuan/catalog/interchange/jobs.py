"""Background work of interchange: batches are checked and drafted, catalogues harvested, docked catalogues told."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from jiangyuan.catalog.interchange import actions, checking, harvesting
from jiangyuan.catalog.interchange import docking as sending
from jiangyuan.catalog.interchange.models import Docking, HarvestRun, HarvestSource, ImportBatch, Push
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import service_actor
from jiangyuan.kernel.errors import Refused, Transient
from jiangyuan.kernel.jobs import RETRY, blueprint, defer, job

SERVICE = service_actor("interchange")
GIVE_WAY = 3
LATER = timedelta(minutes=5)
_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}(T[0-9:.]{5,15}Z?)?$")


@job("interchange.check")
def check_batch(batch: str) -> None:
    """Read and judge a file that was handed in; report, or say why it cannot be read."""
    kept = ImportBatch.objects.get(pk=batch)
    if kept.state != "uploaded" or kept.content is None:  # it was checked before
        return
    try:
        with checking.form_of(bytes(kept.content), kept.name) as form:
            act("catalog.batch.report_checked", kept.pk, actor=SERVICE, form=form)
    except Refused as refusal:
        act("catalog.batch.report_unreadable", kept.pk, actor=SERVICE, error=refusal.as_dict())


@job("interchange.draft")
def draft_batch(batch: str, author: str) -> None:
    """Draft what a person let go on, part by part; begun again, it goes on with what is left."""
    kept = ImportBatch.objects.get(pk=batch)
    if kept.state != "drafting":
        return
    for owner, rows in actions.parts(kept):
        given = {"batch": kept.pk, "owner": owner, "rows": rows, "author": UUID(author)}
        act("catalog.batch.draft_part", actor=SERVICE, **given)
    source = f"{kept.name}#{kept.digest[:16]}"[:200]
    for relations in actions.belongings(kept):
        given = {"author": UUID(author), "source": source, "relations": relations}
        act("catalog.entry.relate_many", actor=SERVICE, **given)
    act("catalog.batch.report_drafted", kept.pk, actor=SERVICE)


@job("interchange.harvest", queue="default")
def harvest(run: str) -> None:
    """Read a source page by page, hand each page over in one act, and report what became of it."""
    kept = HarvestRun.objects.select_related("source").get(pk=run)
    if kept.finished_at is not None:
        return
    source = kept.source
    place = {"mark": str(kept.pk), "since": source.since, "seen": 0, **source.place}
    problems, newest, whole = _read_all(kept, source, place)
    everything = not place["since"]
    given = {
        "whole": whole,
        "everything": everything,
        "problems": problems,
        "newest": newest,
        "mark": UUID(place["mark"]),
    }
    act("catalog.harvest.report", kept.pk, actor=SERVICE, **given)


def _read_all(run: HarvestRun, source: HarvestSource, place: dict[str, Any]) -> tuple[list[list[str]], str, bool]:
    """Give (problems, newest change seen, whether the end was reached); every page is handed over as it comes."""
    problems: list[list[str]] = []
    newest, before, claimed = str(place.get("newest", "")), "", None
    try:
        for page in harvesting.pages(source, place, place["since"]):
            records = [harvesting.judge(source, raw) for raw in page.records]
            digest = "|".join(record.remote for record in records)
            if records and digest == before:
                raise harvesting.SourceFault("repeated_page", str(run.pages))
            before, claimed = digest, page.claimed
            newest = max([newest, *(r.modified for r in records if r.refusal is None and _plausible(r.modified))])
            place |= {"seen": place["seen"] + len(records), "newest": newest, **(page.following or {})}
            if records:
                given = {"records": records, "place": place, "claimed": claimed}
                run = act("catalog.harvest.take_page", run.pk, actor=SERVICE, **given)
    except harvesting.SourceFault as fault:
        return [[fault.code, fault.detail]], newest, False
    if claimed is not None and place["seen"] != claimed:
        code = "fewer_than_claimed" if place["seen"] < claimed else "more_than_claimed"
        problems.append([code, f"{place['seen']} / {claimed}"])
    return problems, newest, not any(code == "fewer_than_claimed" for code, _detail in problems)


def _plausible(moment: str) -> bool:
    """Tell whether a change may have been then: a source that speaks of the future must not make us skip the present."""
    return bool(_MOMENT.match(moment)) and moment[:19] <= timezone.now().isoformat()[:19]


def _harvest_due(timestamp: int) -> None:
    """Begin a run over every source whose time has come."""
    due = HarvestSource.objects.filter(active=True, due_at__lte=timezone.now()).values_list("pk", flat=True)
    for pk in list(due[:100]):
        with suppress(Refused):  # the last run is still on its way
            act("catalog.harvest.start", pk, actor=SERVICE)


blueprint.periodic(cron="11 * * * *", periodic_id="interchange.harvest_due")(
    blueprint.task(name="interchange.harvest_due", queue="default", retry=RETRY)(_harvest_due)
)


@job("interchange.push")
def push(docking: str) -> None:
    """Tell a docked catalogue of what it has not taken; what it could not take for the moment is tried again later."""
    kept = Docking.objects.get(pk=docking)
    failed = 0
    for pk in list(Push.objects.filter(docking=kept, status__in=("waiting", "failing")).values_list("pk", flat=True)):
        one = Push.objects.select_related("docking", "entry__body").get(pk=pk)
        if not one.docking.active or one.status == "accepted":
            continue
        try:
            number, answer = sending.send(one)
        except Transient as error:
            failed += 1
            act("catalog.docking.report_failed", pk, actor=SERVICE, error=error.as_dict(), again=True)
            if failed >= GIVE_WAY:  # the other side is down: it is left in peace until the next try
                break
        except Refused as error:
            act("catalog.docking.report_failed", pk, actor=SERVICE, error=error.as_dict(), again=False)
        else:
            act("catalog.docking.keep_receipt", pk, actor=SERVICE, number=number, answer=answer)
    if failed:
        defer("interchange.push", docking=docking, lock=f"docking:{docking}", after=LATER)
