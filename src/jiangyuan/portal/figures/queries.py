"""What a person may see of the figures: sums over bodies, by part, by day and by place. One statement each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils import timezone

from jiangyuan.coordination.deadlines.queries import clocks
from jiangyuan.exchange.delivery.models import Warning
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.models import Clock
from jiangyuan.organization.models import Body
from jiangyuan.portal.figures import shown
from jiangyuan.portal.figures.models import Figure, Reach
from jiangyuan.sources.models import Source

MOST_NEEDING = 999


@dataclass(frozen=True, slots=True)
class Sums:
    """The figures of one day as one person sees them, by name and part; `at`: as of when (None: never counted)."""

    at: datetime | None
    parts: dict[str, dict[str, int]]

    def total(self, name: str, *keys: str) -> int:
        """Give the sum of a figure, or of the named parts of it."""
        parts = self.parts.get(name, {})
        return sum(parts.get(key, 0) for key in keys) if keys else sum(parts.values())

    @property
    def quality(self) -> float | None:
        """Give the mean score of the newest checks."""
        runs = self.total("quality", "runs")
        return round(self.total("quality", "points") / runs / 100, 2) if runs else None

    @property
    def on_time(self) -> float | None:
        """Give the share of replies inside the term, of those that are given or late, in per cent."""
        met, late = self.total("replies", "ontime"), self.total("replies", "late")
        return shown.rate(met, met + late)


def _rows(actor: Actor | None) -> QuerySet[Figure]:
    if actor is not None:
        return Figure.visible_to(actor)
    return Figure.objects.filter(name__in=shown.public(settings().public_figures))


def sums(*, actor: Actor | None, body: Any = None) -> Sums:
    """Give today's figures as the actor sees them; nobody signed in: the public ones. `body`: of that body alone."""
    reach = Reach.objects.filter(pk=1).first()
    if reach is None or reach.day is None:
        return Sums(None, {})
    rows = _rows(actor).filter(day=reach.day)
    rows = rows.filter(body_id=body) if body else rows
    parts: dict[str, dict[str, int]] = defaultdict(dict)
    for name, key, value in rows.values_list("name", "key").annotate(n=Sum("value")).order_by():
        parts[name][key] = value
    return Sums(reach.at, dict(parts))


@dataclass(frozen=True, slots=True)
class Needing:
    """What needs a person at this moment, of what the actor may see: counted anew, as the workbench counts it."""

    late: int
    failing: int
    warnings: int


def needing(*, actor: Actor) -> Needing:
    """Count what needs a person now, each at most 999: the figures, kept each minute, may not yet know of it."""
    return Needing(
        clocks(actor=actor).filter(status=Clock.OVERDUE)[:MOST_NEEDING].count(),
        Source.visible_to(actor).filter(state="failing")[:MOST_NEEDING].count(),
        Warning.visible_to(actor).filter(acknowledged_at__isnull=True)[:MOST_NEEDING].count(),
    )


def by_body(*, actor: Actor, names: Iterable[str]) -> list[tuple[Body, dict[tuple[str, str], int]]]:
    """Give today's figures of each body that the actor may see, by (name, part), the bodies in the order of their names."""
    reach = Reach.objects.filter(pk=1).first()
    if reach is None or reach.day is None:
        return []
    rows = Figure.visible_to(actor).filter(day=reach.day, name__in=list(names))
    found: dict[Any, dict[tuple[str, str], int]] = defaultdict(dict)
    for body, name, key, value in rows.values_list("body", "name", "key", "value"):
        found[body][name, key] = value
    bodies = Body.visible_to(actor).filter(pk__in=list(found)).select_related("jurisdiction").order_by("name")
    return [(body, found[body.pk]) for body in bodies]


def by_place(*, actor: Actor | None, name: str) -> dict[str, int]:
    """Give today's sums of one figure by the code of the division that the bodies belong to."""
    reach = Reach.objects.filter(pk=1).first()
    if reach is None or reach.day is None:
        return {}
    rows = _rows(actor).filter(day=reach.day, name=name)
    return dict(rows.values_list("body__jurisdiction__code").annotate(n=Sum("value")).order_by())


def by_day(
    *, actor: Actor | None, names: Iterable[str], days: int
) -> tuple[list[date], dict[tuple[str, str], list[int]]]:
    """Give the sums of the last days by (name, part), one value a day from the first day on which anything was counted.

    Days on which nothing happened are 0.
    """
    today = timezone.localdate()
    wanted = list(names)
    rows = _rows(actor).filter(name__in=wanted, day__gt=today - timedelta(days=days), day__lte=today)
    found: dict[tuple[str, str], dict[date, int]] = defaultdict(dict)
    for name, key, day, value in rows.values_list("name", "key", "day").annotate(n=Sum("value")).order_by():
        found[name, key][day] = value
    known = [day for part in found.values() for day in part]
    if not known:
        return [], {}
    first = min(known)
    line = [first + timedelta(days=step) for step in range((today - first).days + 1)]
    return line, {part: [counted.get(day, 0) for day in line] for part, counted in found.items()}
