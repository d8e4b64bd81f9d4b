"""Repeated collections: flagged by the platform, answered by the body, judged by the authority. Loaded with `actions`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import StringConstraints

from jiangyuan.catalog.onesource import counts, rules
from jiangyuan.catalog.onesource.actions import Reason
from jiangyuan.catalog.onesource.models import ElementLine, Repetition
from jiangyuan.kernel.actions import action, describe, emit
from jiangyuan.kernel.actor import Actor

FLAGGED = "catalog.repetition.flagged"


@action("catalog.repetition.find", on=None, event="catalog.repetition.searched", title=_("查找重复采集"))
def find(*, line: UUID) -> None:
    """Flag who collects an element besides its source; a repetition settled before is opened again. Idempotent."""
    kept = ElementLine.objects.select_for_update().get(pk=line)
    found = 0
    for body, entry in counts.missing(kept):
        one, new = Repetition.objects.get_or_create(line=kept, entry_id=entry, defaults={"body_id": body})
        if not new:
            one.state, one.way, one.reason, one.basis, one.by, one.settled_at = "flagged", "", "", "", None, None
        one.version += 1
        one.save()
        emit(FLAGGED, one, entry=entry, element=kept.element.code, source=kept.source_id)
        found += 1
    counts.keep(kept)
    describe(line=kept.pk, element=kept.element.code, found=found)


@action("catalog.repetition.answer", on=Repetition, event="catalog.repetition.answered", title=_("提出处置意见"))
def answer(
    repetition: Repetition,
    *,
    way: Literal["share", "merge", "exception"],
    reason: Reason,
    basis: Annotated[str, StringConstraints(max_length=200)] = "",
    by: date | None = None,
    actor: Actor,
) -> Repetition:
    """The body says how it will settle: take the value by sharing, merge, or keep collecting on legal grounds."""
    rules.require_answer(way=way, reason=reason, basis=basis, by=by, today=timezone.localdate())
    repetition.way, repetition.reason, repetition.basis, repetition.by = way, reason, basis, by
    repetition.answered_by = actor.id
    describe(way=way, by=by)
    return repetition


@action(
    "catalog.repetition.agree", on=Repetition, event="catalog.repetition.agreed", title=_("同意整改"), approves=True
)
def agree(repetition: Repetition, *, note: Annotated[str, StringConstraints(max_length=2000)] = "") -> Repetition:
    """The authority agrees to how and by when the collection stops."""
    repetition.ruling = note
    return repetition


@action(
    "catalog.repetition.except", on=Repetition, event="catalog.repetition.excepted", title=_("准予例外"), approves=True
)
def except_(repetition: Repetition, *, note: Annotated[str, StringConstraints(max_length=2000)] = "") -> Repetition:
    """The authority accepts the legal basis on which the body goes on collecting."""
    repetition.ruling = note
    return _kept(repetition, "excepted")


@action(
    "catalog.repetition.refuse",
    on=Repetition,
    event="catalog.repetition.refused",
    title=_("退回处置意见"),
    approves=True,
)
def refuse(repetition: Repetition, *, reason: Reason) -> Repetition:
    """The authority sends the answer back with the reason; the repetition is open."""
    repetition.ruling = reason
    return _kept(repetition, "flagged")


@action("catalog.repetition.settle", on=Repetition, event="catalog.repetition.settled", title=_("完成整改"))
def settle(repetition: Repetition, *, now: datetime) -> Repetition:
    """The body reports that it has stopped; refused while the published entry still collects and nothing is shared."""
    line = repetition.line
    rules.require_mended(
        way=repetition.way,
        still=counts.collects(line, repetition.entry_id),
        collector=repetition.body_id,
        source=line.source_id or repetition.body_id,
        element=line.element_id,
    )
    repetition.settled_at = now
    describe(way=repetition.way)
    return _kept(repetition, "settled")


@action(
    "catalog.repetition.recall", on=Repetition, event="catalog.repetition.recalled", title=_("取消例外"), approves=True
)
def recall(repetition: Repetition, *, reason: Reason) -> Repetition:
    """The authority ends an exception whose basis no longer holds."""
    repetition.ruling = reason
    return _kept(repetition, "flagged")


@action("catalog.repetition.lapse", on=Repetition, event="catalog.repetition.lapsed", title=_("不再重复采集"))
def lapse(repetition: Repetition, *, now: datetime) -> Repetition:
    """The platform sees that the published entry collects no more, or that the element has no other source any more."""
    repetition.settled_at = now
    return _kept(repetition, "lapsed")


def _kept(repetition: Repetition, state: str) -> Repetition:
    # the state moves when the act ends, and the line is counted by it
    Repetition.objects.filter(pk=repetition.pk).update(state=state)
    counts.keep(repetition.line)
    return repetition
