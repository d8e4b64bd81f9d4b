"""REST of the library."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema

from jiangyuan.standards.library import queries
from jiangyuan.standards.library.models import Adoption, Opinion
from jiangyuan.ui.rest import api, expose, listing


class StandardOut(Schema):
    """One edition of a standard; `content` is what it puts into force, by kind."""

    id: UUID
    version: int
    number: str
    name: str
    edition: str
    kind: str
    area: str
    level: str
    state: str
    code: str
    content: dict[str, Any]
    opinions_until: date | None
    issued_on: date | None
    effective_on: date | None
    supersedes_id: UUID | None


class OpinionOut(Schema):
    """One opinion with its answer."""

    id: UUID
    version: int
    standard_id: UUID
    body_id: UUID
    clause: str
    text: str
    result: str
    answer: str
    created_at: datetime


class AdoptionOut(Schema):
    """That a body adopted an edition."""

    id: UUID
    standard_id: UUID
    body_id: UUID
    since: date
    scope: str


router = Router(tags=["standards"])
for _kind in ("document", "element", "code_set", "table_model"):
    _path = _kind.replace("_", "-")
    expose(router, f"standards.standard.draft_{_kind}", f"/standards/{_path}")
    expose(router, f"standards.standard.edit_{_kind}", f"/standards/{{id}}/edit-{_path}")
for _verb in ("ask", "take_back", "drop", "issue", "abolish"):
    expose(router, f"standards.standard.{_verb}", f"/standards/{{id}}/{_verb.replace('_', '-')}")
expose(router, "standards.opinion.give", "/opinions")
expose(router, "standards.opinion.answer", "/opinions/{id}/answer")
expose(router, "standards.adoption.record", "/adoptions")
listing(
    router,
    "/standards",
    item=StandardOut,
    rows=lambda actor: queries.standards(actor=actor),
    allowed=("number", "-updated_at"),
    title=_("标准"),
    filters=("state", "kind", "area", "level", "number", "code"),
)
listing(
    router,
    "/opinions",
    item=OpinionOut,
    rows=lambda actor: Opinion.visible_to(actor),
    allowed=("-created_at",),
    title=_("意见"),
    filters=("standard", "result"),
)
listing(
    router,
    "/adoptions",
    item=AdoptionOut,
    rows=lambda actor: Adoption.visible_to(actor),
    allowed=("since",),
    title=_("采用"),
    filters=("standard", "body"),
)
api.add_router("/standards", router)
