"""Every read of the organization room's own tables."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from jiangyuan.kernel.actor import Actor
from jiangyuan.organization.models import ApplicationSystem, Appointment, Body, Person


def bodies(*, actor: Actor) -> QuerySet[Body]:
    """Give the bodies in the order people know them, with their jurisdictions."""
    return Body.visible_to(actor).filter(active=True).select_related("jurisdiction").order_by("name")


def people(*, actor: Actor) -> QuerySet[Person]:
    """Give the people the actor may know of."""
    return Person.visible_to(actor).order_by("username")


def systems(*, actor: Actor) -> QuerySet[ApplicationSystem]:
    """Give the application systems the actor may know of, with their bodies."""
    return ApplicationSystem.visible_to(actor).select_related("body").order_by("code")


def actor_for(person: Person, appointment: Appointment | None) -> Actor:
    """Make the actor that a person is while acting in one of his appointments (none: a citizen without a body)."""
    held = frozenset(a.capacity for a in person.current_appointments())
    if appointment is None:
        return Actor(kind="person", id=person.pk, name=person.name, capacity="", capacities=held)
    return Actor(
        kind="person",
        id=person.pk,
        name=person.name,
        body=appointment.body_id,
        capacity=appointment.capacity,
        capacities=held,
        jurisdiction=appointment.body.jurisdiction.code,
    )


def acting(person: Person, appointment_id: UUID | None) -> Actor:
    """Make the actor for a chosen appointment, or for the first one in force when none is chosen."""
    held = list(person.current_appointments())
    chosen = next((a for a in held if a.pk == appointment_id), held[0] if held else None)
    return actor_for(person, chosen)


def system_actor(system: ApplicationSystem) -> Actor:
    """Make the actor that an application system is when it calls."""
    return Actor(
        kind="system",
        id=system.pk,
        name=system.name,
        body=system.body_id,
        capacity="system",
        capacities=frozenset({"system"}),
        jurisdiction=system.body.jurisdiction.code,
    )
