"""Writes notices and wakes the pages and the mail that wait for them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection

from jiangyuan.kernel import jobs
from jiangyuan.kernel.models import Event
from jiangyuan.portal.notices.audience import Addressee
from jiangyuan.portal.notices.models import ONCE, Notice, Preference

CHANNEL = "jy_notice"


def tell(event: Event, *, rule: str, to: Iterable[Addressee]) -> int:
    """Write the notices of an event; gives how many are new."""
    assert event.object_id is not None
    about = (event.object_type, event.object_id)
    return write(rule=rule, type=event.type, key=str(event.id), about=about, at=event.at, to=to)


def write(*, rule: str, type: str, key: str, about: tuple[str, UUID], at: datetime, to: Iterable[Addressee]) -> int:
    """Write one notice to each addressee who has none of this key; wake open pages, ask for mail where it is wished."""
    wanted = [
        Notice(
            person_id=one.person, body=one.body, capacity=one.capacity, rule=rule, type=type, key=key,
            object_type=about[0], object_id=about[1], at=at,
        )
        for one in to
    ]  # fmt: skip
    if not wanted:
        return 0
    known = set(
        Notice.objects.filter(key=key, person_id__in=[n.person_id for n in wanted]).values_list(
            "person_id", "body", "capacity"
        )
    )
    new = [notice for notice in wanted if (notice.person_id, notice.body, notice.capacity) not in known]
    # two workers may read the same event: the second one's rows are the first one's
    Notice.objects.bulk_create(new, ignore_conflicts=True)
    for notice in new:
        _wake(notice)
    _ask_for_mail({notice.person_id for notice in new})
    return len(new)


def _wake(notice: Notice) -> None:
    said = json.dumps({"person": str(notice.person_id), "notice": str(notice.pk)})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, said])


def _ask_for_mail(people: set[UUID]) -> None:
    wishes = Preference.objects.filter(person_id__in=people, mail=ONCE)
    for person in wishes.values_list("person_id", flat=True):
        jobs.defer("notices.mail", lock=f"mail:{person}", person=str(person))
