"""Registration of delivery: what it wants to flow."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Delivery as a Django app."""

    name = "jiangyuan.exchange.delivery"

    def ready(self) -> None:
        from jiangyuan.catalog.commitments.rules import FULFILLED
        from jiangyuan.exchange.delivery.desks import register_pages
        from jiangyuan.exchange.delivery.flows import wanted_deliveries
        from jiangyuan.exchange.delivery.queries import delivered
        from jiangyuan.resources.ingestion.streams import PROVIDERS

        PROVIDERS.append(wanted_deliveries)
        FULFILLED["batch"] = delivered
        register_pages()
