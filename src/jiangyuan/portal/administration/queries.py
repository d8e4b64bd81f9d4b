"""What the administrators' pages read: accounts, keys, refusals, reads, jobs, programs. Every count is bounded."""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django.models import ProcrastinateJob

from jiangyuan.kernel.actor import ADMINISTRATORS, Actor
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import Forbidden
from jiangyuan.kernel.log_store import fetch
from jiangyuan.kernel.models import Event
from jiangyuan.kernel.texts import listed
from jiangyuan.organization.models import CAPACITY_LABELS, ApiToken, Appointment, Person, SystemKey

WEEK = timedelta(days=7)
SOON = timedelta(days=30)
READS = 5000
"""Reads of governed data that the summary looks at, the newest."""


def require(actor: Actor, *capacities: str) -> None:
    """Raise `Forbidden` unless the actor acts in one of the capacities now."""
    if actor.capacity not in capacities:
        named = listed(CAPACITY_LABELS[capacity] for capacity in capacities)
        raise Forbidden(_("这一页供%(who)s使用") % {"who": named}, mend=_("如您有这一身份，请在右上角切换后再来。"))


def in_force() -> QuerySet[Appointment]:
    """Give the appointments in force today."""
    today = timezone.localdate()
    held = Appointment.objects.filter(Q(until__isnull=True) | Q(until__gte=today), since__lte=today)
    return held.select_related("person", "body")


def joined() -> list[str]:
    """Give the names of people who hold two of the three administrators' capacities; there must be none."""
    held = in_force().filter(capacity__in=ADMINISTRATORS).values("person__name", "person_id")
    counted = held.annotate(kinds=Count("capacity", distinct=True)).filter(kinds__gt=1)
    return [str(row["person__name"]) for row in counted[:20]]


def administrators() -> dict[str, int]:
    """Count who holds each of the three administrators' capacities."""
    held = in_force().filter(capacity__in=ADMINISTRATORS).order_by().values("capacity")
    counted = dict(held.annotate(n=Count("person", distinct=True)).values_list("capacity", "n"))
    return {capacity: counted.get(capacity, 0) for capacity in ("system_admin", "security_admin", "auditor")}


def locked() -> list[Person]:
    """Give the accounts locked now."""
    return list(Person.objects.filter(locked_until__gt=timezone.now()).order_by("-locked_until")[:50])


def without_second_factor() -> list[Appointment]:
    """Give the administrators and operators who sign in with a password alone."""
    kinds = [*ADMINISTRATORS, "operations"]
    rows = in_force().filter(capacity__in=kinds, person__totp_confirmed_at__isnull=True, person__active=True)
    return list(rows.order_by("capacity", "person__name")[:50])


def keys_ending() -> list[SystemKey]:
    """Give the signing keys that end within a month, the first to end first."""
    today = timezone.localdate()
    rows = SystemKey.objects.filter(revoked_at__isnull=True, expires_on__gte=today, expires_on__lte=today + SOON)
    return list(rows.select_related("system__body").order_by("expires_on")[:50])


def tokens_ending() -> list[ApiToken]:
    """Give the tokens that end within a month and were made for longer than a week."""
    now = timezone.now()
    rows = ApiToken.objects.filter(revoked_at__isnull=True, expires_at__gt=now, expires_at__lte=now + SOON)
    rows = rows.filter(created_at__lte=now - WEEK)
    return list(rows.select_related("person", "appointment__body").order_by("expires_at")[:50])


def refusals(limit: int = 50) -> list[Event]:
    """Give the acts refused in the last week, the newest first."""
    rows = Event.objects.filter(type="kernel.act.refused", at__gte=timezone.now() - WEEK)
    return list(rows.order_by("-at")[:limit])


def sign_ins(limit: int = 50) -> list[Event]:
    """Give the sign-ins and failures of the last week, the newest first."""
    kinds = ("organization.session.opened", "organization.session.failed")
    return list(Event.objects.filter(type__in=kinds, at__gte=timezone.now() - WEEK).order_by("-at")[:limit])


_READ_BY = """
SELECT body, actor_kind, actor_id, form, count(*), coalesce(sum(row_count), 0), max(at) FROM (
    SELECT body, actor_kind, actor_id, form, row_count, at FROM kernel_access
     WHERE at >= %s AND phase IN ('whole', 'finished') ORDER BY at DESC LIMIT %s
) AS newest GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC LIMIT 50
"""


def reads_by() -> list[tuple[UUID | None, str, UUID, str, int, int, datetime]]:
    """Sum up the newest reads of the last week: (body, kind of actor, actor, form, reads, rows, last)."""
    return fetch(_READ_BY, [timezone.now() - WEEK, READS])  # type: ignore[return-value]


def jobs() -> QuerySet[ProcrastinateJob]:
    """Give the background jobs."""
    return ProcrastinateJob.objects.all()


def programs() -> list[dict[str, Any]]:
    """Give the programs that the supervisor started, each with whether it runs; empty where there is none."""
    file = settings().home / "run.json"
    try:
        told = json.loads(file.read_text("utf-8"))["programs"]
    except (OSError, ValueError, KeyError):
        return []
    return [{"name": name, "alive": _alive(one.get("pid")), **one} for name, one in told.items()]


def _alive(pid: Any) -> bool:
    return isinstance(pid, int) and psutil.pid_exists(pid)


def disk() -> tuple[int, int]:
    """Give the bytes free and in all where the platform keeps its data."""
    home = settings().home
    usage = shutil.disk_usage(home if home.exists() else Path(os.sep))
    return usage.free, usage.total
