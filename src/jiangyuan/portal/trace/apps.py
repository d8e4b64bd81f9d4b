"""Registration of the trace: the auditor's places in the navigation, how the clock's own events read."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TraceConfig(AppConfig):
    """The trace as a Django app."""

    name = "jiangyuan.portal.trace"

    def ready(self) -> None:
        from jiangyuan.ui import navigation
        from jiangyuan.ui.timeline import register_event_titles

        register_event_titles(
            {
                "kernel.clock.due": _("时限临近"),
                "kernel.clock.overdue": _("时限已过"),
                "kernel.clock.escalated": _("超期已久，提请负责人督促"),
                "kernel.clock.met_late": _("超期后办结"),
                "sharing.grant.made": _("产生授权"),
                "resources.ingest.asked": _("安排归集"),
            }
        )
        auditor = navigation.holding("auditor")
        navigation.register(
            navigation.Item(place="security", title=_("操作留痕"), url="trace_person", order=10, visible=auditor),
            navigation.Item(
                place="security",
                title=_("数据使用留痕"),
                url="trace_reads",
                order=15,
                visible=lambda actor: actor is not None and bool(actor.body),
            ),
            navigation.Item(
                place="security",
                title=_("谁看过某人的数据"),
                url="trace_subject",
                order=17,
                visible=navigation.holding("auditor", "security_admin"),
            ),
            navigation.Item(place="security", title=_("存证日志"), url="evidence", order=20, visible=auditor),
        )
