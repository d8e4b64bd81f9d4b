"""Claimed entries: made from the published version of an upper body's entry, and moved to a later one.

What is locked comes from that version; `catalog.claims` keeps which version an entry is pinned to, and the database
itself lets no row of a claimed entry say anything else. Loaded with `actions`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints

from jiangyuan.catalog.entries import rules
from jiangyuan.catalog.entries.actions_review import next_code
from jiangyuan.catalog.entries.models import DataItem, Entry, EntryVersion
from jiangyuan.catalog.entries.queries import live, snapshot
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.errors import Conflict, NotFound
from jiangyuan.organization.models import Body
from jiangyuan.standards.models import DataElement

Content = dict[str, Any]


OWN = frozenset({"code", "contact", "contact_phone", "time_from", "time_to", "space_scope"})
"""Fields that a claimed entry does not begin with as they are above."""


def _fields(content: Mapping[str, Any], *, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    known = {field.name for field in Entry._meta.concrete_fields}
    return {name: value for name, value in content.items() if name in known and name not in without}


@action(
    "catalog.entry.adopt",
    on=None,
    event="catalog.entry.published",
    title=_("申领上级目录"),
    about=lambda values: {"body": str(values["body"])},
)
def adopt(*, body: UUID, upper: UUID, number: int, content: Content, local: Content, now: datetime) -> Entry:
    """Make a body's own published entry of what an upper one says: `content` is the upper version, `local` its own."""
    owner = Body.objects.filter(pk=body, active=True).first()
    if owner is None:
        raise NotFound(_("没有这个部门"), where="body")
    entry = Entry(
        body=owner,
        state="published",
        live_version=1,
        published_at=now,
        **{**_fields(content, without=OWN), **_fields(local)},
    )
    entry.code = next_code(entry.classification)
    entry.make_known()
    entry.save()
    _settle_items(entry, content["items"])
    _keep(entry, 1, snapshot(entry))
    describe(
        code=entry.code, number=1, grade=entry.grade, share_type=entry.share_type, upper=upper, upper_number=number
    )
    return entry


@action("catalog.entry.follow", on=Entry, event="catalog.entry.published", title=_("更新至上级目录新版本"))
def follow(
    entry: Entry, *, upper: UUID, number: int, content: Content, local: list[str], dropped: list[str], now: datetime
) -> Entry:
    """Publish a claimed entry as the later upper version says; `local` names the fields that stay its own.

    `dropped` names the columns that were there above and are no longer: they go here too.

    A revision that runs beside goes on: its local fields stay as they are drafted.
    """
    before = live(entry)
    if before is None:
        raise Conflict(_("目录尚未发布或已撤销"), where="entry")
    locked = {name: value for name, value in content.items() if name not in {*local, "items"}}
    for name, value in _fields(locked).items():
        setattr(entry, name, value)
        if hasattr(entry, f"known_{name}"):
            setattr(entry, f"known_{name}", value)
    own = _settle_items(entry, content["items"], dropped)
    kept = [item for item in before["items"] if item["column"] in own]
    entry.live_version += 1
    entry.published_at = now
    _keep(entry, entry.live_version, {**before, **locked, "items": [*content["items"], *kept]})
    describe(
        code=entry.code,
        number=entry.live_version,
        grade=entry.grade,
        share_type=entry.share_type,
        upper=upper,
        upper_number=number,
    )
    return entry


def _keep(entry: Entry, number: int, content: Content) -> None:
    EntryVersion.objects.create(entry=entry, number=number, content=content)


def _settle_items(entry: Entry, wanted: list[dict[str, Any]], dropped: Sequence[str] = ()) -> set[str]:
    """Make the locked items what the version says, in its order; gives the columns that are the entry's own."""
    codes = {item["element"] for item in wanted if item.get("element")}
    elements = DataElement.objects.in_bulk(codes, field_name="code")
    columns = {item["column"] for item in wanted}
    entry.items.filter(column__in=set(dropped) - columns).delete()
    before = {item.column: item for item in entry.items.all()}
    known = {field.name for field in DataItem._meta.concrete_fields} - {"id", "entry", "element", "position"}
    for position, given in enumerate(wanted):
        item = before.get(given["column"]) or DataItem(entry=entry, column=given["column"])
        for name, value in given.items():
            if name in known:
                setattr(item, name, value)
        item.position, item.element = position, elements.get(given.get("element", ""))
        item.save()
    return set(before) - columns


@action("catalog.entry.add_local_item", on=Entry, event="catalog.entry.edited", title=_("增加本地信息项"))
def add_local_item(
    entry: Entry,
    *,
    column: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_\u3400-\u9fff][A-Za-z0-9_\u3400-\u9fff]{0,99}$")],
    name: Annotated[str, StringConstraints(min_length=1, max_length=200)],
    type: Annotated[str, StringConstraints(min_length=1, max_length=200)] = "text",
    grade: Annotated[int, Field(ge=1, le=4)] = 1,
    personal: bool = False,
    shareable: bool = True,
    description: Annotated[str, StringConstraints(max_length=1000)] = "",
) -> Entry:
    """Add an item of its own to a claimed entry that is being revised; never above the grade of what it claimed."""
    locked = rules.locks_of(entry.pk)
    if locked is None:
        raise Conflict(_("只有申领的目录可增加本地信息项"), where="entry", mend=_("请修订目录的来源表后重新编制。"))
    if entry.state not in ("draft", "returned"):
        raise Conflict(_("目录不在修订中，不能增加信息项"), where="state", mend=_("请先修订目录。"))
    if entry.items.filter(column=column).exists():
        raise Conflict(
            _("目录中已有信息项“%(column)s”") % {"column": column}, where="column", mend=_("请换一个字段名。")
        )
    rules.require_grade(grade, locked)
    last = entry.items.order_by("-position").values_list("position", flat=True).first() or 0
    DataItem.objects.create(
        entry=entry,
        position=max(rules.LOCAL_ITEMS, last + 1),
        column=column,
        name=name,
        type=type,
        grade=grade,
        personal=personal,
        shareable=shareable,
        description=description,
    )
    describe(fields=[f"items.{column}"], items=1)
    return entry
