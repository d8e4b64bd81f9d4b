"""Every read of demands."""

from __future__ import annotations

from django.db.models import QuerySet

from jiangyuan.coordination.demand.models import Demand
from jiangyuan.kernel.actor import Actor


def demands(*, actor: Actor) -> QuerySet[Demand]:
    """Give the demands the actor may know of."""
    return Demand.visible_to(actor).select_related("body__jurisdiction", "entry")
