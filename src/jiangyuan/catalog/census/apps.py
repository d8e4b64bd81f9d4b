"""Registration of the census: words, kinds of record, desks, navigation."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CensusConfig(AppConfig):
    """The census as a Django app."""

    name = "jiangyuan.catalog.census"

    def ready(self) -> None:
        from jiangyuan.catalog.census import actions_registers as _registers  # noqa: F401
        from jiangyuan.catalog.census import actions_reports as _reports  # noqa: F401
        from jiangyuan.catalog.census.desks import register_kinds, register_titles
        from jiangyuan.catalog.census.states import AUTHORITY, FILLERS
        from jiangyuan.catalog.census.wording import register_words
        from jiangyuan.ui import navigation, states

        register_words()
        register_kinds()
        register_titles()
        states.register_tones({"filling": "idle", "signing": "running", "filed": "good", "missed": "bad", "census_campaign.open": "running",
                               "checked": "running", "applied": "good", "dropped": "closed", "cancelled": "closed",
                               "listed": "idle", "decided": "good"})  # fmt: skip
        several: Any = navigation.holding(*FILLERS, "department_head", *AUTHORITY, "auditor", "system_admin")
        navigation.register(
            navigation.Item(
                place="catalog", title=_("数字资源普查"), url="census", order=5, group="make", visible=several
            ),
            navigation.Item(place="supply", title=_("普查填报"), url="census_reports", order=15, visible=several),
            navigation.Item(
                place="catalog",
                title=_("存量共享通道"),
                url="census_channels",
                order=40,
                group="source",
                visible=several,
            ),
        )
