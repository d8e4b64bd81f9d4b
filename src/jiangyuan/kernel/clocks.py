"""Working days and the limits of the law.

A limit counts working days from the day after receipt (民法典第二百零一条); all days are those of Asia/Shanghai. Which
days are worked is decided by the State Council's yearly schedule: `chinesecalendar` knows it to a certain year, the
platform's own table (`Calendar.overrides`) adds and corrects. Beyond both, weekends decide and the result says so
(`certain=False`): a deadline is never silently wrong.

`Countdown` is the pure arithmetic of one running limit (start, pause, resume, extend, remaining); nothing here reads
a clock or a database.
"""

from __future__ import annotations

import calendar as months
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

import chinese_calendar
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext

from jiangyuan.kernel.errors import Refused

SHANGHAI = ZoneInfo("Asia/Shanghai")
_DAY = timedelta(days=1)
_LONGEST = 10_000
# The schedule of a year may also move days at the end of the year before (2018-12-31, 2022-12-31).
_MOVABLE_FROM = (12, 26)


class ExtensionRefused(Refused):
    """An extension is longer than the article allows, or the article allows none."""

    default_code = "extension"


class ClockMisused(Refused):
    """A clock was paused twice, resumed without a pause, or dated before its start."""

    default_code = "clock"


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day of a limit; `certain` is False where the holiday schedule of a year in it is not yet known."""

    on: date
    certain: bool


@lru_cache(maxsize=20_000)
def _published(day: date) -> bool | None:
    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError:
        return None


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked: `overrides` {day: worked} first, then the published schedule, then weekends.

    `settled_years` are the years whose schedule `overrides` holds in full, so that their plain days are certain too.
    """

    overrides: Mapping[date, bool] = field(default_factory=lambda: MappingProxyType({}))
    settled_years: Collection[int] = frozenset()

    def is_working(self, day: date) -> bool:
        """Tell whether `day` is worked, by the best knowledge there is."""
        known = self.overrides.get(day)
        if known is None:
            known = None if day.year in self.settled_years else _published(day)
        return day.weekday() < 5 if known is None else known

    def is_certain(self, day: date) -> bool:
        """Tell whether the schedule that decides over `day` is known."""
        if day in self.overrides:
            return True
        decisive = day.year + 1 if (day.month, day.day) >= _MOVABLE_FROM else day.year
        return self._knows(day.year) and (decisive == day.year or self._knows(decisive))

    def _knows(self, year: int) -> bool:
        return year in self.settled_years or _published(date(year, 1, 1)) is not None


PUBLISHED = Calendar()
"""The calendar of the published schedules alone."""


def local_day(moment: datetime) -> date:
    """Give the day in Asia/Shanghai. Raises ValueError for a moment without time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return moment.astimezone(SHANGHAI).date()


def add_working_days(start: date, n: int, *, calendar: Calendar = PUBLISHED) -> Deadline:
    """Give the n-th working day after `start` (which itself is not counted, 民法典第二百零一条).

    For n = 0 it is `start`. Raises ValueError for a negative or absurd n, or a datetime in place of a date.
    """
    if isinstance(start, datetime):
        raise ValueError("a day is expected; take local_day(moment)")
    if not 0 <= n <= _LONGEST:
        raise ValueError(f"0 to {_LONGEST} working days expected, {n} given")
    day, certain = start, True
    while n:
        day += _DAY
        certain = certain and calendar.is_certain(day)
        n -= calendar.is_working(day)
    return Deadline(day, certain)


def working_days_between(start: date, end: date, *, calendar: Calendar = PUBLISHED) -> int:
    """Count the working days after `start` up to and with `end`; negative when `end` lies before `start`."""
    if end < start:
        return -working_days_between(end, start, calendar=calendar)
    return sum(calendar.is_working(start + _DAY * step) for step in range(1, (end - start).days + 1))


def add_years(start: date, n: int) -> date:
    """Give the corresponding day n years on, or the month's last day where there is none (民法典第二百零二条)."""
    year = start.year + n
    return start.replace(year=year, day=min(start.day, months.monthrange(year, start.month)[1]))


Unit = Literal["working_day", "year"]


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit set by law or by the plan.

    `days` counts `unit`s. `extension` is the most that may be added, in the same unit, after `approver` agrees;
    `tell_consumer` says that the consumer must be told of it.
    """

    code: str
    title: object
    days: int
    article: str
    unit: Unit = "working_day"
    extension: int = 0
    approver: str = ""
    tell_consumer: bool = False


_AUTHORITY = "authority_head"

LIMITS: Mapping[str, Limit] = MappingProxyType(
    {
        limit.code: limit
        for limit in (
            Limit(
                "sharing.reply.unconditional",
                _("答复无条件共享申请"),
                1,
                gettext_noop("《政务数据共享条例》第二十一条"),
                extension=10,
                approver=_AUTHORITY,
                tell_consumer=True,
            ),
            Limit(
                "sharing.reply.conditional",
                _("答复有条件共享申请"),
                10,
                gettext_noop("《政务数据共享条例》第二十一条"),
                extension=10,
                approver=_AUTHORITY,
                tell_consumer=True,
            ),
            Limit("sharing.supply", _("答复同意后提供共享数据"), 20, gettext_noop("《政务数据共享条例》第二十二条")),
            Limit(
                "catalog.update.duty",
                _("因法律法规或职责变化更新目录"),
                10,
                gettext_noop("《政务数据共享条例》第十七条"),
                extension=5,
                approver=_AUTHORITY,
            ),
            Limit("catalog.publish", _("审核并发布更新后的目录"), 2, gettext_noop("《政务数据共享条例》第十七条")),
            Limit(
                "catalog.update.entry",
                _("因自身信息变化更新目录"),
                20,
                gettext_noop("省一体化政务大数据工作方案任务六"),
            ),
            Limit(
                "correction.feedback", _("核实、更正并反馈校核申请"), 10, gettext_noop("《政务数据共享条例》第二十六条")
            ),
            # art. 28 sets no days; the sharing authority does, and these are the platform's until it says otherwise
            Limit(
                "dispute.answer",
                _("答复共享争议"),
                10,
                gettext_noop("《政务数据共享条例》第二十八条（期限由共享主管部门规定）"),
            ),
            Limit(
                "dispute.decide",
                _("裁决共享争议"),
                20,
                gettext_noop("《政务数据共享条例》第二十八条（期限由共享主管部门规定）"),
            ),
            # how long a campaign runs, the authority says when it opens; the article sets no number of its own
            Limit(
                "census.report",
                _("报送数字资源普查"),
                0,
                gettext_noop("省一体化政务大数据工作方案任务三"),
                extension=366,
                approver=_AUTHORITY,
            ),
            Limit(
                "usage.retention",
                _("保存共享数据使用记录（至少）"),
                3,
                gettext_noop("《政务数据共享条例》第二十九条"),
                unit="year",
            ),
        )
    }
)
"""Every limit the platform keeps, by code."""

_OFFICE = ("sharing_handler", "sharing_head")


@dataclass(frozen=True, slots=True)
class Escalation:
    """A stage of a limit that runs out: the event it leaves, when, and who is told besides the desk it lies on.

    `after` counts working days past the last day: negative before it, 0 as soon as it has passed. `body` names the
    capacities of the body on whose desk the clock runs, `authority` those of the authority that supervises it.
    """

    event: str
    after: int
    body: tuple[str, ...] = ()
    authority: tuple[str, ...] = ()


ESCALATIONS: tuple[Escalation, ...] = (
    Escalation("kernel.clock.due", -2),
    Escalation("kernel.clock.overdue", 0, body=_OFFICE, authority=("authority_handler",)),
    Escalation("kernel.clock.escalated", 5, body=("department_head",), authority=("authority_head",)),
)
"""How a limit is reminded of and escalated, in order (a rule of the platform: the regulation names who answers for a
late reply, art. 38-39, but no days)."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Days on which a clock stands still: from `since` to `until`, both included; `until` None while it still stands."""

    since: date
    until: date | None = None

    def covers(self, day: date) -> bool:
        """Tell whether the clock stands on `day`."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Countdown:
    """One limit running since `received`; every change gives a new value.

    The day of receipt is not counted. Days of a pause are not counted either: neither the one on which it began (so a
    clock paused on its last day still has that day) nor the one on which what was missing arrived.
    """

    limit: Limit
    received: date
    pauses: tuple[Pause, ...] = ()
    extended: int = 0

    @property
    def paused(self) -> bool:
        """Whether the clock stands now."""
        return bool(self.pauses) and self.pauses[-1].until is None

    def pause(self, on: date) -> Countdown:
        """Stop the clock on a day. Raises `ClockMisused`."""
        if self.paused:
            raise ClockMisused(_("计时已经暂停"), mend=_("请先恢复计时。"))
        earliest = self.pauses[-1].until if self.pauses else None
        if on < (earliest or self.received):
            raise ClockMisused(_("暂停日期早于计时开始"), mend=_("请核对日期。"))
        return replace(self, pauses=(*self.pauses, Pause(on)))

    def resume(self, on: date) -> Countdown:
        """Let the clock run again; the day itself is not counted. Raises `ClockMisused`."""
        if not self.paused:
            raise ClockMisused(_("计时没有暂停，无需恢复"))
        if on < self.pauses[-1].since:
            raise ClockMisused(_("恢复日期早于暂停日期"), mend=_("请核对日期。"))
        return replace(self, pauses=(*self.pauses[:-1], replace(self.pauses[-1], until=on)))

    def extend(self, n: int) -> Countdown:
        """Add `n` units, once approved by `limit.approver`. Raises `ExtensionRefused` past what the article allows."""
        if n < 1 or self.extended + n > self.limit.extension:
            left = self.limit.extension - self.extended
            mend = _("本次可延长 1 至 %(days)s 个工作日。") % {"days": left} if left > 0 else _("请在期限内办结。")
            raise ExtensionRefused(_("延长超过规定的期限"), mend=mend, article=self.limit.article)
        return replace(self, extended=self.extended + n)

    def due(self, *, calendar: Calendar = PUBLISHED) -> Deadline | None:
        """Give the last day, or None while the clock stands."""
        if self.paused:
            return None
        if self.limit.unit == "year":
            # Storage is not suspended by a pause; the years simply run.
            return Deadline(add_years(self.received, self.limit.days + self.extended), certain=True)
        left, day, certain = self.limit.days + self.extended, self.received, True
        while left:
            day += _DAY
            certain = certain and calendar.is_certain(day)
            left -= calendar.is_working(day) and not self._stands(day)
        return Deadline(day, certain)

    def _stands(self, day: date) -> bool:
        return any(pause.covers(day) for pause in self.pauses)

    def remaining(self, today: date, *, calendar: Calendar = PUBLISHED) -> int:
        """Count the working days left after `today`: 0 on the last day, negative once overdue.

        While the clock stands it is what will be left on the day it resumes.
        """
        if self.paused:
            since = self.pauses[-1].since
            days = (self.received + _DAY * step for step in range(1, max((since - self.received).days, 0)))
            used = sum(calendar.is_working(day) and not self._stands(day) for day in days)
            return self.limit.days + self.extended - used
        last = self.due(calendar=calendar)
        assert last is not None  # only a standing clock has none
        if last.on < today:
            return working_days_between(today, last.on, calendar=calendar)
        first = max(today, self.received)
        days = (first + _DAY * step for step in range(1, (last.on - first).days + 1))
        return sum(calendar.is_working(day) and not self._stands(day) for day in days)

    def overdue(self, today: date, *, calendar: Calendar = PUBLISHED) -> bool:
        """Tell whether the last day has passed."""
        last = self.due(calendar=calendar)
        return last is not None and today > last.on

    def text(self, today: date, *, calendar: Calendar = PUBLISHED) -> str:
        """Say it to people: 还剩 4 个工作日（至 11月27日）."""
        left, last = self.remaining(today, calendar=calendar), self.due(calendar=calendar)
        if last is None:
            return ngettext(
                "计时已暂停，恢复后还剩 %(days)s 个工作日", "计时已暂停，恢复后还剩 %(days)s 个工作日", left
            ) % {"days": left}
        values = {"days": abs(left), "on": day_text(last.on, today=today)}
        if self.limit.unit == "year":
            return (_("已满 %(on)s") if today > last.on else _("至 %(on)s")) % values
        if today > last.on:
            late = ngettext(
                "已超期 %(days)s 个工作日（应于 %(on)s办结）", "已超期 %(days)s 个工作日（应于 %(on)s办结）", abs(left)
            )
            message = late if left else _("已超期（应于 %(on)s办结）")
        elif today == last.on:
            message = _("今天到期（%(on)s）")
        else:
            message = ngettext("还剩 %(days)s 个工作日（至 %(on)s）", "还剩 %(days)s 个工作日（至 %(on)s）", left)
        text = message % values
        return text if last.certain else text + str(_("，节假日安排尚未公布，暂按周末推算"))


def day_text(day: date, *, today: date) -> str:
    """Write a day as people do: 11月27日, with the year only when it is not this one."""
    if day.year == today.year:
        return _("%(month)s月%(day)s日") % {"month": day.month, "day": day.day}
    return _("%(year)s年%(month)s月%(day)s日") % {"year": day.year, "month": day.month, "day": day.day}
