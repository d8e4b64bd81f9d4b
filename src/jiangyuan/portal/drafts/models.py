"""The table of what was typed and not yet sent."""

from __future__ import annotations

from django.db import models

from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.organization.models import Person


class Draft(models.Model):
    """The content of one form of one person, sealed under a key of that person's drafts.

    Not a `Record`: it is a working copy that nobody else ever sees, acts upon or counts; only `shelf` reads and writes it.
    `place` is the action and the address that the form is sent to.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    place = models.CharField(max_length=700)
    at = models.DateTimeField(db_index=True)
    sealing_key = models.UUIDField()
    sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "place"], name="draft_once")]
