"""REST of the trace: the history of a record, and receipts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Query, Router, Schema

from jiangyuan.kernel import evidence
from jiangyuan.kernel.models import Event
from jiangyuan.portal.trace import queries
from jiangyuan.ui import session
from jiangyuan.ui.paging import keyset
from jiangyuan.ui.rest import Fault, ListQuery, PageOf, api


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


router = Router(tags=["trace"])
_FAULTS: dict[int, Any] = dict.fromkeys((401, 403, 404), Fault)


@router.get("/receipts/{id}", response={200: dict, **_FAULTS}, summary=str(_("下载凭证")))
def receipt(request: HttpRequest, id: UUID) -> Any:
    """Give the receipt of an event or a read; `jiangyuan verify` judges it offline."""
    queries.provable(cast(Any, request).auth, id)
    return evidence.receipt(id)


@router.get("/{label}/{id}", response={200: TracePage, **_FAULTS}, summary=str(_("查看留痕")))
def trace(request: HttpRequest, label: str, id: UUID, query: Query[ListQuery]) -> Any:
    """Give the history of one record (`label`: app.model, as in `sharing.grant`) to who may see it."""
    thing = queries.traced(cast(Any, request).auth, label, id)
    found = keyset(
        queries.events_of(label, thing.pk),
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
