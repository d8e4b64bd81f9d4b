"""Registration of the tour: its place in the navigation."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TourConfig(AppConfig):
    """The tour as a Django app."""

    name = "jiangyuan.portal.tour"

    def ready(self) -> None:
        from jiangyuan.ui import navigation

        navigation.register(navigation.Item(place="home", title=_("上手导览"), url="tour", order=10))
