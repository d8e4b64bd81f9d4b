"""What updates do when they hear that an entry was published or withdrawn, and that one of them is overdue or ended."""

from __future__ import annotations

from jiangyuan.catalog.entries.actions_score import rejudge
from jiangyuan.catalog.updates.actions import end_all
from jiangyuan.catalog.updates.models import Update
from jiangyuan.catalog.updates.states import OPEN
from jiangyuan.kernel.events import handler
from jiangyuan.kernel.models import Event


@handler("catalog.entry.published", name="updates.meet")
def meet_what_was_published(event: Event) -> None:
    """End the updates that this version answers: those recorded before it was submitted for review."""
    if event.payload.get("upper"):
        return  # a claimed entry followed the level above: its own updates are not answered by that
    submitted = Event.objects.filter(type="catalog.entry.submitted", object_id=event.object_id, at__lte=event.at)
    last = submitted.order_by("-at").values_list("at", flat=True).first() or event.at
    answered = Update.objects.filter(entry_id=event.object_id, state__in=OPEN, created_at__lte=last)
    end_all(
        list(answered.values_list("pk", flat=True)),
        "catalog.update.meet",
        number=event.payload["number"],
        published_at=event.at,
    )


@handler("catalog.entry.withdrawn", name="updates.lapse")
def lapse_with_the_entry(event: Event) -> None:
    """End the updates of an entry that is no more."""
    left = Update.objects.filter(entry_id=event.object_id, state__in=OPEN)
    end_all(list(left.values_list("pk", flat=True)), "catalog.update.lapse", withdrawn_at=event.at)


@handler(
    "kernel.clock.overdue",
    "catalog.update.excused",
    "catalog.update.met",
    "catalog.update.lapsed",
    name="updates.score",
)
def score_entry(event: Event) -> None:
    """Have the entry scored anew: an overdue update costs points until it is ended."""
    if event.object_type == Update._meta.label_lower:
        rejudge(Update.objects.filter(pk=event.object_id).values_list("entry_id", flat=True))
