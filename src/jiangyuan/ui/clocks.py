"""How a statutory clock reads: days as people say them, with the article it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Literal

from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from jiangyuan.kernel import clocks, clockwork
from jiangyuan.kernel.models import Clock
from jiangyuan.kernel.texts import cite
from jiangyuan.ui.parts import Part, Tone


def day_text(day: date, today: date) -> str:
    """Say a day: 11月27日, with its year when that is not this year's; in English 27 Nov."""
    if get_language() == "en":
        return date_format(day, "j M" if day.year == today.year else "j M Y")
    return str(clocks.day_text(day, today=today))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFace(Part):
    """A clock as it is shown.

    `due`: last day, inclusive (None: the clock stands, and the day moves with every day it does); `days_left`: working
    days until then (0: today; negative: so many days over; None: not known); `article`: where the limit stands in law;
    `title`: what runs; `certain`: False while the year's working days are not published; `met_on`: the day it was met.
    """

    template: ClassVar[str] = "ui/parts/clock.html"
    due: date | None
    today: date
    days_left: int | None = None
    title: Any = ""
    article: Any = ""
    certain: bool = True
    status: Literal["running", "paused", "met", "overdue"] = "running"
    met_on: date | None = None

    @property
    def overdue(self) -> bool:
        """Tell whether the last day passed before what the law asks for was done."""
        if self.status == "met":
            return self.due is not None and self.met_on is not None and self.met_on > self.due
        return self.status == "overdue" or (self.status == "running" and self.due is not None and self.due < self.today)

    @property
    def tone(self) -> Tone:
        """Give the colour: red only when overdue, amber from two working days before."""
        if self.status == "met":
            return "warn" if self.overdue else "good"
        if self.status == "paused":
            return "closed"
        if self.overdue:
            return "bad"
        return "warn" if self.days_left is not None and self.days_left <= 2 else "idle"

    @property
    def icon(self) -> str:
        """Give the icon that stands beside the colour."""
        return {"good": "circle-check", "closed": "clock-pause", "bad": "clock-exclamation"}.get(self.tone, "clock")

    @property
    def text(self) -> str:
        """Say the clock in one line."""
        if self.status == "met":
            day = day_text(self.met_on or self.due or self.today, self.today)
            return (_("超期办结（%(day)s）") if self.overdue else _("已按期办结（%(day)s）")) % {"day": day}
        if self.status == "paused" or self.due is None:
            return self._standing()
        day = day_text(self.due, self.today)
        if self.overdue:
            return self._over(day)
        if self.days_left is None:
            return _("至 %(day)s") % {"day": day}
        if self.days_left == 0:
            return _("今天到期（%(day)s）") % {"day": day}
        text = ngettext("还剩 %(days)s 个工作日（至 %(day)s）", "还剩 %(days)s 个工作日（至 %(day)s）", self.days_left)
        return text % {"days": self.days_left, "day": day}

    def _standing(self) -> str:
        if self.days_left is None:
            return _("计时已暂停")
        text = ngettext(
            "计时已暂停，恢复后还剩 %(days)s 个工作日", "计时已暂停，恢复后还剩 %(days)s 个工作日", self.days_left
        )
        return text % {"days": self.days_left}

    def _over(self, day: str) -> str:
        if self.days_left is None or self.days_left >= 0:  # over, but not by a working day
            return _("已超期（应于 %(day)s 前办结）") % {"day": day}
        text = ngettext(
            "已超期 %(days)s 个工作日（应于 %(day)s 前办结）",
            "已超期 %(days)s 个工作日（应于 %(day)s 前办结）",
            -self.days_left,
        )
        return text % {"days": -self.days_left, "day": day}

    @property
    def explanation(self) -> str:
        """Say what runs, under which article, and whether the day may still move: the title of the clock."""
        parts = [str(self.title), cite(self.article)]
        if not self.certain:
            parts.append(_("该年度放假安排尚未公布，期限为暂定，公布后可能调整"))
        return _("；").join(p for p in parts if p)


def clock_face(clock: Clock, *, today: date, calendar: clocks.Calendar = clocks.PUBLISHED) -> ClockFace:
    """Give the face of a stored clock: its limit's title and article, and the working days left.

    `calendar`: `clockwork.calendar()`, read once for a whole list.
    """
    limit = clocks.LIMITS[clock.limit]
    counted = limit.unit == "working_day" and clock.status != Clock.MET
    return ClockFace(
        due=clock.due_on,
        today=today,
        days_left=clockwork.countdown(clock).remaining(today, calendar=calendar) if counted else None,
        title=limit.title,
        article=limit.article,
        certain=clock.certain,
        status=clock.status,  # type: ignore[arg-type]
        met_on=clock.met_on,
    )
