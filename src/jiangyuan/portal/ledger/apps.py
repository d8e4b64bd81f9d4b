"""Registration of the ledger: its place in the navigation."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    """The ledger as a Django app."""

    name = "jiangyuan.portal.ledger"

    def ready(self) -> None:
        from jiangyuan.ui import navigation

        navigation.register(
            navigation.Item(place="results", title=_("总账本"), url="ledger", order=10),
            navigation.Item(place="coordination", title=_("总账本"), url="ledger", order=10),
        )
