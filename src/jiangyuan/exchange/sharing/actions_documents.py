"""The one write of printing: that somebody took a document, which one, and the digest of the file he got."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import StringConstraints

from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.kernel.actions import action, describe, emit
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import NotFound

Document = Literal["approval", "agreement", "commitment"]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
EVENTS: Mapping[type, str] = {Request: "sharing.request.printed", Grant: "sharing.grant.printed"}


def _model(document: str) -> type[Request] | type[Grant]:
    return Request if document == "approval" else Grant


def _sides(values: Mapping[str, Any]) -> dict[str, Any]:
    found = _model(values["document"]).objects.filter(pk=values["record"]).first()
    return {
        "consumer": str(found.consumer_id) if found else "",
        "provider": str(found.provider_id) if found else "",
    }


@action("sharing.document.print", on=None, event="sharing.document.printed", title=_("下载文书"), about=_sides)
def print_document(*, document: Document, record: UUID, digest: Digest, file_digest: Digest, actor: Actor) -> None:
    """Remember that a document was taken: `digest` of what it says, `file_digest` of the file (both SM3).

    The record itself does not change, so that nobody who has it open is disturbed. Raises `NotFound` where the actor
    may not see it.
    """
    found = _model(document).visible_to(actor).filter(pk=record).first()
    if found is None:
        raise NotFound(_("没有找到这项内容"), where="record", mend=_("它可能不在您的查看范围内。"))
    told = {"document": document, "digest": digest, "file": file_digest}
    describe(record=record, **told)
    emit(EVENTS[type(found)], found, **told)
