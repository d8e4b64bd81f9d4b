"""Every act of notices: how one wishes to be told, and what became of the mail."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints

from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.portal.notices.models import Notice, Preference

Wish = Literal["off", "once", "daily"]
Code = Literal["desk", "due", "overdue", "escalated", "answered", "ready", "grant", "ending", "warning", "failed"]


@action("notices.preference.choose", on=None, event="notices.preference.chosen", title=_("保存消息设置"))
def choose(*, mail: Wish, rules: Annotated[list[Code], Field(max_length=20)], actor: Actor) -> Preference:
    """Say whether one is told by e-mail, at once or daily, and of what. Only for oneself."""
    preference, _made = Preference.objects.get_or_create(person_id=actor.id)
    preference.mail, preference.rules = mail, sorted(set(rules))
    describe(mail=mail, rules=preference.rules)
    return preference


@action("notices.mail.report_sent", on=None, event="notices.mail.sent", title=_("报告邮件已发出"))
def report_sent(*, notices: Annotated[list[UUID], Field(min_length=1, max_length=500)], now: datetime) -> None:
    """Record that an e-mail told these notices; the memory keeps how many, not what and not the address."""
    marked = Notice.objects.filter(pk__in=notices, mailed_at__isnull=True).update(mailed_at=now)
    describe(notices=marked)


@action("notices.mail.report_failed", on=None, event="notices.mail.failed", title=_("报告邮件未能发出"))
def report_failed(*, reason: Annotated[str, StringConstraints(max_length=200)]) -> None:
    """Record that the mail server did not take an e-mail after every try."""
    describe(reason=reason)
