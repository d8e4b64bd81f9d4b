"""The people of the attacks: registered, appointed and signed in as the platform itself does it."""

from __future__ import annotations

from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Actor, service_actor
from jiangyuan.organization.models import Body, Jurisdiction, Person
from jiangyuan.organization.queries import actor_for

SETUP = service_actor("setup")
PASSWORD = "river-source-2026"


def department(alias: str) -> Body:
    """Register a department of the province."""
    Jurisdiction.objects.get_or_create(scheme="mca", code="630000", name="青海省", level="province")
    return act(
        "organization.body.register",
        actor=SETUP,
        name=f"青海省{alias}厅",
        short_name=alias,
        alias=alias,
        jurisdiction="630000",
    )


def registered(username: str) -> tuple[Person, Body]:
    """Register somebody with a password, in a department of his own, without an appointment."""
    body = department(username)
    made = act("organization.person.register", actor=SETUP, username=username, name="王敏", password=PASSWORD)
    return Person.objects.get(pk=made.pk), body


def appointed(username: str, *capacities: str, body: Body | None = None) -> Actor:
    """Register somebody and appoint him; give him acting in the first of the capacities."""
    person, place = registered(username)
    place = body or place
    held = [
        act("organization.appointment.make", person.pk, actor=SETUP, body=place.pk, capacity=capacity)
        for capacity in capacities
    ]
    return actor_for(person, held[0])
