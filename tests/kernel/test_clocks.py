"""Working days over the holidays of 2026, the limits of the law, and the arithmetic of a running clock."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiangyuan.kernel import clocks
from jiangyuan.kernel.clocks import (
    LIMITS,
    PUBLISHED,
    Calendar,
    ClockMisused,
    Countdown,
    Deadline,
    ExtensionRefused,
    add_working_days,
    working_days_between,
)

CONDITIONAL = LIMITS["sharing.reply.conditional"]
days = st.dates(date(2004, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(
    ("start", "n", "on"),
    [
        (date(2026, 2, 12), 10, date(2026, 3, 4)),  # Spring Festival, with make-up days before and after
        (date(2026, 2, 13), 1, date(2026, 2, 14)),  # a Saturday that is worked
        (date(2026, 2, 14), 1, date(2026, 2, 24)),
        (date(2026, 9, 30), 1, date(2026, 10, 8)),  # National Day
        (date(2026, 10, 9), 1, date(2026, 10, 10)),
        (date(2026, 9, 18), 1, date(2026, 9, 20)),  # a Sunday that is worked
        (date(2026, 11, 20), 5, date(2026, 11, 27)),
        (date(2026, 11, 21), 1, date(2026, 11, 23)),  # received on a Saturday
        (date(2026, 11, 21), 0, date(2026, 11, 21)),
    ],
)
def test_deadlines(start: date, n: int, on: date) -> None:
    assert add_working_days(start, n) == Deadline(on, certain=True)


def test_the_make_up_days_of_2026_are_worked_and_the_year_has_248() -> None:
    for month, day in ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)):
        assert date(2026, month, day).weekday() > 4
        assert PUBLISHED.is_working(date(2026, month, day))
    for year in (2025, 2026):
        assert working_days_between(date(year - 1, 12, 31), date(year, 12, 31)) == 248


def test_years_past_the_schedule_are_counted_by_weekends_and_flagged() -> None:
    assert add_working_days(date(2027, 1, 29), 5) == Deadline(date(2027, 2, 5), certain=False)
    assert not add_working_days(date(2026, 12, 20), 15).certain
    assert add_working_days(date(2026, 12, 18), 5) == Deadline(date(2026, 12, 25), certain=True)
    # The schedule of 2027 may still move the last days of 2026.
    assert not add_working_days(date(2026, 12, 25), 1).certain
    assert not add_working_days(date(2003, 5, 1), 1).certain
    assert "暂按周末推算" in Countdown(CONDITIONAL, date(2027, 1, 29)).text(date(2027, 2, 1))


def test_the_platforms_table_adds_and_corrects() -> None:
    table = {date(2026, 11, 23): False, date(2026, 11, 28): True}
    own = Calendar(table)
    assert add_working_days(date(2026, 11, 20), 1, calendar=own) == Deadline(date(2026, 11, 24), certain=True)
    assert add_working_days(date(2026, 11, 27), 1, calendar=own).on == date(2026, 11, 28)
    single = Calendar({date(2027, 2, 1): False})
    assert not single.is_working(date(2027, 2, 1))
    assert single.is_certain(date(2027, 2, 1))
    assert not single.is_certain(date(2027, 2, 2))
    whole = Calendar({date(2027, 2, 8): False, date(2027, 2, 20): True}, settled_years={2027})
    assert add_working_days(date(2027, 2, 5), 1, calendar=whole) == Deadline(date(2027, 2, 9), certain=True)
    assert whole.is_certain(date(2026, 12, 31))
    assert not whole.is_certain(date(2027, 12, 31))


@given(days, st.integers(0, 60))
def test_counting_forth_and_back_agree(start: date, n: int) -> None:
    end = add_working_days(start, n).on
    assert working_days_between(start, end) == n
    assert working_days_between(end, start) == -n
    assert n == 0 or PUBLISHED.is_working(end)


@given(days, st.integers(0, 60), st.integers(0, 60))
def test_limits_add_up(start: date, one: int, two: int) -> None:
    halfway = add_working_days(start, one)
    whole = add_working_days(start, one + two)
    assert add_working_days(halfway.on, two).on == whole.on
    assert halfway.certain or not whole.certain


def test_days_are_those_of_shanghai() -> None:
    assert clocks.local_day(datetime(2026, 11, 22, 16, 0, tzinfo=UTC)) == date(2026, 11, 23)
    assert clocks.local_day(datetime(2026, 11, 22, 15, 59, tzinfo=UTC)) == date(2026, 11, 22)
    with pytest.raises(ValueError, match="time zone"):
        clocks.local_day(datetime(2026, 11, 22))
    with pytest.raises(ValueError, match="local_day"):
        add_working_days(datetime(2026, 11, 22), 1)
    with pytest.raises(ValueError, match="working days"):
        add_working_days(date(2026, 11, 22), -1)


@pytest.mark.parametrize(
    ("code", "n", "extension", "article"),
    [
        ("sharing.reply.unconditional", 1, 10, "第二十一条"),
        ("sharing.reply.conditional", 10, 10, "第二十一条"),
        ("sharing.supply", 20, 0, "第二十二条"),
        ("catalog.update.duty", 10, 5, "第十七条"),
        ("catalog.publish", 2, 0, "第十七条"),
        ("catalog.update.entry", 20, 0, "任务六"),
        ("correction.feedback", 10, 0, "第二十六条"),
        ("usage.retention", 3, 0, "第二十九条"),
    ],
)
def test_the_limits_of_the_law(code: str, n: int, extension: int, article: str) -> None:
    limit = LIMITS[code]
    assert (limit.days, limit.extension) == (n, extension)
    assert limit.article.endswith(article)
    assert bool(limit.approver) == bool(limit.extension)
    assert re.search("[一-鿿]", str(limit.title))


def test_there_is_no_other_limit() -> None:
    assert len(LIMITS) == 8


def test_what_people_read() -> None:
    clock = Countdown(CONDITIONAL, date(2026, 11, 13))
    assert clock.due() == Deadline(date(2026, 11, 27), certain=True)
    assert clock.text(date(2026, 11, 23)) == "还剩 4 个工作日（至 11月27日）"
    assert clock.text(date(2026, 11, 22)) == "还剩 5 个工作日（至 11月27日）"
    assert clock.text(date(2026, 11, 27)) == "今天到期（11月27日）"
    assert clock.text(date(2026, 11, 28)) == "已逾期（应于 11月27日办结）"
    assert clock.text(date(2026, 12, 2)) == "已逾期 3 个工作日（应于 11月27日办结）"
    assert clock.text(date(2025, 12, 31)).endswith("（至 2026年11月27日）")
    assert clock.remaining(date(2026, 11, 1)) == 10
    assert [clock.overdue(date(2026, 11, d)) for d in (27, 28)] == [False, True]
    assert [clock.remaining(date(2026, 11, d)) for d in (26, 27, 30)] == [1, 0, -1]
    kept = Countdown(LIMITS["usage.retention"], date(2028, 2, 29))
    assert kept.due() == Deadline(date(2031, 2, 28), certain=True)
    assert kept.text(date(2031, 2, 28)) == "至 2月28日"


def test_a_pause_takes_its_days_out() -> None:
    clock = Countdown(CONDITIONAL, date(2026, 11, 2))
    assert clock.remaining(date(2026, 11, 5)) == 7
    standing = clock.pause(date(2026, 11, 5))  # two days (3rd, 4th) are used
    assert standing.due() is None
    assert standing.remaining(date(2026, 11, 30)) == 8
    assert standing.text(date(2026, 11, 30)) == "计时已暂停，恢复后还剩 8 个工作日"
    assert not standing.overdue(date(2027, 6, 1))
    running = standing.resume(date(2026, 11, 12))
    assert running.due() == Deadline(date(2026, 11, 24), certain=True)
    assert running.remaining(date(2026, 11, 12)) == 8
    assert add_working_days(date(2026, 11, 12), 8).on == date(2026, 11, 24)


def test_a_clock_paused_on_its_last_day_still_has_that_day() -> None:
    clock = Countdown(LIMITS["sharing.reply.unconditional"], date(2026, 11, 23)).pause(date(2026, 11, 24))
    assert clock.resume(date(2026, 11, 27)).due() == Deadline(date(2026, 11, 30), certain=True)


@given(st.dates(date(2025, 1, 1), date(2026, 6, 30)), st.lists(st.integers(0, 9), min_size=2, max_size=6))
def test_pauses_never_shorten_and_what_remains_is_kept(received: date, steps: list[int]) -> None:
    clock, day = Countdown(CONDITIONAL, received), received
    plain = add_working_days(received, 10).on
    for pause, resume in zip(steps[::2], steps[1::2], strict=False):
        last = clock.due()
        assert last is not None
        since = day + timedelta(pause)
        if since > last.on:
            break
        standing = clock.pause(since)
        left = standing.remaining(since)
        day = since + timedelta(resume)
        clock = standing.resume(day)
        assert clock.remaining(day) == left
    last = clock.due()
    assert last is not None
    assert last.on >= plain


def test_a_clock_is_not_misused() -> None:
    clock = Countdown(CONDITIONAL, date(2026, 11, 2))
    for wrong in (
        lambda: clock.resume(date(2026, 11, 3)),
        lambda: clock.pause(date(2026, 11, 1)),
        lambda: clock.pause(date(2026, 11, 3)).pause(date(2026, 11, 4)),
        lambda: clock.pause(date(2026, 11, 3)).resume(date(2026, 11, 2)),
    ):
        with pytest.raises(ClockMisused):
            wrong()


def test_extensions_go_as_far_as_the_article() -> None:
    clock = Countdown(CONDITIONAL, date(2026, 11, 2))
    assert clock.due() == Deadline(date(2026, 11, 16), certain=True)
    longer = clock.extend(4).extend(6)
    assert longer.due() == Deadline(date(2026, 11, 30), certain=True)
    with pytest.raises(ExtensionRefused) as raised:
        longer.extend(1)
    assert raised.value.article == "《政务数据共享条例》第二十一条"
    with pytest.raises(ExtensionRefused, match="1 至 10"):
        clock.extend(11)
    with pytest.raises(ExtensionRefused):
        Countdown(LIMITS["sharing.supply"], date(2026, 11, 2)).extend(1)
    with pytest.raises(ExtensionRefused):
        clock.extend(0)
