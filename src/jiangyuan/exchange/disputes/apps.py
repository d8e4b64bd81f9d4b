"""Registration of disputes: their desks, their words, and what they say on the pages of requests and grants."""

from django.apps import AppConfig


class DisputesConfig(AppConfig):
    """Disputes as a Django app."""

    name = "jiangyuan.exchange.disputes"

    def ready(self) -> None:
        from jiangyuan.exchange.disputes.desks import register_pages

        register_pages()
