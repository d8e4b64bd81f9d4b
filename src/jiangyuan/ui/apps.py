"""The Django app of the page parts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UiConfig(AppConfig):
    """Templates, static files and tags that every room's pages use."""

    name = "jiangyuan.ui"
    label = "ui"
    verbose_name = _("界面部件")
