"""Every read of coverage's own tables."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from jiangyuan.catalog.duties.models import (
    KINDS,
    Cover,
    Coverage,
    CoverageDay,
    Excuse,
    Load,
    Obligation,
    ObligationVersion,
)
from jiangyuan.catalog.duties.rules import Tally
from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.entries.queries import told
from jiangyuan.kernel.actor import Actor
from jiangyuan.organization.models import Body


def obligations(*, actor: Actor, text: str = "", in_force: bool = True) -> QuerySet[Obligation]:
    """Give what bodies answer for, as far as the actor may know of it: in force now, or all there ever was."""
    found = Obligation.visible_to(actor).select_related("body__jurisdiction")
    if in_force:
        found = found.filter(in_force=True)
    for word in text.split()[:8]:
        found = found.filter(Q(name__icontains=word) | Q(content__icontains=word) | Q(code__startswith=word))
    return found


def coverage(*, actor: Actor) -> QuerySet[Coverage]:
    """Give the kept figures of the bodies that the actor may know of."""
    return Coverage.visible_to(actor).filter(body__active=True).select_related("body__jurisdiction")


def sums(rows: QuerySet[Coverage]) -> dict[str, Tally]:
    """Add the kept figures of bodies up, by kind."""
    names = [f"{kind}_{part}" for kind in KINDS for part in ("total", "covered", "excused")]
    found = rows.order_by().aggregate(**{name: Sum(name) for name in names})
    return {kind: Tally(*(found[f"{kind}_{part}"] or 0 for part in ("total", "covered", "excused"))) for kind in KINDS}


def coverage_of(body: Body | UUID, *, actor: Actor) -> Coverage | None:
    """Give the kept figures of one body; None where the actor may not know them, or nothing was counted yet."""
    pk = body.pk if isinstance(body, Body) else body
    return Coverage.visible_to(actor).filter(pk=pk).select_related("body").first()


def days(*, actor: Actor, body: UUID, number: int) -> list[CoverageDay]:
    """Give the figures of one body at the end of each of the last days on which they changed, oldest first."""
    since: date = timezone.localdate() - timedelta(days=number)
    return list(CoverageDay.visible_to(actor).filter(body_id=body, day__gte=since).order_by("day"))


def covers(obligation: Obligation, *, actor: Actor) -> list[tuple[Cover, Entry]]:
    """Give what covers an obligation, each with its entry as the actor knows it (`told_state`)."""
    tied = list(Cover.visible_to(actor).filter(obligation=obligation).order_by("created_at")[:200])
    rows = Entry.visible_to(actor).filter(pk__in=[one.entry_id for one in tied])
    known = {entry.pk: entry for entry in told(rows, actor).select_related("body")}
    return [(one, known[one.entry_id]) for one in tied if one.entry_id in known]


def covered_by(entry: Entry, *, actor: Actor) -> list[Obligation]:
    """Give what an entry covers, as far as the actor may know of it."""
    rows = Obligation.visible_to(actor).filter(covers__entry=entry, in_force=True)
    return list(rows.select_related("body").order_by("kind", "code")[:200])


def excuses(*, actor: Actor) -> QuerySet[Excuse]:
    """Give the excuses that the actor may know of."""
    return Excuse.visible_to(actor).select_related("obligation__body__jurisdiction")


def excuse_of(obligation: Obligation, *, actor: Actor) -> Excuse | None:
    """Give the excuse that is asked for or in force, else the newest."""
    rows = Excuse.visible_to(actor).filter(obligation=obligation)
    return rows.filter(state__in=("proposed", "accepted")).first() or rows.order_by("-created_at").first()


def versions(obligation: Obligation, *, actor: Actor) -> list[ObligationVersion]:
    """Give what an obligation said before, newest first."""
    return list(ObligationVersion.visible_to(actor).filter(obligation=obligation)[:50])


def loads(*, actor: Actor) -> QuerySet[Load]:
    """Give the imports that the actor may know of."""
    return Load.visible_to(actor).select_related("body")


def own_entries(actor: Actor) -> QuerySet[Entry]:
    """Give the entries of the actor's body that may cover something."""
    rows = Entry.visible_to(actor).filter(body_id=actor.body).exclude(state="withdrawn")
    return rows.order_by("known_name", "id")


def open_by_body(actor: Actor, kinds: Iterable[str] = KINDS) -> list[dict[str, Any]]:
    """Give the twelve bodies with the most that is open, most first, from the kept figures."""
    rows = coverage(actor=actor).filter(open_total__gt=0).order_by("-open_total", "body_id")[:12]
    return [{"body": one.body, "tallies": {kind: one.tally(kind) for kind in kinds}} for one in rows]
