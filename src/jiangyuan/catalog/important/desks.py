"""On whose desk an identification lies, and where the list stands in the portal."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.important.models import Important
from jiangyuan.catalog.important.pages import of_entry
from jiangyuan.catalog.important.states import DESK, REVIEWERS
from jiangyuan.catalog.important.wording import register_words
from jiangyuan.kernel.actor import Actor
from jiangyuan.ui import navigation, objects, states, tabs


def desk(actor: Actor, state: str) -> Q | None:
    """Say which identifications lie on the actor's desk; nobody's own is put before him."""
    own, others = Q(entry__body_id=actor.body), ~Q(created_by=actor.id)
    if state == "identified":
        return own & others if actor.capacity == "department_head" else None
    if state == "confirmed" and actor.capacity in REVIEWERS:
        return Q(entry__body__jurisdiction__code=actor.jurisdiction) & others
    return own if state == "returned" and actor.capacity in DESK else None


def register_pages() -> None:
    """Register kinds, words, tabs, tones and navigation."""
    register_words()
    states.register_tones({"identified": "running", "confirmed": "running", "reported": "good", "removed": "closed"})
    tabs.register(tabs.Tab(label="entries.entry", code="", title=_("概况"), order=110, draw=of_entry))
    objects.register(
        objects.Kind(
            model=Important,
            title=_("重要数据"),
            url=lambda one: f"/important-data/{one.pk}/",
            related=("entry__body",),
            waits={
                "identified": "catalog.important.confirm",
                "confirmed": "catalog.important.report",
                "returned": "catalog.important.amend",
            },
            desk=desk,
            mine=lambda actor: Q(entry__body_id=actor.body) if actor.body else None,
            sender=lambda one: one.entry.body_id,
            holder=lambda one: None if one.state == "confirmed" else one.entry.body_id,
        )
    )
    navigation.register(
        navigation.Item(place="catalog", title=_("重要数据目录"), url="important", order=50, group="protect")
    )
