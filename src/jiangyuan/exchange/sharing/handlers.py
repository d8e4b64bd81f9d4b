"""What sharing does when it hears that an entry was published anew, or that a copy is complete."""

from __future__ import annotations

import logging

from jiangyuan.exchange.sharing import rules
from jiangyuan.exchange.sharing.actions_grants import SHARING
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.exchange.sharing.terms import LIVE, offer_of
from jiangyuan.kernel import jobs
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Refused
from jiangyuan.kernel.events import handler
from jiangyuan.kernel.models import Event

log = logging.getLogger(__name__)


@handler("catalog.entry.published", name="sharing.judge_again")
def judge_again(event: Event) -> None:
    """Hold the live grants of an entry against its new version, and put those that no longer agree before people.

    Nothing is changed by itself: a provider may not alter or end a service without reason and negotiation (art. 27).
    """
    number = event.payload["number"]
    for asked in Request.objects.filter(entry_id=event.object_id, state="provider_head"):
        try:
            act("sharing.request.reckon_signatures", asked.pk, actor=SHARING)
        except Refused as refusal:  # the entry no longer offers what is asked: whoever decides is told so
            log.info("request %s is not reckoned anew: %s", asked.pk, refusal.code)
    for grant in Grant.objects.filter(entry_id=event.object_id, state__in=LIVE).select_related("entry"):
        offer = offer_of(grant.entry)
        found = rules.concerns(grant.items, offer.items, share_type=offer.share_type, forms=grant.forms)
        if found:
            act("sharing.grant.report_concerns", grant.pk, actor=SHARING, concerns=found, entry_version=number)


@handler("resources.ingest.current", name="sharing.serve_what_arrived")
def serve_what_arrived(event: Event) -> None:
    """Build the views of grants that were waiting for this copy."""
    for grant in Grant.objects.filter(mount__ingest=event.object_id, state="preparing"):
        jobs.defer("sharing.materialize", lock=f"grant:{grant.pk}", grant=str(grant.pk), epoch=grant.epoch)
