"""Registration of claims: what is locked of an entry, words, kinds of record, navigation."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClaimsConfig(AppConfig):
    """Claims as a Django app."""

    name = "jiangyuan.catalog.claims"

    def ready(self) -> None:
        from jiangyuan.catalog.claims import actions_pins as _pins  # noqa: F401
        from jiangyuan.catalog.claims import desks
        from jiangyuan.catalog.claims.queries import locks_of
        from jiangyuan.catalog.entries.rules import register_locks
        from jiangyuan.ui import navigation

        register_locks(locks_of)
        desks.register_pages()
        navigation.register(
            navigation.Item(
                place="catalog",
                title=_("目录申领"),
                url="claims",
                order=35,
                group="make",
                visible=lambda actor: actor is not None and bool(actor.body),
            ),
            navigation.Item(
                place="approve",
                title=_("申领清单"),
                url="claim_lists",
                order=15,
                visible=navigation.holding("authority_handler", "authority_head"),
            ),
        )
