"""Every write of grants: made by a reply, reported ready, suspended, resumed, withdrawn, given up, run out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import StringConstraints

from jiangyuan.data.relations import columns_of
from jiangyuan.exchange.sharing import agreement, rules, signatures, terms
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.kernel import clockwork, jobs
from jiangyuan.kernel.actions import act, action, describe, emit
from jiangyuan.kernel.actor import Actor, service_actor
from jiangyuan.kernel.clocks import local_day
from jiangyuan.kernel.errors import Conflict, Refused
from jiangyuan.resources.ingestion.models import Mount
from jiangyuan.sources.models import ScannedTable

SHARING = service_actor("sharing")
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


def make(request: Request, *, by: Actor, now: datetime, probes_per_minute: int) -> Grant:
    """Make the grant that a request asks for, within the act that agrees to it.

    Replies on one table wait for each other, so that two of them never pass the judgement of masks side by side.
    """
    _wait_in_line(request.mount_id)
    day = local_day(now)
    advice = terms.require_admissible(request, today=day)
    signed = signatures.require_all(request, by=by)
    grant = Grant(
        request=request,
        consumer_id=request.consumer_id,
        provider_id=request.provider_id,
        system_id=request.system_id,
        entry_id=request.entry_id,
        mount_id=request.mount_id,
        items=request.items,
        condition=request.condition,
        forms=request.forms,
        purpose=request.purpose,
        case_bound=request.case_bound,
        until=request.until,
        probes_per_minute=probes_per_minute,
        version=1,
        created_by=by.id if by.kind == "person" else None,
    )
    grant.agreement = agreement.agreement_text(grant, day=day)
    grant.commitment = agreement.commitment_text(grant, day=day)
    grant.save()
    request.replied_at = now
    clockwork.meet(request, on=day)
    clockwork.start("sharing.supply", grant, body=grant.provider_id, on=day)
    digests = {"agreement": agreement.digest(grant.agreement), "commitment": agreement.digest(grant.commitment)}
    describe(grant=grant.pk, consumer=grant.consumer_id, advice=[found.code for found in advice], **digests)
    describe(signatures=[{"signatory": one.signatory, "signature": str(one.pk)} for one in signed])
    emit("sharing.grant.made", grant, request=request.pk, system=grant.system_id, until=grant.until, **digests)
    _ask_for_views(grant)
    return grant


def _wait_in_line(mount: UUID) -> None:
    table = Mount.objects.values("table").get(pk=mount)["table"]
    ScannedTable.objects.select_for_update(no_key=True).get(pk=table)


def _ask_for_views(grant: Grant) -> None:
    jobs.defer("sharing.materialize", lock=f"grant:{grant.pk}", grant=str(grant.pk), epoch=grant.epoch)


def _end(grant: Grant, *, reason: str, now: datetime) -> None:
    """End a grant in this very transaction: whatever was prepared under its epoch answers nothing any more."""
    _stop(grant)
    grant.ended_reason = reason
    clockwork.meet(grant, on=local_day(now))
    jobs.defer("sharing.remove", lock=f"grant:{grant.pk}", grant=str(grant.pk))
    describe(reason=reason, epoch=grant.epoch, consumer=grant.consumer_id, provider=grant.provider_id)


def _stop(grant: Grant) -> None:
    grant.active = False
    grant.epoch += 1


@action("sharing.grant.report_ready", on=Grant, event="sharing.grant.ready", title=_("报告开通完成"))
def report_ready(grant: Grant, *, epoch: int, now: datetime) -> Grant:
    """Record that what serves the grant stands; it is in force from now, and the supply clock is met (art. 22).

    An older grant of the same system, data and purpose, whose forms this one covers, is thereby replaced.
    Refuses a report about an epoch that is over.
    """
    if epoch != grant.epoch:
        raise Conflict(_("授权已变更，这次开通结果作废"), where="epoch")
    grant.active, grant.ready_epoch = True, epoch
    clockwork.meet(grant, "sharing.supply", on=local_day(now))
    describe(epoch=epoch, system=grant.system_id, consumer=grant.consumer_id)
    for older in _replaced_by(grant):
        act("sharing.grant.supersede", older, actor=SHARING, by=grant.pk)
    return grant


def _replaced_by(grant: Grant) -> list[UUID]:
    same = Grant.objects.filter(
        system_id=grant.system_id,
        mount_id=grant.mount_id,
        purpose=grant.purpose,
        case_bound=grant.case_bound,
        state="active",
        created_at__lt=grant.created_at,
    )
    return [older.pk for older in same.exclude(pk=grant.pk) if set(older.forms) <= set(grant.forms)]


@action("sharing.grant.supersede", on=Grant, event="sharing.grant.withdrawn", title=_("由新的授权替代"))
def supersede(grant: Grant, *, by: UUID, now: datetime) -> Grant:
    """End a grant that a later one of the same system, data and purpose replaces."""
    _end(grant, reason=str(_("由新的授权替代")), now=now)
    describe(replaced_by=by)
    return grant


@action("sharing.grant.suspend", on=Grant, event="sharing.grant.suspended", title=_("暂停授权"), approves=True)
def suspend(grant: Grant, *, reason: Text) -> Grant:
    """The provider suspends a grant whose use went beyond what was agreed (art. 25); the very next read is refused."""
    _stop(grant)
    grant.ended_reason = reason
    describe(reason=reason, epoch=grant.epoch, consumer=grant.consumer_id)
    return grant


@action("sharing.grant.resume", on=Grant, event="sharing.grant.resumed", title=_("恢复授权"), approves=True)
def resume(grant: Grant, *, rectified: Text, now: datetime) -> Grant:
    """The provider resumes a suspended grant once what was wrong is put right (`rectified`); it is made ready again.

    Judged again first, since the consumer may have been granted other columns meanwhile.
    """
    _wait_in_line(grant.mount_id)
    rules.require_term(grant.until, local_day(now))
    held = terms.held_columns(consumer=grant.consumer_id, mount=grant.mount_id, besides=grant.request_id)
    rules.require_masks_hold(columns_of(grant.items), held)
    grant.ended_reason = ""
    describe(rectified=rectified, epoch=grant.epoch, consumer=grant.consumer_id)
    _ask_for_views(grant)
    return grant


@action("sharing.grant.withdraw", on=Grant, event="sharing.grant.withdrawn", title=_("撤回授权"), approves=True)
def withdraw(grant: Grant, *, reason: Text, now: datetime) -> Grant:
    """The provider's head withdraws a grant, with the reason (art. 25, 27); the very next read is refused."""
    _end(grant, reason=reason, now=now)
    return grant


@action("sharing.grant.give_up", on=Grant, event="sharing.grant.given_up", title=_("放弃授权"))
def give_up(grant: Grant, *, reason: Text, now: datetime) -> Grant:
    """The consumer gives a grant up because its purpose has ended (art. 25)."""
    _end(grant, reason=reason, now=now)
    return grant


@action("sharing.grant.expire", on=Grant, event="sharing.grant.expired", title=_("授权到期"))
def expire(grant: Grant, *, now: datetime) -> Grant:
    """Close the books of a grant whose last day is over; nothing could be read since that day's end anyway."""
    if grant.until >= local_day(now):
        raise Refused(_("授权尚未到期"), where="until")
    _end(grant, reason=str(_("期限届满")), now=now)
    return grant


@action("sharing.grant.report_concerns", on=Grant, event="sharing.grant.review_needed", title=_("提请复核授权"))
def report_concerns(grant: Grant, *, concerns: list[dict[str, str]], entry_version: int) -> Grant:
    """Tell the provider that a live grant no longer agrees with its entry as newly published; people decide what follows."""
    describe(provider=grant.provider_id, consumer=grant.consumer_id, concerns=concerns, entry_version=entry_version)
    return grant
