"""What the workbench shows, drawn from the state tables of every kind of record and from the memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from jiangyuan.exchange.delivery.queries import warnings
from jiangyuan.kernel import clockwork
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Clock, Event
from jiangyuan.ui import objects, session
from jiangyuan.ui.clocks import ClockFace, clock_face

MOST = 50
"""Rows of one kind that the workbench reads; the rest is reached by the kind's own list."""
CHANGES_READ, CHANGES_SHOWN, CHANGES_NAMED, ROUTINE_SHOWN = 200, 6, 40, 6
COUNTED = 99
LATE_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Todo:
    """Something that waits: the record and its kind, whom it came from or lies with, and its clock."""

    kind: objects.Kind
    thing: Any
    body: str
    capacities: tuple[str, ...]
    clock: ClockFace | None

    @property
    def name(self) -> str:
        """Give the record's name."""
        return self.kind.name(self.thing)

    @property
    def url(self) -> str:
        """Give the page on which it is done."""
        return self.kind.work_url(self.thing)

    @property
    def action(self) -> str:
        """Give the action that is usually next."""
        return self.kind.waits[self.thing.state]

    @property
    def order(self) -> tuple[date, datetime]:
        """Sort by the last day, then by how long it has waited."""
        due = self.clock.due if self.clock and self.clock.due else date.max
        return due, self.thing.updated_at


def on_my_desk(actor: Actor) -> list[Todo]:
    """Give what lies on the actor's desk, the most urgent first: one query a kind, one for clocks, one for names."""
    found: list[tuple[objects.Kind, Any]] = []
    for kind in objects.kinds():
        mine = _desk(kind, actor)
        if mine is not None:
            rows = kind.with_related(kind.model.visible_to(actor).filter(mine))
            found += [(kind, thing) for thing in rows.order_by("updated_at")[:MOST]]
    return _told(found, lambda kind, thing: kind.sender(thing))


def with_others(actor: Actor) -> list[Todo]:
    """Give what concerns the actor's body and lies on another desk, the most urgent first."""
    found: list[tuple[objects.Kind, Any]] = []
    for kind in objects.kinds():
        concerned = kind.mine(actor)
        if concerned is None or not kind.waits:
            continue
        rows = kind.model.visible_to(actor).filter(concerned, state__in=list(kind.waits))
        mine = _desk(kind, actor)
        if mine is not None:
            rows = rows.exclude(pk__in=kind.model.visible_to(actor).filter(mine).values("pk"))
        found += [(kind, thing) for thing in kind.with_related(rows).order_by("updated_at")[:MOST]]
    return _told(found, lambda kind, thing: kind.holder(thing))


def _desk(kind: objects.Kind, actor: Actor) -> Q | None:
    mine: Q | None = None
    for state in kind.waits:
        where = kind.desk(actor, state)
        if where is not None:
            here = where & Q(state=state)
            mine = here if mine is None else mine | here
    return mine


def _told(found: list[tuple[objects.Kind, Any]], body_of: Any) -> list[Todo]:
    # a matter about a clock has no clock of its own: what ran out, or is to be extended, is what makes it urgent
    clocks = faces(thing.pk for _kind, thing in found) | _about([thing for _kind, thing in found])
    bodies = {("body", str(body)) for kind, thing in found if (body := body_of(kind, thing))}
    names = session.names_of(bodies)
    todos = [
        Todo(
            kind,
            thing,
            names.get(("body", str(body_of(kind, thing))), ""),
            kind.capacities(thing) if thing.state in kind.waits else (),
            clocks.get(thing.pk),
        )
        for kind, thing in found
    ]
    return sorted(todos, key=lambda todo: todo.order)


def faces(things: Iterable[UUID]) -> dict[UUID, ClockFace]:
    """Give the clocks of records, of several the one that runs out first."""
    ids = list(things)
    if not ids:
        return {}
    today, calendar = timezone.localdate(), clockwork.calendar()
    live = Clock.objects.filter(object_id__in=ids).exclude(status=Clock.MET).order_by("-due_on")
    return {clock.object_id: clock_face(clock, today=today, calendar=calendar) for clock in live}


def _about(things: Iterable[Any]) -> dict[UUID, ClockFace]:
    held = [(thing.pk, thing.clock) for thing in things if isinstance(getattr(thing, "clock", None), Clock)]
    if not held:
        return {}
    today, calendar = timezone.localdate(), clockwork.calendar()
    return {pk: clock_face(clock, today=today, calendar=calendar) for pk, clock in held}


def open_warnings(actor: Actor) -> int:
    """Count the warnings of the actor's body that nobody has dealt with, at most 99."""
    return warnings(actor=actor, open_only=True)[:COUNTED].count() if actor.body else 0


@dataclass(frozen=True, slots=True)
class Late:
    """A clock of the actor's body that ran out; `todo`: what it runs on, None where the actor may not see that."""

    face: ClockFace
    todo: Todo | None


def overdue(actor: Actor) -> tuple[list[Late], int]:
    """Give the clocks that ran out on the actor's body, the first due first, at most five, and how many there are."""
    if not actor.body:
        return [], 0
    rows = Clock.objects.filter(body=actor.body, status=Clock.OVERDUE)
    first = list(rows.order_by("due_on", "pk")[:LATE_SHOWN])
    if not first:
        return [], 0
    found: list[tuple[objects.Kind, Any]] = []
    for label in {clock.object_type for clock in first}:
        kind = objects.kind_of(label)
        if kind is not None:
            ids = [clock.object_id for clock in first if clock.object_type == label]
            found += [(kind, thing) for thing in kind.with_related(kind.model.visible_to(actor).filter(pk__in=ids))]
    known = {todo.thing.pk: todo for todo in _told(found, lambda kind, thing: kind.holder(thing))}
    today, calendar = timezone.localdate(), clockwork.calendar()
    late = [Late(clock_face(one, today=today, calendar=calendar), known.get(one.object_id)) for one in first]
    return late, rows[:COUNTED].count()


def last_visit(actor: Actor) -> datetime | None:
    """Give when the person signed in before this time; None for the first time."""
    opened = Event.objects.filter(type="organization.session.opened", actor_id=actor.id)
    times = list(opened.order_by("-at").values_list("at", flat=True)[:2])
    return times[1] if len(times) == 2 else None


@dataclass(frozen=True, slots=True)
class Change:
    """An act of somebody else on a record that the actor may see."""

    event: Event
    kind: objects.Kind
    thing: Any


@dataclass(frozen=True, slots=True)
class Routine:
    """What the platform did by itself to many records: one kind of act on one kind of record, and how often."""

    type: str
    kind: objects.Kind
    count: int
    last: Change


@dataclass(frozen=True, slots=True)
class Since:
    """What happened since the last visit: what people did, the first of it and what is folded away, and the machine's
    routine folded together; `more`: what is not named at all."""

    people: tuple[Change, ...]
    folded: tuple[Change, ...]
    more: int
    routine: tuple[Routine, ...]

    @property
    def routine_count(self) -> int:
        """Count the records of the routine."""
        return sum(one.count for one in self.routine)


def since_then(actor: Actor, *, since: datetime) -> Since:
    """Give what others did since a moment: people's acts one by one, the platform's own by kind."""
    found = changes(actor, since=since)
    people = [one for one in found if one.event.actor_kind != "service"]
    grouped: dict[tuple[str, str], list[Change]] = {}
    for one in found:
        if one.event.actor_kind == "service":
            grouped.setdefault((one.event.type, one.kind.model._meta.label_lower), []).append(one)
    routine = [Routine(type, group[0].kind, len(group), group[0]) for (type, _kind), group in grouped.items()]
    routine.sort(key=lambda one: one.count, reverse=True)
    shown, folded = tuple(people[:CHANGES_SHOWN]), tuple(people[CHANGES_SHOWN:CHANGES_NAMED])
    return Since(shown, folded, max(0, len(people) - CHANGES_NAMED), tuple(routine[:ROUTINE_SHOWN]))


def changes(actor: Actor, *, since: datetime) -> list[Change]:
    """Give what others did since a moment to records the actor may see, newest first; of each record the last act."""
    kinds = {kind.model._meta.label_lower: kind for kind in objects.kinds() if kind.waits}
    read = Event.objects.filter(at__gt=since, object_type__in=list(kinds)).exclude(actor_id=actor.id)
    newest: dict[tuple[str, UUID], Event] = {}
    for event in read.exclude(type="kernel.act.refused").order_by("-at")[:CHANGES_READ]:
        if event.object_id is not None:
            newest.setdefault((event.object_type, event.object_id), event)
    seen: dict[tuple[str, UUID], Any] = {}
    for label, kind in kinds.items():
        ids = [pk for kept, pk in newest if kept == label]
        if ids:
            rows = kind.with_related(kind.model.visible_to(actor).filter(pk__in=ids))
            seen.update({(label, thing.pk): thing for thing in rows})
    return [
        Change(event, kinds[key[0]], seen[key])
        for key, event in newest.items()
        if key in seen and _may_read(event, seen[key], actor)
    ]


def _may_read(event: Event, thing: Any, actor: Actor) -> bool:
    types = objects.told_of(thing, actor)
    return types is None or event.type in types
