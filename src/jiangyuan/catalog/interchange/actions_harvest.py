"""Every write of harvesting: sources registered, stopped and started; pages taken over; runs reported."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.interchange import rules
from jiangyuan.catalog.interchange.harvesting import Record, token_place
from jiangyuan.catalog.interchange.models import HarvestedRecord, HarvestRun, HarvestSource
from jiangyuan.kernel import egress, jobs, vault
from jiangyuan.kernel.actions import act, action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import Conflict, Refused

LONGEST_RUN = timedelta(hours=2)
TOLD = 200
"""Refusals that a run names one by one; the others are counted."""


def require_address(address: str) -> None:
    """Refuse an address that is none of http or https, or carries a name, a password or a fragment."""
    parts = urlsplit(address)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        port = 0
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.fragment or not port:
        mend = _("请填写 http 或 https 开头的完整地址，不带用户名和口令。")
        raise Refused(_("接口地址的写法不对"), where="address", mend=mend)
    egress.endpoint_of(parts.scheme, parts.hostname, port)


@action(
    "catalog.harvest.register",
    on=None,
    event="catalog.harvest.registered",
    title=_("登记采集来源"),
    about=lambda values: {"body": str(values["body"])},
)
def register(
    *,
    body: UUID,
    name: Annotated[str, StringConstraints(min_length=1, max_length=120)],
    kind: Literal["ckan", "dcat"],
    address: Annotated[str, StringConstraints(min_length=8, max_length=500)],
    node: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{1,118}$")],
    token: Annotated[str, Field(max_length=500)] = "",
    hours: Annotated[int, Field(ge=1, le=720)] = 24,
    now: datetime,
) -> HarvestSource:
    """Register a catalogue elsewhere; what it lists becomes drafts of `body`, with where they came from kept.

    `node`: the name under which it stands in origin chains. Refuses an address in use.
    """
    require_address(address)
    if node == settings().node_code:
        raise Refused(_("不能采集本平台自己"), where="node", mend=_("请填写对方平台的节点名称。"))
    source = HarvestSource(body_id=body, name=name, kind=kind, address=address, node=node, hours=hours, due_at=now)
    if token:
        _key, source.sealed_token = vault.seal(
            token.encode(), subject=f"harvest:{source.pk}", place=token_place(source)
        )
    try:
        with transaction.atomic():
            source.save()
    except IntegrityError as error:
        raise Conflict(_("这个地址已经登记"), where="address", mend=_("请在采集来源中找到它。")) from error
    describe(kind=kind, address=address, node=node)
    return source


@action("catalog.harvest.start", on=HarvestSource, event="catalog.harvest.asked", title=_("立即采集"))
def start(source: HarvestSource, *, whole: bool = False, now: datetime) -> HarvestRun:
    """Ask for a run; `whole`: everything anew, not only what changed. An interrupted run is gone on with."""
    if not source.active:
        raise Conflict(_("这个来源已停用"), where="active", mend=_("请先恢复采集。"))
    open_run = source.runs.filter(finished_at=None, created_at__gt=now - LONGEST_RUN).first()
    if open_run is not None:
        raise Conflict(_("上一次采集还在进行"), where="source", mend=_("请等它结束后再试。"))
    if whole:
        source.since, source.place = "", {}
    run = HarvestRun.objects.create(source=source)
    source.due_at = now + timedelta(hours=source.hours)
    jobs.defer("interchange.harvest", run=str(run.pk), lock=f"harvest:{source.pk}")
    return run


@action("catalog.harvest.stop", on=HarvestSource, event="catalog.harvest.stopped", title=_("停止采集"))
def stop(source: HarvestSource) -> HarvestSource:
    """Harvest the source no more; what came from it stays."""
    source.active = False
    return source


@action("catalog.harvest.resume", on=HarvestSource, event="catalog.harvest.resumed", title=_("恢复采集"))
def resume(source: HarvestSource) -> HarvestSource:
    """Harvest the source again."""
    source.active = True
    return source


@action("catalog.harvest.take_page", on=HarvestRun, event="catalog.harvest.page_taken", title=_("接收一页采集结果"))
def take_page(run: HarvestRun, *, records: Any, place: dict[str, Any], claimed: int | None, actor: Actor) -> HarvestRun:
    """Take over one page: new records become drafts, changed ones their drafts' new text, the others are left.

    `records`: `harvesting.Record` of one page; `place`: where the next page begins, kept with what it brought.
    """
    source, mark = run.source, UUID(place["mark"])
    kept = {
        one.remote: one for one in HarvestedRecord.objects.filter(source=source, remote__in=[r.remote for r in records])
    }
    fresh: dict[str, Record] = {}
    changed: dict[str, Record] = {}
    foreign = _foreign(source, records)
    for record in records:
        before = kept.get(record.remote)
        refusal = record.refusal or foreign.get(record.remote)
        if refusal is None and (record.remote in fresh or (before is not None and before.seen == mark)):
            refusal = ("twice", "")
        if refusal is not None:
            _refuse(run, record, refusal)
        elif before is None:
            fresh[record.remote] = record
        else:
            before.seen, before.gone_at = mark, None
            if before.digest == record.digest:
                run.unchanged += 1
            else:
                changed[record.remote] = record
    HarvestedRecord.objects.bulk_update(kept.values(), ["seen", "gone_at"])
    _draft(run, list(fresh.values()), mark, actor)
    _redraft(run, [(kept[remote], record) for remote, record in changed.items()], actor)
    run.pages, run.claimed = run.pages + 1, claimed if claimed is not None else run.claimed
    HarvestSource.objects.filter(pk=source.pk).update(place=place)
    describe(source=source.pk, records=len(records), created=len(fresh), changed=len(changed))
    return run


def _refuse(run: HarvestRun, record: Record, refusal: tuple[str, str]) -> None:
    run.refused += 1
    if len(run.refusals) < TOLD:
        run.refusals = [*run.refusals, [record.remote[:200], *refusal]]


def _foreign(source: HarvestSource, records: list[Record]) -> dict[str, tuple[str, str]]:
    """Refuse what was here before: our own entries come back, and what another source brought already."""
    own = settings().node_code
    found = {r.remote: ("own", " > ".join(r.chain)) for r in records if rules.comes_from(r.chain, own)}
    named: dict[str, str] = {}
    for record in records:
        for one in record.identifiers:
            tail = one.rstrip("/").rpartition("/")[2].removeprefix("urn:uuid:")
            if len(tail) == 36 and tail.count("-") == 4:
                named[tail.lower()] = record.remote
    ours = Entry.objects.filter(pk__in=_uuids(named)).exclude(harvested_as__source=source).values_list("pk", flat=True)
    found |= {named[str(pk)]: ("own", str(pk)) for pk in ours}
    elsewhere = HarvestedRecord.objects.exclude(source=source).filter(
        remote__in=[r.remote for r in records if r.remote]
    )
    for remote, name in elsewhere.values_list("remote", "source__name"):
        found.setdefault(remote, ("elsewhere", name))
    return found


def _uuids(texts: Any) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _fields(record: Record) -> dict[str, Any]:
    return {**record.content, "origin_id": record.remote, "origin_version": record.digest[:64]}


def _draft(run: HarvestRun, records: list[Record], mark: UUID, actor: Actor) -> None:
    if not records:
        return
    source = run.source
    given = {"body": source.body_id, "author": None, "source": f"{source.kind}:{source.address}"[:200]}
    made = act("catalog.entry.draft_many", actor=actor, entries=[_fields(one) for one in records], **given)
    HarvestedRecord.objects.bulk_create(
        HarvestedRecord(
            source=source,
            remote=one.remote,
            digest=one.digest,
            modified=one.modified,
            chain=rules.longer_chain(one.chain, source.node),
            entry_id=pk,
            seen=mark,
        )
        for one, pk in zip(records, made, strict=True)
    )
    run.created += len(made)


def _redraft(run: HarvestRun, pairs: list[tuple[HarvestedRecord, Record]], actor: Actor) -> None:
    """Let drafts that nobody has touched say what the source says now; for the others keep it until a person takes it up."""
    if not pairs:
        return
    entries = [{"entry": kept.entry_id, **_fields(record)} for kept, record in pairs]
    where = f"{run.source.kind}:{run.source.address}"[:200]
    done = set(act("catalog.entry.redraft_many", actor=actor, source=where, entries=entries))
    for kept, record in pairs:
        taken = str(kept.entry_id) in done
        kept.digest, kept.modified = record.digest, record.modified
        kept.waiting = None if taken else record.content
        run.updated += taken
        run.waiting += not taken
    HarvestedRecord.objects.bulk_update([kept for kept, _record in pairs], ["digest", "modified", "waiting"])


@action("catalog.harvest.report", on=HarvestRun, event="catalog.harvest.finished", title=_("报告采集结果"))
def report(
    run: HarvestRun, *, whole: bool, everything: bool, problems: list[list[str]], newest: str, mark: UUID, now: datetime
) -> HarvestRun:
    """Record how a run ended. `whole`: it reached the end of what it asked for; `everything`: it asked for all there is,
    so that what was not seen is gone."""
    run.whole, run.problems, run.finished_at = whole, problems[:50], now
    if whole:
        if everything:
            gone = HarvestedRecord.objects.filter(source=run.source, gone_at=None).exclude(seen=mark)
            run.gone = gone.update(gone_at=now)
        HarvestSource.objects.filter(pk=run.source_id).update(place={}, since=newest or F("since"))
    describe(source=run.source_id, whole=whole, created=run.created, updated=run.updated, waiting=run.waiting)
    describe(unchanged=run.unchanged, gone=run.gone, refused=run.refused, problems=[one[0] for one in problems])
    return run
