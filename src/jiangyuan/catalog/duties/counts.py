"""How coverage is kept: one obligation is judged when something about it happens, then its body's figures are counted.

Whoever counts holds the body's row of figures first, so that of two who change at once the later counts both.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.utils import timezone

from jiangyuan.catalog.duties import rules
from jiangyuan.catalog.duties.models import KINDS, Coverage, CoverageDay, Excuse, Obligation
from jiangyuan.catalog.duties.rules import Tally


def settle(obligation: Obligation) -> str:
    """Judge one obligation anew and keep its coverage (on the row given, which the caller may save again)."""
    today = timezone.localdate()
    obligation.coverage = rules.coverage_of(
        published=obligation.covers.filter(entry__live_version__gt=0).exists(),
        excused=Excuse.objects.filter(obligation=obligation, state="accepted").exists(),
    )
    obligation.in_force = rules.in_force(obligation.valid_from, obligation.valid_to, today=today)
    Obligation.objects.filter(pk=obligation.pk).update(coverage=obligation.coverage, in_force=obligation.in_force)
    return obligation.coverage


def recount(bodies: Iterable[UUID]) -> None:
    """Count the figures of bodies anew, for now and for today. Called in the transaction of what changed them."""
    for body in sorted(set(bodies)):
        Coverage.objects.get_or_create(body_id=body)
        kept = Coverage.objects.select_for_update().get(body_id=body)
        tallies = count(body)
        parts = _parts(tallies)
        for name, value in parts.items():
            setattr(kept, name, value)
        for kind, tally in tallies.items():
            setattr(kept, f"{kind}_share", tally.share)
        kept.open_total = sum(tally.open for tally in tallies.values())
        kept.save()
        CoverageDay.objects.update_or_create(body_id=body, day=timezone.localdate(), defaults=parts)


def count(body: UUID) -> dict[str, Tally]:
    """Count the obligations of one body that are in force, by kind."""
    rows = Obligation.objects.filter(body_id=body, in_force=True).order_by()
    found: dict[tuple[str, str], int] = {
        (kind, coverage): n for kind, coverage, n in rows.values_list("kind", "coverage").annotate(n=Count("pk"))
    }
    return {
        kind: Tally(
            sum(n for (of, _coverage), n in found.items() if of == kind),
            found.get((kind, "covered"), 0),
            found.get((kind, "excused"), 0),
        )
        for kind in KINDS
    }


def _parts(tallies: dict[str, Tally]) -> dict[str, Any]:
    return {
        f"{kind}_{part}": getattr(tally, part)
        for kind, tally in tallies.items()
        for part in ("total", "covered", "excused")
    }
