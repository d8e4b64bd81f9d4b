"""Registration of demands: their pages, and what the search offers when it found nothing."""

from django.apps import AppConfig


class DemandConfig(AppConfig):
    """Demands as a Django app."""

    name = "jiangyuan.coordination.demand"

    def ready(self) -> None:
        from jiangyuan.coordination.demand.desks import register_pages

        register_pages()
