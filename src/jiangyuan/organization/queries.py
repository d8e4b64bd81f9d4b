"""Every read of the organization room's own tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.models import Access, Event
from jiangyuan.organization.models import ApplicationSystem, Appointment, Body, BrowserSession, Jurisdiction, Person

SIGN_INS = ("organization.session.opened", "organization.session.failed")


def bodies(*, actor: Actor) -> QuerySet[Body]:
    """Give the bodies in the order people know them, with their jurisdictions."""
    return Body.visible_to(actor).filter(active=True).select_related("jurisdiction").order_by("name")


def upper_divisions() -> QuerySet[Jurisdiction]:
    """Give the province, its prefectures and counties in force, by code."""
    rows = Jurisdiction.objects.filter(retired=False, scheme="mca", level__in=("province", "prefecture", "county"))
    return rows.order_by("code")


def divisions_named(words: str) -> QuerySet[Jurisdiction]:
    """Find divisions, also retired ones, by a part of the name or the beginning of the code."""
    rows = Jurisdiction.objects.filter(scheme="mca").select_related("parent")
    for word in words.split()[:4]:
        rows = rows.filter(Q(name__icontains=word) | Q(code__startswith=word))
    return rows.order_by("retired", "code")


def division(code: str) -> Jurisdiction | None:
    """Give the division of a code, the one in force first."""
    rows = Jurisdiction.objects.filter(code=code).select_related("parent__parent__parent")
    return rows.order_by("retired", "scheme").first()


def bodies_by_division(*, actor: Actor) -> dict[str, int]:
    """Count the bodies seated in each division."""
    rows = Body.visible_to(actor).filter(active=True).order_by().values("jurisdiction__code")
    return dict(rows.annotate(n=Count("pk")).values_list("jurisdiction__code", "n"))


def appointments_of(body: Body, *, actor: Actor) -> QuerySet[Appointment]:
    """Give the appointments in force for a body, of the people the actor may know of."""
    today = timezone.localdate()
    rows = Appointment.visible_to(actor).filter(body=body, since__lte=today)
    rows = rows.filter(Q(until__isnull=True) | Q(until__gte=today))
    return rows.select_related("person").order_by("capacity", "since")


def people(*, actor: Actor) -> QuerySet[Person]:
    """Give the people the actor may know of."""
    return Person.visible_to(actor).order_by("username")


def systems(*, actor: Actor) -> QuerySet[ApplicationSystem]:
    """Give the application systems the actor may know of, with their bodies."""
    return ApplicationSystem.visible_to(actor).select_related("body").order_by("code")


def open_sessions(person: Person) -> QuerySet[BrowserSession]:
    """Give the sessions in which somebody is signed in now, the one last used first."""
    alive = timezone.now() - timedelta(minutes=settings().idle_minutes)
    rows = BrowserSession.objects.filter(person=person, ended_at__isnull=True, last_used_at__gte=alive)
    return rows.order_by("-last_used_at")


def sign_ins(person: UUID) -> QuerySet[Event]:
    """Give the sign-ins of a person and the failed tries at his account."""
    return Event.objects.filter(object_type="organization.person", object_id=person, type__in=SIGN_INS)


def last_call(system: ApplicationSystem) -> datetime | None:
    """Give when an application system last read governed data."""
    return Access.objects.filter(actor_id=system.pk).order_by("-at").values_list("at", flat=True).first()


def actor_for(person: Person, appointment: Appointment | None, *, held: Sequence[Appointment] | None = None) -> Actor:
    """Make the actor that a person is while acting in one of his appointments (none: a citizen without a body).

    `held`: the appointments in force, where the caller has just read them.
    """
    capacities = frozenset(a.capacity for a in (person.current_appointments() if held is None else held))
    if appointment is None:
        return Actor(kind="person", id=person.pk, name=person.name, capacity="", capacities=capacities)
    return Actor(
        kind="person",
        id=person.pk,
        name=person.name,
        body=appointment.body_id,
        capacity=appointment.capacity,
        capacities=capacities,
        jurisdiction=appointment.body.jurisdiction.code,
    )


def acting(person: Person, appointment_id: UUID | None, *, held: Sequence[Appointment] | None = None) -> Actor:
    """Make the actor for a chosen appointment, or for the first one in force when none is chosen."""
    held = list(person.current_appointments()) if held is None else held
    chosen = next((a for a in held if a.pk == appointment_id), held[0] if held else None)
    return actor_for(person, chosen, held=held)


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


def line_below(body: Body) -> list[Body]:
    """Give the active bodies of the same line at every level below a body, nearest level first."""
    found: list[Body] = []
    above = [body.pk]
    while above:
        rows = list(Body.objects.filter(line_upper__in=above, active=True).select_related("jurisdiction"))
        found += sorted(rows, key=lambda row: row.jurisdiction.code)
        above = [row.pk for row in rows]
    return found
