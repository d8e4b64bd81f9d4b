"""Excuses: why an obligation needs no entry, asked for by its body and decided by the authority. Loaded with `actions`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import StringConstraints

from jiangyuan.catalog.duties import counts
from jiangyuan.catalog.duties.actions import Reason, Short
from jiangyuan.catalog.duties.models import Excuse, Obligation
from jiangyuan.catalog.duties.rules import ART13
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Conflict, NotFound, Refused

Ground = Literal["no_data", "held_above", "secret", "same_data", "ended"]
LEAST = 10
"""Characters of a reason that says anything."""


def _about(values: Any) -> dict[str, Any]:
    found = Obligation.objects.select_related("body__jurisdiction").filter(pk=values["obligation"]).first()
    return found.policy_attributes() if found else {"body": "", "jurisdiction": "", "kind": ""}


@action("catalog.excuse.propose", on=None, event="catalog.excuse.proposed", title=_("申请豁免"), about=_about)
def propose(
    *,
    obligation: UUID,
    ground: Ground,
    reason: Reason,
    basis: Short = "",
    until: date | None = None,
    actor: Actor,
) -> Excuse:
    """Ask the authority to excuse an obligation from the catalogue. Refuses one that is covered or already asked for."""
    found = Obligation.objects.select_for_update().filter(pk=obligation).first()
    if found is None:
        raise NotFound(_("没有找到这项职责、系统或事项"), where="obligation")
    if len(reason.strip()) < LEAST:
        raise Refused(
            _("请把原因写具体，至少 %(n)s 个字") % {"n": LEAST}, where="reason", mend=_("写明事实和保管单位。")
        )
    if ground == "secret" and not basis.strip():
        raise Refused(_("涉密豁免须写明定密依据"), where="basis", article=ART13, mend=_("请填写依据名称和条款。"))
    if until is not None and until < timezone.localdate():
        raise Refused(_("豁免期限已经过去"), where="until", mend=_("请填写今天或以后的日期，或不填。"))
    if Excuse.objects.filter(obligation=found, state__in=("proposed", "accepted")).exists():
        raise Conflict(_("这一项已经申请或获准豁免"), where="obligation", mend=_("请查看已有的豁免申请。"))
    if found.coverage == "covered":
        raise Conflict(_("这一项已由目录覆盖，无需豁免"), where="obligation")
    made = Excuse.objects.create(obligation=found, ground=ground, reason=reason, basis=basis, until=until)
    describe(obligation=found.pk, ground=ground)
    return made


def _answer(excuse: Excuse, actor: Actor, now: datetime, text: str) -> None:
    excuse.answer, excuse.answered_by, excuse.answered_at = text, actor.id, now


def _settle(excuse: Excuse, state: str) -> Excuse:
    # the state moves when the act ends, and coverage is judged by it
    Excuse.objects.filter(pk=excuse.pk).update(state=state)
    coverage = counts.settle(excuse.obligation)
    counts.recount([excuse.obligation.body_id])
    describe(obligation=excuse.obligation_id, coverage=coverage)
    return excuse


@action("catalog.excuse.accept", on=Excuse, event="catalog.excuse.accepted", title=_("同意豁免"), approves=True)
def accept(
    excuse: Excuse,
    *,
    note: Annotated[str, StringConstraints(max_length=2000)] = "",
    actor: Actor,
    now: datetime,
) -> Excuse:
    """The authority accepts the reason; the obligation counts as excused."""
    _answer(excuse, actor, now, note)
    return _settle(excuse, "accepted")


@action("catalog.excuse.refuse", on=Excuse, event="catalog.excuse.refused", title=_("不同意豁免"), approves=True)
def refuse(excuse: Excuse, *, reason: Reason, actor: Actor, now: datetime) -> Excuse:
    """The authority does not accept the reason and says why; the obligation stays open."""
    _answer(excuse, actor, now, reason)
    return _settle(excuse, "refused")


@action("catalog.excuse.withdraw", on=Excuse, event="catalog.excuse.withdrawn", title=_("撤回豁免"))
def withdraw(excuse: Excuse) -> Excuse:
    """The body takes its excuse back; the obligation is open again unless an entry covers it."""
    return _settle(excuse, "withdrawn")


@action("catalog.excuse.revoke", on=Excuse, event="catalog.excuse.revoked", title=_("取消豁免"), approves=True)
def revoke(excuse: Excuse, *, reason: Reason, actor: Actor, now: datetime) -> Excuse:
    """The authority ends an excuse whose reason no longer holds."""
    _answer(excuse, actor, now, reason)
    return _settle(excuse, "revoked")


@action("catalog.excuse.expire", on=Excuse, event="catalog.excuse.expired", title=_("豁免到期"))
def expire(excuse: Excuse) -> Excuse:
    """The last day of an excuse has passed."""
    return _settle(excuse, "expired")
