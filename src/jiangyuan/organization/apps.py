"""Registration of the organization room: who is signed in, how everybody is named, its navigation."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class OrganizationConfig(AppConfig):
    """The organization room as a Django app."""

    name = "jiangyuan.organization"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from jiangyuan.organization import account, naming, signin
        from jiangyuan.organization.models import ApplicationSystem, Body, Person
        from jiangyuan.organization.wording import register_words
        from jiangyuan.ui import navigation, objects, session

        # the act that opens a session notes the time of sign-in; nothing else writes to a person
        user_logged_in.disconnect(dispatch_uid="update_last_login")
        session.register_actor_loader(signin.actor_of_session)
        session.register_token_loader(signin.actor_of_token)
        session.register_account_loader(account.account_of_session)
        session.register_name_loader(naming.names)
        register_words()
        objects.register(
            objects.Kind(model=Body, title=_("部门"), url=lambda one: f"/organization/bodies/{one.pk}/"),
            objects.Kind(model=Person, title=_("人员"), url=lambda one: f"/organization/people/{one.pk}/"),
            objects.Kind(
                model=ApplicationSystem, title=_("应用系统"), url=lambda one: f"/organization/systems/{one.pk}/"
            ),
        )
        navigation.register(
            navigation.Item(
                place="coordination", title=pgettext_lazy("several", "部门"), url="bodies", order=10, group="people"
            ),
            navigation.Item(place="coordination", title=_("条线"), url="lines", order=12, group="people"),
            navigation.Item(
                place="coordination", title=pgettext_lazy("several", "行政区划"), url="places", order=15, group="people"
            ),
            navigation.Item(place="coordination", title=_("人员"), url="people", order=20, group="people"),
            navigation.Item(
                place="coordination",
                title=pgettext_lazy("several", "应用系统"),
                url="systems",
                order=30,
                group="people",
            ),
        )
