"""Every write of the catalogue's entries: drafting, editing and assessing; review and publication are in `actions_review`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, Field, StringConstraints

from jiangyuan.catalog.entries import proposals, queries, rules
from jiangyuan.catalog.entries.models import Classification, DataItem, Entry
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import NotFound, Refused
from jiangyuan.organization.models import Body
from jiangyuan.sources.models import ScannedTable
from jiangyuan.standards.models import DataElement
from jiangyuan.standards.queries import proposals as proposed_elements

Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Summary = Annotated[str, StringConstraints(max_length=4000)]
PHONE = r"^[0-9+\-() 转]*$"  # i18n: what people type before an extension
Text = Annotated[str, StringConstraints(max_length=2000)]
Line = Annotated[str, StringConstraints(max_length=200)]
Share = Literal["unconditional", "conditional", "none"]
Cycle = Literal["realtime", "daily", "weekly", "monthly", "quarterly", "half_yearly", "yearly", "irregular"]
Format = Literal["database", "spreadsheet", "file", "service", "image", "media", "described"]
Nature = Literal["item", "non_item"]
Methods = Annotated[list[Literal["service", "batch", "file"]], Field(max_length=3)]
Class = Annotated[str, StringConstraints(max_length=20)]
MOST_ITEMS = 1000
CLEARABLE = frozenset({
    "summary", "share_condition", "share_basis", "open_condition", "contact", "contact_phone", "space_scope",
    "time_from", "time_to", "nature", "share_methods",
})  # fmt: skip
"""Fields of an entry that may be emptied again."""


class ItemInput(BaseModel):
    """One data item as it is edited; what is not given stays as it is. `element` is the code of a data element."""

    column: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    data_type: Literal["", "C", "N", "Y", "D", "T", "L", "M", "G", "B", "I", "F"] = ""
    length: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    scale: Annotated[int, Field(ge=0, le=100)] | None = None
    nullable: bool = True
    key: bool = False
    element: Annotated[str, StringConstraints(max_length=60)] = ""
    grade: Annotated[int, Field(ge=1, le=4)] = 1
    personal: bool = False
    sensitive: bool = False
    shareable: bool = True
    mask: dict[str, str | int] = {}
    identifies: Annotated[str, StringConstraints(max_length=30)] = ""
    description: Annotated[str, StringConstraints(max_length=1000)] = ""


Items = Annotated[list[ItemInput], Field(max_length=MOST_ITEMS)]


@action(
    "catalog.entry.draft",
    on=None,
    event="catalog.entry.drafted",
    title=_("由数据表编制目录"),
    about=lambda values: {"body": str(_table_body(values["table"]))},
)
def draft(
    *,
    table: UUID,
    name: Title | None = None,
    summary: Summary = "",
    classification: Class | None = None,
    nature: Nature | None = None,
    share_type: Share = "conditional",
    share_condition: Text = "",
    share_methods: Methods | None = None,
    update_cycle: Cycle = "realtime",
    actor: Actor,
) -> Entry:
    """Draft an entry from a scanned table: items, elements, grades and masks are proposed, a person confirms them."""
    kept = ScannedTable.objects.select_related("source__body__jurisdiction")
    kept = kept.filter(pk=table, gone_at__isnull=True).first()
    if kept is None:
        raise NotFound(_("没有找到这张数据表"), where="table", mend=_("请重新扫描数据源。"))
    folder = kept.source.kind == "folder"
    entry = Entry(
        body=kept.source.body,
        name=(name or kept.comment or kept.name)[:200],
        summary=summary,
        nature=nature or "",
        share_type=share_type,
        share_condition=share_condition,
        share_methods=share_methods or (["file"] if folder else ["service", "batch"]),
        update_cycle=update_cycle,
        format="spreadsheet" if folder else "database",
        space_scope=kept.source.body.jurisdiction.name,
        drafted_from=kept,
    )
    place(entry, classification)
    entry.save()
    _propose_items(entry, kept, actor)
    describe(table=kept.pk, items=entry.items.count(), grade=entry.grade)
    return entry


def _table_body(table: UUID) -> UUID | str:
    found = ScannedTable.objects.select_related("source").filter(pk=table).first()
    return found.source.body_id if found else ""


def place(entry: Entry, classification: str | None) -> None:
    """Put an entry under a class of the tree; None leaves it where it stands. Refuses what is no open 目 or 细目."""
    if classification is not None:
        rules.require_prefix(classification)
        if not Classification.objects.filter(code=classification, closed_at__isnull=True).exists():
            raise Refused(
                _("分类目录中没有“%(code)s”，或已停用") % {"code": classification},
                where="classification",
                mend=_("请从分类列表中选择。"),
            )
        entry.classification = classification
    entry.category = entry.classification[:1]


def _propose_items(entry: Entry, table: ScannedTable, actor: Actor) -> None:
    columns = [c for c in table.columns.all() if c.gone_at is None]
    found = proposed_elements(actor=actor, columns=[(c.name, c.comment) for c in columns])
    grade = queries.grader()
    graded = grade(actor, table, columns, found) if grade is not None else [None] * len(columns)
    made = []
    for position, (column, element, judged) in enumerate(zip(columns, found, graded, strict=True)):
        proposal = judged or proposals.of_element(element)
        letter, length, scale = rules.guide_type(column.type)
        made.append(
            DataItem(
                entry=entry,
                position=position,
                name=(column.comment or column.name)[:200],
                column=column.name,
                type=column.type,
                data_type=letter,
                length=length or (element.length if element and letter in "CN" else None),
                scale=scale,
                nullable=column.nullable and column.name not in table.key,
                element=element,
                identifies=element.code if element and element.check_function else "",
                grade=proposal.grade,
                personal=proposal.personal,
                sensitive=proposal.sensitive,
                mask=dict(proposal.mask),
                key=column.name in table.key,
            )
        )
    DataItem.objects.bulk_create(made, batch_size=500)
    entry.grade = rules.highest_grade(item.grade for item in made)


@action(
    "catalog.entry.compose",
    on=None,
    event="catalog.entry.composed",
    title=_("手工编制目录"),
    about=lambda values: {"body": str(values["body"])},
)
def compose(
    *,
    body: UUID,
    name: Title,
    summary: Summary = "",
    classification: Class | None = None,
    nature: Nature | None = None,
    format: Format = "file",
    share_type: Share = "conditional",
    share_condition: Text = "",
    share_methods: Methods | None = None,
    update_cycle: Cycle = "irregular",
    items: Items | None = None,
) -> Entry:
    """Draft an entry by hand, for what no registered source holds: files, pictures, services of an existing platform."""
    owner = Body.objects.select_related("jurisdiction").filter(pk=body, active=True).first()
    if owner is None:
        raise NotFound(_("没有这个部门"), where="body", mend=_("请先登记部门。"))
    entry = Entry(
        body=owner,
        name=name,
        summary=summary,
        nature=nature or "",
        format=format,
        share_type=share_type,
        share_condition=share_condition,
        share_methods=share_methods or [],
        update_cycle=update_cycle,
        space_scope=owner.jurisdiction.name,
    )
    place(entry, classification)
    entry.save()
    _change_items(entry, items or [])
    describe(items=len(items or []))
    return entry


@action("catalog.entry.edit", on=Entry, event="catalog.entry.edited", title=_("修改目录"))
def edit(
    entry: Entry,
    *,
    name: Title | None = None,
    summary: Summary | None = None,
    classification: Class | None = None,
    nature: Nature | None = None,
    format: Format | None = None,
    update_cycle: Cycle | None = None,
    share_type: Share | None = None,
    share_condition: Text | None = None,
    share_basis: Text | None = None,
    share_methods: Methods | None = None,
    open_type: Share | None = None,
    open_condition: Text | None = None,
    time_from: date | None = None,
    time_to: date | None = None,
    space_scope: Line | None = None,
    contact: Annotated[str, StringConstraints(max_length=60)] | None = None,
    contact_phone: Annotated[str, StringConstraints(max_length=40, pattern=PHONE)] | None = None,  # i18n: what is typed
    items: Items | None = None,
    clear: Annotated[list[str], Field(max_length=20)] | None = None,
) -> Entry:
    """Change an entry that is being drafted or was returned; what is not given stays as it is, `clear` names fields to empty."""
    given = {k: v for k, v in locals().items() if k not in ("entry", "classification", "items", "clear")}
    changed = {key: value for key, value in given.items() if value is not None}
    wanted = {**dict.fromkeys(clear or [], ""), **changed}
    wanted.update({"classification": classification} if classification is not None else {})
    rules.require_unlocked(entry, wanted, [item.model_dump(exclude_unset=True) for item in items or []])
    place(entry, classification)
    for key in clear or []:
        if key not in CLEARABLE:
            raise Refused(_("“%(field)s”不能清空") % {"field": key}, where="clear", mend=_("请填写新的内容。"))
        if key not in changed:
            changed[key] = [] if key == "share_methods" else None if key.startswith("time_") else ""
    for key, value in changed.items():
        setattr(entry, key, value)
    rules.require_span(entry.time_from, entry.time_to)
    if items is not None:
        _change_items(entry, items)
    told = sorted({*changed, *(["classification"] if classification is not None else [])})
    describe(fields=told, items=len(items or []))
    return entry


def _change_items(entry: Entry, items: list[ItemInput]) -> None:
    known = {item.column: item for item in entry.items.all()}
    elements = DataElement.objects.in_bulk({i.element for i in items if i.element}, field_name="code")
    for given in items:
        item = known.get(given.column)
        if item is None and entry.drafted_from_id:
            raise Refused(_("目录中没有信息项“%(column)s”") % {"column": given.column}, where=f"items.{given.column}")
        if item is None:
            item = known[given.column] = DataItem(entry=entry, column=given.column, position=len(known))
        values: dict[str, Any] = given.model_dump(exclude={"column"}, exclude_unset=True)
        if (code := values.pop("element", None)) is not None:
            item.element = _element(elements, code, given.column)
        for key, value in values.items():
            setattr(item, key, value)
        item.personal = item.personal or item.sensitive
        item.save()
    entry.grade = rules.highest_grade(item.grade for item in known.values())


def _element(elements: dict[str, DataElement], code: str, column: str) -> DataElement | None:
    if code and code not in elements:
        raise Refused(
            _("没有代码为“%(code)s”的数据元") % {"code": code},
            where=f"items.{column}",
            mend=_("请在数据元列表中核对代码，或留空。"),
        )
    return elements.get(code)


@action("catalog.entry.assess", on=Entry, event="catalog.entry.assessed", title=_("记录评估结论"))
def assess(
    entry: Entry,
    *,
    secrecy_result: Annotated[str, StringConstraints(min_length=1, max_length=2000)],
    privacy_result: Annotated[str, StringConstraints(min_length=1, max_length=2000)],
    actor: Actor,
    now: datetime,
) -> Entry:
    """Record the secrecy-risk and personal-information impact assessments (art. 16), without which nothing is submitted."""
    entry.secrecy_result, entry.privacy_result = secrecy_result, privacy_result
    entry.assessed_by, entry.assessed_at = actor.id, now
    return entry
