"""Registration of the administration: its places in the navigation."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AdministrationConfig(AppConfig):
    """The administration as a Django app."""

    name = "jiangyuan.portal.administration"

    def ready(self) -> None:
        from jiangyuan.portal.administration import wording
        from jiangyuan.ui.navigation import Item, holding, register

        wording.register_words()
        runs = holding("system_admin", "operations")
        guards = holding("security_admin")
        register(
            Item(place="coordination", title=_("身份与职责"), url="capacities", order=40, group="people"),
            Item(place="coordination", title=_("工作日历"), url="calendar", order=50, group="duty"),
            Item(place="computing", title=_("运行状况"), url="health", order=10, visible=runs),
            Item(place="computing", title=_("后台任务"), url="jobs", order=20, visible=runs),
            Item(place="computing", title=_("平台密钥"), url="keys", order=30, visible=runs),
            Item(place="computing", title=_("配置"), url="settings", order=40, visible=runs),
            Item(place="security", title=_("安全管理"), url="security_desk", order=1, visible=guards),
            Item(
                place="security",
                title=_("任命一览"),
                url="holders",
                order=3,
                visible=holding("security_admin", "auditor"),
            ),
            Item(
                place="security",
                title=_("权限规则"),
                url="policies",
                order=4,
                visible=holding("security_admin", "auditor"),
            ),
            Item(place="security", title=_("审计"), url="audit_desk", order=1, visible=holding("auditor")),
        )
