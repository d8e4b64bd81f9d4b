"""Every write of sharing. Here: the request, from its first draft to the reply; grants and cases stand beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, Field, StringConstraints

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.exchange.sharing import actions_cases as actions_cases
from jiangyuan.exchange.sharing import actions_documents as actions_documents
from jiangyuan.exchange.sharing import actions_grants as actions_grants
from jiangyuan.exchange.sharing import actions_signatures as actions_signatures
from jiangyuan.exchange.sharing import rules, signatures, terms
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.kernel import clockwork, jobs
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.clocks import local_day
from jiangyuan.kernel.errors import Conflict, NotFound, Refused
from jiangyuan.organization.models import ApplicationSystem

Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Note = Annotated[str, StringConstraints(max_length=2000)]
Purpose = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,58}$")]
Form = Literal["match", "query", "table"]
REPLY = {"unconditional": "sharing.reply.unconditional", "conditional": "sharing.reply.conditional"}
"""The limit within which the provider replies, by the entry's share type (art. 21)."""


class ItemWish(BaseModel):
    """One item asked for. Without `mask` it takes the default of its grade; {"kind": "none"} asks for it in clear."""

    column: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    mask: dict[str, str | int] | None = None


Items = Annotated[list[ItemWish], Field(min_length=1, max_length=500)]
Forms = Annotated[list[Form], Field(min_length=1, max_length=3)]


def _consumer(values: Mapping[str, Any]) -> dict[str, Any]:
    system = ApplicationSystem.objects.filter(pk=values["system"]).first()
    return {"consumer": str(system.body_id) if system else ""}


@action(
    "sharing.request.open",
    on=None,
    event="sharing.request.opened",
    title=_("申请共享"),
    about=_consumer,
)
def open_request(
    *,
    system: UUID,
    entry: UUID,
    mount: UUID,
    items: Items,
    forms: Forms,
    basis: Text,
    purpose: Purpose,
    scenario: Text,
    until: date,
    scope: Note = "",
    condition: dict[str, Any] | None = None,
    case_bound: bool = False,
    actor: Actor,
    now: datetime,
) -> Request:
    """Begin an application for an application system of one's own body: basis, scenario, scope, method and term (art. 20).

    Refuses an entry that may not be shared (art. 15), unknown items, masks that do not suit or that undo each other,
    forms that the items do not allow, and a term that is over. Each refusal says what to choose instead.
    """
    consumer = ApplicationSystem.objects.filter(pk=system, active=True).first()
    if consumer is None:
        raise NotFound(_("没有这个应用系统"), where="system", mend=_("请先登记应用系统。"))
    named = Entry.visible_to(actor).select_related("body").filter(pk=entry, live_version__gt=0).first()
    if named is None:
        raise NotFound(_("没有找到已发布的目录"), where="entry", mend=_("请从目录检索结果中选择。"))
    request = Request(
        consumer_id=consumer.body_id,
        provider_id=named.body_id,
        entry=named,
        system=consumer,
        mount=terms.mount_of(named, mount),
        basis=basis,
        purpose=purpose,
        scenario=scenario,
        scope=scope,
        forms=sorted(set(forms)),
        case_bound=case_bound,
        until=until,
    )
    _settle(request, items=items, condition=condition)
    terms.require_admissible(request, today=local_day(now))
    request.save()
    describe(entry=named.pk, system=consumer.pk, purpose=purpose, forms=request.forms, until=until)
    return request


def _settle(request: Request, *, items: list[ItemWish] | None, condition: dict[str, Any] | None) -> None:
    offered = terms.offer_of(request.entry).items
    if items is not None:
        request.items = rules.settle_items([(wish.column, wish.mask) for wish in items], offered)
    if condition is not None:
        request.condition = rules.settle_condition(condition or None, offered)


@action("sharing.request.edit", on=Request, event="sharing.request.edited", title=_("修改申请"))
def edit(
    request: Request,
    *,
    items: Items | None = None,
    forms: Forms | None = None,
    basis: Text | None = None,
    purpose: Purpose | None = None,
    scenario: Text | None = None,
    scope: Note | None = None,
    until: date | None = None,
    condition: dict[str, Any] | None = None,
    case_bound: bool | None = None,
    now: datetime,
) -> Request:
    """Change an application that is one's own to change; what is not given stays. An empty condition means all rows."""
    given: dict[str, Any] = {
        "basis": basis,
        "purpose": purpose,
        "scenario": scenario,
        "scope": scope,
        "until": until,
        "case_bound": case_bound,
        "forms": sorted(set(forms)) if forms is not None else None,
    }
    changed = {key: value for key, value in given.items() if value is not None}
    for key, value in changed.items():
        setattr(request, key, value)
    _settle(request, items=items, condition=condition)
    terms.require_admissible(request, today=local_day(now))
    describe(
        fields=sorted([*changed, *(["items"] if items else []), *(["condition"] if condition is not None else [])])
    )
    return request


@action("sharing.request.submit", on=Request, event="sharing.request.submitted", title=_("提交申请"))
def submit(request: Request, *, actor: Actor, now: datetime) -> Request:
    """Put an application before the head of one's own data-sharing office (art. 20)."""
    terms.require_admissible(request, today=local_day(now))
    request.submitted_by, request.reply_reason = actor.id, ""
    return request


@action("sharing.request.consent", on=Request, event="sharing.request.consented", title=_("同意申请"), approves=True)
def consent(request: Request, *, actor: Actor, now: datetime) -> Request:
    """The consumer's head agrees: the application reaches the provider, and its reply clock begins (art. 21).

    On an entry shared unconditionally the reply is given beforehand: the service makes it at once.
    """
    day = local_day(now)
    terms.require_admissible(request, today=day)
    share_type = terms.offer_of(request.entry).share_type
    request.received_at, request.consented_by = now, actor.id
    clockwork.start(REPLY[share_type], request, body=request.provider_id, on=day)
    describe(provider=request.provider_id, limit=REPLY[share_type])
    if share_type == "unconditional":
        jobs.defer("sharing.reply", lock=f"request:{request.pk}", request=str(request.pk))
    return request


def _reasons(said: str, by_field: dict[str, str], *, where: str) -> dict[str, str]:
    """Give the reasons by field; refuses an application sent back without a word."""
    found = {name: text for name, text in by_field.items() if text.strip()}
    if not said.strip() and not found:
        raise Refused(
            _("没有写明原因"), code="sharing.no_reason", where=where, mend=_("请在总的意见中，或对应的项下写明怎样改。")
        )
    return found


@action("sharing.request.return", on=Request, event="sharing.request.returned", title=_("退回本单位"), approves=True)
def return_to_office(
    request: Request,
    *,
    reason: Note = "",
    basis: Note = "",
    purpose: Note = "",
    scenario: Note = "",
    scope: Note = "",
    items: Note = "",
    forms: Note = "",
    until: Note = "",
) -> Request:
    """The consumer's head gives an application back to its writer, with the reason: for the whole, or field by field."""
    fields = {"basis": basis, "purpose": purpose, "scenario": scenario, "scope": scope}
    fields |= {"items": items, "forms": forms, "until": until}
    request.reasons = _reasons(reason, fields, where="reason")
    request.reply_reason = reason
    describe(reason=reason, fields=sorted(request.reasons))
    return request


@action(
    "sharing.request.ask_completion",
    on=Request,
    event="sharing.request.completion_asked",
    title=_("一次性告知补正"),
)
def ask_completion(
    request: Request,
    *,
    notice: Note = "",
    basis: Note = "",
    purpose: Note = "",
    scenario: Note = "",
    scope: Note = "",
    items: Note = "",
    forms: Note = "",
    until: Note = "",
    now: datetime,
) -> Request:
    """Name everything that is missing, once, for the whole or field by field; the clock stands until it arrives.

    Never a refusal (art. 21).
    """
    if request.completion_asked:
        raise Conflict(
            _("补正内容只能一次性告知，本申请已告知过"),
            where="notice",
            article=rules.ART21,
            mend=_("请按现有材料提出办理意见。"),
        )
    fields = {"basis": basis, "purpose": purpose, "scenario": scenario, "scope": scope}
    fields |= {"items": items, "forms": forms, "until": until}
    request.reasons = _reasons(notice, fields, where="notice")
    request.completion_asked, request.completion_notice = True, notice
    clockwork.pause(request, on=local_day(now))
    describe(consumer=request.consumer_id, notice=notice, fields=sorted(request.reasons))
    return request


@action("sharing.request.complete", on=Request, event="sharing.request.completed", title=_("提交补正"))
def complete(request: Request, *, actor: Actor, now: datetime) -> Request:
    """Hand in what was missing; the provider's clock goes on."""
    day = local_day(now)
    terms.require_admissible(request, today=day)
    request.submitted_by = actor.id
    clockwork.resume(request, on=day)
    return request


@action("sharing.request.propose", on=Request, event="sharing.request.proposed", title=_("提出办理意见"))
def propose(request: Request, *, proposal: Text, actor: Actor) -> Request:
    """The provider's handler puts an opinion before the head, and before whoever has to sign besides."""
    request.proposal, request.proposed_by = proposal, actor.id
    request.awaits = signatures.missing(request)
    describe(proposal=proposal, awaits=request.awaits)
    return request


@action("sharing.request.send_back", on=Request, event="sharing.request.sent_back", title=_("退回重办"), approves=True)
def send_back(request: Request, *, reason: Text) -> Request:
    """The provider's head gives the proposal back to the handler; the clock goes on."""
    request.awaits = []
    describe(reason=reason)
    return request


@action("sharing.request.agree", on=Request, event="sharing.request.agreed", title=_("同意共享"), approves=True)
def agree(
    request: Request,
    *,
    probes_per_minute: Annotated[int, Field(ge=1, le=60_000)] = 600,
    actor: Actor,
    now: datetime,
) -> Grant:
    """The provider's head agrees: the grant is made, and the 20 working days of supply begin (art. 21, 22).

    Refuses a reply before everybody has signed whom its grade, forms and volume ask for, naming who is missing; and
    masks which, with what the consumer holds already, would give away what they hide.
    """
    return actions_grants.make(request, by=actor, now=now, probes_per_minute=probes_per_minute)


@action(
    "sharing.request.reply_preauthorised",
    on=Request,
    event="sharing.request.agreed",
    title=_("按无条件共享答复"),
)
def reply_preauthorised(request: Request, *, actor: Actor, now: datetime) -> Grant:
    """Reply for the provider, who agreed beforehand by sharing the entry unconditionally (art. 14, 21)."""
    rules.require_preauthorised(terms.offer_of(request.entry).share_type)
    return actions_grants.make(request, by=actor, now=now, probes_per_minute=600)


@action("sharing.request.refuse", on=Request, event="sharing.request.refused", title=_("不同意共享"), approves=True)
def refuse(
    request: Request,
    *,
    reason: Text,
    article: Annotated[str, StringConstraints(min_length=4, max_length=200)],
    now: datetime,
) -> Request:
    """The provider's head refuses, saying why and under which article (art. 21: a refusal gives its reasons)."""
    request.reply_reason, request.reply_article, request.replied_at = reason, article, now
    request.awaits = []
    clockwork.meet(request, on=local_day(now))
    describe(reason=reason, article=article, consumer=request.consumer_id)
    return request


@action("sharing.request.cancel", on=Request, event="sharing.request.cancelled", title=_("撤回申请"))
def cancel(request: Request, *, reason: Note = "", now: datetime) -> Request:
    """The consumer takes an application back before it is decided."""
    clockwork.meet(request, on=local_day(now))
    describe(reason=reason)
    return request


@action(
    "sharing.request.extend_reply",
    on=Request,
    event="sharing.request.reply_extended",
    title=_("批准延长答复期限"),
    approves=True,
)
def extend_reply(request: Request, *, days: Annotated[int, Field(ge=1, le=10)], reason: Text) -> Request:
    """The same-level authority approves more time for the reply; the event tells the consumer (art. 21: at most 10 days)."""
    running = [c for c in clockwork.running(request) if c.limit in REPLY.values() and c.status != c.PAUSED]
    if not running:
        raise Refused(
            _("答复期限没有在计时，不能延长"), where="days", article=rules.ART21, mend=_("请核对申请的办理状态。")
        )
    clockwork.extend(running[0], days)
    describe(consumer=request.consumer_id, provider=request.provider_id, days=days, reason=reason)
    return request
