"""Stored clocks: started, paused, extended and stopped inside acts; `due` and `overdue` are events of their own.

A clock that nobody stops leaves no act, so the worker's tick (`jobs` run it every minute) writes what time itself does.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from jiangyuan.kernel import events
from jiangyuan.kernel.actor import Scene, service_actor
from jiangyuan.kernel.clocks import LIMITS, Calendar, Countdown, Pause
from jiangyuan.kernel.models import CalendarDay, Clock, Record

REMIND_BEFORE = timedelta(days=2)


def calendar() -> Calendar:
    """Give the calendar with the days that the authority has entered."""
    days: Mapping[date, bool] = MappingProxyType(dict(CalendarDay.objects.values_list("day", "working")))
    return Calendar(overrides=days)


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
    """Stop the clocks of `thing` (of one limit): what the law asks for was done on this day."""
    for clock in running(thing, limit):
        clock.met_on, clock.status = on or timezone.localdate(), Clock.MET
        clock.save()


def tick(today: date | None = None) -> int:
    """Write the events of clocks that fall due soon or have run out; each once. Returns how many were written."""
    day = today or timezone.localdate()
    written = 0
    live = Clock.objects.filter(status=Clock.RUNNING)
    for clock in live.filter(due_on__lt=day):
        written += _pass(clock, "kernel.clock.overdue", status=Clock.OVERDUE)
    for clock in live.filter(due_on__gte=day, due_on__lte=day + REMIND_BEFORE, reminded_on__isnull=True):
        written += _pass(clock, "kernel.clock.due", reminded_on=day)
    return written


def _pass(clock: Clock, type: str, **change: object) -> int:
    with transaction.atomic():
        if not Clock.objects.filter(pk=clock.pk, status=Clock.RUNNING).update(**change):
            return 0
        draft = events.Draft(
            type=type,
            actor=service_actor("clock"),
            scene=Scene(channel="worker"),
            at=timezone.now(),
            object_type=clock.object_type,
            object_id=clock.object_id,
            payload={
                "limit": clock.limit,
                "article": LIMITS[clock.limit].article,
                "due_on": clock.due_on,
                "body": clock.body,
                "certain": clock.certain,
            },
        )
        events.write([draft])
    return 1
