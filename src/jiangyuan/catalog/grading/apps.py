"""Registration of grading: its reader with door two, its words, its tab on an entry, its navigation."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GradingConfig(AppConfig):
    """Grading as a Django app."""

    name = "jiangyuan.catalog.grading"

    def ready(self) -> None:
        from jiangyuan.catalog.grading.queries import resolve_for_grading
        from jiangyuan.catalog.grading.tab_pages import grading_tab
        from jiangyuan.catalog.grading.wording import register_words
        from jiangyuan.data.plan import register_resolver
        from jiangyuan.ui import navigation, tabs

        register_resolver(resolve_for_grading)
        register_words()
        tabs.register(tabs.Tab(label="entries.entry", code="grading", title=_("分级"), order=5, draw=grading_tab))
        navigation.register(
            navigation.Item(place="catalog", title=_("分类分级"), url="grading", order=40, group="protect")
        )
