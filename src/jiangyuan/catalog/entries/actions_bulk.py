"""Taking over an existing catalogue: many published entries in one act, remembered as one event with their digest.

A province that begins with Jiangyuan has a catalogue already; each of its entries was reviewed elsewhere, so they come
as published, and the memory says that they were taken over, from where, how many, and the SM3 digest of what was given.
Loaded with `actions`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, Field, StringConstraints

from jiangyuan.catalog.entries import rules
from jiangyuan.catalog.entries.models import CodeSequence, Entry, EntryVersion
from jiangyuan.catalog.entries.queries import fields_of
from jiangyuan.kernel import ciphers, events
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.errors import NotFound
from jiangyuan.organization.models import Body

MOST = 2000
CLASSIFICATION = "307001"
Share = Literal["unconditional", "conditional", "none"]


class TakenOver(BaseModel):
    """One entry of an existing catalogue."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    summary: Annotated[str, StringConstraints(max_length=4000)] = ""
    share_type: Literal["unconditional", "conditional"] = "conditional"
    open_type: Share = "none"
    update_cycle: Literal[
        "realtime", "daily", "weekly", "monthly", "quarterly", "half_yearly", "yearly", "irregular"
    ] = "irregular"
    format: Literal["database", "spreadsheet", "file", "service", "image", "media", "described"] = "file"


@action("catalog.entry.take_over", on=None, event="catalog.entry.taken_over", title=_("接管已有目录"))
def take_over(
    *,
    body: UUID,
    source: Annotated[str, StringConstraints(min_length=1, max_length=200)],
    entries: Annotated[list[TakenOver], Field(min_length=1, max_length=MOST)],
    now: datetime,
) -> None:
    """Take over up to 2000 published entries of one body; `source` says where they stood."""
    owner = Body.objects.filter(pk=body, active=True).first()
    if owner is None:
        raise NotFound(_("没有这个部门"), where="body", mend=_("请先登记部门。"))
    given = [one.model_dump() for one in entries]
    first = _numbers(len(given))
    made = [
        Entry(
            body=owner,
            code=rules.resource_code(CLASSIFICATION, first + place),
            classification=CLASSIFICATION,
            state="published",
            live_version=1,
            version=1,
            published_at=now,
            share_condition="" if one["share_type"] == "unconditional" else str(_("按原目录的共享条件")),
            **one,
        )
        for place, one in enumerate(given)
    ]
    for one in made:
        one.make_known()
    Entry.objects.bulk_create(made, batch_size=500)
    EntryVersion.objects.bulk_create((_version(one) for one in made), batch_size=500)
    describe(body=owner.pk, source=source, count=len(made), digest=ciphers.sm3(events.canonical({"e": given})).hex())


def _numbers(count: int) -> int:
    CodeSequence.objects.get_or_create(prefix=CLASSIFICATION)
    sequence = CodeSequence.objects.select_for_update().get(prefix=CLASSIFICATION)
    first = sequence.last + 1
    sequence.last += count
    sequence.save()
    return first


def _version(entry: Entry) -> EntryVersion:
    return EntryVersion(entry=entry, number=1, version=1, content={**fields_of(entry), "items": []})
