"""What deadlines do when time has run out, and when what was late is done."""

from __future__ import annotations

from uuid import UUID

from jiangyuan.coordination.deadlines.actions import DEADLINES
from jiangyuan.coordination.deadlines.models import Overdue
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.events import handler
from jiangyuan.kernel.models import Clock, Event


def _clock(event: Event) -> UUID | None:
    kept = event.payload.get("clock")
    return UUID(str(kept)) if kept else None


@handler("kernel.clock.overdue", name="deadlines.open")
def take_up_what_ran_out(event: Event) -> None:
    """Lay a clock that ran out on the desk of the authority that supervises it."""
    clock = _clock(event)
    late = Clock.objects.filter(pk=clock, status=Clock.OVERDUE, body__isnull=False).exists()
    if late and not Overdue.objects.filter(clock_id=clock).exists():  # it may be met by now, or told twice
        act("deadlines.overdue.open", actor=DEADLINES, clock=clock)


@handler("kernel.clock.met_late", name="deadlines.close")
def close_what_is_done(event: Event) -> None:
    """Close the matter of a clock that was met late."""
    clock = _clock(event)
    for matter in Overdue.objects.filter(clock_id=clock, state__in=("open", "urged")):
        act("deadlines.overdue.close", matter.pk, actor=DEADLINES)
