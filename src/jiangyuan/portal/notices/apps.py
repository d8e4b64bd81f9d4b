"""Registration of notices: the number beside the bell, and the words of their forms."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """Notices as a Django app."""

    name = "jiangyuan.portal.notices"

    def ready(self) -> None:
        from jiangyuan.portal.notices.queries import unread
        from jiangyuan.portal.notices.wording import register_words
        from jiangyuan.ui import session

        register_words()
        session.register_notice_counter(unread)
