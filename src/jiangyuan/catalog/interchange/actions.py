"""Every write of batches: handed in, checked, let go on, drafted, given up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby, islice
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.interchange import checking
from jiangyuan.catalog.interchange.models import ImportBatch, ImportRow
from jiangyuan.kernel import ciphers, jobs
from jiangyuan.kernel.actions import act, action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Conflict, NotFound, Refused
from jiangyuan.organization.models import Body

PART = 2000
"""Drafts of one act."""


@action(
    "catalog.batch.upload",
    on=None,
    event="catalog.batch.uploaded",
    title=_("导入目录"),
    about=lambda values: {"body": str(values["body"])},
)
def upload(
    *,
    body: UUID,
    name: Annotated[str, StringConstraints(min_length=1, max_length=200)],
    kind: Literal["xlsx", "csv", "json"],
    content: Annotated[bytes, Field(min_length=1, max_length=checking.MOST_BYTES)],
    otherwise: UUID | None = None,
    classification: Annotated[str, StringConstraints(max_length=20)] = "307001",
    actor: Actor,
) -> ImportBatch:
    """Hand in a file of entries; it is checked in the background, and nothing of it becomes a draft before a person says so.

    The authority may hand in for other bodies: rows name theirs, and `otherwise` takes those of an unknown one.
    """
    wide = actor.capacity == "authority_handler"
    if otherwise is not None and not wide:
        raise Refused(_("只有主管部门可以指定其他部门"), where="otherwise", mend=_("请留空，目录归入本部门。"))
    if otherwise is not None and not Body.objects.filter(pk=otherwise, active=True).exists():
        raise NotFound(_("没有这个部门"), where="otherwise", mend=_("请从列表中重新选择。"))
    digest = ciphers.sm3(content).hex()
    same = ImportBatch.objects.filter(body=body, digest=digest, state__in=("uploaded", "checked", "drafting")).first()
    if same is not None:
        raise Conflict(_("同一个文件已经提交，正在办理"), where="content", mend=_("请在导入记录中继续办理，或先放弃。"))
    batch = ImportBatch.objects.create(
        body_id=body,
        otherwise_id=otherwise,
        wide=wide,
        name=name,
        kind=kind,
        classification=classification,
        content=content,
        size=len(content),
        digest=digest,
    )
    describe(name=name, size=len(content), digest=digest)
    jobs.defer("interchange.check", batch=str(batch.pk))
    return batch


@action("catalog.batch.report_checked", on=ImportBatch, event="catalog.batch.checked", title=_("报告核对结果"))
def report_checked(batch: ImportBatch, *, form: Any, now: datetime) -> ImportBatch:
    """Judge the rows of a file that was read. `form`: a `checking.Form`."""
    result = checking.check(batch, form)
    batch.encoding, batch.sheets = form.encoding, form.sheets
    batch.columns = [[t, f] for t, f in zip(form.entries.titles, form.entries.fields, strict=True)]
    batch.rows = result.rows
    for verdict in ("good", "guessed", "refused"):
        setattr(batch, verdict, result.verdicts[verdict])
    batch.counts = [[*reason, count] for reason, count in result.reasons.most_common(200)]
    batch.spellings = [[*spelled, count] for spelled, count in result.spelled.most_common(checking.SPELLINGS)]
    batch.content, batch.checked_at = None, now
    describe(rows=batch.rows, good=batch.good, guessed=batch.guessed, refused=batch.refused, digest=batch.digest)
    return batch


@action("catalog.batch.report_unreadable", on=ImportBatch, event="catalog.batch.unreadable", title=_("报告无法读取"))
def report_unreadable(batch: ImportBatch, *, error: dict[str, str], now: datetime) -> ImportBatch:
    """Record why a file cannot be read, and how to mend it."""
    batch.error, batch.content, batch.checked_at = error, None, now
    describe(code=error.get("code", ""))
    return batch


@action("catalog.batch.proceed", on=ImportBatch, event="catalog.batch.confirmed", title=_("导入可用的行"))
def proceed(batch: ImportBatch, *, with_guessed: bool = True, actor: Actor) -> ImportBatch:
    """Let the good rows become drafts; what is refused stays behind in the report. The drafts are this person's."""
    wanted = batch.good + (batch.guessed if with_guessed else 0)
    if not wanted:
        raise Refused(_("没有可以导入的行"), where="with_guessed", mend=_("请下载核对结果，改正后重新提交。"))
    batch.with_guessed = with_guessed
    describe(rows=wanted, left=batch.rows - wanted)
    jobs.defer("interchange.draft", batch=str(batch.pk), author=str(actor.id))
    return batch


@action("catalog.batch.draft_part", on=None, event="catalog.batch.part_drafted", title=_("生成一部分草稿"))
def draft_part(*, batch: UUID, owner: UUID, rows: list[int], author: UUID, actor: Actor) -> int:
    """Draft some rows of a batch for one body, in one act, in the order of `parts`. Gives how many.

    Rows before the place that the batch has come to have their draft already, and are left.
    """
    kept = ImportBatch.objects.select_for_update().defer("content").get(pk=batch)
    done = [str(owner), max(rows)]
    if kept.state != "drafting" or (kept.place and kept.place >= done):
        return 0
    found = ImportRow.objects.filter(batch=kept, pk__in=rows, owner=owner).order_by("pk")
    source = f"{kept.name}#{kept.digest[:16]}"[:200]
    drafts = [_draft(kept, *row) for row in found.values_list("key", "content", "entry")]
    made = act("catalog.entry.draft_many", actor=actor, body=owner, author=author, source=source, entries=drafts)
    ImportBatch.objects.filter(pk=batch).update(place=done, drafted=F("drafted") + len(made))
    describe(batch=kept.pk, count=len(made))
    return len(made)


def _draft(batch: ImportBatch, key: str, content: dict[str, Any], entry: UUID) -> dict[str, Any]:
    said = {name: value for name, value in content.items() if name not in ("code", "part_of", "address")}
    return {**said, "id": entry, "origin_id": key, "origin_version": batch.digest[:32]}


def parts(batch: ImportBatch) -> Iterator[tuple[UUID, list[int]]]:
    """Give the rows that wait for their draft, as (body, row ids) of at most `PART` rows, from where the batch has come to."""
    last = batch.place
    while True:
        rows = ImportRow.objects.filter(batch=batch, sheet=0, verdict__in=batch.wanted, owner__isnull=False)
        if last:
            rows = rows.extra(where=["(owner, id) > (%s, %s)"], params=list(last))
        piece = list(rows.order_by("owner", "id").values_list("owner", "id")[:PART])
        if not piece:
            return
        for owner, some in groupby(piece, key=lambda pair: pair[0]):
            yield owner, [pk for _owner, pk in some]
        last = [str(piece[-1][0]), piece[-1][1]]


def belongings(batch: ImportBatch) -> Iterator[list[dict[str, UUID]]]:
    """Give what the drafts of a batch belong to, in parts: rows of the same file that became drafts, or entries by code."""
    rows = ImportRow.objects.filter(batch=batch, sheet=0, verdict__in=batch.wanted, owner__isnull=False)
    said = rows.filter(content__part_of__gt="").order_by("id").values_list("entry", "content__part_of")
    lines = said.iterator(chunk_size=PART)
    while pairs := list(islice(lines, PART)):
        codes = {parent for _entry, parent in pairs}
        known = dict(Entry.objects.filter(code__in=codes).exclude(state="withdrawn").values_list("code", "pk"))
        known |= dict(rows.filter(key__in=codes).values_list("key", "entry"))
        found = [{"entry": entry, "to": known[parent]} for entry, parent in pairs if parent in known]
        if found:
            yield found


@action("catalog.batch.report_drafted", on=ImportBatch, event="catalog.batch.drafted", title=_("报告已生成草稿"))
def report_drafted(batch: ImportBatch, *, now: datetime) -> ImportBatch:
    """Record that every row that was to become a draft is one."""
    batch.drafted_at = now
    describe(count=batch.drafted)
    return batch


@action("catalog.batch.discard", on=ImportBatch, event="catalog.batch.discarded", title=_("放弃这次导入"))
def discard(batch: ImportBatch) -> ImportBatch:
    """Give up a batch; what was read of it is taken away, the file's digest stays in the memory."""
    ImportRow.objects.filter(batch=batch).delete()
    batch.content = None
    return batch


@action("catalog.export.record", on=None, event="catalog.export.taken", title=_("导出目录"))
def record_export(
    *,
    format: Literal["xlsx", "csv", "json"],
    count: int,
    digest: Annotated[str, StringConstraints(max_length=64)],
    conditions: dict[str, str],
) -> None:
    """Remember that entries were taken out as a file: under which conditions, how many, and the file's digest."""
    describe(format=format, count=count, digest=digest, conditions=conditions)
