"""Where deliveries and warnings stand: on which desk, and where in the navigation."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiangyuan.exchange.delivery.models import Delivery, Warning
from jiangyuan.exchange.delivery.states import CONSUMER
from jiangyuan.exchange.delivery.wording import register_words
from jiangyuan.kernel.actor import Actor
from jiangyuan.ui import navigation, objects


def _desk(actor: Actor, state: str) -> Q | None:
    return Q(grant__consumer_id=actor.body) if actor.capacity in CONSUMER and actor.body else None


def _name(delivery: Any) -> str:
    return str(delivery.grant.entry)


def register_pages() -> None:
    """Register kinds, words and navigation."""
    register_words()
    objects.register(
        objects.Kind(
            model=Delivery,
            title=_("库表交换"),
            url=lambda delivery: f"/exchange/deliveries/{delivery.pk}/",
            name=_name,
            related=("grant__entry",),
            waits={"failed": "delivery.delivery.retry"},
            desk=_desk,
            sender=lambda delivery: delivery.grant.provider_id,
            holder=lambda delivery: delivery.grant.consumer_id,
        ),
        objects.Kind(
            model=Warning,
            title=_("预警"),
            url=lambda warning: f"/exchange/warnings/{warning.pk}/",
            name=lambda warning: str(warning.grant.entry),
            related=("grant__entry",),
        ),
    )
    navigation.register(
        navigation.Item(place="exchange", title=_("库表交换"), url="deliveries", order=30),
        navigation.Item(place="exchange", title=_("变化预警"), url="warnings", order=40),
        navigation.Item(place="exchange", title=_("使用情况"), url="uses", order=50),
        navigation.Item(place="results", title=_("使用情况"), url="uses", order=20),
    )
