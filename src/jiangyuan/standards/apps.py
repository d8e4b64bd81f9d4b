"""Registration of the standards: their navigation, and what they propose for a scanned table."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class StandardsConfig(AppConfig):
    """The standards room as a Django app."""

    name = "jiangyuan.standards"

    def ready(self) -> None:
        from jiangyuan.standards.tab_pages import proposals_part
        from jiangyuan.ui import navigation, tabs

        navigation.register(
            navigation.Item(place="standards", title=pgettext_lazy("several", "数据元"), url="elements", order=10),
            navigation.Item(place="standards", title=_("代码集"), url="code_sets", order=20),
        )
        tabs.register(tabs.Tab(label="sources.scannedtable", code="", title=_("字段"), order=10, draw=proposals_part))
