"""Extensions of clocks, and clocks that ran out as matters of supervision."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q, QuerySet

from jiangyuan.coordination.deadlines.states import EXTENSION, OVERDUE
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.clocks import LIMITS
from jiangyuan.kernel.models import Clock, Stated
from jiangyuan.organization.models import Body

OVERSEERS = frozenset({"authority_handler", "authority_head"})


def supervised(actor: Actor, path: str = "body") -> Q | None:
    """Give the condition on a body (or the path to it) that the actor may know the clocks of; None: on no body."""
    if actor.kind == "service" or actor.capacity == "auditor":
        return Q()
    if not actor.body:
        return None
    own = Q(**{f"{path}_id": actor.body})
    if actor.capacity in OVERSEERS:
        return own | Q(**{f"{path}__jurisdiction__code": actor.jurisdiction})
    return own


class _OfClock(Stated):
    policy_relations = ("clock", "body__jurisdiction")
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(LIMITS[self.clock.limit].title)  # type: ignore[attr-defined]

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Any]:
        """They are the body's, its authority's and the auditor's."""
        where = supervised(actor)
        return cls._default_manager.none() if where is None else cls._default_manager.filter(where)

    def policy_attributes(self) -> dict[str, Any]:
        return {"body": str(self.body_id), "jurisdiction": self.body.jurisdiction.code}  # type: ignore[attr-defined]


class Extension(_OfClock):
    """More time for one clock (延期): `days` working days asked by its body for a reason; `answer` is the authority's."""

    workflow = EXTENSION
    clock = models.ForeignKey(Clock, on_delete=models.PROTECT, related_name="extensions")
    days = models.PositiveSmallIntegerField()
    reason = models.TextField(max_length=2000)
    answer = models.TextField(max_length=2000, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clock"], condition=Q(state="asked"), name="extension_asked_once")
        ]


class Overdue(_OfClock):
    """A clock that ran out, on the supervisor's desk until what it counts is done. `urged`: how often it was urged."""

    workflow = OVERDUE
    clock = models.OneToOneField(Clock, on_delete=models.PROTECT, related_name="overdue_matter")
    urged = models.PositiveSmallIntegerField(default=0)
    words = models.TextField(max_length=2000, blank=True, default="")

    class Meta:
        verbose_name_plural = "overdue"
