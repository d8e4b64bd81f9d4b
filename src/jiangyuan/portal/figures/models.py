"""The figures by body and day, and how far the memory has been read."""

from __future__ import annotations

from django.db import models
from django.db.models import Q, QuerySet

from jiangyuan.kernel.actor import Actor
from jiangyuan.organization.models import Body
from jiangyuan.portal.figures import shown


class Figure(models.Model):
    """One count of one body on one day. `key` parts a figure (a state, a share type, a kind of read)."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=20)
    key = models.CharField(max_length=60, blank=True, default="")
    body = models.ForeignKey(Body, on_delete=models.CASCADE, related_name="figures")
    day = models.DateField()
    value = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "name", "key", "body"], name="figure_once")]
        indexes = [models.Index(fields=["name", "day"])]

    def __str__(self) -> str:
        return f"{self.name} {self.key}"

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Figure]:
        """Give every body's part of what the actor may see as a whole, and his own body's part of the rest."""
        seen = Q(name__in=shown.whole(actor))
        if actor.body and actor.capacity:
            seen |= Q(body_id=actor.body)
        return cls.objects.filter(seen)


class Reach(models.Model):
    """How far the memory has been added up, and as of when the counts are. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    xid = models.BigIntegerField(default=0)
    day = models.DateField(null=True)
    at = models.DateTimeField(null=True)
