"""Registration of quality: what its people may read, its place in the navigation, its tab on an entry."""

from __future__ import annotations

from django.apps import AppConfig


class QualityConfig(AppConfig):
    """Quality as a Django app."""

    name = "jiangyuan.resources.quality"

    def ready(self) -> None:
        from jiangyuan.data.plan import register_resolver
        from jiangyuan.resources.quality.desks import register_pages
        from jiangyuan.resources.quality.measuring import measure
        from jiangyuan.resources.quality.queries import resolve_problems
        from jiangyuan.standards.conformity import reviewing

        reviewing.register_measurer(measure)
        register_resolver(resolve_problems)
        register_pages()
