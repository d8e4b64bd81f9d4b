"""Where quality stands in the portal: the navigation, and what it says on the page of an entry."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jiangyuan.resources.quality.tab_pages import quality_points, quality_tab
from jiangyuan.resources.quality.wording import register_words
from jiangyuan.ui import navigation, tabs


def register_pages() -> None:
    """Register words, navigation and the tab of quality."""
    register_words()
    navigation.register(
        navigation.Item(place="supply", title=_("数据质量"), url="quality", order=40),
        navigation.Item(place="resources", title=_("数据质量"), url="quality", order=30),
    )
    tabs.register(tabs.Tab(label="entries.entry", code="quality", title=_("质量"), order=20, draw=quality_tab))
    tabs.register_points("entries.entry", "quality", quality_points)
