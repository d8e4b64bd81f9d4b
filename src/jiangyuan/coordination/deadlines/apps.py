"""Registration of deadlines: words, kinds of record, navigation."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeadlinesConfig(AppConfig):
    """Deadlines as a Django app."""

    name = "jiangyuan.coordination.deadlines"

    def ready(self) -> None:
        from jiangyuan.coordination.deadlines import desks
        from jiangyuan.ui import navigation

        desks.register_pages()
        authority = navigation.holding("authority_handler", "authority_head")
        navigation.register(
            navigation.Item(
                place="coordination",
                title=_("时限日历"),
                url="clocks",
                order=45,
                group="duty",
                visible=lambda actor: actor is not None and bool(actor.body),
            ),
            navigation.Item(place="approve", title=_("延期审批"), url="extensions", order=60, visible=authority),
            navigation.Item(place="approve", title=_("超期督促"), url="overdue_clocks", order=61, visible=authority),
        )
