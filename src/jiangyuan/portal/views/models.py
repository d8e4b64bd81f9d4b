"""Saved views of lists, and exports made of them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.models import Record

AUDITOR = "auditor"


class SavedView(Record):
    """A state of a list that a person named. `page` is the path of the list, `query` what the address says of it.

    `default`: the list opens with it. A view that was removed keeps its row until it is restored or its person is gone.
    """

    person = models.UUIDField()
    page = models.CharField(max_length=200)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=2000)
    default = models.BooleanField(default=False)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["person", "page"], name="view_of_list")]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "page"], condition=Q(default=True, removed_at__isnull=True), name="view_default_once"
            ),
            models.UniqueConstraint(
                fields=["person", "page", "name"], condition=Q(removed_at__isnull=True), name="view_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[SavedView]:
        """A person's views are that person's alone."""
        return cls.objects.filter(person=actor.id) if actor.kind == "person" else cls.objects.none()

    def policy_attributes(self) -> dict[str, Any]:
        return {"person": str(self.person), "removed": self.removed_at is not None}


class ListExport(Record):
    """A list that left the platform as a file: which, what was in force, how many rows, and the file's SM3 digest.

    `conditions` are pairs of title and value as the page showed them. Kept here and not in the event, since what was
    searched for may name a person.
    """

    person = models.UUIDField()
    body = models.UUIDField(null=True)
    page = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    query = models.CharField(max_length=2000, blank=True, default="")
    conditions = models.JSONField(default=list)
    format = models.CharField(max_length=8)
    rows = models.PositiveIntegerField()
    complete = models.BooleanField()
    digest = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["person", "-created_at"], name="exports_of_person")]

    def __str__(self) -> str:
        return _("导出“%(list)s”") % {"list": self.title}

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[ListExport]:
        """Who exported sees it, and the auditor."""
        if actor.kind == "person" and actor.capacity == AUDITOR:
            return cls.objects.all()
        return cls.objects.filter(person=actor.id) if actor.kind == "person" else cls.objects.none()

    def policy_attributes(self) -> dict[str, Any]:
        return {"person": str(self.person)}
