"""What delivery does when it hears of a grant that ended."""

from __future__ import annotations

from jiangyuan.exchange.delivery.models import Delivery
from jiangyuan.exchange.delivery.queries import DELIVERY
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.events import handler
from jiangyuan.kernel.models import Event


@handler(
    "sharing.grant.withdrawn",
    "sharing.grant.given_up",
    "sharing.grant.expired",
    name="delivery.stop_with_grant",
)
def stop_with_grant(event: Event) -> None:
    """Stop the deliveries of a grant that ended; their rows stopped flowing when it did, this closes the books."""
    for delivery in Delivery.objects.filter(grant_id=event.object_id).exclude(state="stopped"):
        act("delivery.delivery.stop", delivery.pk, actor=DELIVERY, reason=event.type)
