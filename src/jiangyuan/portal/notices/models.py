"""Notices of persons, and how each wishes to be told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import QuerySet

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.kernel.models import Record
from jiangyuan.organization.models import Person

OFF, ONCE, DAILY = "off", "once", "daily"


class Notice(models.Model):
    """One notice to one person in one capacity: the rule that made it and the record it is about, no content of it.

    A projection of the memory: `key` names what it came from, so that an event that comes again makes no second one.
    That it was read is the person's own mark and no act. `mailed_at`: when an e-mail told it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="notices")
    body = models.UUIDField()
    capacity = models.CharField(max_length=20)
    rule = models.CharField(max_length=40)
    type = models.CharField(max_length=80)
    key = models.CharField(max_length=120)
    object_type = models.CharField(max_length=80)
    object_id = models.UUIDField()
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "body", "capacity", "key"], name="notice_once")]
        indexes = [
            models.Index(fields=["person", "body", "capacity", "-id"], name="notice_of_person"),
            models.Index(
                fields=["person", "body", "capacity"], name="notice_unread", condition=models.Q(read_at__isnull=True)
            ),
            models.Index(fields=["object_id", "rule"], name="notice_of_thing"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.object_type}"


class Preference(Record):
    """How a person wishes to be told outside the portal: not at all, at once, or once a day; and of what."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="notice_preference")
    mail = models.CharField(max_length=8, default=OFF)
    rules = models.JSONField(default=list)

    def __str__(self) -> str:
        return str(self.person)

    @classmethod
    def visible_to(cls, actor: Actor) -> QuerySet[Preference]:
        return cls.objects.filter(person_id=actor.id)

    def policy_attributes(self) -> dict[str, Any]:
        return {"person": str(self.person_id)}

    def authors(self) -> set[UUID]:
        return {self.person_id} | super().authors()
