"""Identifying important data, confirming it, entering it in the list, assessing it every year."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.important import rules
from jiangyuan.catalog.important.models import Important
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Conflict, NotFound, Refused

Harmed = Literal["national_security", "economy", "social_order", "public_interest", "organization", "person"]
Degree = Literal["very_grave", "grave", "ordinary"]
Column = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Columns = Annotated[list[Column], Field(max_length=500)]
Record = Annotated[str, StringConstraints(min_length=10, max_length=4000)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Text = Annotated[str, StringConstraints(max_length=2000)]
Persons = Annotated[int, Field(ge=0, le=20_000_000_000)]


def _about(values: Any) -> dict[str, Any]:
    found = Entry.objects.select_related("body__jurisdiction").filter(pk=values["entry"]).first()
    return {"body": str(found.body_id) if found else "", "jurisdiction": found.body.jurisdiction.code if found else ""}


def _columns(entry: Entry, chosen: list[str]) -> list[str]:
    """Give the columns of items that were named by column or, as people know them, by name."""
    named = {name: column for column, name in entry.items.order_by("-position").values_list("column", "name")}
    known = set(named.values())
    found = [one if one in known else named.get(one, one) for one in chosen]
    rules.require_columns(found, list(known))
    return list(dict.fromkeys(found))


@action(
    "catalog.important.identify", on=None, event="catalog.important.identified", title=_("识别重要数据"), about=_about
)
def identify(
    *,
    entry: UUID,
    harmed: Harmed,
    degree: Degree,
    reason: Record,
    columns: Columns | None = None,
    protection: Text = "",
    persons: Persons | None = None,
) -> Important:
    """Record that an entry, or some of its items, is important data, and why (GB/T 43697-2024, annex G)."""
    found = Entry.objects.filter(pk=entry).exclude(state="withdrawn").first()
    if found is None:
        raise NotFound(_("没有找到这项目录"), where="entry", mend=_("请从列出的目录中选择。"))
    if Important.objects.filter(entry=found).exclude(state="removed").exists():
        raise Conflict(_("这项目录已有识别记录"), where="entry", mend=_("请打开原记录修改。"))
    made = Important(
        entry=found, harmed=harmed, degree=degree, level=rules.require_important(harmed, degree), reason=reason,
        columns=_columns(found, columns or []), protection=protection, persons=persons,
    )  # fmt: skip
    made.save()
    describe(entry=found.pk, level=made.level)
    return made


@action("catalog.important.amend", on=Important, event="catalog.important.amended", title=_("修改识别记录"))
def amend(
    important: Important,
    *,
    harmed: Harmed | None = None,
    degree: Degree | None = None,
    reason: Record | None = None,
    columns: Columns | None = None,
    protection: Text | None = None,
    persons: Persons | None = None,
) -> Important:
    """Change the record before it is confirmed, or after it was returned."""
    given = {"harmed": harmed, "degree": degree, "reason": reason, "protection": protection, "persons": persons}
    for name, value in given.items():
        if value is not None:
            setattr(important, name, value)
    if columns is not None:
        important.columns = _columns(important.entry, columns)
    important.level = rules.require_important(important.harmed, important.degree)
    important.answer = ""
    describe(level=important.level)
    return important


@action(
    "catalog.important.confirm",
    on=Important,
    event="catalog.important.confirmed",
    title=_("确认重要数据"),
    approves=True,
)
def confirm(important: Important) -> Important:
    """The department's head confirms the identification."""
    return important


@action(
    "catalog.important.report", on=Important, event="catalog.important.reported", title=_("列入并报送"), approves=True
)
def report(
    important: Important,
    *,
    document: Annotated[str, StringConstraints(min_length=1, max_length=200)],
    reported_on: date | None = None,
) -> Important:
    """The authority enters it in the list and reports it; the first yearly assessment is due a year later (art. 33)."""
    day = reported_on or timezone.localdate()
    if day > timezone.localdate():
        raise Refused(_("报送日期还没有到"), where="reported_on", mend=_("请填写实际报送的日期。"))
    important.document, important.reported_on = document, day
    important.assess_by = rules.next_assessment(important.assessed_on or day)
    describe(level=important.level, document=document)
    return important


@action(
    "catalog.important.return", on=Important, event="catalog.important.returned", title=_("退回识别记录"), approves=True
)
def return_(important: Important, *, reason: Reason) -> Important:
    """The head or the authority sends the record back with the reason."""
    important.answer = reason
    return important


@action("catalog.important.assess", on=Important, event="catalog.important.assessed", title=_("记录风险评估"))
def assess(important: Important, *, assessed_on: date, assessment: Record) -> Important:
    """Record the yearly risk assessment; the next is due a year after it (art. 33)."""
    if assessed_on > timezone.localdate():
        raise Refused(_("评估日期还没有到"), where="assessed_on", article=rules.ART33, mend=_("请填写实际评估的日期。"))
    important.assessed_on, important.assessment = assessed_on, assessment
    important.assess_by = rules.next_assessment(assessed_on)
    describe(assessed_on=assessed_on, next=important.assess_by)
    return important


@action(
    "catalog.important.remove",
    on=Important,
    event="catalog.important.removed",
    title=_("移出重要数据目录"),
    approves=True,
)
def remove(important: Important, *, reason: Reason, actor: Actor) -> Important:
    """The authority's head takes it off the list, with the reason; the record stays."""
    important.answer = reason
    describe(reason=reason)
    return important
