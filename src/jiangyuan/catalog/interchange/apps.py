"""Registration of interchange: words, kind of record, navigation."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InterchangeConfig(AppConfig):
    """Interchange as a Django app."""

    name = "jiangyuan.catalog.interchange"

    def ready(self) -> None:
        from django.db.models import Q

        from jiangyuan.catalog.interchange import actions, actions_docking, actions_harvest  # noqa: F401
        from jiangyuan.catalog.interchange.models import ImportBatch
        from jiangyuan.catalog.interchange.states import IMPORTERS
        from jiangyuan.catalog.interchange.wording import register_words
        from jiangyuan.kernel.actor import Actor
        from jiangyuan.ui import navigation, objects, states

        def desk(actor: Actor, state: str) -> Q | None:
            """A checked batch waits for its own body's importers."""
            return Q(body_id=actor.body) if state == "checked" and actor.capacity in IMPORTERS else None

        register_words()
        states.register_tones(
            {
                "uploaded": "running",
                "import_batch.checked": "warn",
                "unreadable": "bad",
                "drafting": "running",
                "drafted": "good",
                "discarded": "closed",
            }
        )
        objects.register(
            objects.Kind(
                model=ImportBatch,
                title=_("目录导入"),
                url=lambda batch: f"/catalog/import/{batch.pk}/",
                related=("body",),
                waits={"checked": "catalog.batch.proceed"},
                desk=desk,
                mine=lambda actor: Q(body_id=actor.body) if actor.body else None,
                sender=lambda batch: batch.body_id,
                holder=lambda batch: batch.body_id,
            )
        )
        navigation.register(
            navigation.Item(
                place="supply",
                title=_("导入目录"),
                url="entry_imports",
                order=21,
                visible=navigation.holding(*IMPORTERS),
            ),
            navigation.Item(
                place="catalog",
                title=_("采集来源"),
                url="harvest_sources",
                order=60,
                group="make",
                visible=navigation.holding("sharing_handler", "authority_handler", "authority_head", "auditor"),
            ),
            navigation.Item(
                place="catalog",
                title=_("对接目录"),
                url="dockings",
                order=61,
                group="make",
                visible=navigation.holding("authority_handler", "authority_head", "auditor"),
            ),
        )
