"""REST of the trace: the history of a record, and receipts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Field, Query, Router, Schema

from jiangyuan.kernel import evidence
from jiangyuan.kernel.models import Access, Event
from jiangyuan.portal.trace import queries, subjects
from jiangyuan.ui import session
from jiangyuan.ui.paging import keyset
from jiangyuan.ui.rest import ListQuery, PageOf, api, faults


class MomentOut(Schema):
    """One event: what happened, who did it for whom, in which scene. `sealed`: it holds encrypted fields as well."""

    id: UUID
    at: datetime
    type: str
    actor: str
    name: str
    body: str
    scene: dict[str, Any]
    payload: dict[str, Any]
    version: int | None
    sealed: bool


class TracePage(PageOf):
    """Events, newest first."""

    items: list[MomentOut]


class SubjectIn(Schema):
    """A question who looked at somebody: about whom (identifier, kept nowhere), for which case, why, how far back."""

    identifier: str = Field(max_length=60)
    case_number: str = Field(max_length=60)
    purpose: str = Field(max_length=200)
    days: int = 30


class ReadOut(Schema):
    """One read that held the person's record."""

    id: UUID
    at: datetime
    actor: str
    name: str
    body: str
    operator: str
    case_number: str
    purpose: str
    form: str
    phase: str


class SubjectOut(Schema):
    """The reads, newest first; `whole` is false where there are more than are told."""

    items: list[ReadOut]
    whole: bool


router = Router(tags=["trace"])
_FAULTS = faults(401, 403, 404)


@router.post(
    "/subjects",
    response={200: SubjectOut},
    openapi_extra=faults(401, 403, 404, 422, 429),
    summary=str(_("查问谁看过某人的数据")),
)
def who_read(request: HttpRequest, payload: SubjectIn) -> Any:
    """Give who read the record of a person or enterprise; for the auditor and the security administrator.

    The question is itself remembered as a read, before anything is looked for.
    """
    scene = session.scene_of(
        request, channel="rest", purpose=payload.purpose.strip(), case_number=payload.case_number.strip()
    )
    found = subjects.who_read(payload.identifier, days=payload.days, actor=cast(Any, request).auth, scene=scene)
    names = session.names_of({(r.actor_kind, str(r.actor_id)) for r in found.reads})
    return {"items": [_read(one, names) for one in found.reads], "whole": found.whole}


def _read(read: Access, names: dict[tuple[str, str], str]) -> dict[str, Any]:
    content = read.content
    said = {name: content.get(name) or "" for name in ("operator", "case_number", "purpose")}
    return {
        "id": read.pk,
        "at": read.at,
        "actor": f"{read.actor_kind}:{read.actor_id}",
        "name": names.get((read.actor_kind, str(read.actor_id)), ""),
        "body": str(read.body or ""),
        "form": read.form,
        "phase": read.phase,
        **said,
    }


@router.get("/receipts/{id}", response={200: dict}, openapi_extra=_FAULTS, summary=str(_("下载存证回执")))
def receipt(request: HttpRequest, id: UUID) -> Any:
    """Give the receipt of an event or a read; `jiangyuan verify` judges it offline."""
    queries.provable(cast(Any, request).auth, id)
    return evidence.receipt(id)


@router.get("/{label}/{id}", response={200: TracePage}, openapi_extra=_FAULTS, summary=str(_("查看留痕")))
def trace(request: HttpRequest, label: str, id: UUID, query: Query[ListQuery]) -> Any:
    """Give the history of one record (`label`: app.model, as in `sharing.grant`) to who may see it."""
    actor = cast(Any, request).auth
    thing = queries.traced(actor, label, id)
    found = keyset(
        queries.events_of(thing, actor),
        order=query.order,
        allowed=("-at",),
        cursor=query.cursor,
        size=query.size,
        salt="rest-trace",
    )
    names = session.names_of({(e.actor_kind, str(e.actor_id)) for e in found.items})
    return {"items": [_moment(e, names) for e in found.items], "next": found.next, "previous": found.previous}


def _moment(event: Event, names: dict[tuple[str, str], str]) -> dict[str, Any]:
    content = event.content
    return {
        "id": event.pk,
        "at": event.at,
        "type": event.type,
        "actor": f"{event.actor_kind}:{event.actor_id}",
        "name": names.get((event.actor_kind, str(event.actor_id)), ""),
        "body": str(event.body or ""),
        # where somebody sat is for the auditor's own page
        "scene": {name: value for name, value in content["scene"].items() if name != "network"},
        "payload": content["payload"],
        "version": content["object"]["version"],
        "sealed": bool(content["sealed"]),
    }


api.add_router("/trace", router)
