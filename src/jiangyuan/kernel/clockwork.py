"""Stored clocks: started, paused, extended and stopped inside acts; what time itself does are events of their own.

A clock that nobody stops leaves no act, so the worker's tick (`jobs` run it every minute) writes what time itself does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from jiangyuan.kernel import events
from jiangyuan.kernel.actor import Scene, service_actor
from jiangyuan.kernel.clocks import (
    ESCALATIONS,
    LIMITS,
    Calendar,
    Countdown,
    Deadline,
    Pause,
    add_working_days,
    working_days_between,
)
from jiangyuan.kernel.models import CalendarDay, Clock, Record

_REMIND, _OVERDUE, _ESCALATE = ESCALATIONS


def calendar() -> Calendar:
    """Give the calendar with the days that the authority has entered.

    A year whose New Year's Day is entered is entered in full: publishing asks for it.
    """
    days: Mapping[date, bool] = MappingProxyType(dict(CalendarDay.objects.values_list("day", "working")))
    settled = frozenset(day.year for day in days if (day.month, day.day) == (1, 1))
    return Calendar(overrides=days, settled_years=settled)


def countdown(clock: Clock) -> Countdown:
    """Give the pure clock that a stored one stands for."""
    pauses = tuple(
        Pause(date.fromisoformat(p["since"]), date.fromisoformat(p["until"]) if p["until"] else None)
        for p in clock.pauses
    )
    return Countdown(LIMITS[clock.limit], clock.received_on, pauses, clock.extended)


def _store(clock: Clock, count: Countdown) -> Clock:
    due = count.due(calendar=calendar())
    clock.due_on, clock.certain = (due.on, due.certain) if due else (None, True)
    clock.pauses = [
        {"since": p.since.isoformat(), "until": p.until.isoformat() if p.until else None} for p in count.pauses
    ]
    clock.extended = count.extended
    clock.status = Clock.PAUSED if count.paused else Clock.RUNNING
    clock.save()
    return clock


def start(limit: str, thing: Record, *, body: UUID | None, on: date | None = None) -> Clock:
    """Start the clock of `limit` on `thing`, on the desk of `body`. Called inside the act that starts it."""
    received = on or timezone.localdate()
    clock = Clock(
        limit=LIMITS[limit].code,
        object_type=thing._meta.label_lower,
        object_id=thing.pk,
        body=body,
        received_on=received,
    )
    return _store(clock, Countdown(LIMITS[limit], received))


def start_together(limit: str, things: Iterable[tuple[Record, UUID | None]], *, days: int, on: date) -> int:
    """Start one clock on each thing, on the desk of its body, all of them `days` units longer than the limit's own.

    For campaigns that begin for hundreds at once; gives how many were started.
    """
    count = Countdown(LIMITS[limit], on).extend(days) if days else Countdown(LIMITS[limit], on)
    due = count.due(calendar=calendar())
    assert due is not None  # a clock that was never paused has a last day
    made = [
        Clock(
            limit=limit,
            object_type=thing._meta.label_lower,
            object_id=thing.pk,
            body=body,
            received_on=on,
            extended=count.extended,
            due_on=due.on,
            certain=due.certain,
            status=Clock.RUNNING,
        )
        for thing, body in things
    ]
    Clock.objects.bulk_create(made, batch_size=1000)
    return len(made)


def running(thing: Record, limit: str | None = None) -> list[Clock]:
    """Give the clocks of `thing` that are not stopped, oldest first."""
    found = Clock.objects.filter(object_type=thing._meta.label_lower, object_id=thing.pk).exclude(status=Clock.MET)
    return list((found.filter(limit=limit) if limit else found).order_by("created_at"))


def pause(thing: Record, *, on: date | None = None) -> None:
    """Let the running clocks of `thing` stand (it waits for somebody else)."""
    for clock in running(thing):
        if clock.status == Clock.RUNNING:  # one that ran out stays overdue: waiting does not undo it
            _store(clock, countdown(clock).pause(on or timezone.localdate()))


def resume(thing: Record, *, on: date | None = None) -> None:
    """Let the standing clocks of `thing` run again."""
    for clock in running(thing):
        if clock.status == Clock.PAUSED:
            _store(clock, countdown(clock).resume(on or timezone.localdate()))


def extend(clock: Clock, days: int) -> None:
    """Add days within what the article allows; the caller is the act of the approving authority."""
    _store(clock, countdown(clock).extend(days))


def meet(thing: Record, limit: str | None = None, *, on: date | None = None) -> None:
    """Stop the clocks of `thing` (of one limit): what the law asks for was done on this day.

    Of a clock that had run out the memory says that it was met late, so that whoever supervises it knows.
    """
    for clock in running(thing, limit):
        late = clock.status == Clock.OVERDUE
        clock.met_on, clock.status = on or timezone.localdate(), Clock.MET
        clock.save()
        if late:
            _write(clock, "kernel.clock.met_late")


def date_anew(year: int, known: Calendar, before: Calendar) -> int:
    """Date the running clocks anew that a calendar newly known for a year moves; gives how many have moved.

    Called inside the act that publishes the calendar. A clock that has run out stays as it is.
    """
    moved = 0
    for clock, _due, due in shifts(year, known, before):
        moved += due.on != clock.due_on
        Clock.objects.filter(pk=clock.pk, status=Clock.RUNNING).update(due_on=due.on, certain=due.certain)
    return moved


def shifts(year: int, known: Calendar, before: Calendar) -> list[tuple[Clock, Deadline, Deadline]]:
    """Give the running clocks whose last day, or its certainty, is another under `known`: (clock, before, after)."""
    found = []
    reach = Clock.objects.filter(status=Clock.RUNNING, due_on__gte=date(year - 1, 12, 20))
    for clock in reach.order_by("due_on", "pk").iterator():
        count = countdown(clock)
        was, due = count.due(calendar=before), count.due(calendar=known)
        if due is not None and was is not None and due != was:
            found.append((clock, was, due))
    return found


def tick(today: date | None = None) -> int:
    """Write the events of clocks that fall due soon, have run out, or have long; each once. Returns how many."""
    day = today or timezone.localdate()
    known, written = calendar(), 0
    live = Clock.objects.filter(status=Clock.RUNNING)
    for clock in live.filter(due_on__lt=day):
        written += _pass(clock, _OVERDUE.event, Clock.RUNNING, status=Clock.OVERDUE)
    soon = add_working_days(day, -_REMIND.after, calendar=known).on
    for clock in live.filter(due_on__gte=day, due_on__lte=soon, reminded_on__isnull=True):
        written += _pass(clock, _REMIND.event, Clock.RUNNING, reminded_on=day)
    late = Clock.objects.filter(status=Clock.OVERDUE, escalated_on__isnull=True, due_on__lt=day)
    for clock in late.order_by("due_on"):
        assert clock.due_on is not None
        if working_days_between(clock.due_on, day, calendar=known) < _ESCALATE.after:
            break  # the others ran out later still
        written += _pass(clock, _ESCALATE.event, Clock.OVERDUE, escalated_on=day)
    return written


def _pass(clock: Clock, type: str, status: str, /, **change: object) -> int:
    with transaction.atomic():
        if not Clock.objects.filter(pk=clock.pk, status=status).update(**change):
            return 0
        _write(clock, type)
    return 1


def _write(clock: Clock, type: str) -> None:
    draft = events.Draft(
        type=type,
        actor=service_actor("clock"),
        scene=Scene(channel="worker"),
        at=timezone.now(),
        object_type=clock.object_type,
        object_id=clock.object_id,
        payload={
            "clock": clock.pk,
            "limit": clock.limit,
            "article": LIMITS[clock.limit].article,
            "due_on": clock.due_on,
            "body": clock.body,
            "certain": clock.certain,
        },
    )
    events.write([draft])
