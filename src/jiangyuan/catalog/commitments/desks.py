"""On whose desk a line and a batch lie, and where the list stands in the portal."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.commitments.models import Commitment, ShareBatch
from jiangyuan.catalog.commitments.pages import of_entry
from jiangyuan.catalog.commitments.states import DESK
from jiangyuan.catalog.commitments.wording import register_words
from jiangyuan.kernel.actor import Actor
from jiangyuan.ui import navigation, objects, states, tabs


def line_desk(actor: Actor, state: str) -> Q | None:
    """Say which lines lie on the actor's desk: those due of his own body."""
    return Q(body_id=actor.body) if state == "due" and actor.capacity in DESK else None


def batch_desk(actor: Actor, state: str) -> Q | None:
    """Say which batches lie on the actor's desk: those that the authority's head is to issue, not his own."""
    if state != "draft" or actor.capacity != "authority_head":
        return None
    return Q(jurisdiction__code=actor.jurisdiction, lines__gt=0) & ~Q(created_by=actor.id)


def register_pages() -> None:
    """Register kinds, words, tabs, tones and navigation."""
    register_words()
    states.register_tones({"batch.issued": "good", "due": "running", "fulfilled": "good", "released": "closed"})
    tabs.register(tabs.Tab(label="entries.entry", code="", title=_("概况"), order=140, draw=of_entry))
    objects.register(
        objects.Kind(
            model=ShareBatch,
            title=_("责任清单批次"),
            url=lambda one: f"/responsibilities/batches/{one.pk}/",
            waits={"draft": "catalog.share_batch.issue"},
            desk=batch_desk,
        ),
        objects.Kind(
            model=Commitment,
            title=_("共享责任"),
            url=lambda one: f"/responsibilities/{one.pk}/",
            related=("body",),
            waits={"due": "catalog.commitment.tie"},
            desk=line_desk,
            mine=lambda actor: Q(body_id=actor.body) if actor.body else None,
            holder=lambda one: one.body_id,
        ),
    )
    navigation.register(
        navigation.Item(place="catalog", title=_("数据共享责任清单"), url="commitments", order=40, group="source"),
    )
