"""REST of one number, one source."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema

from jiangyuan.catalog.onesource import queries
from jiangyuan.ui.rest import api, expose, listing


class LineOut(Schema):
    """An element with its source department, who collects it, and what is not settled."""

    id: UUID
    name: str
    element_id: UUID
    jurisdiction_id: UUID
    source_id: UUID | None
    standing: str
    collectors: int
    repeats: int
    excepted: int


class DesignationOut(Schema):
    """That a body shall be the source of an element."""

    id: UUID
    version: int
    state: str
    line_id: UUID
    body_id: UUID
    basis: str
    answer: str
    ruling: str


class RepetitionOut(Schema):
    """A repeated collection and how it is settled."""

    id: UUID
    version: int
    state: str
    line_id: UUID
    body_id: UUID
    entry_id: UUID
    way: str
    reason: str
    basis: str
    by: date | None
    ruling: str


router = Router(tags=["catalog"])
expose(router, "catalog.designation.propose", "/designations")
for _verb in ("consent", "object", "decide", "drop", "end"):
    expose(router, f"catalog.designation.{_verb}", f"/designations/{{id}}/{_verb}")
for _verb in ("answer", "agree", "except", "refuse", "settle", "recall"):
    expose(router, f"catalog.repetition.{_verb}", f"/repetitions/{{id}}/{_verb}")
listing(
    router,
    "/elements/sources",
    item=LineOut,
    rows=lambda actor: queries.lines(actor=actor),
    allowed=("-repeats", "name", "collectors"),
    title=_("一数一源清单"),
    filters=("standing", "name", "source"),
    fields={"source": "source_id"},
)
listing(
    router,
    "/designations",
    item=DesignationOut,
    rows=lambda actor: queries.designations(actor=actor),
    allowed=("-created_at",),
    title=_("数源部门指定"),
    filters=("state",),
)
listing(
    router,
    "/repetitions",
    item=RepetitionOut,
    rows=lambda actor: queries.repetitions(actor=actor),
    allowed=("-updated_at",),
    title=_("重复采集"),
    filters=("state", "way"),
)

api.add_router("/catalog", router)
