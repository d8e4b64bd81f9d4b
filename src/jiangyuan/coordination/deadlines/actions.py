"""Every write of deadlines: extensions asked and decided, what ran out taken up, urged and closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints

from jiangyuan.coordination.deadlines import rules
from jiangyuan.coordination.deadlines.models import Extension, Overdue
from jiangyuan.kernel import clockwork
from jiangyuan.kernel.actions import act, action, describe
from jiangyuan.kernel.actor import Actor, Scene, service_actor
from jiangyuan.kernel.clocks import LIMITS
from jiangyuan.kernel.errors import Conflict, NotFound
from jiangyuan.kernel.models import Clock
from jiangyuan.organization.models import Body

DEADLINES = service_actor("deadlines")
REPLY = "sharing.reply."
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


def _about(values: Mapping[str, Any]) -> dict[str, str]:
    clock = Clock.objects.filter(pk=values["clock"]).first()
    return {"body": str(clock.body) if clock is not None and clock.body else ""}


@action("deadlines.extension.ask", on=None, event="deadlines.extension.asked", title=_("申请延期"), about=_about)
def ask(*, clock: UUID, days: Annotated[int, Field(ge=1, le=10)], reason: Text) -> Extension:
    """Ask the same-level authority for more time, before the last day and within what the article allows (art. 17, 21)."""
    row = Clock.objects.select_for_update().filter(pk=clock).first()
    body = Body.objects.filter(pk=row.body).first() if row is not None else None
    if row is None or body is None:
        raise NotFound(_("没有找到这个时限"), where="clock")
    limit = LIMITS[row.limit]
    rules.require_extendable(row.status, limit, row.extended, days)
    rules.require_unasked(row.extensions.filter(state="asked").exists(), limit)  # type: ignore[attr-defined]
    describe(clock=row.pk, limit=row.limit, days=days, reason=reason, body=body.pk)
    return Extension(clock=row, body=body, days=days, reason=reason)


@action(
    "deadlines.extension.approve",
    on=Extension,
    event="deadlines.extension.approved",
    title=_("批准延期"),
    approves=True,
)
def approve(extension: Extension, *, actor: Actor, scene: Scene) -> Extension:
    """The authority's head agrees: the clock runs longer, and where the consumer must be told (art. 21) he is."""
    clock = Clock.objects.select_for_update().get(pk=extension.clock_id)
    rules.require_running(clock.status)
    if clock.limit.startswith(REPLY):
        act(
            "sharing.request.extend_reply",
            clock.object_id,
            actor=actor,
            scene=scene,
            days=extension.days,
            reason=extension.reason,
        )
    else:
        clockwork.extend(clock, extension.days)
    clock.refresh_from_db()
    describe(clock=clock.pk, limit=clock.limit, days=extension.days, due_on=clock.due_on)
    return extension


@action(
    "deadlines.extension.refuse",
    on=Extension,
    event="deadlines.extension.refused",
    title=_("不批准延期"),
    approves=True,
)
def refuse(extension: Extension, *, reason: Text) -> Extension:
    """The authority's head does not agree, and says why; the clock runs on as it was."""
    extension.answer = reason
    describe(clock=extension.clock_id, reason=reason)
    return extension


@action("deadlines.overdue.open", on=None, event="deadlines.overdue.opened", title=_("列入超期督促"))
def open_overdue(*, clock: UUID) -> Overdue:
    """Lay a clock that ran out on the supervisor's desk, once. Refuses one that has not, or lies there."""
    row = Clock.objects.filter(pk=clock, status=Clock.OVERDUE, body__isnull=False).first()
    if row is None or Overdue.objects.filter(clock=row).exists():
        raise Conflict(_("这个时限没有超期，或已列入督促"), where="clock")
    describe(clock=row.pk, limit=row.limit, body=row.body)
    return Overdue(clock=row, body=Body.objects.get(pk=row.body))


@action("deadlines.overdue.urge", on=Overdue, event="deadlines.overdue.urged", title=_("督促办结"))
def urge(overdue: Overdue, *, words: Text) -> Overdue:
    """The authority urges the body to do what is late, and says by when; every time is remembered (art. 29)."""
    overdue.words, overdue.urged = words, overdue.urged + 1
    describe(clock=overdue.clock_id, reason=words, times=overdue.urged)
    return overdue


@action("deadlines.overdue.close", on=Overdue, event="deadlines.overdue.closed", title=_("督促办结完成"))
def close(overdue: Overdue) -> Overdue:
    """Close a matter of supervision: what was late is done."""
    describe(clock=overdue.clock_id, met_on=overdue.clock.met_on)
    return overdue


@action(
    "deadlines.calendar.take",
    on=None,
    event="deadlines.calendar.taken",
    title=_("导出时限日历"),
    about=lambda values: {"body": str(values["body"])},
)
def take(*, body: UUID, clocks: Annotated[int, Field(ge=0)], digest: Annotated[str, StringConstraints(max_length=64)]) -> None:  # fmt: skip
    """Remember that the clocks of a body were taken out as iCalendar: how many, and the file's SM3 digest."""
    describe(body=body, clocks=clocks, digest=digest)
