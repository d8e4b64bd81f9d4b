"""Registration of coverage."""

from django.apps import AppConfig


class DutiesConfig(AppConfig):
    """Coverage as a Django app."""

    name = "jiangyuan.catalog.duties"

    def ready(self) -> None:
        from jiangyuan.catalog.duties import actions_excuses as _excuses  # noqa: F401
        from jiangyuan.catalog.duties import actions_loads as _loads  # noqa: F401
        from jiangyuan.catalog.duties.desks import register_pages

        register_pages()
