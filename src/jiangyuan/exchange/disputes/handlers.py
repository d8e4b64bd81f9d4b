"""What disputes do when they hear of themselves: the entry that is disputed is scored anew."""

from __future__ import annotations

from jiangyuan.catalog.entries.actions_score import rejudge
from jiangyuan.exchange.disputes.models import Dispute
from jiangyuan.kernel.events import handler
from jiangyuan.kernel.models import Event


@handler(
    "disputes.dispute.raised",
    "disputes.dispute.settled",
    "disputes.dispute.withdrawn",
    "disputes.dispute.closed",
    "disputes.dispute.recorded",
    name="disputes.score",
)
def score_entry(event: Event) -> None:
    """Have the entry scored anew: an open dispute costs points until it is over."""
    rejudge(Dispute.objects.filter(pk=event.object_id).values_list("request__entry_id", flat=True))
