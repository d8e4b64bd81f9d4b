"""Drawing up a batch and issuing it, and what becomes of its lines."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import StringConstraints

from jiangyuan.catalog.commitments import counts, rules
from jiangyuan.catalog.commitments.models import Commitment, ShareBatch
from jiangyuan.catalog.entries.models import Entry
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Conflict, NotFound, Refused
from jiangyuan.organization.models import Body, Jurisdiction

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Short = Annotated[str, StringConstraints(max_length=200)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


def _about_batch(values: Any) -> dict[str, Any]:
    found = ShareBatch.objects.select_related("jurisdiction").filter(pk=values["batch"]).first()
    return found.policy_attributes() if found else {"jurisdiction": ""}


@action("catalog.share_batch.open", on=None, event="catalog.share_batch.opened", title=_("编制一批责任清单"))
def open_batch(*, name: Name, document: Short = "", actor: Actor) -> ShareBatch:
    """Begin a batch in the authority's own jurisdiction."""
    place = Jurisdiction.objects.filter(code=actor.jurisdiction).order_by("retired").first()
    if place is None:
        raise NotFound(_("没有找到您所在的行政区划"), where="jurisdiction")
    if ShareBatch.objects.filter(jurisdiction=place, name=name).exists():
        raise Conflict(_("已有同名的批次"), where="name", mend=_("请换一个名称，例如写明年份和批次。"))
    return ShareBatch.objects.create(jurisdiction=place, name=name, document=document)


@action(
    "catalog.commitment.add", on=None, event="catalog.commitment.added", title=_("加入责任清单"), about=_about_batch
)
def add(
    *,
    batch: UUID,
    body: UUID,
    name: Name,
    method: Literal["service", "batch", "file"],
    deadline: date,
    entry: UUID | None = None,
    scope: Annotated[str, StringConstraints(max_length=2000)] = "",
) -> Commitment:
    """Add a line to a batch that is being drawn up."""
    kept = ShareBatch.objects.select_for_update().filter(pk=batch).first()
    owner = Body.objects.filter(pk=body, active=True).first()
    if kept is None or owner is None:
        raise NotFound(_("没有找到所选的批次或部门"), where="batch" if kept is None else "body")
    if kept.state != "draft":
        raise Conflict(_("这一批已经下达，不能再加内容"), where="batch", mend=_("请另编一批。"))
    if owner.jurisdiction_id != kept.jurisdiction_id:
        raise Refused(_("该部门不在本行政区划"), where="body", mend=_("请选择本级的部门。"))
    rules.require_ahead(deadline, today=timezone.localdate())
    found = _entry_of(entry, owner.pk) if entry else None
    made = Commitment.objects.create(
        batch=kept, body=owner, name=name, method=method, deadline=deadline, entry=found, scope=scope
    )
    counts.keep(kept)
    describe(body=owner.pk, method=method, deadline=deadline)
    return made


def _entry_of(entry: UUID, body: UUID) -> Entry:
    found = Entry.objects.filter(pk=entry, body_id=body).exclude(state="withdrawn").first()
    if found is None:
        raise NotFound(_("没有找到该部门的这项目录"), where="entry", mend=_("请选择提供方自己的目录。"))
    if found.known_share_type == "none":
        raise Refused(
            _("不予共享的目录不能列入责任清单"), where="entry", mend=_("请先由部门修订共享类型，或另选目录。")
        )
    return found


@action(
    "catalog.share_batch.issue",
    on=ShareBatch,
    event="catalog.share_batch.issued",
    title=_("下达责任清单"),
    approves=True,
)
def issue(batch: ShareBatch, *, now: datetime) -> ShareBatch:
    """The authority's head issues the batch; from now on each line is due."""
    lines = Commitment.objects.filter(batch=batch, state="draft")
    today = timezone.localdate()
    passed = lines.filter(deadline__lt=today).first()
    if passed is not None:
        raise Refused(
            _("“%(name)s”的完成期限已经过去") % {"name": passed.name}, where="deadline", mend=_("请解除后重新加入。")
        )
    number = lines.update(state="due", updated_at=now)
    rules.require_lines(number)
    batch.issued_at = now
    counts.keep(batch)
    describe(lines=number)
    return batch


@action("catalog.share_batch.close", on=ShareBatch, event="catalog.share_batch.closed", title=_("办结这一批"))
def close(batch: ShareBatch) -> ShareBatch:
    """Close a batch none of whose lines is due any more."""
    if Commitment.objects.filter(batch=batch, state="due").exists():
        raise Conflict(_("还有待落实的内容"), where="batch", mend=_("请等各项落实，或写明原因解除。"))
    return batch


@action("catalog.commitment.tie", on=Commitment, event="catalog.commitment.tied", title=_("关联目录"))
def tie(commitment: Commitment, *, entry: UUID) -> Commitment:
    """Say which entry of the provider the line means."""
    commitment.entry = _entry_of(entry, commitment.body_id)
    describe(entry=entry)
    return commitment


@action("catalog.commitment.postpone", on=Commitment, event="catalog.commitment.postponed", title=_("调整完成期限"))
def postpone(commitment: Commitment, *, deadline: date, reason: Reason) -> Commitment:
    """The authority's head gives a line another last day, with the reason."""
    rules.require_ahead(deadline, today=timezone.localdate())
    describe(before=commitment.deadline, deadline=deadline, reason=reason)
    commitment.deadline, commitment.note = deadline, reason
    commitment.save()
    counts.keep(commitment.batch)
    return commitment


@action("catalog.commitment.release", on=Commitment, event="catalog.commitment.released", title=_("解除责任"))
def release(commitment: Commitment, *, reason: Reason) -> Commitment:
    """The authority takes a line off the list, with the reason."""
    commitment.note = reason
    return _moved(commitment, "released")


@action("catalog.commitment.fulfil", on=Commitment, event="catalog.commitment.fulfilled", title=_("责任已落实"))
def fulfil(commitment: Commitment, *, now: datetime) -> Commitment:
    """The platform has found that the data is shared in the way asked for."""
    commitment.fulfilled_at = now
    describe(entry=commitment.entry_id, deadline=commitment.deadline, late=commitment.late)
    return _moved(commitment, "fulfilled")


@action(
    "catalog.commitment.reopen", on=Commitment, event="catalog.commitment.reopened", title=_("共享中断，责任重新待落实")
)
def reopen(commitment: Commitment) -> Commitment:
    """The platform has found that the data is shared no longer."""
    commitment.fulfilled_at = None
    return _moved(commitment, "due")


@action("catalog.commitment.report_late", on=Commitment, event="catalog.commitment.late", title=_("责任逾期未落实"))
def report_late(commitment: Commitment) -> Commitment:
    """The last day has passed; told once for each deadline."""
    commitment.told_late = commitment.deadline
    describe(deadline=commitment.deadline, body=commitment.body_id)
    counts.keep(commitment.batch)
    return commitment


def _moved(commitment: Commitment, state: str) -> Commitment:
    # the state moves when the act ends, and the batch is counted by it
    Commitment.objects.filter(pk=commitment.pk).update(state=state)
    counts.keep(commitment.batch)
    return commitment
