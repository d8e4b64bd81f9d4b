"""Every write of the catalogue's entries."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, Field, StringConstraints

from jiangyuan.catalog.entries import rules
from jiangyuan.catalog.entries.models import CodeSequence, DataItem, Entry, EntryVersion
from jiangyuan.catalog.entries.queries import snapshot
from jiangyuan.kernel import clockwork
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.clocks import local_day
from jiangyuan.kernel.errors import NotFound, Refused
from jiangyuan.organization.models import Body
from jiangyuan.sources.models import ScannedTable
from jiangyuan.standards.queries import proposals

Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(max_length=2000)]
Share = Literal["unconditional", "conditional", "none"]
Cycle = Literal["realtime", "daily", "weekly", "monthly", "quarterly", "yearly", "irregular"]


class ItemInput(BaseModel):
    """One data item as it is edited."""

    column: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    grade: Annotated[int, Field(ge=1, le=4)] = 1
    personal: bool = False
    shareable: bool = True
    mask: dict[str, str | int] = {}
    identifies: Annotated[str, StringConstraints(max_length=30)] = ""
    description: Annotated[str, StringConstraints(max_length=1000)] = ""


@action(
    "catalog.entry.draft",
    on=None,
    event="catalog.entry.drafted",
    title=_("由数据表编制目录"),
    about=lambda values: {"body": str(_table_body(values["table"]))},
)
def draft(
    *,
    table: UUID,
    name: Title | None = None,
    summary: Annotated[str, StringConstraints(max_length=4000)] = "",
    share_type: Share = "conditional",
    share_condition: Text = "",
    update_cycle: Cycle = "realtime",
    actor: Actor,
) -> Entry:
    """Draft an entry from a scanned table: items, elements, grades and masks are proposed, a person confirms them."""
    kept = ScannedTable.objects.select_related("source__body").filter(pk=table, gone_at__isnull=True).first()
    if kept is None:
        raise NotFound(_("没有找到这张数据表"), where="table", mend=_("请重新扫描数据源。"))
    entry = Entry.objects.create(
        body=kept.source.body,
        name=(name or kept.comment or kept.name)[:200],
        summary=summary,
        share_type=share_type,
        share_condition=share_condition,
        update_cycle=update_cycle,
        format="database" if kept.source.kind != "folder" else "spreadsheet",
        drafted_from=kept,
    )
    _propose_items(entry, kept, actor)
    describe(table=kept.pk, items=entry.items.count(), grade=entry.grade)
    return entry


def _table_body(table: UUID) -> UUID | str:
    found = ScannedTable.objects.select_related("source").filter(pk=table).first()
    return found.source.body_id if found else ""


def _propose_items(entry: Entry, table: ScannedTable, actor: Actor) -> None:
    columns = [c for c in table.columns.all() if c.gone_at is None]
    found = proposals(actor=actor, columns=[(c.name, c.comment) for c in columns])
    for position, (column, element) in enumerate(zip(columns, found, strict=True)):
        DataItem.objects.create(
            entry=entry,
            position=position,
            name=(column.comment or column.name)[:200],
            column=column.name,
            type=column.type,
            element=element,
            identifies=element.code if element and element.check_function else "",
            grade=element.grade if element else 1,
            personal=bool(element and element.personal),
            mask=element.mask if element else {},
            key=column.name in table.key,
        )
    entry.grade = rules.highest_grade(item.grade for item in entry.items.all())


@action("catalog.entry.edit", on=Entry, event="catalog.entry.edited", title=_("修改目录"))
def edit(
    entry: Entry,
    *,
    name: Title | None = None,
    summary: Annotated[str, StringConstraints(max_length=4000)] | None = None,
    classification: str | None = None,
    update_cycle: Cycle | None = None,
    share_type: Share | None = None,
    share_condition: Text | None = None,
    share_basis: Text | None = None,
    open_type: Share | None = None,
    open_condition: Text | None = None,
    items: list[ItemInput] | None = None,
) -> Entry:
    """Change an entry that is being drafted or was returned; what is not given stays as it is."""
    if classification is not None:
        rules.require_prefix(classification)
    given: dict[str, Any] = {
        "name": name,
        "summary": summary,
        "classification": classification,
        "update_cycle": update_cycle,
        "share_type": share_type,
        "share_condition": share_condition,
        "share_basis": share_basis,
        "open_type": open_type,
        "open_condition": open_condition,
    }
    changed = {key: value for key, value in given.items() if value is not None}
    for key, value in changed.items():
        setattr(entry, key, value)
    if items is not None:
        _change_items(entry, items)
    describe(fields=sorted(changed), items=len(items or []))
    return entry


def _change_items(entry: Entry, items: list[ItemInput]) -> None:
    known = {item.column: item for item in entry.items.all()}
    for given in items:
        item = known.get(given.column)
        if item is None:
            raise Refused(_("目录中没有信息项“%(column)s”") % {"column": given.column}, where=f"items.{given.column}")
        for key, value in given.model_dump(exclude={"column"}, exclude_unset=True).items():
            setattr(item, key, value)
        item.save()
    entry.grade = rules.highest_grade(item.grade for item in entry.items.all())


@action("catalog.entry.assess", on=Entry, event="catalog.entry.assessed", title=_("记录评估结论"))
def assess(
    entry: Entry,
    *,
    secrecy_result: Annotated[str, StringConstraints(min_length=1, max_length=2000)],
    privacy_result: Annotated[str, StringConstraints(min_length=1, max_length=2000)],
    actor: Actor,
    now: datetime,
) -> Entry:
    """Record the secrecy-risk and personal-information impact assessments (art. 16), without which nothing is submitted."""
    entry.secrecy_result, entry.privacy_result = secrecy_result, privacy_result
    entry.assessed_by, entry.assessed_at = actor.id, now
    return entry


@action("catalog.entry.submit", on=Entry, event="catalog.entry.submitted", title=_("提交目录"))
def submit(entry: Entry, *, actor: Actor) -> Entry:
    """Submit an entry to the department's head. Refuses one that lacks what art. 13-16 demand."""
    rules.require_complete(
        name=entry.name,
        summary=entry.summary,
        items=entry.items.count(),
        share_type=entry.share_type,
        share_condition=entry.share_condition,
        share_basis=entry.share_basis,
        secrecy_result=entry.secrecy_result,
        privacy_result=entry.privacy_result,
    )
    entry.submitted_by, entry.return_reasons = actor.id, {}
    return entry


@action("catalog.entry.approve", on=Entry, event="catalog.entry.approved", title=_("审核同意"), approves=True)
def approve(entry: Entry, *, now: datetime) -> Entry:
    """The department's head agrees; the authority's two working days begin (art. 17)."""
    authority = _authority_of(entry)
    clockwork.start("catalog.publish", entry, body=authority.pk if authority else None, on=local_day(now))
    return entry


@action("catalog.entry.return", on=Entry, event="catalog.entry.returned", title=_("退回纠正"), approves=True)
def return_for_correction(entry: Entry, *, reasons: dict[str, str], now: datetime) -> Entry:
    """Return an entry for correction, with the reason per field."""
    rules.require_reasons(reasons)
    entry.return_reasons = reasons
    clockwork.meet(entry, "catalog.publish", on=local_day(now))
    describe(fields=sorted(reasons))
    return entry


@action("catalog.entry.publish", on=Entry, event="catalog.entry.published", title=_("审核发布"), approves=True)
def publish(entry: Entry, *, now: datetime) -> Entry:
    """Publish: give the code (once), keep the version, and make it everybody's to find."""
    if entry.code is None:
        entry.code = _next_code(entry.classification)
    entry.live_version += 1
    entry.published_at = now
    clockwork.meet(entry, on=local_day(now))
    content = snapshot(entry)
    EntryVersion.objects.create(entry=entry, number=entry.live_version, content=content)
    describe(code=entry.code, number=entry.live_version, grade=entry.grade, share_type=entry.share_type)
    return entry


def _next_code(classification: str) -> str:
    rules.require_prefix(classification)
    CodeSequence.objects.get_or_create(prefix=classification)
    sequence = CodeSequence.objects.select_for_update().get(prefix=classification)
    sequence.last += 1
    sequence.save()
    return rules.resource_code(classification, sequence.last)


def _authority_of(entry: Entry) -> Body | None:
    return Body.objects.filter(is_authority=True, jurisdiction=entry.body.jurisdiction, active=True).first()


@action("catalog.entry.revise", on=Entry, event="catalog.entry.revised", title=_("修订目录"))
def revise(
    entry: Entry,
    *,
    trigger: Literal["law_or_duty", "own_information"],
    reason: Annotated[str, StringConstraints(min_length=1, max_length=2000)],
    now: datetime,
) -> Entry:
    """Begin a revision beside the live version; the clock depends on what triggered it (art. 17, or the plan's 20 days)."""
    limit = "catalog.update.duty" if trigger == "law_or_duty" else "catalog.update.entry"
    clockwork.start(limit, entry, body=entry.body_id, on=local_day(now))
    entry.secrecy_result = entry.privacy_result = ""
    describe(trigger=trigger, reason=reason)
    return entry


@action("catalog.entry.withdraw", on=Entry, event="catalog.entry.withdrawn", title=_("撤销目录"))
def withdraw(
    entry: Entry, *, reason: Annotated[str, StringConstraints(min_length=1, max_length=2000)], now: datetime
) -> Entry:
    """Withdraw an entry, by the head once it was published; refused while grants live on it (art. 27).

    Its code is never given again, and no clock runs on it any more.
    """
    if entry.live_version:
        rules.require_unshared(entry.pk)
    entry.live_version = 0
    clockwork.meet(entry, on=local_day(now))
    describe(reason=reason, code=entry.code)
    return entry
