"""How the parameters of the administration's actions read on forms."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jiangyuan.ui.fields import Shown
from jiangyuan.ui.wording import say


def register_words() -> None:
    """Register the words of the forms."""
    say(
        "administration.calendar.publish",
        year=Shown(label=_("年份"), unit=_("年")),
        off=Shown(
            label=_("放假的日子"),
            help=_("每行一项，例如“2027-01-01 元旦”或“2027-02-05 至 2027-02-12 春节”。须含元旦。"),
        ),
        worked=Shown(label=_("调休上班的日子"), help=_("每行一项，写法同上；没有的不填。")),
        document=Shown(label=_("依据的通知"), help=_("例如“国办发明电〔2026〕7 号”。")),
    )
    say("administration.job.retry", job=Shown(hidden=True))
