"""How the parameters of notices' acts read on forms."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jiangyuan.portal.notices.rules import RULES
from jiangyuan.ui.fields import Shown
from jiangyuan.ui.wording import say

MAIL = (
    ("off", _("不发邮件，只在门户里提醒")),
    ("once", _("有消息就发")),
    ("daily", _("每个工作日上午 8 点汇总一封")),
)


def register_words() -> None:
    """Register the words of this app's forms."""
    say(
        "notices.preference.choose",
        mail=Shown(
            label=_("邮件提醒"),
            help=_("邮件里只写发生了什么和查看的链接，不写任何个人信息和数据内容。"),
            control="radio",
            choices=MAIL,
        ),
        rules=Shown(
            label=_("哪些消息发邮件"),
            help=_("门户内的消息不受影响，总会收到。"),
            choices=[(code, rule.title) for code, rule in RULES.items()],
        ),
    )
