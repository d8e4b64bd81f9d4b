"""Registration of the stagehand: its accounts on the sign-in page, its helping hands in the tour."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StagehandConfig(AppConfig):
    """The stagehand as a Django app."""

    name = "jiangyuan.demo.stagehand"
    label = "stagehand"

    def ready(self) -> None:
        from jiangyuan.demo.stagehand.accounts import guests
        from jiangyuan.portal.tour import steps
        from jiangyuan.ui import session
        from jiangyuan.ui.timeline import register_event_titles

        session.register_guests(guests)
        steps.register_helpers(
            steps.Helper(step="correction", title=_("让公安厅更正一条记录"), url="/demo/correct/"),
            steps.Helper(step="warning", title=_("让公安厅登记一人死亡"), url="/demo/death/"),
        )
        register_event_titles(
            {
                "stagehand.correction.asked": _("演示：请公安厅更正一条记录"),
                "stagehand.death.asked": _("演示：请公安厅登记一人死亡"),
                "stagehand.request.backdated": _("演示：将申请的收到日期提前"),
            }
        )
