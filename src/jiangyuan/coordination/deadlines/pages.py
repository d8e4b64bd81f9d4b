"""Pages of deadlines: the month, the list, the iCalendar file; matters of decision and supervision stand beside."""

from __future__ import annotations

import calendar as months
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from jiangyuan.coordination.deadlines import matter_pages, queries
from jiangyuan.coordination.deadlines.models import OVERSEERS
from jiangyuan.coordination.deadlines.queries import Running
from jiangyuan.coordination.deadlines.rules import Due, icalendar
from jiangyuan.kernel import ciphers, clockwork
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.clocks import LIMITS, Calendar
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.models import Clock
from jiangyuan.kernel.texts import cite
from jiangyuan.ui import listing, lists, pages, parts, steps
from jiangyuan.ui.clocks import day_text
from jiangyuan.ui.session import require_actor, scene_of

AHEAD = timedelta(days=400)
SHOWN = 4
"""Clocks that one day of the month names; the others are counted and stand in the list below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of the month: its number, what kind of day it is, what falls due, and whether it is today."""

    number: int
    kind: str
    today: bool
    settled: bool
    due: tuple[Running, ...]
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Month(parts.Part):
    """A month with the clocks of each day; None for days of another month."""

    template: ClassVar[str] = "deadlines/month.html"
    title: str
    weeks: list[list[Day | None]]
    before: str
    after: str


def _asked_month(request: HttpRequest, today: date) -> date:
    year, _dash, number = request.GET.get("month", "")[:7].partition("-")
    if year.isdecimal() and number.isdecimal() and 2004 <= int(year) <= today.year + 5 and 1 <= int(number) <= 12:
        return date(int(year), int(number), 1)
    return today.replace(day=1)


def month_page(request: HttpRequest) -> HttpResponse:
    """Show a month of the clocks that the actor may know, on the days on which they fall due."""
    actor = require_actor(request)
    today = timezone.localdate()
    first = _asked_month(request, today)
    last = first.replace(day=months.monthrange(first.year, first.month)[1])
    own = request.GET.get("of", "own") != "all" or actor.capacity not in OVERSEERS
    found = queries.due_between(first, last, actor=actor, own=own)
    known = clockwork.calendar()
    drawn = _month(first, today, known, found, "" if own else "&of=all")
    above = () if known.is_certain(last) else (_unsettled(last.year),)
    return pages.page(
        request,
        "ui/detail.html",
        header=_header(actor),
        tabs=_views(actor, "own" if own else "all"),
        above=above,
        sections=(drawn, _table(found, _("本月到期的时限"), actor)),
    )


def _header(actor: Actor) -> parts.Header:
    taken = parts.Button(
        title=_("导出日历（iCalendar）"), url="/clocks/calendar.ics", kind="plain", icon="calendar-down"
    )
    return parts.Header(
        title=_("时限日历"),
        lead=_("法定时限按工作日计算，收到之日不计入；每个时限落在最后一天。"),
        further=(taken,) if actor.body else (),
    )


def _views(actor: Actor, current: str) -> parts.Tabs:
    items = [("own", _("本部门月历"), "/clocks/"), ("list", _("时限列表"), "/clocks/list/")]
    if actor.capacity in OVERSEERS:
        items.insert(1, ("all", _("本级各部门月历"), "/clocks/?of=all"))
    return parts.Tabs(
        label=_("看法"),
        items=tuple(parts.Link(title=title, url=url, current=code == current) for code, title, url in items),
    )


def _unsettled(year: int) -> parts.Notice:
    return parts.Notice(
        title=_("%(year)s 年放假安排尚未公布") % {"year": year},
        tone="warn",
        text=_("这一年的工作日暂按周一至周五推算，受影响的时限标为“暂定”，公布后重算。"),
    )


def _month(first: date, today: date, known: Calendar, found: list[Running], kept: str) -> Month:
    by_day: dict[date, list[Running]] = {}
    for one in found:
        if one.clock.due_on is not None:
            by_day.setdefault(one.clock.due_on, []).append(one)
    weeks = [
        [_day(day, today, known, by_day.get(day, [])) if day.month == first.month else None for day in week]
        for week in months.Calendar().monthdatescalendar(first.year, first.month)
    ]
    before, after = first - timedelta(days=1), first + timedelta(days=32)
    return Month(
        title=_("%(year)s年%(month)s月") % {"year": first.year, "month": first.month},
        weeks=weeks,
        before=f"?month={before:%Y-%m}{kept}",
        after=f"?month={after:%Y-%m}{kept}",
    )


def _day(day: date, today: date, known: Calendar, due: list[Running]) -> Day:
    working, weekday = known.is_working(day), day.weekday() < 5
    kind = ("work" if weekday else "makeup") if working else ("off" if weekday else "rest")
    return Day(
        number=day.day,
        kind=kind,
        today=day == today,
        settled=known.is_certain(day),
        due=tuple(due[:SHOWN]),
        more=max(0, len(due) - SHOWN),
    )


def _table(found: list[Running], caption: str, actor: Actor) -> parts.Table:
    asks = _asks(actor)
    return parts.Table(
        caption=caption,
        show_caption=True,
        columns=tuple(
            parts.Column(title=title)
            for title in (_("事项"), _("要办的事"), _("部门"), _("时限"), _("依据"), _("延期"))
        ),
        rows=[_row(one, asks=asks) for one in found[:200]],
        empty=parts.Empty(title=_("这个月没有到期的时限"), why=_("时限由申请、答复、目录更新等事项产生。")),
    )


def _asks(actor: Actor) -> UUID | None:
    """Give the body for whose clocks the actor may ask for more time, if any: nobody asks for another's."""
    return (
        actor.body if actor.body and steps.may_begin("deadlines.extension.ask", actor, body=str(actor.body)) else None
    )


def _row(one: Running, *, asks: UUID | None) -> tuple[Any, ...]:
    limit = LIMITS[one.clock.limit]
    own = asks is not None and one.clock.body == asks
    return (
        parts.Link(title=one.name, url=one.url) if one.url else _("不在您的查看范围内"),
        one.title,
        one.body,
        one.face,
        cite(limit.article),
        _more_time(one, own=own),
    )


def _more_time(one: Running, *, own: bool) -> parts.Link | str:
    """Give the way to ask for more time, or say why there is none."""
    if _extendable(one.clock):
        return parts.Link(title=_("申请延期"), url=f"/clocks/{one.clock.pk}/extend/") if own else _("由该部门申请")
    return str(_why_no_more(one.clock)[0])


def _why_no_more(clock: Clock) -> tuple[Any, Any]:
    """Say why no more time may be asked for, and what can be done instead."""
    if clock.status == Clock.OVERDUE:
        return _("已超期，不能再申请"), _(
            "延期须在期限届满前申请。请尽快办结；办结后自动销号，在此之前主管部门可以督促。"
        )
    if clock.status == Clock.PAUSED:
        return _("计时已暂停"), _("计时恢复后仍可在期限届满前申请。")
    if clock.status == Clock.MET:
        return _("已办结"), _("无需延期。")
    return _("不能再延长"), _("条例没有给出更长的期限，请在期限内办结。")


def _extendable(clock: Clock) -> bool:
    return clock.status == Clock.RUNNING and clock.extended < LIMITS[clock.limit].extension


def list_page(request: HttpRequest) -> HttpResponse:
    """List the clocks that the actor may know, the first due first."""
    actor = require_actor(request)
    filters = listing.Filters(
        facets=(
            listing.facet(request, "status", _("状态"), Clock.STATES, many=True),
            listing.facet(request, "limit", _("要办的事"), [(c, one.title) for c, one in LIMITS.items()], many=True),
        )
    )
    rows = filters.narrow(queries.clocks(actor=actor))
    if not filters.narrowed:
        rows = rows.exclude(status=Clock.MET)
    told: dict[UUID, Running] = {}
    asks = _asks(actor)
    table = listing.table_of(
        request,
        rows,
        caption=_("时限"),
        columns=tuple(
            parts.Column(title=title, order=order)
            for title, order in (
                (_("事项"), ""),
                (_("要办的事"), ""),
                (_("部门"), ""),
                (_("时限"), "due_on"),
                (_("依据"), ""),
                (_("延期"), ""),
            )
        ),
        row=lambda clock: _row(told[clock.pk], asks=asks),
        order=("due_on", "-due_on"),
        prepare=lambda found: told.update({one.clock.pk: one for one in queries.told(found, actor=actor)}),
        filters=filters,
        empty=parts.Empty(title=_("没有时限"), why=_("时限由申请、答复、目录更新等事项产生。")),
    )
    return lists.list_page(request, header=_header(actor), filters=filters, table=table, tabs=_views(actor, "list"))


def calendar_file(request: HttpRequest) -> HttpResponse:
    """Give the clocks of one's body, from a month ago to a year ahead, as iCalendar; that it was taken is remembered."""
    actor = require_actor(request)
    today = timezone.localdate()
    found = queries.due_between(today - timedelta(days=31), today + AHEAD, actor=actor, own=True)
    base = settings().public_url.rstrip("/")
    dues = [_due(one, base) for one in found if one.clock.due_on is not None]
    file = icalendar(dues, name=_("江源时限"), stamp=timezone.now())
    act(
        "deadlines.calendar.take",
        actor=actor,
        scene=scene_of(request),
        body=actor.body,
        clocks=len(dues),
        digest=ciphers.sm3(file).hex(),
    )
    answer = HttpResponse(file, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="jiangyuan-clocks.ics"'
    return answer


def _due(one: Running, base: str) -> Due:
    assert one.clock.due_on is not None
    name = one.name or one.body
    return Due(
        key=str(one.clock.pk),
        day=one.clock.due_on,
        title=_("%(title)s：%(name)s") % {"title": one.title, "name": name} if name else one.title,
        detail=str(one.face.explanation),
        url=f"{base}{one.url}" if base and one.url else "",
        settled=one.clock.certain,
    )


def extend_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Ask for more time for one clock."""
    actor = require_actor(request)
    clock = queries.find_clock(pk, actor=actor)
    (one,) = queries.told([clock], actor=actor)
    limit = LIMITS[clock.limit]
    if request.method != "POST" and not _extendable(clock):
        return _no_more_page(request, one)
    due = day_text(clock.due_on, timezone.localdate()) if clock.due_on else ""
    told = _("%(title)s（%(name)s），现在的最后一天是 %(due)s，最多可延长 %(days)s 个工作日（%(article)s）。")
    lead = told % {
        "title": one.title,
        "name": one.name or one.body,
        "due": due,
        "days": limit.extension - clock.extended,
        "article": cite(limit.article),
    }
    return steps.begin_page(
        request,
        "deadlines.extension.ask",
        crumbs=(parts.Link(title=_("时限日历"), url="/clocks/"),),
        back="/clocks/list/",
        about={"body": str(clock.body or "")},
        fixed={"clock": clock.pk},
        lead=lead,
        done=lambda made: f"/clocks/extensions/{made.pk}/",
        next_step=_("接下来由同级主管部门负责人批准。"),
    )


def _no_more_page(request: HttpRequest, one: Running) -> HttpResponse:
    """Say that it is too late, and lead to what can be done: a form that can only be refused is not shown."""
    why, todo = _why_no_more(one.clock)
    title = _("申请延期")
    go = parts.Button(title=_("打开“%(name)s”") % {"name": one.name}, url=one.url) if one.url else None
    told = _("%(title)s（%(name)s）：%(clock)s") % {
        "title": one.title,
        "name": one.name or one.body,
        "clock": one.face.text,
    }
    crumbs = (parts.Link(title=_("时限日历"), url="/clocks/"), parts.Link(title=title, current=True))
    header = parts.Header(title=title, crumbs=crumbs, lead=told)
    empty = parts.Empty(title=why, why=todo, action=go)
    return pages.page(request, "ui/detail.html", header=header, sections=(empty,))


urlpatterns = [
    path("clocks/", month_page, name="clocks"),
    path("clocks/list/", list_page, name="clock_list"),
    path("clocks/calendar.ics", calendar_file, name="clock_file"),
    path("clocks/extensions/", matter_pages.extensions_page, name="extensions"),
    path("clocks/extensions/<uuid:pk>/", matter_pages.extension_page, name="extension"),
    path("clocks/extensions/<uuid:pk>/<slug:verb>/", matter_pages.decide_page, name="extension_step"),
    path("clocks/overdue/", matter_pages.overdue_page, name="overdue_clocks"),
    path("clocks/overdue/<uuid:pk>/", matter_pages.matter_page, name="overdue_clock"),
    path("clocks/overdue/<uuid:pk>/<slug:verb>/", matter_pages.urge_page, name="overdue_step"),
    path("clocks/<uuid:pk>/extend/", extend_page, name="clock_extend"),
]
