"""What the memory says becomes notices: each handler finds who is concerned and writes one notice to each, once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from jiangyuan.catalog.claims.models import Claim, Proposal
from jiangyuan.coordination.deadlines.models import Overdue
from jiangyuan.exchange.delivery.models import Warning
from jiangyuan.exchange.disputes.models import Dispute
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.kernel.clocks import ESCALATIONS
from jiangyuan.kernel.events import handler
from jiangyuan.kernel.models import Event
from jiangyuan.portal.notices import audience
from jiangyuan.portal.notices.audience import Addressee
from jiangyuan.portal.notices.models import Notice
from jiangyuan.portal.notices.rules import ANSWERS, CLOCKS
from jiangyuan.portal.notices.writing import tell, write
from jiangyuan.ui import objects


def _thing(event: Event) -> Any:
    kind = objects.kind_of(event.object_type)
    if kind is None or event.object_id is None:
        return None
    return kind.with_related(kind.model._default_manager.filter(pk=event.object_id)).first()


@handler(
    "census.report.asked",
    "census.report.submitted",
    "census.report.signed",
    "census.report.sent_back",
    "census.report.returned",
    "catalog.entry.submitted",
    "catalog.entry.endorsed",
    "catalog.entry.approved",
    "catalog.entry.returned",
    "sharing.request.submitted",
    "sharing.request.consented",
    "sharing.request.returned",
    "sharing.request.completion_asked",
    "sharing.request.completed",
    "sharing.request.proposed",
    "sharing.request.sent_back",
    "sharing.request.signed",
    "sharing.request.withheld",
    "sharing.request.signatures_reckoned",
    "catalog.update.recorded",
    "catalog.claim.asked",
    "catalog.proposal.made",
    "catalog.proposal.objected",
    "catalog.proposal.upheld",
    "deadlines.extension.asked",
    "deadlines.overdue.opened",
    "disputes.dispute.raised",
    "disputes.dispute.answered",
    "disputes.dispute.escalated",
    "disputes.dispute.proposed",
    "disputes.dispute.sent_back",
    name="notices.desk",
)
def tell_the_desk(event: Event) -> None:
    """Tell those on whose desk the record lies now."""
    thing = _thing(event)
    if thing is not None:
        # a worker that was behind reads several steps at once: what lies there now is told once
        told = Notice.objects.filter(object_id=thing.pk, rule="desk", read_at__isnull=True)
        known = {Addressee(*one) for one in told.values_list("person_id", "body", "capacity")}
        tell(event, rule="desk", to=audience.beside(audience.on_desk(thing) - known, event.actor_id))


@handler("census.report.reminded", name="notices.reminder")
def tell_of_a_reminder(event: Event) -> None:
    """Tell the desk that the authority waits for it; again each time it is reminded."""
    thing = _thing(event)
    if thing is not None:
        tell(event, rule="reminder", to=audience.on_desk(thing))


@handler("kernel.clock.due", "kernel.clock.overdue", "kernel.clock.escalated", name="notices.clock")
def tell_of_the_clock(event: Event) -> None:
    """Tell the desk of a clock that runs out or has; then whom the stage of its escalation names."""
    thing = _thing(event)
    if thing is None:
        return
    told = audience.on_desk(thing) if hasattr(thing, "state") else set[Addressee]()
    stage = next(one for one in ESCALATIONS if one.event == event.type)
    if event.payload.get("body"):
        body = UUID(str(event.payload["body"]))
        told |= audience.of_body(body, stage.body) | audience.over_body(body, stage.authority)
    tell(event, rule=CLOCKS[event.type], to=told)


@handler(
    "census.report.accepted",
    "census.channel.decided",
    "catalog.entry.published",
    "catalog.proposal.conceded",
    "deadlines.extension.approved",
    "deadlines.extension.refused",
    "sharing.request.agreed",
    "sharing.request.refused",
    "sharing.request.reply_extended",
    "sharing.grant.ready",
    "sharing.grant.suspended",
    "sharing.grant.resumed",
    "sharing.grant.withdrawn",
    "sharing.grant.expired",
    "sharing.grant.given_up",
    "sharing.grant.review_needed",
    "disputes.dispute.decided",
    "disputes.dispute.settled",
    "disputes.dispute.recorded",
    name="notices.answer",
)
def tell_the_asker(event: Event) -> None:
    """Tell those who asked what was answered, and both sides of a grant what becomes of it."""
    thing = _thing(event)
    if thing is not None:
        told = _concerned(thing, event)
        tell(event, rule=ANSWERS[event.type], to=audience.beside(told, event.actor_id))


def _concerned(thing: Any, event: Event) -> set[Addressee]:
    if isinstance(thing, Request):
        return audience.authors(thing, thing.consumer_id) | audience.of_body(thing.consumer_id, ("sharing_head",))
    if isinstance(thing, Dispute):
        return audience.of_body(thing.claimant_id, audience.CONSUMERS) | audience.of_body(
            thing.respondent_id, audience.OFFICE
        )
    if isinstance(thing, Proposal):
        return audience.of_body(thing.claim.body_id, audience.OFFICE)
    if not isinstance(thing, Grant):
        return audience.authors(thing, getattr(thing, "body_id", None))
    if event.type in ("sharing.grant.given_up", "sharing.grant.review_needed"):
        return audience.of_body(thing.provider_id, audience.OFFICE)
    return audience.of_body(thing.consumer_id, audience.CONSUMERS)


@handler("catalog.entry.withdrawn", name="notices.claimants")
def tell_who_claimed_it(event: Event) -> None:
    """Tell the departments below whose own entry is pinned to one that was withdrawn; they are told of their claim."""
    for claim in Claim.objects.filter(entry_id=event.object_id, state__in=("claimed", "upper_gone")).order_by("pk"):
        about = (claim._meta.label_lower, claim.pk)
        to = audience.of_body(claim.body_id, audience.OFFICE)
        write(rule="upper", type=event.type, key=f"{event.id}:{claim.pk}", about=about, at=event.at, to=to)


@handler("deadlines.overdue.urged", name="notices.urged")
def tell_who_is_urged(event: Event) -> None:
    """Tell the body whose clock ran out that the authority urges it."""
    thing = _thing(event)
    if isinstance(thing, Overdue):
        tell(event, rule="overdue", to=audience.of_body(thing.body_id, (*audience.OFFICE, "department_head")))


@handler("delivery.warning.raised", name="notices.warning")
def tell_of_a_warning(event: Event) -> None:
    """Tell the consumer that something changed for a person of a watched case; never what, and never who."""
    warning = Warning.objects.filter(pk=event.object_id).first()
    if warning is not None and warning.acknowledged_at is None:
        tell(event, rule="warning", to=audience.of_body(warning.body_id, ("business_office", "sharing_handler")))


@handler(
    "sources.source.failed",
    "sources.scan.failed",
    "resources.mount.broken",
    "resources.ingest.failed",
    "delivery.delivery.failed",
    "quality.run.failed",
    name="notices.failure",
)
def tell_of_a_failure(event: Event) -> None:
    """Tell those who mend it that data does not flow."""
    thing = _thing(event)
    if thing is not None:
        tell(event, rule="failed", to=audience.mending(thing))
