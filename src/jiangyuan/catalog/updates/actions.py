"""Every write of needed updates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.updates import rules
from jiangyuan.catalog.updates.models import Update
from jiangyuan.catalog.updates.states import OPEN
from jiangyuan.kernel import clockwork
from jiangyuan.kernel.actions import act, action, describe, emit
from jiangyuan.kernel.actor import Actor, Scene, service_actor
from jiangyuan.kernel.clocks import local_day
from jiangyuan.kernel.errors import Conflict, NotFound

UPDATES = service_actor("updates")
MOST = 200
"""Entries that one trigger is recorded on at a time."""
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


def _about(values: Mapping[str, Any]) -> dict[str, str]:
    """Say whose the entries are: body and jurisdiction when they have one in common, else nobody's."""
    found = Entry.objects.filter(pk__in=values["entries"]).values_list("body", "body__jurisdiction__code").distinct()
    owners, places = {str(body) for body, _place in found}, {place for _body, place in found}
    return {
        "body": owners.pop() if len(owners) == 1 else "",
        "jurisdiction": places.pop() if len(places) == 1 else "",
    }


@action(
    "catalog.update.record",
    on=None,
    event="catalog.update.triggered",
    title=_("记录更新事由"),
    about=_about,
)
def record(
    *,
    entries: Annotated[list[UUID], Field(min_length=1, max_length=MOST)],
    trigger: Literal["law_or_duty", "own_information"],
    reason: Reason,
    occurred_on: date | None = None,
    actor: Actor,
    now: datetime,
) -> dict[str, Any]:
    """Record on published entries that they must be updated: each one's clock runs from the day of the change (art. 17).

    Refuses an entry that is not published, or on which the same trigger is still open. Gives {"updates": [ids]}.
    """
    day = rules.day_of_change(occurred_on, local_day(now))
    wanted = list(dict.fromkeys(entries))
    public = Q(live_version__gt=0) | Q(state="published")
    found = Entry.visible_to(actor).filter(public, pk__in=wanted).select_for_update(of=("self",))
    rows = {entry.pk: entry for entry in found.order_by("pk")}
    if len(rows) != len(wanted):
        raise NotFound(_("所选目录中有尚未发布的，或已撤销"), where="entries", mend=_("请只选已发布的目录。"))
    known = Update.objects.filter(entry__in=wanted, trigger=trigger, state__in=OPEN).select_related("entry").first()
    if known is not None:
        raise Conflict(
            _("“%(name)s”已有同类更新事项尚未办结") % {"name": known.entry.known_name},
            where="entries",
            article=rules.ART17,
            mend=_("请先办结已有的事项，时限从先发生的变化起算。"),
        )
    made = [_begin(rows[pk], trigger, reason, day, actor) for pk in wanted]
    describe(trigger=trigger, reason=reason, occurred_on=day, entries=wanted)
    return {"updates": [str(update.pk) for update in made]}


def _begin(entry: Entry, trigger: str, reason: str, day: date, actor: Actor) -> Update:
    by = actor.id if actor.kind == "person" else None
    update = Update(
        entry=entry,
        trigger=trigger,
        reason=reason,
        occurred_on=day,
        number=entry.live_version,
        created_by=by,
        version=1,
    )
    update.save()
    clockwork.start(update.limit, update, body=entry.body_id, on=day)
    emit("catalog.update.recorded", update, entry=entry.pk, trigger=trigger, reason=reason, occurred_on=day)
    return update


def record_for_revision(entry: Entry, trigger: str, reason: str, actor: Actor, scene: Scene) -> None:
    """Record what a revision names as its trigger, unless that is recorded already; called inside the revision."""
    if not Update.objects.filter(entry=entry, trigger=trigger, state__in=OPEN).exists():
        act("catalog.update.record", actor=actor, scene=scene, entries=[entry.pk], trigger=trigger, reason=reason)


@action("catalog.update.begin", on=Update, event="catalog.update.begun", title=_("开始修订目录"))
def begin(update: Update, *, actor: Actor, scene: Scene) -> Update:
    """Begin the revision that the update asks for; one that runs already goes on."""
    if update.entry.state == "published":
        act(
            "catalog.entry.revise",
            update.entry_id,
            actor=actor,
            scene=scene,
            trigger=update.trigger,
            reason=update.reason[:2000],
        )
    describe(entry=update.entry_id)
    return update


@action("catalog.update.excuse", on=Update, event="catalog.update.excused", title=_("记录无需更新"), approves=True)
def excuse(update: Update, *, reason: Reason, now: datetime) -> Update:
    """The department's head records that the change needs no change of the entry, and why; the clock is met."""
    update.outcome, update.ended_at = reason, now
    clockwork.meet(update, on=local_day(now))
    describe(entry=update.entry_id, reason=reason)
    return update


@action("catalog.update.meet", on=Update, event="catalog.update.met", title=_("办结更新事项"))
def meet(update: Update, *, number: int, published_at: datetime) -> Update:
    """Record that the entry was republished: the clock is met on the day of publication, whenever this is heard."""
    update.ended_at = published_at
    clockwork.meet(update, on=local_day(published_at))
    describe(entry=update.entry_id, number=number)
    return update


@action("catalog.update.lapse", on=Update, event="catalog.update.lapsed", title=_("终止更新事项"))
def lapse(update: Update, *, withdrawn_at: datetime) -> Update:
    """Record that the entry was withdrawn: there is nothing left to update."""
    update.ended_at = withdrawn_at
    clockwork.meet(update, on=local_day(withdrawn_at))
    describe(entry=update.entry_id)
    return update


def end_all(updates: Sequence[UUID], action: str, **given: Any) -> None:
    """End updates by the platform's own service, each by an act of its own."""
    for pk in updates:
        act(action, pk, actor=UPDATES, **given)
