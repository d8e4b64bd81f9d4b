"""Registration of views: what lists ask for, the words of the forms, the place in the navigation."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ViewsConfig(AppConfig):
    """Views as a Django app."""

    name = "jiangyuan.portal.views"

    def ready(self) -> None:
        from jiangyuan.portal.views import actions, queries
        from jiangyuan.portal.views.models import ListExport, SavedView
        from jiangyuan.ui import keeping, navigation, objects
        from jiangyuan.ui.fields import Shown
        from jiangyuan.ui.wording import YES_NO, say

        assert actions.save_view
        keeping.register(views=queries.views_of, save_url="/views/new/", remember=queries.remember)
        name = Shown(label=_("视图名称"), help=_("例如“本月到期的授权”，最多 40 个字。"))
        say("views.view.save", name=name, default=Shown(label=_("打开这个列表时先看它"), choices=YES_NO))
        say("views.view.rename", name=name)
        objects.register(
            objects.Kind(model=SavedView, title=_("我的视图"), url=lambda view: f"/views/{view.pk}/"),
            objects.Kind(model=ListExport, title=_("列表导出"), url=lambda made: f"/exports/{made.pk}/"),
        )
        auditor = navigation.holding("auditor")
        navigation.register(
            navigation.Item(place="security", title=_("列表导出"), url="list_exports", order=30, visible=auditor)
        )
