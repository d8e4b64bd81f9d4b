"""Drafts in bulk: what came in from files and other catalogues enters the workflow as drafts, many in one act.

The memory keeps one event for the many, with their number, source and SM3 digest; each draft is then edited, assessed
and submitted like any other. Only the interchange service asks for it, for a person or a harvest it names.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

import orjson
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, Field, StringConstraints

from jiangyuan.catalog.entries import rules
from jiangyuan.catalog.entries.models import DataItem, Entry, EntryRelation
from jiangyuan.kernel import ciphers
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.errors import NotFound, Refused
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.kernel.models import Record
from jiangyuan.organization.models import Body

MOST = 2000
PATCHABLE = (
    "name",
    "summary",
    "update_cycle",
    "format",
    "share_type",
    "share_condition",
    "open_type",
    "open_condition",
)
_CHOICES = {
    "format": Entry.FORMATS,
    "update_cycle": Entry.CYCLES,
    "share_type": Entry.SHARE,
    "open_type": Entry.OPEN,
}
Text = Annotated[str, StringConstraints(max_length=2000)]


class DraftedItem(BaseModel):
    """A data item of a draft that came in."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    column: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    type: Annotated[str, StringConstraints(max_length=200)] = "text"
    grade: Annotated[int, Field(ge=1, le=4)] = 1
    personal: bool = False
    shareable: bool = True
    key: bool = False
    description: Annotated[str, StringConstraints(max_length=1000)] = ""


class DraftedEntry(BaseModel):
    """A draft that came in; `origin_id` and `origin_version` say where it stands in what it came from.

    `id`: the one it is to have, where that was settled before (asked again, the database refuses a second).
    """

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    summary: Annotated[str, StringConstraints(max_length=4000)] = ""
    classification: Annotated[str, StringConstraints(max_length=20)] = "307001"
    format: str = "file"
    update_cycle: str = "irregular"
    share_type: str = "conditional"
    share_condition: Text = ""
    share_basis: Text = ""
    open_type: str = "none"
    open_condition: Text = ""
    origin_id: Annotated[str, StringConstraints(max_length=200)] = ""
    origin_version: Annotated[str, StringConstraints(max_length=64)] = ""
    id: UUID | None = None
    items: Annotated[list[DraftedItem], Field(max_length=500)] = []


class Redrafted(DraftedEntry):
    """What a harvested draft is to say now."""

    entry: UUID


@action("catalog.entry.draft_many", on=None, event="catalog.entry.drafted_many", title=_("批量编制目录草稿"))
def draft_many(
    *,
    body: UUID,
    author: UUID | None,
    source: Annotated[str, StringConstraints(min_length=1, max_length=200)],
    entries: Annotated[list[DraftedEntry], Field(min_length=1, max_length=MOST)],
) -> list[str]:
    """Draft up to 2000 entries of one body; gives their ids in the order given. `author` may not approve them."""
    owner = Body.objects.filter(pk=body, active=True).first()
    if owner is None:
        raise NotFound(_("没有这个部门"), where="body", mend=_("请先登记部门。"))
    _require_known(entries)
    given = [one.model_dump() for one in entries]
    made = [one.pop("id") or uuid7() for one in given]
    _copy(Entry(body=owner, created_by=author, version=1, state="draft"), map(_fields, made, given))
    items = [
        {**item, "id": uuid7(), "entry_id": pk, "position": place}
        for pk, one in zip(made, given, strict=True)
        for place, item in enumerate(one["items"])
    ]
    _copy(DataItem(created_by=author, version=1), items)
    describe(body=owner.pk, source=source, count=len(made), items=len(items), digest=_digest(given))
    return [str(pk) for pk in made]


def _fields(pk: UUID, one: dict[str, Any]) -> dict[str, Any]:
    grade = rules.highest_grade(item["grade"] for item in one["items"])
    category = one["classification"][:1]
    return {**{k: v for k, v in one.items() if k != "items"}, "id": pk, "category": category, "grade": grade}


def _copy(template: Record, rows: Iterable[dict[str, Any]]) -> None:
    """Copy rows into a table: what a row does not say is as the template says, and `known_…` as what it stands for.

    One COPY instead of an INSERT of fifty parameters a row: drafting is then as fast as the database writes.
    """
    fields = template._meta.concrete_fields
    names = [field.attname for field in fields]
    usual = [field.get_db_prep_save(field.pre_save(template, True), connection) for field in fields]
    places = {name: [place] for place, name in enumerate(names)}
    for place, name in enumerate(names):
        if (shown := name.removeprefix("known_")) != name and shown in places:
            places[shown].append(place)
            usual[place] = usual[places[shown][0]]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    table = connection.ops.quote_name(template._meta.db_table)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            line = list(usual)
            for name, value in row.items():
                for place in places[name]:
                    line[place] = value
            copy.write_row(line)


def _require_known(entries: Iterable[DraftedEntry]) -> None:
    entries = list(entries)
    for classification in {one.classification for one in entries}:
        rules.require_prefix(classification)
    for name, choices in _CHOICES.items():
        if {getattr(one, name) for one in entries} - set(dict(choices)):
            raise Refused(_("没有这一项取值"), where=name, mend=_("请从列出的选项中选择。"))


def _digest(given: list[dict[str, Any]]) -> str:
    return ciphers.sm3(orjson.dumps(given, default=str, option=orjson.OPT_SORT_KEYS)).hex()


class Belonging(BaseModel):
    """A draft that came in, and the entry to which its file says it belongs."""

    entry: UUID
    to: UUID


@action("catalog.entry.relate_many", on=None, event="catalog.entry.related_many", title=_("批量登记所属目录"))
def relate_many(
    *,
    author: UUID | None,
    source: Annotated[str, StringConstraints(min_length=1, max_length=200)],
    relations: Annotated[list[Belonging], Field(min_length=1, max_length=MOST)],
) -> int:
    """Keep for up to 2000 drafts to what they belong (属于); gives how many were new.

    The file they came in was checked for circles, and what was there before cannot belong to a draft that was not; a pair
    that is kept already, or of which one side is gone, is left.
    """
    there = set(
        Entry.objects.filter(pk__in={pk for one in relations for pk in (one.entry, one.to)})
        .exclude(state="withdrawn")
        .values_list("pk", flat=True)
    )
    pairs = {(one.entry, one.to) for one in relations if one.entry != one.to and {one.entry, one.to} <= there}
    kept = EntryRelation.objects.filter(kind="part_of", entry__in={entry for entry, _to in pairs})
    pairs -= set(kept.values_list("entry_id", "to_id"))
    EntryRelation.objects.bulk_create(
        (EntryRelation(entry_id=e, to_id=to, kind="part_of", created_by=author, version=1) for e, to in sorted(pairs)),
        batch_size=1000,
    )
    describe(source=source, count=len(pairs))
    return len(pairs)


@action("catalog.entry.redraft_many", on=None, event="catalog.entry.redrafted_many", title=_("批量更新目录草稿"))
def redraft_many(
    *,
    source: Annotated[str, StringConstraints(min_length=1, max_length=200)],
    entries: Annotated[list[Redrafted], Field(min_length=1, max_length=MOST)],
) -> list[str]:
    """Let harvested drafts say what their source says now; gives the ids of those that did.

    What a person has edited, submitted or published since stays as it is: a source never overwrites people's work.
    """
    wanted = {one.entry: one for one in entries}
    kept = Entry.objects.select_for_update().filter(pk__in=wanted, state="draft", version=1, live_version=0)
    changed = list(kept.exclude(origin_id=""))
    _require_known(entries)
    for entry in changed:
        one = wanted[entry.pk]
        for name in (*PATCHABLE, "origin_version"):
            setattr(entry, name, getattr(one, name))
        entry.score = None  # what it says has changed: it is judged again, beside the work
        entry.make_known()
        entry.updated_at = timezone.now()
    known = [f"known_{name}" for name in PATCHABLE if hasattr(Entry, f"known_{name}")]
    Entry.objects.bulk_update(
        changed, [*PATCHABLE, *known, "score", "known_score", "origin_version", "updated_at"], batch_size=500
    )
    describe(source=source, asked=len(wanted), count=len(changed), digest=_digest([e.model_dump() for e in entries]))
    return [str(entry.pk) for entry in changed]
