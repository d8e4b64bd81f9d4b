"""Stored clocks: what the law counts, through pauses and extensions, and the events that time itself writes once."""

from datetime import date

import pytest

from jiangyuan.kernel import clockwork
from jiangyuan.kernel.clocks import ClockMisused, ExtensionRefused
from jiangyuan.kernel.models import CalendarDay, Clock, Event
from jiangyuan.organization.models import Body, Jurisdiction

pytestmark = pytest.mark.django_db
CONDITIONAL = "sharing.reply.conditional"
"""Ten working days, ten more when approved (art. 21)."""
MONDAY = date(2026, 3, 2)


@pytest.fixture
def thing() -> Body:
    place = Jurisdiction.objects.create(code="630000", name="青海省", level="province")
    return Body.objects.create(name="甲厅", short_name="甲", alias="jia", jurisdiction=place)


def start(thing: Body, on: date = MONDAY) -> Clock:
    return clockwork.start(CONDITIONAL, thing, body=thing.pk, on=on)


def written(type: str) -> list[Event]:
    return list(Event.objects.filter(type=type))


def test_the_day_of_receipt_is_not_counted(thing: Body) -> None:
    clock = start(thing)
    assert (clock.due_on, clock.certain, clock.status) == (date(2026, 3, 16), True, Clock.RUNNING)


def test_a_day_that_the_authority_entered_counts_as_it_says(thing: Body) -> None:
    CalendarDay.objects.create(day=date(2026, 3, 16), working=False, note="州庆")
    assert start(thing).due_on == date(2026, 3, 17)


def test_a_year_that_no_calendar_knows_is_flagged(thing: Body) -> None:
    clock = start(thing, on=date(2031, 3, 3))
    assert clock.due_on is not None and not clock.certain


def test_a_standing_clock_has_no_last_day_and_loses_none(thing: Body) -> None:
    clock = start(thing)
    clockwork.pause(thing, on=date(2026, 3, 4))
    clock.refresh_from_db()
    assert (clock.status, clock.due_on) == (Clock.PAUSED, None)
    assert clockwork.tick(date(2027, 1, 4)) == 0
    clockwork.resume(thing, on=date(2026, 3, 10))
    clock.refresh_from_db()
    assert (clock.status, clock.due_on) == (Clock.RUNNING, date(2026, 3, 23))


def test_a_clock_that_runs_is_not_resumed_and_one_that_stands_not_paused_again(thing: Body) -> None:
    start(thing)
    clockwork.resume(thing)
    clockwork.pause(thing, on=MONDAY)
    clockwork.pause(thing, on=MONDAY)
    assert len(Clock.objects.get().pauses) == 1


def test_a_pause_before_the_clock_began_is_refused(thing: Body) -> None:
    start(thing)
    with pytest.raises(ClockMisused):
        clockwork.pause(thing, on=date(2026, 3, 1))


def test_an_extension_adds_days_within_what_the_article_allows(thing: Body) -> None:
    clock = start(thing)
    clockwork.extend(clock, 5)
    assert Clock.objects.get().due_on == date(2026, 3, 23)
    with pytest.raises(ExtensionRefused):
        clockwork.extend(clock, 6)
    assert Clock.objects.get().extended == 5


def test_a_clock_that_was_met_writes_nothing_any_more(thing: Body) -> None:
    clock = start(thing)
    clockwork.meet(thing, CONDITIONAL, on=date(2026, 3, 5))
    clock.refresh_from_db()
    assert (clock.status, clock.met_on) == (Clock.MET, date(2026, 3, 5))
    assert clockwork.running(thing) == [] and clockwork.tick(date(2026, 5, 1)) == 0


def test_meeting_one_limit_leaves_the_others_running(thing: Body) -> None:
    start(thing)
    clockwork.start("sharing.supply", thing, body=thing.pk, on=MONDAY)
    clockwork.meet(thing, CONDITIONAL)
    assert [clock.limit for clock in clockwork.running(thing)] == ["sharing.supply"]


def test_time_reminds_once_and_says_once_that_it_is_over(thing: Body) -> None:
    start(thing)
    assert clockwork.tick(date(2026, 3, 11)) == 0
    assert clockwork.tick(date(2026, 3, 12)) == 1  # a Thursday: two working days before the last day, a Monday
    assert clockwork.tick(date(2026, 3, 16)) == 0  # the last day is still in time
    assert clockwork.tick(date(2026, 3, 17)) == 1
    assert clockwork.tick(date(2026, 3, 18)) == 0
    (due,), (overdue,) = written("kernel.clock.due"), written("kernel.clock.overdue")
    assert due.object_id == overdue.object_id == thing.pk
    assert overdue.payload["limit"] == CONDITIONAL and "第二十一条" in overdue.payload["article"]
    assert overdue.payload["due_on"] == "2026-03-16" and overdue.payload["body"] == str(thing.pk)
    assert Clock.objects.get().status == Clock.OVERDUE


def test_a_reminder_counts_working_days_over_the_holidays(thing: Body) -> None:
    clockwork.start("catalog.publish", thing, body=thing.pk, on=date(2026, 9, 29))  # until 8 October
    assert clockwork.tick(date(2026, 9, 28)) == 0
    assert clockwork.tick(date(2026, 9, 29)) == 1


def test_what_stays_overdue_is_escalated_once_after_five_working_days(thing: Body) -> None:
    start(thing)
    clockwork.tick(date(2026, 3, 17))
    assert clockwork.tick(date(2026, 3, 20)) == 0
    assert clockwork.tick(date(2026, 3, 22)) == 0  # a Sunday
    assert clockwork.tick(date(2026, 3, 23)) == 1
    assert clockwork.tick(date(2026, 3, 30)) == 0
    (escalated,) = written("kernel.clock.escalated")
    assert escalated.payload["clock"] == str(Clock.objects.get().pk)


def test_what_was_overdue_can_still_be_met(thing: Body) -> None:
    start(thing)
    clockwork.tick(date(2026, 4, 1))
    clockwork.meet(thing, on=date(2026, 4, 2))
    assert Clock.objects.get().status == Clock.MET
    (late,) = written("kernel.clock.met_late")
    assert late.payload["limit"] == CONDITIONAL


def test_what_was_met_in_time_leaves_no_word_of_lateness(thing: Body) -> None:
    start(thing)
    clockwork.meet(thing, on=date(2026, 3, 3))
    assert written("kernel.clock.met_late") == []
