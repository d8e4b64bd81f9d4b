"""Registration of drafts: the portal's forms are told where to keep what is typed."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DraftsConfig(AppConfig):
    """Drafts as a Django app."""

    name = "jiangyuan.portal.drafts"
    verbose_name = _("未提交的内容")

    def ready(self) -> None:
        from jiangyuan.portal.drafts.shelf import SealedShelf
        from jiangyuan.ui import drafts

        drafts.register_shelf(SealedShelf())
