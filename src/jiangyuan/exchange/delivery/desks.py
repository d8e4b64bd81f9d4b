"""Where deliveries and warnings stand: on which desk, and where in the navigation."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from jiangyuan.exchange.delivery.models import Delivery, Warning
from jiangyuan.exchange.delivery.states import CONSUMER
from jiangyuan.exchange.delivery.tab_pages import lineage_tab, use_tab
from jiangyuan.exchange.delivery.wording import register_words
from jiangyuan.exchange.sharing.queries import EFFECTS
from jiangyuan.kernel.actor import Actor
from jiangyuan.ui import navigation, objects, tabs


def _desk(actor: Actor, state: str) -> Q | None:
    if actor.capacity == "operations":
        return Q(pk__isnull=False)
    return Q(grant__consumer_id=actor.body) if actor.capacity in CONSUMER and actor.body else None


def _name(delivery: Any) -> str:
    return str(delivery.grant.entry)


def _stopping(grant: Any) -> str:
    running = Delivery.objects.filter(grant=grant).exclude(state="stopped").count()
    return ngettext("%(n)s 项库表交换将停止", "%(n)s 项库表交换将停止", running) % {"n": running} if running else ""


def register_pages() -> None:
    """Register kinds, words and navigation."""
    register_words()
    EFFECTS["delivery"] = _stopping
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
    tabs.register(
        tabs.Tab(label="entries.entry", code="lineage", title=_("来龙去脉"), order=30, draw=lineage_tab),
        tabs.Tab(label="entries.entry", code="use", title=_("使用"), order=40, draw=use_tab),
    )
    navigation.register(
        navigation.Item(place="exchange", title=pgettext_lazy("several", "库表交换"), url="deliveries", order=30),
        navigation.Item(place="exchange", title=_("变化预警"), url="warnings", order=40),
        navigation.Item(place="exchange", title=_("使用情况"), url="uses", order=50),
        navigation.Item(place="services", title=_("可调用的服务"), url="services", order=10),
        navigation.Item(place="results", title=_("使用情况"), url="uses", order=20),
    )
