"""Registration of ingestion: its resolver for services, and its answer to whether a source is in use."""

from django.apps import AppConfig


class IngestionConfig(AppConfig):
    """Ingestion as a Django app."""

    name = "jiangyuan.resources.ingestion"

    def ready(self) -> None:
        from jiangyuan.data.plan import register_resolver
        from jiangyuan.resources.ingestion.flows import wanted_ingests
        from jiangyuan.resources.ingestion.models import Mount
        from jiangyuan.resources.ingestion.queries import resolve_for_services
        from jiangyuan.resources.ingestion.streams import PROVIDERS
        from jiangyuan.sources import rules

        register_resolver(resolve_for_services)
        PROVIDERS.append(wanted_ingests)
        rules.USES.append(lambda source: Mount.objects.filter(table__source=source).exclude(state="removed").count())
