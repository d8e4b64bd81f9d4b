"""What the stagehand does is remembered like everything else, and says that it is the demonstration's doing."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from jiangyuan.exchange.sharing.models import Request
from jiangyuan.kernel import clockwork, jobs
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.models import Clock


@action("stagehand.correction.ask", on=None, event="stagehand.correction.asked", title=_("让公安厅更正一条记录"))
def ask_correction() -> None:
    """Have public security correct one record in its own database; the platform only sees what follows."""
    jobs.defer("stagehand.correct", lock="stagehand")


@action("stagehand.death.ask", on=None, event="stagehand.death.asked", title=_("让公安厅登记一人死亡"))
def ask_death() -> None:
    """Have public security register the death of the story's elder in its own database, again where it stands."""
    jobs.defer("stagehand.register_death", lock="stagehand")


@action("stagehand.request.backdate", on=None, event="stagehand.request.backdated", title=_("将收到日期提前"))
def backdate(*, request: UUID, days: Annotated[int, Field(ge=1, le=60)]) -> None:
    """Let a request count as received earlier: its clock then runs out by itself, and says so by itself.

    No event is written at a past time: the memory says when this was done and that the demonstration did it.
    """
    back = timedelta(days=days)
    for one in Request.objects.filter(pk=request):
        received = one.received_at - back if one.received_at else None
        # lists show when it was asked: not four weeks after its reply was due
        Request.objects.filter(pk=one.pk).update(created_at=one.created_at - back, received_at=received)
    for clock in Clock.objects.filter(object_id=request, status=Clock.RUNNING):
        clock.received_on = timezone.localdate() - back
        due = clockwork.countdown(clock).due(calendar=clockwork.calendar())
        clock.due_on = due.on if due else None
        clock.save()
    describe(request=request, days=days)
