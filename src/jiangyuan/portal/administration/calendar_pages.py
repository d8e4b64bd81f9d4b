"""The working calendar: which days count for the limits of the law, and the arrangement of a year made known."""

from __future__ import annotations

import calendar as months
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiangyuan.kernel import clockwork
from jiangyuan.kernel.clocks import LIMITS, Calendar
from jiangyuan.kernel.models import CalendarDay
from jiangyuan.kernel.texts import listed
from jiangyuan.ui import pages, parts, steps
from jiangyuan.ui.session import require_actor

PUBLISH = "administration.calendar.publish"


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day as it is drawn: the number, what it is, and why."""

    number: int
    kind: str
    title: Any = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month: its weeks (None: a day of another month) and how many days are worked."""

    title: str
    weeks: list[list[Day | None]]
    worked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Year(parts.Part):
    """A year, month by month."""

    template: ClassVar[str] = "administration/year.html"
    months: list[Month]


def calendar_page(request: HttpRequest) -> HttpResponse:
    """Show a year of the working calendar to everybody whose clocks it moves."""
    actor = require_actor(request)
    today = timezone.localdate()
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdigit() and 2004 <= int(asked) <= today.year + 1 else today.year
    known = clockwork.calendar()
    notes = dict(CalendarDay.objects.filter(day__year=year).values_list("day", "note"))
    may = steps.may_begin(PUBLISH, actor)
    header = parts.Header(
        title=_("工作日历"),
        lead=_("法定时限按工作日计算：放假不算，调休上班算。收到之日不计入，从次日起算（民法典第二百零一条）。"),
        action=parts.Button(
            title=_("公布全年工作日安排"), url="/administration/calendar/publish/", icon="calendar-plus"
        )
        if may
        else None,
    )
    years = range(today.year - 1, today.year + 2)
    items = tuple(parts.Link(title=_("%(year)s 年") % {"year": y}, url=f"?year={y}", current=y == year) for y in years)
    drawn = Year(months=[_month(year, number, known, notes) for number in range(1, 13)])
    return pages.page(
        request,
        "ui/detail.html",
        header=header,
        tabs=parts.Tabs(label=_("年份"), items=items),
        above=(_state(year, known, today, may),),
        sections=(drawn,),
    )


def _state(year: int, known: Calendar, today: date, may: bool) -> parts.Notice:
    """Say where the year's arrangement comes from, or that it is not known yet."""
    if year in known.settled_years:
        notes = CalendarDay.objects.filter(day__year=year).values_list("note", flat=True)[:1]
        return parts.Notice(
            title=_("%(year)s 年安排已由本平台录入") % {"year": year}, tone="good", text=str(listed(notes))
        )
    if known.is_certain(date(year, 6, 1)):
        return parts.Notice(
            title=_("%(year)s 年安排已公布") % {"year": year}, tone="good", text=_("来自国务院办公厅公布的节假日安排。")
        )
    uncertain = sum(1 for clock in _running_into(year))
    text = _("暂按周一至周五计算，届时会重算；目前有 %(n)s 个时限到期日落在这一年，页面上标为“暂定”。") % {
        "n": uncertain
    }
    if may:
        text += _("安排公布后请录入。")
    return parts.Notice(title=_("%(year)s 年安排尚未公布") % {"year": year}, tone="warn", text=text)


def _running_into(year: int) -> list[Any]:
    return list(clockwork.Clock.objects.filter(status="running", due_on__year=year).values_list("pk")[:1000])


def _month(year: int, number: int, known: Calendar, notes: Mapping[date, str]) -> Month:
    weeks: list[list[Day | None]] = []
    for week in months.Calendar().monthdatescalendar(year, number):
        weeks.append([_day(day, known, notes) if day.month == number else None for day in week])
    days = [date(year, number, n) for n in range(1, months.monthrange(year, number)[1] + 1)]
    return Month(
        title=date_format(date(year, number, 1), "F"), weeks=weeks, worked=sum(known.is_working(day) for day in days)
    )


def _day(day: date, known: Calendar, notes: Mapping[date, str]) -> Day:
    working, weekday = known.is_working(day), day.weekday() < 5
    if working and not weekday:
        return Day(number=day.day, kind="makeup", title=notes.get(day) or _("调休上班"))
    if not working and weekday:
        return Day(number=day.day, kind="off", title=notes.get(day) or _("放假"))
    return Day(number=day.day, kind="work" if working else "rest")


def publish_page(request: HttpRequest) -> HttpResponse:
    """Enter the arrangement of a year; the clocks that it moves are dated anew."""
    today = timezone.localdate()
    year = today.year + 1
    off = [f"{day} {note}".strip() for day, note in _entered(year, working=False)]
    worked = [f"{day} {note}".strip() for day, note in _entered(year, working=True)]
    crumb = parts.Link(title=_("工作日历"), url="/administration/calendar/")
    touched = len(_running_into(year))
    named = listed(limit.title for limit in LIMITS.values() if limit.unit == "working_day")
    lead = _(
        "公布后，正在计时且到期日受影响的时限立即重算（目前有 %(n)s 个到期日在 %(year)s 年），已超期的不变。涉及：%(named)s。"
    )
    return steps.begin_page(
        request,
        PUBLISH,
        crumbs=(crumb,),
        back=crumb.url,
        done=f"/administration/calendar/?year={year}",
        initial={"year": year, "off": off, "worked": worked},
        lead=lead % {"n": touched, "year": year, "named": named},
        next_step=lambda moved: (
            ngettext("有 %(n)s 个时限的到期日随之变动。", "有 %(n)s 个时限的到期日随之变动。", moved) % {"n": moved}
        ),
    )


def _entered(year: int, *, working: bool) -> list[tuple[date, str]]:
    rows = CalendarDay.objects.filter(day__year=year, working=working).order_by("day")
    return list(rows.values_list("day", "note")[:100])
