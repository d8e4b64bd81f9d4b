"""REST of the catalogue's entries."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema

from jiangyuan.catalog.entries import queries
from jiangyuan.ui.objects import find
from jiangyuan.ui.rest import Fault, api, expose, listing


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


class ItemOut(Schema):
    """A data item."""

    column: str
    name: str
    type: str
    grade: int
    personal: bool
    shareable: bool
    key: bool
    mask: dict[str, str | int]


class EntryFull(EntryOut):
    """An entry with its items and conditions."""

    classification: str
    share_condition: str
    share_basis: str
    open_type: str
    items: list[ItemOut]


router = Router(tags=["catalog"])
expose(router, "catalog.entry.draft", "/entries")
for _verb in ("edit", "assess", "submit", "approve", "return", "publish", "revise", "withdraw"):
    expose(router, f"catalog.entry.{_verb}", f"/entries/{{id}}/{_verb}")
listing(
    router,
    "/entries",
    item=EntryOut,
    rows=lambda actor: queries.entries(actor=actor),
    allowed=("-updated_at", "name", "code"),
    title=_("目录"),
    filters=("state", "share_type", "code", "name"),
)


@router.get(
    "/entries/{id}",
    response={200: EntryFull, **dict.fromkeys((401, 403, 404), Fault)},
    summary=str(_("目录详情")),
    operation_id="catalog.entry.read",
)
def read_entry(request: HttpRequest, id: UUID) -> Any:
    """Give one entry. Other departments see its published version, not what is being revised."""
    actor = cast(Any, request).auth
    entry = find(queries.entries(actor=actor), id)
    whole = {**{f: getattr(entry, f) for f in EntryOut.model_fields}, **queries.snapshot(entry)}
    if actor.body != entry.body_id and (published := queries.live(entry)) is not None:
        whole.update(published)
    return whole


api.add_router("/catalog", router)
