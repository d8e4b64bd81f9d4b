"""Every read of deadlines: the clocks an actor may know, what each runs on, and whose it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from jiangyuan.coordination.deadlines.models import Extension, Overdue
from jiangyuan.kernel import clockwork
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.clocks import LIMITS
from jiangyuan.kernel.models import Clock
from jiangyuan.organization.models import Body
from jiangyuan.ui import objects
from jiangyuan.ui.clocks import ClockFace, clock_face

MOST = 2000
"""Clocks that a month or a file holds."""


@dataclass(frozen=True, slots=True)
class Running:
    """A clock as people see it: what it runs on and where that is (empty: not theirs to see), whose it is, its face."""

    clock: Clock
    name: str
    url: str
    body: str
    face: ClockFace

    @property
    def title(self) -> str:
        """Give what must be done."""
        return str(LIMITS[self.clock.limit].title)


def clocks(*, actor: Actor, own: bool = False) -> QuerySet[Clock]:
    """Give the clocks of the actor's body, and for an authority those of its jurisdiction unless `own`."""
    if own:
        return Clock.objects.filter(body=actor.body) if actor.body else Clock.objects.none()
    where = _bodies(actor)
    return Clock.objects.none() if where is None else Clock.objects.filter(body__in=where)


def _bodies(actor: Actor) -> QuerySet[Any] | None:
    if actor.kind == "service" or actor.capacity == "auditor":
        return Body.objects.values_list("pk", flat=True)
    if not actor.body:
        return None
    found = Body.objects.filter(pk=actor.body)
    if actor.capacity in ("authority_handler", "authority_head"):
        found |= Body.objects.filter(jurisdiction__code=actor.jurisdiction)
    return found.values_list("pk", flat=True)


def due_between(first: date, last: date, *, actor: Actor, own: bool = False) -> list[Running]:
    """Give the clocks not met whose last day lies between two days, both included, at most 2000, the first due first."""
    rows = clocks(actor=actor, own=own).exclude(status=Clock.MET).filter(due_on__gte=first, due_on__lte=last)
    return told(rows.order_by("due_on", "pk")[:MOST], actor=actor)


def told(found: Iterable[Clock], *, actor: Actor) -> list[Running]:
    """Say what clocks run on: one query for each kind of record, one for the bodies."""
    rows = list(found)
    today, calendar = timezone.localdate(), clockwork.calendar()
    bodies = {body.pk: str(body) for body in Body.objects.filter(pk__in={row.body for row in rows if row.body})}
    wanted: dict[str, set[UUID]] = {}
    for row in rows:
        wanted.setdefault(row.object_type, set()).add(row.object_id)
    names: dict[UUID, tuple[str, str]] = {}
    for label, ids in wanted.items():
        kind = objects.kind_of(label)
        if kind is not None:
            seen = kind.model.visible_to(actor).filter(pk__in=ids).select_related(*kind.related)
            names.update({thing.pk: (kind.name(thing), kind.url(thing)) for thing in seen})
    return [
        Running(
            row,
            *names.get(row.object_id, ("", "")),
            bodies.get(row.body, "") if row.body else "",
            clock_face(row, today=today, calendar=calendar),
        )
        for row in rows
    ]


def extensions(*, actor: Actor) -> QuerySet[Extension]:
    """Give the extensions the actor may know of."""
    return Extension.visible_to(actor).select_related("clock", "body__jurisdiction")


def overdue(*, actor: Actor) -> QuerySet[Overdue]:
    """Give the matters of supervision the actor may know of."""
    return Overdue.visible_to(actor).select_related("clock", "body__jurisdiction")


def find_clock(pk: UUID | str, *, actor: Actor) -> Clock:
    """Give one clock the actor may know of. Raises `NotFound`."""
    return objects.find(clocks(actor=actor), pk)
