"""What delivery does when it hears of a grant that ended, or of a record that changed."""

from __future__ import annotations

from jiangyuan.exchange.delivery.models import Delivery, Warning
from jiangyuan.exchange.delivery.queries import DELIVERY, watchers
from jiangyuan.exchange.delivery.rules import subjects_in
from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.events import access_handler, handler
from jiangyuan.kernel.models import Access, Event


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


@access_handler(name="delivery.warn_watchers")
def warn_watchers(access: Access) -> None:
    """Warn the consumer when a delivered batch holds the record of a person listed in one of its watched cases."""
    if access.form != "table" or access.grant is None or not access.subjects:
        return
    grant = Grant.objects.filter(pk=access.grant).first()
    if grant is None:
        return
    for member in watchers(consumer=grant.consumer_id, subjects=subjects_in(bytes(access.subjects))):
        told = Warning.objects.filter(case=member.case_id, grant=grant, read=access.read, subject=member.subject)
        if told.exists():  # a record may come again; its warning was raised
            continue
        act(
            "delivery.warning.raise",
            actor=DELIVERY,
            case=member.case_id,
            grant=grant.pk,
            read=access.read,
            subject=bytes(member.subject).hex(),
        )
