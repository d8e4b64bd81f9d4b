"""Registration of the reviews: their navigation, words, and what of the sources may be reviewed."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConformityConfig(AppConfig):
    """Conformity reviews as a Django app."""

    name = "jiangyuan.standards.conformity"

    def ready(self) -> None:
        from jiangyuan.standards.conformity import reviewing
        from jiangyuan.standards.conformity.sources import SOURCE, TABLE
        from jiangyuan.standards.conformity.wording import register_words
        from jiangyuan.ui import navigation

        reviewing.register(SOURCE, TABLE)
        register_words()
        navigation.register(navigation.Item(place="standards", title=_("符标审查"), url="reviews", order=30))
