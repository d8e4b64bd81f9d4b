"""Registration of the figures: the overview's place in the navigation."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FiguresConfig(AppConfig):
    """The figures as a Django app."""

    name = "jiangyuan.portal.figures"

    def ready(self) -> None:
        from jiangyuan.ui import navigation

        navigation.register(navigation.Item(place="results", title=_("全省总览"), url="overview", order=0))
