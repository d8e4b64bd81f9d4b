"""Registration of the sources room: its words, its kind of record, its navigation."""

from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SourcesConfig(AppConfig):
    """The sources room as a Django app."""

    name = "jiangyuan.sources"

    def ready(self) -> None:
        from django.db.models import Q

        from jiangyuan.sources.models import Source
        from jiangyuan.sources.states import DESK
        from jiangyuan.sources.wording import register_words
        from jiangyuan.ui import navigation, objects, retelling, states

        register_words()
        retelling.remember(_told_by_connectors)
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
            navigation.Item(place="supply", title=pgettext_lazy("several", "数据源"), url="sources", order=10),
            navigation.Item(place="resources", title=pgettext_lazy("several", "数据源"), url="sources", order=10),
        )


def _told_by_connectors() -> Iterator[Any]:
    # the reader of files brings its engine with it, which the start of the platform does not wait for
    from jiangyuan.data.connectors.folder.messages import messages

    return messages()
