"""The platform looks for itself whether the lines of the list are fulfilled, and tells of those that are late."""

from __future__ import annotations

from django.db.models import F, Q

from jiangyuan.catalog.commitments.counts import is_fulfilled
from jiangyuan.catalog.commitments.models import Commitment
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import service_actor
from jiangyuan.kernel.jobs import RETRY, blueprint

COMMITMENTS = service_actor("commitments")
MOST = 20_000
"""Lines looked at in one turn, those that changed longest ago first."""


def look() -> int:
    """Look at every line that is due or fulfilled; gives how many moved. Idempotent."""
    moved = 0
    lines = Commitment.objects.filter(state__in=("due", "fulfilled"), entry__isnull=False).select_related("entry")
    for line in lines.order_by("updated_at")[:MOST].iterator(chunk_size=500):
        if is_fulfilled(line) != (line.state == "fulfilled"):
            verb = "fulfil" if line.state == "due" else "reopen"
            act(f"catalog.commitment.{verb}", line.pk, actor=COMMITMENTS)
            moved += 1
    untold = Q(told_late__isnull=True) | ~Q(told_late=F("deadline"))
    for line in Commitment.objects.filter(Commitment.overdue()).filter(untold)[:MOST]:
        act("catalog.commitment.report_late", line.pk, actor=COMMITMENTS)
        moved += 1
    return moved


def _look(timestamp: int) -> None:
    look()


blueprint.periodic(cron="*/5 * * * *", periodic_id="commitments.look")(
    blueprint.task(name="commitments.look", queue="default", retry=RETRY)(_look)
)
