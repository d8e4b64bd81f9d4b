"""Registration of the home page: its place in the navigation."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HomeConfig(AppConfig):
    """The home page as a Django app."""

    name = "jiangyuan.portal.home"

    def ready(self) -> None:
        from jiangyuan.ui import navigation

        navigation.register(navigation.Item(place="home", title=_("我的工作台"), url="home", order=0))
