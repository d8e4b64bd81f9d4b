"""REST of the catalogue's entries."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Field, Router, Schema

from jiangyuan.catalog.entries import queries
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Refused
from jiangyuan.ui import selection
from jiangyuan.ui.objects import find
from jiangyuan.ui.rest import api, expose, faults, listing
from jiangyuan.ui.session import scene_of


class EntryOut(Schema):
    """An entry as it stands."""

    id: UUID
    version: int
    name: str
    code: str | None
    summary: str
    body_id: UUID
    state: str
    share_type: str
    grade: int
    update_cycle: str
    live_version: int
    published_at: datetime | None
    classification: str
    format: str
    nature: str
    open_type: str
    score: int | None


class EntryListed(EntryOut):
    """An entry as everybody knows it: as it was last published, or as it is drafted while it never was."""

    name: str = Field(alias="known_name")
    summary: str = Field(alias="known_summary")
    state: str = Field(alias="told_state")
    share_type: str = Field(alias="known_share_type")
    grade: int = Field(alias="known_grade")
    update_cycle: str = Field(alias="known_update_cycle")
    classification: str = Field(alias="known_classification")
    format: str = Field(alias="known_format")
    nature: str = Field(alias="known_nature")
    open_type: str = Field(alias="known_open_type")
    score: int | None = Field(alias="known_score")


class ItemOut(Schema):
    """A data item."""

    column: str
    name: str
    type: str
    data_type: str = ""
    length: int | None = None
    scale: int | None = None
    nullable: bool = True
    element: str = ""
    description: str = ""
    grade: int
    personal: bool
    sensitive: bool = False
    shareable: bool
    key: bool
    mask: dict[str, str | int]


class EntryFull(EntryOut):
    """An entry with its items and conditions: the thirteen core elements of the national guide, and more."""

    category: str
    provider: str = ""
    provider_code: str = ""
    share_condition: str
    share_basis: str
    share_methods: list[str] = []
    open_condition: str
    time_from: str = ""
    time_to: str = ""
    space_scope: str = ""
    contact: str = ""
    contact_phone: str = ""
    related: list[dict[str, str]] = []
    former_codes: list[str] = []
    items: list[ItemOut]


class ClassOut(Schema):
    """A class of the tree."""

    id: UUID
    version: int
    code: str
    name: str
    level: int
    national: bool
    closed_at: datetime | None


class Several(Schema):
    """One step for several entries at once; `reasons` and `reason` for a return."""

    step: Literal["submit", "endorse", "approve", "publish", "return"]
    entries: list[UUID] = Field(min_length=1, max_length=selection.MOST)
    reasons: dict[str, str] = {}
    reason: str = Field("", max_length=2000)


class Done(Schema):
    """What became of one of several entries: its new state, or why nothing was done and how to mend it."""

    id: UUID
    state: str = ""
    code: str = ""
    message: str = ""
    mend: str = ""


router = Router(tags=["catalog"])
expose(router, "catalog.entry.draft", "/entries")
expose(router, "catalog.entry.compose", "/entries/compose")
for _verb in (
    *("edit", "assess", "submit", "endorse", "approve", "return", "publish", "revise", "withdraw"),
    *("relate", "unrelate", "reclassify"),
):
    expose(router, f"catalog.entry.{_verb}", f"/entries/{{id}}/{_verb}")
expose(router, "catalog.classification.add", "/classes")
for _verb in ("rename", "close"):
    expose(router, f"catalog.classification.{_verb}", f"/classes/{{id}}/{_verb}")
listing(
    router,
    "/entries",
    item=EntryListed,
    rows=lambda actor: queries.entries(actor=actor),
    allowed=("-updated_at", "name", "code"),
    title=_("目录"),
    filters=("state", "share_type", "code", "name", "classification"),
    fields={
        "name": "known_name",
        "share_type": "known_share_type",
        "state": "told_state",
        "classification": "known_classification",
    },
)
listing(
    router,
    "/classes",
    item=ClassOut,
    rows=lambda actor: queries.classes(actor=actor),
    allowed=("code",),
    title=_("信息资源分类"),
    filters=("code",),
)


@router.post(
    "/entries/batch",
    response={200: list[Done]},
    openapi_extra=faults(401, 422),
    summary=str(_("一次办理几项目录")),
    operation_id="catalog.entry.several",
)
def several(request: HttpRequest, payload: Several) -> Any:
    """Carry out one step for several entries, each by itself: what cannot be done does not stop the others."""
    given: dict[str, Any] = {}
    if payload.step == "return":
        given = {"reasons": payload.reasons or None, "reason": payload.reason or None}
    actor, told = cast(Any, request).auth, []
    for pk in dict.fromkeys(payload.entries):
        try:
            made = act(
                f"catalog.entry.{payload.step}", pk, actor=actor, scene=scene_of(request, channel="rest"), **given
            )
        except Refused as refusal:
            told.append(Done(id=pk, code=refusal.code, message=str(refusal.message), mend=str(refusal.mend or "")))
        else:
            told.append(Done(id=pk, state=made.state))
    return told


@router.get(
    "/entries/{id}",
    response={200: EntryFull},
    openapi_extra=faults(401, 403, 404),
    summary=str(_("目录详情")),
    operation_id="catalog.entry.read",
)
def read_entry(request: HttpRequest, id: UUID) -> Any:
    """Give one entry. Other departments see its published version, not what is being revised."""
    actor = cast(Any, request).auth
    entry = find(queries.entries(actor=actor), id)
    return _whole(entry, actor)


@router.get(
    "/codes/{path:code}",
    response={200: EntryFull},
    openapi_extra=faults(401, 403, 404),
    summary=str(_("按代码查目录，原代码也可以")),
    operation_id="catalog.entry.by_code",
)
def read_by_code(request: HttpRequest, code: str) -> Any:
    """Give the entry that has a code, or had it until it was reclassified."""
    actor = cast(Any, request).auth
    return _whole(queries.by_code(code, actor=actor), actor)


def _whole(entry: Any, actor: Any) -> dict[str, Any]:
    whole = {**{f: getattr(entry, f) for f in EntryOut.model_fields}, **queries.snapshot(entry)}
    if not queries.sees_revision(entry, actor) and (published := queries.live(entry)) is not None:
        whole.update(published, state=entry.told_state, score=entry.known_score)
    return {**whole, "former_codes": [kept.code for kept in entry.former_codes.all()]}


api.add_router("/catalog", router)
