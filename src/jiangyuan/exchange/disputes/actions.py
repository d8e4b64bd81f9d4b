"""Every write of disputes: raised, answered, settled or taken to the authority, proposed, decided, closed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import StringConstraints

from jiangyuan.exchange.disputes import queries, rules
from jiangyuan.exchange.disputes.models import Dispute
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.kernel import clockwork
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.clocks import local_day
from jiangyuan.kernel.errors import Conflict, NotFound, Refused
from jiangyuan.organization.models import Body, Jurisdiction

Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Article = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Ground = Literal["refusal", "completion", "late", "quality", "ended", "misuse"]
Outcome = Literal["upheld", "partly", "dismissed"]
ANSWER, DECIDE = "dispute.answer", "dispute.decide"
"""The limits for the other side's answer and for the authority's decision."""
_LEVELS = 8


def _sides(values: Mapping[str, Any]) -> dict[str, Any]:
    found = Request.objects.filter(pk=values["request"]).first()
    return {
        "consumer": str(found.consumer_id) if found else "",
        "provider": str(found.provider_id) if found else "",
    }


def _chain(body: Body) -> list[str]:
    """Give the codes of a body's division and of those above it."""
    codes, here = [], body.jurisdiction
    for _level in range(_LEVELS):
        codes.append(here.code)
        if here.parent_id is None:
            break
        here = Jurisdiction.objects.get(pk=here.parent_id)
    return codes


@action("disputes.dispute.raise", on=None, event="disputes.dispute.raised", title=_("提出争议"), about=_sides)
def raise_dispute(*, request: UUID, ground: Ground, claim: Text, wish: Text, actor: Actor, now: datetime) -> Dispute:
    """Object to what the other side of a sharing did or left undone, and say what is wished; it has its time to answer.

    Refuses a request the actor may not know of, a ground that does not hold, and a second dispute on the same ground
    while the first is open.
    """
    asked = Request.visible_to(actor).select_related("consumer__jurisdiction", "provider__jurisdiction")
    found = asked.filter(pk=request).exclude(received_at__isnull=True).first()
    if found is None:
        raise NotFound(_("没有找到这项申请"), where="request", mend=_("请从共享申请或共享授权的页面提出争议。"))
    rules.require_ground(ground, queries.facts_of(found, body=actor.body))
    mine = found.consumer if found.consumer_id == actor.body else found.provider
    other = found.provider if mine == found.consumer else found.consumer
    open_ones = Dispute.objects.filter(request=found, ground=ground, claimant=mine).exclude(state__in=queries.OVER)
    if open_ones.exists():
        raise Conflict(_("同一理由的争议正在办理"), where="ground", mend=_("请在原来的争议中继续，或换一个理由。"))
    made = Dispute(
        request=found,
        grant=Grant.objects.filter(request=found).first(),
        claimant=mine,
        respondent=other,
        jurisdiction=rules.nearest_above(_chain(mine), _chain(other)),
        ground=ground,
        claim=claim,
        wish=wish,
    )
    made.save()
    clockwork.start(ANSWER, made, body=other.pk, on=local_day(now))
    describe(ground=ground, request=found.pk, claimant=mine.pk, respondent=other.pk)
    return made


@action("disputes.dispute.answer", on=Dispute, event="disputes.dispute.answered", title=_("答复争议"))
def answer(dispute: Dispute, *, answer: Text, actor: Actor, now: datetime) -> Dispute:
    """The other side answers: what it will do, or why it will not."""
    dispute.answer, dispute.answered_by = answer, actor.id
    clockwork.meet(dispute, ANSWER, on=local_day(now))
    return dispute


@action("disputes.dispute.settle", on=Dispute, event="disputes.dispute.settled", title=_("接受答复，协商一致"))
def settle(dispute: Dispute) -> Dispute:
    """The claimant is content with the answer; the dispute is over."""
    return dispute


@action("disputes.dispute.escalate", on=Dispute, event="disputes.dispute.escalated", title=_("提请主管部门裁决"))
def escalate(dispute: Dispute, *, insisted: Text, now: datetime) -> Dispute:
    """The claimant takes the dispute to the sharing authority, saying what stays open (art. 28).

    Refused while the other side still has time to answer.
    """
    if dispute.state == "answering":
        running = clockwork.running(dispute, ANSWER)
        if running and running[0].due_on and running[0].due_on >= local_day(now):
            raise Conflict(
                _("对方的答复时限还没有过"),
                code="disputes.early",
                where="state",
                mend=_("请等到 %(day)s；对方答复后，或到期没有答复，都可以提请裁决。") % {"day": running[0].due_on},
                article=rules.ART28,
            )
        clockwork.meet(dispute, ANSWER, on=local_day(now))
    dispute.insisted = insisted
    clockwork.start(DECIDE, dispute, body=authority_of(dispute.jurisdiction), on=local_day(now))
    return dispute


def authority_of(code: str) -> UUID | None:
    """Give the sharing authority of a division; None while none is registered."""
    found = Body.objects.filter(is_authority=True, jurisdiction__code=code).order_by("created_at").first()
    return found.pk if found else None


@action("disputes.dispute.withdraw", on=Dispute, event="disputes.dispute.withdrawn", title=_("撤回争议"))
def withdraw(dispute: Dispute, *, reason: Text, now: datetime) -> Dispute:
    """The claimant lets the dispute drop."""
    clockwork.meet(dispute, on=local_day(now))
    describe(reason=reason)
    return dispute


@action("disputes.dispute.propose", on=Dispute, event="disputes.dispute.proposed", title=_("提出裁决意见"))
def propose(dispute: Dispute, *, proposal: Text, actor: Actor) -> Dispute:
    """The authority's handler looks into it and proposes; the proposal stays inside the authority."""
    dispute.proposal, dispute.proposed_by, dispute.objection = proposal, actor.id, ""
    return dispute


@action("disputes.dispute.send_back", on=Dispute, event="disputes.dispute.sent_back", title=_("退回重新提出意见"))
def send_back(dispute: Dispute, *, reason: Text) -> Dispute:
    """The authority's head wants another proposal; the clock goes on."""
    dispute.objection = reason
    return dispute


@action("disputes.dispute.decide", on=Dispute, event="disputes.dispute.decided", title=_("裁决"), approves=True)
def decide(
    dispute: Dispute,
    *,
    outcome: Outcome,
    decision: Text,
    article: Article,
    carry_out_by: date | None = None,
    now: datetime,
) -> Dispute:
    """The authority's head decides, with reasons and articles; `carry_out_by`: the day by which it is to be done.

    Nothing is changed by itself: what follows is done by the sides it binds, through sharing's own acts.
    """
    if carry_out_by is not None and carry_out_by <= local_day(now):
        raise Refused(_("落实期限应晚于今天"), where="carry_out_by", mend=_("请选择今天以后的日期，或留空。"))
    dispute.outcome, dispute.decision, dispute.article = outcome, decision, article
    dispute.carry_out_by, dispute.decided_at = carry_out_by, now
    clockwork.meet(dispute, DECIDE, on=local_day(now))
    describe(outcome=outcome, reason=decision, article=article, carry_out_by=carry_out_by)
    return dispute


@action("disputes.dispute.refer", on=Dispute, event="disputes.dispute.referred", title=_("报请政府决定"))
def refer(dispute: Dispute, *, reason: Text) -> Dispute:
    """A side that does not accept the decision has it put to the government of the authority (art. 28)."""
    describe(reason=reason)
    return dispute


@action("disputes.dispute.close", on=Dispute, event="disputes.dispute.closed", title=_("确认已落实"))
def close(dispute: Dispute, *, outcome: Text) -> Dispute:
    """The authority notes how its decision was carried out."""
    describe(reason=outcome)
    return dispute


@action("disputes.dispute.record", on=Dispute, event="disputes.dispute.recorded", title=_("登记政府决定"))
def record(dispute: Dispute, *, decision: Text) -> Dispute:
    """The authority notes what its government decided, and the dispute is over."""
    dispute.government = decision
    describe(reason=decision)
    return dispute
