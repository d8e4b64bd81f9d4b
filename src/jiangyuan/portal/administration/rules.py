"""Pure decisions of the administration: what a published working calendar may say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from jiangyuan.kernel.errors import Refused

MOST_DAYS = 60
ARTICLE = gettext_noop("《全国年节及纪念日放假办法》")
_UNTIL = "至|到|~|—"  # i18n: how days are written
_RANGE = re.compile(rf"^(\d{{4}}-\d{{2}}-\d{{2}})(?:\s*(?:{_UNTIL})\s*(\d{{4}}-\d{{2}}-\d{{2}}))?(?:\s+(.{{1,60}}))?$")


def days_of(lines: Iterable[str], where: str) -> dict[date, str]:
    """Read days written one a line: `2027-01-01 元旦`, `2027-02-05 至 2027-02-12 春节`; gives {day: note}."""
    found: dict[date, str] = {}
    for number, line in enumerate(lines, 1):
        match = _RANGE.match(line.strip())
        try:
            first = date.fromisoformat(match[1]) if match else None
            last = date.fromisoformat(match[2]) if match and match[2] else first
        except ValueError:
            first = last = None
        if match is None or first is None or last is None or not 0 <= (last - first).days < MOST_DAYS:
            raise Refused(
                _("第 %(n)s 行“%(line)s”不是日期") % {"n": number, "line": line[:40]},
                where=where,
                mend=_("请写成“2027-01-01 元旦”或“2027-02-05 至 2027-02-12 春节”，每行一项。"),
            )
        found.update({first + timedelta(days=step): match[3] or "" for step in range((last - first).days + 1)})
    return found


def require_calendar(year: int, off: Iterable[date], worked: Iterable[date], today: date) -> None:
    """Refuse an arrangement that cannot be the one published for the year."""
    off, worked = set(off), set(worked)
    if not today.year <= year <= today.year + 1:
        raise Refused(_("只能录入今年或明年的安排"), where="year", mend=_("请核对年份。"))
    outside = sorted(day for day in off | worked if day.year != year and (day.year, day.month) != (year - 1, 12))
    if outside:
        raise Refused(
            _("%(day)s 不在 %(year)s 年的安排内") % {"day": outside[0], "year": year},
            where="off",
            mend=_("请核对年份。"),
        )
    if date(year, 1, 1) not in off:
        raise Refused(
            _("缺少元旦（1月1日）"),
            where="off",
            article=ARTICLE,
            mend=_("请把全年的放假日都录入，平台据此认定全年安排已公布。"),
        )
    if both := sorted(off & worked):
        raise Refused(_("%(day)s 既放假又上班") % {"day": both[0]}, where="worked", mend=_("请与通知核对。"))
    if plain := sorted(day for day in worked if day.weekday() < 5):
        raise Refused(
            _("%(day)s 本来就是工作日，不需要调休上班") % {"day": plain[0]}, where="worked", mend=_("请与通知核对。")
        )
    if len(off) > MOST_DAYS or len(worked) > MOST_DAYS:
        raise Refused(_("放假或调休的天数过多"), where="off", mend=_("请与通知核对。"))
