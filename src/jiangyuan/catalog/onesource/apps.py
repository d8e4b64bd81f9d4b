"""Registration of one number, one source."""

from django.apps import AppConfig


class OnesourceConfig(AppConfig):
    """One number, one source as a Django app."""

    name = "jiangyuan.catalog.onesource"

    def ready(self) -> None:
        from jiangyuan.catalog.onesource import actions_repetitions as _repetitions  # noqa: F401
        from jiangyuan.catalog.onesource.desks import register_pages

        register_pages()
