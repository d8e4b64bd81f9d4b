"""Registration of the important-data list."""

from django.apps import AppConfig


class ImportantConfig(AppConfig):
    """The important-data list as a Django app."""

    name = "jiangyuan.catalog.important"

    def ready(self) -> None:
        from jiangyuan.catalog.important.desks import register_pages

        register_pages()
