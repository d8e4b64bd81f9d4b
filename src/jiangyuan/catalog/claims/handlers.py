"""What claims do when they hear that an upper entry was published anew, or that an entry was withdrawn."""

from __future__ import annotations

from django.db.models import Q

from jiangyuan.catalog.claims.actions import CLAIMS
from jiangyuan.catalog.claims.models import Claim, Pin, Proposal
from jiangyuan.catalog.claims.states import PENDING
from jiangyuan.catalog.updates.models import Update
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.events import handler
from jiangyuan.kernel.models import Event


@handler("catalog.entry.published", name="claims.propose")
def propose_what_was_published(event: Event) -> None:
    """Propose an upper entry's new version to everybody who has claimed it, with the clock of what triggered it."""
    number = event.payload["number"]
    claimed = Claim.objects.filter(entry_id=event.object_id, state="claimed")
    if number < 2 or not claimed.exists():
        return
    trigger = _trigger(event)
    for claim in claimed.order_by("pk"):
        behind = Pin.objects.filter(entry_id=claim.own_id, to__number__lt=number).exists()
        if behind and not Proposal.objects.filter(claim=claim, number__gte=number).exists():
            act(
                "catalog.proposal.make",
                actor=CLAIMS,
                claim=claim.pk,
                number=number,
                trigger=trigger,
                published_at=event.at,
            )


def _trigger(event: Event) -> str:
    """Tell which clock claimants have: that of the law when one of the updates that were published came from it."""
    known = Update.objects.filter(entry_id=event.object_id, created_at__lte=event.at, trigger="law_or_duty")
    # those that this publication has met, heard before or after this
    return "law_or_duty" if known.filter(_of(event)).exists() else "own_information"


def _of(event: Event) -> Q:
    return Q(ended_at__isnull=True) | Q(ended_at=event.at)


@handler("catalog.entry.withdrawn", name="claims.withdraw")
def follow_a_withdrawal(event: Event) -> None:
    """End the proposals of an entry that is no more; ask those again whose own entry, or the one above it, was withdrawn."""
    about = Q(claim__entry_id=event.object_id) | Q(claim__own_id=event.object_id)
    for proposal in Proposal.objects.filter(about, state__in=PENDING):
        act("catalog.proposal.end", proposal.pk, actor=CLAIMS, at=event.at)
    for claim in Claim.objects.filter(own_id=event.object_id, state__in=("claimed", "upper_gone")):
        if claim.state == "claimed":
            act("catalog.claim.release", claim.pk, actor=CLAIMS)
        else:
            act("catalog.claim.close", claim.pk, actor=CLAIMS, at=event.at)
    for claim in Claim.objects.filter(entry_id=event.object_id, state="claimed").order_by("pk"):
        act("catalog.claim.lose", claim.pk, actor=CLAIMS, at=event.at)
