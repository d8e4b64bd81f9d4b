"""Who is told of an event: found from the state tables, desks and appointments, never from a list kept by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from jiangyuan.kernel.actor import Actor
from jiangyuan.organization.models import Appointment, Body
from jiangyuan.organization.queries import actor_for
from jiangyuan.portal.notices.rules import MOST_RECIPIENTS
from jiangyuan.ui import objects

CONSUMERS = ("business_office", "sharing_handler", "sharing_head")
MENDERS = ("sharing_handler", "operations")
OFFICE = ("sharing_handler", "sharing_head")


@dataclass(frozen=True, slots=True)
class Addressee:
    """A person in a capacity of a body."""

    person: UUID
    body: UUID
    capacity: str


def _current(*where: Q, **of: Any) -> QuerySet[Appointment]:
    today = timezone.localdate()
    held = Appointment.objects.filter(*where, Q(until__isnull=True) | Q(until__gte=today), since__lte=today, **of)
    return held.filter(person__active=True).select_related("person", "body__jurisdiction")[:MOST_RECIPIENTS]


def _addressed(held: Iterable[Appointment]) -> set[Addressee]:
    return {Addressee(one.person_id, one.body_id, one.capacity) for one in held}


def on_desk(thing: Any) -> set[Addressee]:
    """Give those on whose desk a record lies now, by the same rule that fills their workbench."""
    kind = objects.kind_of(thing._meta.label_lower)
    if kind is None or thing.workflow is None or thing.state not in kind.waits:
        return set()
    at_body = Q(body__is_authority=True)
    if holder := kind.holder(thing):
        at_body |= Q(body_id=holder)
    found = _current(at_body, capacity__in=kind.capacities(thing))
    return _addressed(one for one in found if _lies_with(kind, thing, actor_for(one.person, one)))


def _lies_with(kind: objects.Kind, thing: Any, actor: Actor) -> bool:
    where = kind.desk(actor, thing.state)
    return where is not None and kind.model.visible_to(actor).filter(where, pk=thing.pk).exists()


def of_body(body: UUID | None, capacities: Iterable[str]) -> set[Addressee]:
    """Give those who hold one of the capacities in a body."""
    return _addressed(_current(body_id=body, capacity__in=list(capacities))) if body else set()


def over_body(body: UUID, capacities: Iterable[str]) -> set[Addressee]:
    """Give those who hold one of the capacities in the authority that supervises a body: that of its jurisdiction."""
    held = list(capacities)
    if not held:
        return set()
    place = Body.objects.filter(pk=body).values("jurisdiction__code")
    seated = Q(body__is_authority=True, body__active=True, body__jurisdiction__code__in=place)
    return _addressed(_current(seated, capacity__in=held))


def authors(thing: Any, body: UUID | None) -> set[Addressee]:
    """Give those who wrote or submitted a record, in the capacities they hold in the body that asked."""
    people = [one for one in (thing.created_by, getattr(thing, "submitted_by", None)) if one]
    return _addressed(_current(body_id=body, person_id__in=people)) if people and body else set()


def mending(thing: Any) -> set[Addressee]:
    """Give those who mend what failed: its desk, else the data-sharing handlers of its body."""
    return on_desk(thing) or of_body(_keeper(thing), MENDERS)


def _keeper(thing: Any) -> UUID | None:
    for path in (("body_id",), ("source", "body_id"), ("mount", "entry", "body_id"), ("grant", "consumer_id")):
        found = thing
        for name in path:
            found = getattr(found, name, None)
            if found is None:
                break
        if found is not None:
            return found
    return None


def beside(addressees: set[Addressee], person: UUID) -> Iterator[Addressee]:
    """Give the addressees without the one who acted: nobody is told what he did himself."""
    return (one for one in addressees if one.person != person)
