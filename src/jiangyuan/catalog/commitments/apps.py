"""Registration of the responsibility list."""

from django.apps import AppConfig


class CommitmentsConfig(AppConfig):
    """The responsibility list as a Django app."""

    name = "jiangyuan.catalog.commitments"

    def ready(self) -> None:
        from jiangyuan.catalog.commitments.desks import register_pages

        register_pages()
