"""Pure decisions on needed updates: the day from which the limit counts."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from jiangyuan.kernel.errors import Refused

ART17 = gettext_noop("《政务数据共享条例》第十七条")
LONGEST_AGO = timedelta(days=366)


def day_of_change(given: date | None, today: date) -> date:
    """Give the day of the change, today when none is given. Refuses one to come, or longer than a year ago."""
    day = given or today
    if day > today:
        raise Refused(
            _("变化发生日不能晚于今天"), where="occurred_on", article=ART17, mend=_("尚未发生的变化，请在发生后记录。")
        )
    if today - day > LONGEST_AGO:
        raise Refused(_("变化发生日早于一年前"), where="occurred_on", article=ART17, mend=_("请核对日期。"))
    return day
