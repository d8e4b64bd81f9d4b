"""Registration of the library: words, kind of record, navigation."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LibraryConfig(AppConfig):
    """The library of standards as a Django app."""

    name = "jiangyuan.standards.library"

    def ready(self) -> None:
        from django.db.models import Q

        from jiangyuan.kernel.actor import Actor
        from jiangyuan.standards.library import actions_drafts as _drafts  # noqa: F401
        from jiangyuan.standards.library.models import Standard
        from jiangyuan.standards.library.wording import register_words
        from jiangyuan.ui import navigation, objects, states

        def desk(actor: Actor, state: str) -> Q | None:
            """Say which standards of a state lie on the actor's desk: drafts on their body's, those under opinion on the head's."""
            if state == "draft":
                return Q(body_id=actor.body) if actor.capacity in ("authority_handler", "sharing_handler") else None
            return ~Q(created_by=actor.id) if actor.capacity == "authority_head" else None

        register_words()
        states.register_tones(
            {
                "opinion": "running",
                "standard.issued": "good",
                "superseded": "closed",
                "abolished": "closed",
                "dropped": "closed",
            }
        )
        objects.register(
            objects.Kind(
                model=Standard,
                title=_("标准"),
                url=lambda one: f"/standards/library/{one.pk}/",
                related=("body",),
                waits={"draft": "standards.standard.ask", "opinion": "standards.standard.issue"},
                desk=desk,
                mine=lambda actor: Q(body_id=actor.body) if actor.body else None,
                sender=lambda one: one.body_id,
            )
        )
        navigation.register(navigation.Item(place="standards", title=_("标准库"), url="standards", order=5))
