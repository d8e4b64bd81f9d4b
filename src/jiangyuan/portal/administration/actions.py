"""Every write of the administration: the working calendar, and a failed job tried again."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints

from jiangyuan.kernel import clockwork
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.errors import NotFound
from jiangyuan.kernel.models import CalendarDay
from jiangyuan.portal.administration import rules

Line = Annotated[str, StringConstraints(max_length=120)]
Lines = Annotated[list[Line], Field(max_length=60)]


@action(
    "administration.calendar.publish",
    on=None,
    event="administration.calendar.published",
    title=_("公布全年工作日安排"),
)
def publish_calendar(
    *,
    year: Annotated[int, Field(ge=2020, le=2100)],
    off: Annotated[Lines, Field(min_length=1)],
    worked: Lines = [],  # noqa: B006  read only
    document: Annotated[str, StringConstraints(min_length=4, max_length=120)],
    now: datetime,
) -> int:
    """Enter the State Council's arrangement of a year; every running clock is dated anew. Gives how many moved."""
    away, made_up = rules.days_of(off, "off"), rules.days_of(worked, "worked")
    rules.require_calendar(year, away, made_up, timezone.localtime(now).date())
    before = clockwork.calendar()
    _replace(year, away, made_up, document)
    moved = clockwork.date_anew(year, clockwork.calendar(), before)
    describe(year=year, document=document, off=len(away), worked=len(made_up), clocks_moved=moved)
    return moved


def _replace(year: int, away: dict[date, str], made_up: dict[date, str], document: str) -> None:
    CalendarDay.objects.filter(day__year=year).delete()
    rows = [CalendarDay(day=day, working=False, note=note or document) for day, note in away.items()]
    rows += [CalendarDay(day=day, working=True, note=note or document) for day, note in made_up.items()]
    CalendarDay.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["day"], update_fields=["working", "note"]
    )


@action("administration.job.retry", on=None, event="administration.job.retried", title=_("重试任务"))
def retry_job(*, job: Annotated[int, Field(ge=1, le=2**62)]) -> int:
    """Queue a failed background job again. Refuses one that has not failed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'todo', attempts = 0, scheduled_at = now()"
            " WHERE id = %s AND status = 'failed' RETURNING task_name",
            [job],
        )
        found = cursor.fetchone()
    if found is None:
        raise NotFound(_("没有这项失败的任务"), where="job", mend=_("它可能已被重试，请刷新页面。"))
    describe(job=job, task=found[0])
    return job
