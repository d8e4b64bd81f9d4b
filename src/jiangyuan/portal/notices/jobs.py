"""Background work of notices: mail at once and once a day, and the grants whose term runs out within 30 days."""

from __future__ import annotations

import logging
import smtplib
from datetime import timedelta

from django.utils import timezone

from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.kernel import clockwork, jobs
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import service_actor
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import Refused, Transient
from jiangyuan.kernel.jobs import RETRY, blueprint, job
from jiangyuan.portal.notices import audience, queries
from jiangyuan.portal.notices.mail import letter
from jiangyuan.portal.notices.models import OFF, Notice, Preference
from jiangyuan.portal.notices.writing import write

log = logging.getLogger(__name__)
NOTICES = service_actor("notices")
FRESH = timedelta(days=3)
"""What is older is not mailed any more: who comes back to the portal sees it there."""
AHEAD = timedelta(days=30)
BATCH = 500


@job("notices.mail")
def mail(person: str) -> int:
    """Mail one person what was not read and not mailed yet, as far as wished; gives how many notices it told.

    A server that does not answer makes it `Transient`: tried again. What the server refuses for good is remembered.
    """
    wish = Preference.objects.select_related("person").filter(person_id=person).exclude(mail=OFF).first()
    if not settings().mail_host or wish is None or not wish.person.email or not wish.person.active:
        return 0
    waiting = Notice.objects.filter(
        person_id=person,
        read_at__isnull=True,
        mailed_at__isnull=True,
        rule__in=wish.rules,
        at__gt=timezone.now() - FRESH,
    )
    found = list(waiting.order_by("-id")[:BATCH])
    if not found:
        return 0
    try:
        letter(wish.person, found).send()
    except smtplib.SMTPResponseException as error:
        if error.smtp_code < 500:
            raise Transient(str(error.smtp_code), code="mail") from error
        act("notices.mail.report_failed", actor=NOTICES, reason=f"SMTP {error.smtp_code}")
        return 0
    except smtplib.SMTPRecipientsRefused:
        act("notices.mail.report_failed", actor=NOTICES, reason="recipient refused")
        return 0
    except (smtplib.SMTPException, Refused) as error:
        raise Transient(type(error).__name__, code="mail") from error
    act("notices.mail.report_sent", actor=NOTICES, notices=[notice.pk for notice in found])
    return len(found)


def send_daily() -> int:
    """Ask for the daily mail of everybody who wishes one, on working days; gives how many were asked for."""
    if not settings().mail_host or not clockwork.calendar().is_working(timezone.localdate()):
        return 0
    people = list(queries.wishing_daily().values_list("person_id", flat=True))
    for person in people:
        jobs.defer("notices.mail", lock=f"mail:{person}", person=str(person))
    return len(people)


def look_ahead() -> int:
    """Tell the consumers whose grants end within 30 days, once for each last day; gives how many were told."""
    today = timezone.localdate()
    told = 0
    for grant in Grant.objects.filter(state="active", until__gte=today, until__lte=today + AHEAD)[:BATCH]:
        told += write(
            rule="ending",
            type="",
            key=f"ending:{grant.pk}:{grant.until}",
            about=(grant._meta.label_lower, grant.pk),
            at=timezone.now(),
            to=audience.of_body(grant.consumer_id, audience.CONSUMERS),
        )
    return told


def _daily(timestamp: int) -> None:
    send_daily()


def _ahead(timestamp: int) -> None:
    look_ahead()


# eight in the morning in Shanghai
blueprint.periodic(cron="0 0 * * *", periodic_id="notices.daily")(
    blueprint.task(name="notices.daily", queue="default", retry=RETRY)(_daily)
)
blueprint.periodic(cron="17 * * * *", periodic_id="notices.ahead")(
    blueprint.task(name="notices.ahead", queue="default", retry=RETRY)(_ahead)
)
