"""Registration of the search: the catalogue's own list asks it."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """The search as a Django app."""

    name = "jiangyuan.portal.search"

    def ready(self) -> None:
        from jiangyuan.catalog.entries.queries import register_finder
        from jiangyuan.portal.search.queries import entries_by_words

        register_finder(entries_by_words)
