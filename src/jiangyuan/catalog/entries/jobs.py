"""Scores of entries that came in large numbers, and of those that nobody has confirmed for too long."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from jiangyuan.catalog.entries.actions_score import CHUNK, rejudge, rejudge_waiting
from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.entries.score import FRESH_DAYS
from jiangyuan.kernel.jobs import RETRY, blueprint, job


@job("entries.judge")
def judge_waiting() -> None:
    """Judge every entry that has no score yet."""
    rejudge_waiting()


def grow_old() -> int:
    """Judge anew the entries that were published a year ago yesterday or the day before: they are no longer fresh."""
    edge = timezone.now() - timedelta(days=FRESH_DAYS)
    rows = Entry.objects.filter(published_at__lte=edge, published_at__gt=edge - timedelta(days=3)).order_by("pk")
    done, last = 0, None
    while True:
        piece = list((rows.filter(pk__gt=last) if last else rows).values_list("pk", flat=True)[:CHUNK])
        if not piece:
            return done
        done, last = done + rejudge(piece), piece[-1]


def _daily(timestamp: int) -> None:
    judge_waiting()
    grow_old()


blueprint.periodic(cron="40 2 * * *", periodic_id="entries.daily")(
    blueprint.task(name="entries.daily", queue="default", retry=RETRY)(_daily)
)
