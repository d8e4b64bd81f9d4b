"""On whose desk an excuse lies, and where coverage stands in the portal."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.duties.models import Excuse, Obligation
from jiangyuan.catalog.duties.obligation_pages import of_entry
from jiangyuan.catalog.duties.pages import of_body
from jiangyuan.catalog.duties.states import REVIEWERS
from jiangyuan.catalog.duties.wording import register_words
from jiangyuan.kernel.actor import Actor
from jiangyuan.ui import navigation, objects, states, tabs


def desk(actor: Actor, state: str) -> Q | None:
    """Say which excuses lie on the actor's desk: those of his jurisdiction that he did not ask for himself."""
    if state != "proposed" or actor.capacity not in REVIEWERS:
        return None
    return Q(obligation__body__jurisdiction__code=actor.jurisdiction) & ~Q(created_by=actor.id)


def register_pages() -> None:
    """Register kinds, words, tabs and navigation."""
    register_words()
    states.register_tones({"excuse.accepted": "good"})  # final, unlike what is accepted on its way
    tabs.register(
        tabs.Tab(label="entries.entry", code="", title=_("概况"), order=130, draw=of_entry),
        tabs.Tab(label="organization.body", code="", title=_("目录覆盖"), order=10, draw=of_body),
    )
    objects.register(
        objects.Kind(model=Obligation, title=_("应覆盖项"), url=lambda one: f"/duties/{one.pk}/", related=("body",)),
        objects.Kind(
            model=Excuse,
            title=_("豁免申请"),
            url=lambda one: f"/duties/excuses/{one.pk}/",
            related=("obligation__body",),
            waits={"proposed": "catalog.excuse.accept"},
            desk=desk,
            mine=lambda actor: Q(obligation__body_id=actor.body) if actor.body else None,
            sender=lambda one: one.obligation.body_id,
        ),
    )
    navigation.register(
        navigation.Item(place="results", title=_("目录覆盖"), url="coverage", order=40),
        navigation.Item(place="catalog", title=_("目录覆盖"), url="coverage", order=20, group="make"),
        navigation.Item(place="catalog", title=_("职责、系统和事项"), url="obligations", order=21, group="make"),
        navigation.Item(
            place="approve", title=_("豁免申请"), url="excuses", order=30, visible=navigation.holding(*REVIEWERS)
        ),
    )
