"""Every read of delivery's own tables."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from jiangyuan.exchange.delivery.models import Delivery, UseRecord, Warning
from jiangyuan.exchange.sharing.models import CaseMember, Grant
from jiangyuan.kernel.actor import Actor, service_actor

DELIVERY = service_actor("delivery")


def deliveries(*, actor: Actor) -> QuerySet[Delivery]:
    """Give the deliveries the actor may know of, newest first."""
    found = Delivery.visible_to(actor).select_related("grant__entry", "grant__provider", "grant__consumer", "target")
    return found.order_by("-created_at")


def warnings(*, actor: Actor, open_only: bool = False) -> QuerySet[Warning]:
    """Give the warnings of the actor's body, newest first."""
    found = Warning.visible_to(actor).select_related("case__system", "grant__entry", "grant__provider")
    return (found.filter(acknowledged_at__isnull=True) if open_only else found).order_by("-created_at")


def use_records(*, actor: Actor, grant: Grant) -> QuerySet[UseRecord]:
    """Give the consumer's records of use under a grant, newest first."""
    return UseRecord.visible_to(actor).filter(grant=grant).order_by("-created_at")


def live_deliveries() -> QuerySet[Delivery]:
    """Give the deliveries that should be going on now."""
    found = Delivery.objects.filter(state__in=["waiting", "running", "current"], grant__active=True)
    return found.select_related("grant__mount__table__source", "grant__entry", "target").order_by("created_at")


def delivered(entry: UUID) -> bool:
    """Tell whether an entry is being delivered to somebody now."""
    return Delivery.objects.filter(grant__entry_id=entry, grant__active=True, state="current").exists()


def watchers(*, consumer: UUID, subjects: list[bytes]) -> QuerySet[CaseMember]:
    """Give the members of the consumer's open watched cases whom the pseudonyms name."""
    return CaseMember.objects.filter(
        subject__in=subjects,
        case__system__body_id=consumer,
        case__watched=True,
        case__closed_at__isnull=True,
        case__open_until__gte=timezone.localdate(),
    ).select_related("case")
