"""Pure decisions on deadlines: which clocks may be extended, and the iCalendar form of clocks (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from jiangyuan.kernel.clocks import ExtensionRefused, Limit
from jiangyuan.kernel.errors import Conflict

_OCTETS = 75


def require_extendable(status: str, limit: Limit, extended: int, days: int) -> None:
    """Refuse more time where the article gives none, gives less, or the last day has passed."""
    left = limit.extension - extended
    if left <= 0:
        raise ExtensionRefused(
            _("这个时限不能再延长"), where="clock", article=limit.article, mend=_("请在期限内办结。")
        )
    if status != "running":
        raise Conflict(
            _("时限没有在计时，不能申请延期"),
            where="clock",
            article=limit.article,
            mend=_("延期须在期限届满前申请；已超期的请尽快办结。"),
        )
    if days > left:
        raise ExtensionRefused(
            _("延长超过规定的期限"),
            where="days",
            article=limit.article,
            mend=ngettext("最多可延长 %(days)s 个工作日。", "最多可延长 %(days)s 个工作日。", left) % {"days": left},
        )


def require_unasked(asked: bool, limit: Limit) -> None:
    """Refuse a second application while the first is undecided."""
    if asked:
        raise Conflict(
            _("已有延期申请等待批准"), where="clock", article=limit.article, mend=_("请等主管部门答复后再申请。")
        )


def require_running(status: str) -> None:
    """Refuse to extend what was met, or stands; one that ran out while the authority considered it runs again."""
    if status not in ("running", "overdue"):
        raise Conflict(_("时限已办结或已暂停，无需延期"), where="clock", mend=_("请不批准这项申请，并说明已办结。"))


@dataclass(frozen=True, slots=True)
class Due:
    """One clock as a calendar shows it: `day` is its last day; `settled` False while the year is not published."""

    key: str
    day: date
    title: str
    detail: str
    url: str = ""
    settled: bool = True


def icalendar(found: Iterable[Due], *, name: str, stamp: datetime) -> bytes:
    """Give clocks as all-day events of an iCalendar file (RFC 5545), UTF-8, lines folded at 75 octets."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Jiangyuan//Deadlines//ZH", f"X-WR-CALNAME:{_text(name)}"]
    for due in found:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{due.key}@jiangyuan",
            f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{due.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{due.day + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_text(due.title)}",
            f"DESCRIPTION:{_text(due.detail)}",
            f"STATUS:{'CONFIRMED' if due.settled else 'TENTATIVE'}",
            *([f"URL:{due.url}"] if due.url else []),
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(_folded(line) + "\r\n" for line in lines).encode("utf-8")


def _text(words: str) -> str:
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r", ""), ("\n", "\\n")):
        words = words.replace(plain, escaped)
    return words


def _folded(line: str) -> str:
    """Fold a line at 75 octets without cutting a character; what follows begins with a space."""
    kept, width = [], 0
    for letter in line:
        size = len(letter.encode("utf-8"))
        if width + size > _OCTETS:
            kept.append("\r\n ")
            width = 1
        kept.append(letter)
        width += size
    return "".join(kept)
