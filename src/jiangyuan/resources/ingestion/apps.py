"""Registration of ingestion: its resolver for services, its answer to whether a source is in use, its pages."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IngestionConfig(AppConfig):
    """Ingestion as a Django app."""

    name = "jiangyuan.resources.ingestion"

    def ready(self) -> None:
        from jiangyuan.catalog.commitments.rules import FULFILLED
        from jiangyuan.data.plan import register_resolver
        from jiangyuan.resources.ingestion.flows import wanted_ingests
        from jiangyuan.resources.ingestion.models import Mount
        from jiangyuan.resources.ingestion.queries import grantable, resolve_for_services
        from jiangyuan.resources.ingestion.streams import PROVIDERS
        from jiangyuan.sources import rules

        register_resolver(resolve_for_services)
        PROVIDERS.append(wanted_ingests)
        FULFILLED.update(service=grantable, file=grantable)
        rules.USES.append(lambda source: Mount.objects.filter(table__source=source).exclude(state="removed").count())
        self._pages()

    @staticmethod
    def _pages() -> None:
        from django.db.models import Q

        from jiangyuan.kernel.actor import Actor
        from jiangyuan.resources.ingestion.models import Ingest, Mount
        from jiangyuan.resources.ingestion.states import DESK
        from jiangyuan.resources.ingestion.tab_pages import drift_part, mounted_points, mounted_tab
        from jiangyuan.resources.ingestion.wording import register_words
        from jiangyuan.ui import navigation, objects, states, tabs

        def mount_desk(actor: Actor, state: str) -> Q | None:
            return Q(entry__body_id=actor.body) if actor.capacity in DESK else None

        def ingest_desk(actor: Actor, state: str) -> Q | None:
            return Q(mount__entry__body_id=actor.body) if actor.capacity in DESK else None

        def body_of_ingest(ingest: Any) -> Any:
            return ingest.mount.entry.body_id

        register_words()
        tabs.register(tabs.Tab(label="entries.entry", code="", title=_("概况"), order=10, draw=mounted_tab))
        tabs.register(tabs.Tab(label="sources.source", code="drift", title=_("变化"), order=10, draw=drift_part))
        tabs.register_points("entries.entry", "ingestion", mounted_points)
        states.register_tones({"current": "good", "waiting": "idle", "stopped": "closed", "removed": "closed"})
        objects.register(
            objects.Kind(
                model=Mount,
                title=_("挂载"),
                url=lambda mount: f"/resources/{mount.pk}/",
                related=("entry",),
                waits={"broken": "resources.mount.repair"},
                desk=mount_desk,
                sender=lambda mount: mount.entry.body_id,
                holder=lambda mount: mount.entry.body_id,
            ),
            objects.Kind(
                model=Ingest,
                title=_("归集"),
                url=lambda ingest: f"/resources/{ingest.mount_id}/",
                name=lambda ingest: str(ingest.mount.entry),
                related=("mount__entry",),
                waits={"failed": "resources.ingest.retry"},
                desk=ingest_desk,
                sender=body_of_ingest,
                holder=body_of_ingest,
            ),
        )
        navigation.register(
            navigation.Item(place="supply", title=_("挂载与归集"), url="mounts", order=30),
            navigation.Item(place="resources", title=_("挂载与归集"), url="mounts", order=20),
        )
