"""On whose desk a dispute lies, where it stands in the navigation, and what requests and grants show of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiangyuan.exchange.disputes.actions import authority_of
from jiangyuan.exchange.disputes.models import Dispute
from jiangyuan.exchange.disputes.states import OFFICE, SIDES
from jiangyuan.exchange.disputes.tab_pages import on_grant, on_request
from jiangyuan.exchange.disputes.wording import register_words
from jiangyuan.kernel.actor import Actor
from jiangyuan.ui import navigation, objects, states, tabs

AUTHORITY = ("authority_handler", "authority_head", "auditor")


def desk(actor: Actor, state: str) -> Q | None:
    """Say which disputes of a state lie on the actor's desk."""
    if state == "answering" and actor.capacity in OFFICE and actor.body:
        return Q(respondent_id=actor.body)
    if state == "answered" and actor.capacity in SIDES and actor.body:
        return Q(claimant_id=actor.body)
    at = Q(jurisdiction=actor.jurisdiction) & ~Q(claimant_id=actor.body) & ~Q(respondent_id=actor.body)
    if state in ("authority_handler", "decided", "referred") and actor.capacity == "authority_handler":
        return at
    if state == "authority_head" and actor.capacity == "authority_head":
        return at & ~Q(proposed_by=actor.id)
    return None


def _mine(actor: Actor) -> Q | None:
    return Q(claimant_id=actor.body) | Q(respondent_id=actor.body) if actor.body else None


def _holder(dispute: Any) -> UUID | None:
    if dispute.state == "answering":
        return dispute.respondent_id
    return dispute.claimant_id if dispute.state == "answered" else authority_of(dispute.jurisdiction)


def register_pages() -> None:
    """Register the kind, its words, its place in the navigation, and its part of the pages of requests and grants."""
    register_words()
    states.register_tones(
        {
            "answering": "running",
            "dispute.answered": "running",
            "decided": "good",
            "settled": "good",
            "referred": "running",
        }
    )
    objects.register(
        objects.Kind(
            model=Dispute,
            title=_("共享争议"),
            url=lambda dispute: f"/exchange/disputes/{dispute.pk}/",
            name=lambda dispute: str(dispute.request),
            related=("request__entry", "claimant", "respondent"),
            waits={
                "answering": "disputes.dispute.answer",
                "answered": "disputes.dispute.settle",
                "authority_handler": "disputes.dispute.propose",
                "authority_head": "disputes.dispute.decide",
                "decided": "disputes.dispute.close",
                "referred": "disputes.dispute.record",
            },
            desk=desk,
            mine=_mine,
            sender=lambda dispute: dispute.claimant_id,
            holder=_holder,
        )
    )
    tabs.register(
        tabs.Tab(label="sharing.request", code="", title="", order=50, draw=on_request),
        tabs.Tab(label="sharing.grant", code="", title="", order=50, draw=on_grant),
    )
    navigation.register(
        navigation.Item(
            place="exchange",
            title=_("共享争议"),
            url="disputes",
            order=27,
            visible=navigation.holding(*SIDES, *AUTHORITY),
        ),
        navigation.Item(
            place="approve",
            title=_("共享争议裁决"),
            url="disputes",
            order=30,
            visible=navigation.holding("authority_handler", "authority_head"),
        ),
    )
