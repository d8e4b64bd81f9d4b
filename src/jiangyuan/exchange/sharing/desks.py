"""On whose desk a request lies, and where requests and grants stand in the navigation."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.exchange.sharing.queries import steps_told
from jiangyuan.exchange.sharing.signatures import CAPACITIES, SIGNS_AS
from jiangyuan.exchange.sharing.wording import register_words
from jiangyuan.kernel.actor import Actor
from jiangyuan.ui import navigation, objects, states
from jiangyuan.ui.timeline import register_event_titles

CONSUMER_STATES = frozenset({"draft", "returned", "incomplete", "own_head"})
REVIEWED = frozenset({"own_head", "provider_handler", "provider_head"})


def desk(actor: Actor, state: str) -> Q | None:
    """Say which requests of a state lie on the actor's desk; a head's own are not among them."""
    consumer, provider = Q(consumer_id=actor.body), Q(provider_id=actor.body)
    others = ~Q(created_by=actor.id) & ~Q(submitted_by=actor.id) & ~Q(proposed_by=actor.id)
    rules = {
        "draft": ("business_office", consumer),
        "returned": ("business_office", consumer),
        "incomplete": ("business_office", consumer),
        "own_head": ("sharing_head", consumer & others),
        "provider_handler": ("sharing_handler", provider),
        "provider_head": ("sharing_head", provider & others & Q(awaits=[])),
    }
    if state == "provider_head" and actor.capacity in SIGNS_AS:
        return _to_sign(actor) & others
    capacity, where = rules.get(state, ("", Q()))
    return where if capacity and actor.capacity == capacity and actor.body else None


def _to_sign(actor: Actor) -> Q:
    """Say which requests wait for the actor's added signature: his department's, or those of his jurisdiction."""
    who = SIGNS_AS[actor.capacity]
    if who == "department_head":
        return Q(awaits__0=who, provider_id=actor.body)
    near = Q(provider__is_authority=False, consumer__is_authority=False)
    own = near & Q(provider__jurisdiction__code=actor.jurisdiction)
    above = ~near & Q(provider__jurisdiction__parent__code=actor.jurisdiction)
    return Q(awaits__0=who) & (own | above) & ~Q(provider_id=actor.body) & ~Q(consumer_id=actor.body)


def _turn(request: Any) -> tuple[str, ...] | None:
    """Say whose turn it is where the state table names several: the next signatory, then the provider's head."""
    if request.state != "provider_head":
        return None
    return (CAPACITIES[request.awaits[0]],) if request.awaits else ("sharing_head",)


def _mine(actor: Actor) -> Q | None:
    return Q(consumer_id=actor.body) | Q(provider_id=actor.body) if actor.body else None


def _holder(request: Any) -> Any:
    return request.consumer_id if request.state in CONSUMER_STATES else request.provider_id


def register_pages() -> None:
    """Register kinds, words and navigation."""
    register_words()
    states.register_tones({"agreed": "good", "cancelled": "closed", "preparing": "running"})
    # two actions leave each of these events; what people read is the outcome
    register_event_titles(
        {
            "sharing.request.agreed": pgettext_lazy("done", "同意共享"),
            "sharing.grant.withdrawn": pgettext_lazy("done", "撤回授权"),
        }
    )
    printed = _("下载文书")
    register_event_titles(
        {
            "sharing.grant.made": _("产生授权"),
            "sharing.request.printed": printed,
            "sharing.grant.printed": printed,
        }
    )
    objects.register(
        objects.Kind(
            model=Request,
            title=_("共享申请"),
            url=lambda request: f"/exchange/requests/{request.pk}/",
            name=lambda request: str(request.entry),
            related=("entry", "consumer", "provider"),
            waits={
                "draft": "sharing.request.submit",
                "returned": "sharing.request.submit",
                "incomplete": "sharing.request.complete",
                "own_head": "sharing.request.consent",
                "provider_handler": "sharing.request.propose",
                "provider_head": "sharing.request.agree",
            },
            desk=desk,
            mine=_mine,
            sender=lambda request: request.consumer_id,
            holder=_holder,
            reviewed=REVIEWED,
            turn=_turn,
            told=steps_told,
        ),
        objects.Kind(
            model=Grant,
            title=_("共享授权"),
            url=lambda grant: f"/exchange/grants/{grant.pk}/",
            name=lambda grant: str(grant.entry),
            related=("entry", "consumer", "provider"),
            sender=lambda grant: grant.provider_id,
            holder=lambda grant: grant.provider_id,
        ),
    )
    navigation.register(
        navigation.Item(place="exchange", title=_("共享申请"), url="requests", order=10),
        navigation.Item(place="exchange", title=_("共享授权"), url="grants", order=20),
        navigation.Item(
            place="exchange",
            title=pgettext_lazy("several", "办件"),
            url="cases",
            order=25,
            visible=navigation.holding("business_office", "sharing_handler", "sharing_head"),
        ),
        navigation.Item(
            place="find",
            title=_("我的申请"),
            url="requests",
            order=20,
            visible=navigation.holding("business_office"),
        ),
        navigation.Item(
            place="approve",
            title=_("共享申请审核"),
            url="request_queue",
            order=20,
            visible=navigation.holding("sharing_handler", "sharing_head", "department_head", "authority_head"),
        ),
    )
