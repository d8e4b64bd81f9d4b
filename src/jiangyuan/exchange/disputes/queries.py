"""Every read of the tables of disputes, and the facts an objection rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db.models import F, Q, QuerySet

from jiangyuan.exchange.disputes.models import Dispute
from jiangyuan.exchange.disputes.rules import Facts
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Clock

OVER = ("settled", "withdrawn", "closed")


def disputes(*, actor: Actor) -> QuerySet[Dispute]:
    """Give the disputes the actor may know of, newest first."""
    found = Dispute.visible_to(actor).select_related("request__entry", "claimant", "respondent", "grant")
    return found.order_by("-created_at")


def of_request(request: UUID, *, actor: Actor) -> list[Dispute]:
    """Give the disputes about one request that the actor may know of, newest first, at most twenty."""
    return list(disputes(actor=actor).filter(request_id=request)[:20])


def facts_of(request: Request, *, body: UUID | None) -> Facts:
    """Give what is known of a request and its grant, as the body sees it that would object."""
    grant = Grant.objects.filter(request=request).first()
    things = [request.pk, *([grant.pk] if grant else [])]
    late = Clock.objects.filter(
        Q(status=Clock.OVERDUE) | Q(status=Clock.MET, met_on__gt=F("due_on")), object_id__in=things
    ).exists()
    return Facts(
        consumer=request.consumer_id == body,
        request=request.state,
        grant=grant.state if grant else "",
        completion=request.completion_asked,
        late=late,
    )


def open_of_entries(entries: Sequence[UUID]) -> Mapping[UUID, int]:
    """Count the disputes about the data of entries that are raised against the entry's own body and not over."""
    found = Dispute.objects.filter(request__entry__in=list(entries), respondent=F("request__entry__body"))
    return Counter(found.exclude(state__in=OVER).values_list("request__entry", flat=True))
