"""The REST routes of sharing, under /sharing/: each step of the road, through the same door as the pages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema

from jiangyuan.catalog.grading.approval import SIGNATORIES
from jiangyuan.exchange.sharing import queries, signatures
from jiangyuan.kernel.errors import NotFound
from jiangyuan.ui.rest import api, expose, faults, listing

router = Router(tags=["sharing"])


class SignatureOut(Schema):
    """One signature that a request asks for; `signed_at` is empty while it is missing."""

    signatory: str
    title: str
    body_id: UUID | None
    person_id: UUID | None
    opinion: str
    digest: str
    signed_at: datetime | None


def _signature(place: signatures.Place, told: bool) -> SignatureOut:
    one = place.signature
    return SignatureOut(
        signatory=place.signatory,
        title=str(SIGNATORIES[place.signatory]),
        body_id=one.body_id if one else None,
        person_id=one.person if one and told else None,
        opinion=one.opinion if one and told else "",
        digest=one.digest if one else "",
        signed_at=one.signed_at if one else None,
    )


class RequestOut(Schema):
    """An application as both sides see it; the handler's proposal stays the provider's own until it has decided."""

    id: UUID
    version: int
    state: str
    state_label: str
    consumer_id: UUID
    provider_id: UUID
    entry_id: UUID
    mount_id: UUID
    system_id: UUID
    items: list[dict[str, Any]]
    condition: dict[str, Any] | None
    forms: list[str]
    basis: str
    purpose: str
    scenario: str
    scope: str
    case_bound: bool
    until: date
    proposal: str
    completion_notice: str
    reply_reason: str
    reply_article: str
    received_at: datetime | None
    replied_at: datetime | None
    created_at: datetime

    @staticmethod
    def resolve_proposal(asked: Any, context: dict[str, Any]) -> str:
        """Give the proposal to who may know of it, and nothing to others."""
        request = context.get("request")
        return asked.proposal if queries.sees_proposal(asked, getattr(request, "auth", None)) else ""


class RequestDetail(RequestOut):
    """An application with the signatures that it asks for; opinions stay the provider's own until it has decided."""

    signatures: list[SignatureOut]

    @staticmethod
    def resolve_signatures(asked: Any, context: dict[str, Any]) -> list[SignatureOut]:
        """Give each signature asked for, standing or missing."""
        told = queries.sees_proposal(asked, getattr(context.get("request"), "auth", None))
        return [_signature(place, told) for place in signatures.places(asked)]


class GrantRow(Schema):
    """A grant in a list."""

    id: UUID
    version: int
    state: str
    state_label: str
    request_id: UUID
    consumer_id: UUID
    provider_id: UUID
    system_id: UUID
    entry_id: UUID
    mount_id: UUID
    items: list[dict[str, Any]]
    condition: dict[str, Any] | None
    forms: list[str]
    purpose: str
    case_bound: bool
    until: date
    epoch: int
    active: bool
    ended_reason: str
    created_at: datetime


class GrantOut(GrantRow):
    """A grant with the texts that both sides stand by."""

    agreement: str
    commitment: str


class CaseOut(Schema):
    """A case; its persons are known by pseudonyms only and are not told."""

    id: UUID
    version: int
    system_id: UUID
    number: str
    purpose: str
    authorisation_digest: str
    open_until: date
    watched: bool
    closed_at: datetime | None
    created_at: datetime


_FAULTS = faults(401, 403, 404)

listing(
    router,
    "/requests",
    item=RequestOut,
    rows=lambda actor: queries.requests(actor=actor),
    allowed=("-created_at", "until"),
    title=_("查看共享申请"),
    filters=("state",),
)
listing(
    router,
    "/grants",
    item=GrantRow,
    rows=lambda actor: queries.grants(actor=actor),
    allowed=("-created_at", "until"),
    title=_("查看共享授权"),
    filters=("state", "purpose"),
)
listing(
    router,
    "/cases",
    item=CaseOut,
    rows=lambda actor: queries.cases(actor=actor),
    allowed=("-created_at", "open_until"),
    title=_("查看办件"),
    filters=("number",),
)


def _one(found: Any) -> Any:
    if found is None:
        raise NotFound(_("没有找到该对象"), mend=_("它可能不存在，或不属于您的单位。"))
    return found


@router.get("/requests/{id}", response={200: RequestDetail}, openapi_extra=_FAULTS, summary=str(_("查看一项申请")))
def show_request(request: HttpRequest, id: UUID) -> Any:
    """Show an application that the caller may know of."""
    return _one(queries.requests(actor=cast(Any, request).auth).filter(pk=id).first())


@router.get("/grants/{id}", response={200: GrantOut}, openapi_extra=_FAULTS, summary=str(_("查看一项授权")))
def show_grant(request: HttpRequest, id: UUID) -> Any:
    """Show a grant that the caller may know of, with agreement and commitment."""
    return _one(queries.grants(actor=cast(Any, request).auth).filter(pk=id).first())


@router.get("/cases/{id}", response={200: CaseOut}, openapi_extra=_FAULTS, summary=str(_("查看一个办件")))
def show_case(request: HttpRequest, id: UUID) -> Any:
    """Show a case that the caller may know of."""
    return _one(queries.cases(actor=cast(Any, request).auth).filter(pk=id).first())


expose(router, "sharing.request.open", "/requests", status=201)
for _step in (
    "edit",
    "submit",
    "consent",
    "return",
    "ask_completion",
    "complete",
    "propose",
    "sign",
    "withhold",
    "send_back",
    "agree",
    "refuse",
    "cancel",
    "extend_reply",
):
    expose(router, f"sharing.request.{_step}", f"/requests/{{id}}/{_step}")
for _step in ("suspend", "resume", "withdraw", "give_up"):
    expose(router, f"sharing.grant.{_step}", f"/grants/{{id}}/{_step}")
expose(router, "sharing.case.open", "/cases", status=201)
for _step in ("close", "watch"):
    expose(router, f"sharing.case.{_step}", f"/cases/{{id}}/{_step}")

api.add_router("/sharing", router)
