"""The one place where drafts are written, read and forgotten. They do not pass `act`: see decision 0009."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import orjson
from django.db import transaction
from django.utils import timezone

from jiangyuan.kernel import vault
from jiangyuan.portal.drafts.models import Draft
from jiangyuan.ui.drafts import LIVES, Kept

MOST = 40
"""So many drafts one person may have; the oldest gives way."""


def _seal_place(person: UUID, place: str) -> str:
    return f"draft/{person}/{place}"


class SealedShelf:
    """The `Shelf` of the portal: sealed rows, found only by the person they belong to."""

    def places(self, person: UUID) -> Mapping[str, datetime]:
        """Give the places where something of this person is kept, and since when."""
        live = Draft.objects.filter(person_id=person, at__gt=timezone.now() - LIVES)
        return dict(live.order_by("-at").values_list("place", "at")[:MOST])

    def find(self, person: UUID, place: str) -> Kept | None:
        """Give what is kept; None when there is nothing, or it has lived its time."""
        kept = Draft.objects.filter(person_id=person, place=place, at__gt=timezone.now() - LIVES).first()
        opened = vault.unseal(bytes(kept.sealed), place=_seal_place(person, place)) if kept else None
        return Kept(kept.at, orjson.loads(opened)) if kept is not None and opened is not None else None

    def keep(self, person: UUID, place: str, content: Mapping[str, list[str]]) -> datetime:
        """Keep it in the place of what was there."""
        now = timezone.now()
        data = orjson.dumps({_storable(name): [_storable(v) for v in values] for name, values in content.items()})
        key, sealed = vault.seal(data, subject=f"drafts:{person}", place=_seal_place(person, place))
        with transaction.atomic():
            Draft.objects.update_or_create(
                person_id=person, place=place, defaults={"at": now, "sealing_key": key, "sealed": sealed}
            )
            old = Draft.objects.filter(person_id=person).order_by("-at").values_list("pk", flat=True)[MOST:]
            Draft.objects.filter(pk__in=list(old)).delete()
        return now

    def drop(self, person: UUID, place: str) -> None:
        """Forget it."""
        Draft.objects.filter(person_id=person, place=place).delete()


def _storable(text: str) -> str:
    """Give a text that JSON can hold: what is no character (half of a pair) becomes a mark in its place."""
    return text.encode("utf-8", errors="replace").decode()


def forget_old(now: datetime) -> int:
    """Forget what has lived its time; gives how many."""
    return Draft.objects.filter(at__lte=now - LIVES).delete()[0]
