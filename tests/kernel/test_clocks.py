"""Working days over the holidays of 2026, the limits of the law, and the arithmetic of a running clock."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiangyuan.kernel import clocks
from jiangyuan.kernel.clocks import (
    ESCALATIONS,
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


LAW = {
    # code: (limit, unit, longest extension, who approves it, whether the consumer is told, article)
    "sharing.reply.unconditional": (1, "working_day", 10, "authority_head", True, "《政务数据共享条例》第二十一条"),
    "sharing.reply.conditional": (10, "working_day", 10, "authority_head", True, "《政务数据共享条例》第二十一条"),
    "sharing.supply": (20, "working_day", 0, "", False, "《政务数据共享条例》第二十二条"),
    "catalog.update.duty": (10, "working_day", 5, "authority_head", False, "《政务数据共享条例》第十七条"),
    "catalog.publish": (2, "working_day", 0, "", False, "《政务数据共享条例》第十七条"),
    "catalog.update.entry": (20, "working_day", 0, "", False, "省一体化政务大数据工作方案任务六"),
    "correction.feedback": (10, "working_day", 0, "", False, "《政务数据共享条例》第二十六条"),
    "usage.retention": (3, "year", 0, "", False, "《政务数据共享条例》第二十九条"),
}
"""The limits as the regulation (art. 17, 21, 22, 26, 29) and the plan (task 6) set them: every one. Where an article
leaves the number to the authority (art. 28), it says so and is the province's own."""


def test_the_limits_are_those_of_the_law_and_no_others() -> None:
    kept = {
        code: (limit.days, limit.unit, limit.extension, limit.approver, limit.tell_consumer, str(limit.article))
        for code, limit in LIMITS.items()
        if code in LAW or ("政务数据共享条例" in str(limit.article) and "主管部门规定" not in str(limit.article))
    }
    assert kept == LAW
    assert all(re.search("[一-鿿]", str(limit.title)) for limit in LIMITS.values())


@pytest.mark.parametrize(
    ("code", "received", "due"),
    [
        # Spring Festival 2026: off from 15 to 23 February, worked on Saturdays 14 and 28 February
        ("sharing.reply.unconditional", date(2026, 2, 14), date(2026, 2, 24)),
        ("sharing.reply.conditional", date(2026, 2, 12), date(2026, 3, 4)),
        ("catalog.publish", date(2026, 2, 13), date(2026, 2, 24)),
        ("catalog.update.duty", date(2026, 2, 10), date(2026, 3, 2)),
        ("catalog.update.entry", date(2026, 2, 10), date(2026, 3, 16)),
        # National Day 2026: off from 1 to 7 October, worked on Sunday 20 September and Saturday 10 October
        ("sharing.reply.unconditional", date(2026, 9, 30), date(2026, 10, 8)),
        ("catalog.publish", date(2026, 9, 30), date(2026, 10, 9)),
        ("correction.feedback", date(2026, 9, 18), date(2026, 10, 9)),
        ("catalog.update.duty", date(2026, 9, 29), date(2026, 10, 19)),
        ("sharing.supply", date(2026, 9, 18), date(2026, 10, 22)),
    ],
)
def test_every_limit_over_the_holidays_of_2026(code: str, received: date, due: date) -> None:
    assert Countdown(LIMITS[code], received).due() == Deadline(due, certain=True)


def test_an_extension_over_national_day_counts_its_make_up_day() -> None:
    clock = Countdown(LIMITS["catalog.update.duty"], date(2026, 9, 16))
    assert clock.due() == Deadline(date(2026, 9, 30), certain=True)  # with Sunday 20, without the 25th
    assert clock.extend(5).due() == Deadline(date(2026, 10, 13), certain=True)  # 8, 9, 10 (a Saturday), 12, 13


def test_a_limit_into_2027_says_that_its_day_is_not_settled() -> None:
    clock = Countdown(LIMITS["catalog.update.entry"], date(2026, 12, 14))
    last = clock.due()
    assert last is not None and last.on.year == 2027 and not last.certain
    assert clock.text(date(2026, 12, 15)).endswith("，节假日安排尚未公布，暂按周末推算")
    table = {date(2027, 1, 1): False, date(2027, 1, 2): False, date(2027, 1, 3): False}
    known = Calendar(table, settled_years={2027})
    assert clock.due(calendar=known) == Deadline(date(2027, 1, 12), certain=True)


def test_the_stages_of_escalation_stand_in_the_order_of_time() -> None:
    assert [stage.after for stage in ESCALATIONS] == sorted(stage.after for stage in ESCALATIONS)
    assert [stage.event for stage in ESCALATIONS] == [
        "kernel.clock.due",
        "kernel.clock.overdue",
        "kernel.clock.escalated",
    ]
    assert ESCALATIONS[1].authority == ("authority_handler",) and ESCALATIONS[2].authority == ("authority_head",)


def test_what_people_read() -> None:
    clock = Countdown(CONDITIONAL, date(2026, 11, 13))
    assert clock.due() == Deadline(date(2026, 11, 27), certain=True)
    assert clock.text(date(2026, 11, 23)) == "还剩 4 个工作日（至 11月27日）"
    assert clock.text(date(2026, 11, 22)) == "还剩 5 个工作日（至 11月27日）"
    assert clock.text(date(2026, 11, 27)) == "今天到期（11月27日）"
    assert clock.text(date(2026, 11, 28)) == "已超期（应于 11月27日办结）"
    assert clock.text(date(2026, 12, 2)) == "已超期 3 个工作日（应于 11月27日办结）"
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
