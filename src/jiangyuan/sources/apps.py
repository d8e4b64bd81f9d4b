"""Registration of the sources room: its words, its kind of record, its navigation."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SourcesConfig(AppConfig):
    """The sources room as a Django app."""

    name = "jiangyuan.sources"

    def ready(self) -> None:
        from django.db.models import Q

        from jiangyuan.sources.models import Source
        from jiangyuan.sources.states import DESK
        from jiangyuan.sources.wording import register_words
        from jiangyuan.ui import navigation, objects, states

        register_words()
        states.register_tones({"connected": "good", "failing": "bad"})
        objects.register(
            objects.Kind(
                model=Source,
                title=_("数据源"),
                url=lambda source: f"/sources/{source.pk}/",
                related=("body",),
                waits={"failing": "sources.source.test"},
                desk=lambda actor, state: Q(body_id=actor.body) if actor.capacity in DESK[:2] else None,
                mine=lambda actor: Q(body_id=actor.body) if actor.body else None,
                sender=lambda source: source.body_id,
                holder=lambda source: source.body_id,
            )
        )
        navigation.register(
            navigation.Item(place="supply", title=_("数据源"), url="sources", order=10),
            navigation.Item(place="resources", title=_("数据源"), url="sources", order=10),
        )
