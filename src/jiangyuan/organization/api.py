"""REST of the organization room, and the token for tools that sign in by themselves."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, cast
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import Router, Schema
from pydantic import Field

from jiangyuan.kernel.actions import ACTIONS, act
from jiangyuan.kernel.errors import Forbidden, NotFound
from jiangyuan.organization import queries
from jiangyuan.organization.models import ApiToken, Appointment, SystemKey
from jiangyuan.organization.signin import sign_in
from jiangyuan.ui.rest import api, expose, faults, listing
from jiangyuan.ui.session import scene_of


class BodyOut(Schema):
    """A department or authority."""

    id: UUID
    name: str
    short_name: str
    alias: str
    is_authority: bool


class PersonOut(Schema):
    """Somebody who signs in."""

    id: UUID
    username: str
    name: str
    active: bool


class SystemOut(Schema):
    """An application system."""

    id: UUID
    name: str
    code: str
    body_id: UUID
    active: bool


class KeyOut(Schema):
    """A signing key, without its secret."""

    id: UUID
    system_id: UUID
    algorithm: str
    expires_on: date
    revoked_at: datetime | None


class AppointmentOut(Schema):
    """A capacity that a person holds for a body."""

    id: UUID
    person_id: UUID
    body_id: UUID
    capacity: str
    since: date
    until: date | None


class TokenOut(Schema):
    """A token of one's own, without the token itself."""

    id: UUID
    label: str
    appointment_id: UUID
    expires_at: datetime


class SignIn(Schema):
    """What a tool signs in with. `appointment`, `capacity` choose among the person's own; else the first in force."""

    username: Annotated[str, Field(max_length=60)]
    password: Annotated[str, Field(max_length=128)]
    code: Annotated[str, Field(max_length=20)] = ""
    appointment: UUID | None = None
    capacity: Annotated[str, Field(max_length=20)] = ""
    label: Annotated[str, Field(min_length=1, max_length=80)] = "api"
    days: Annotated[int, Field(ge=1, le=366)] = 1


class Me(Schema):
    """Who a token or session acts as."""

    id: UUID
    kind: str
    name: str
    body: UUID | None
    body_name: str
    capacity: str
    capacities: list[str]


class Issued(Schema):
    """A token, shown this once, and the appointment that it acts in."""

    token: str
    appointment: UUID


class IssuedKey(Schema):
    """A signing key; `secret` (hexadecimal) is shown this once, empty when the system keeps its own."""

    key_id: UUID
    algorithm: str
    secret: str


KeyTerms: Any = ACTIONS["organization.key.issue"].parameters
_FAULTS = faults(400, 401, 403, 404, 409, 422)
router = Router(tags=["organization"])


@router.post(
    "/token",
    auth=None,
    response={200: Issued},
    openapi_extra=_FAULTS,
    summary=str(gettext_lazy("登录并签发访问令牌")),
    operation_id="organization.token.sign_in",
)
def token(request: HttpRequest, payload: SignIn) -> dict[str, Any]:
    """Sign in with password and dynamic code and get a token for one appointment. Every refusal reads the same."""
    network = str(request.META.get("REMOTE_ADDR", ""))
    person = sign_in(username=payload.username, password=payload.password, code=payload.code, network=network)
    if person.password_until is not None:
        raise Forbidden(_("请先修改一次性口令"), code="password", mend=_("请在门户中登录并修改口令。"))
    held = list(person.current_appointments())
    fitting = [a for a in held if payload.appointment in (None, a.pk) and payload.capacity in ("", a.capacity)]
    chosen = fitting[0] if fitting else None
    if chosen is None:
        raise NotFound(_("没有找到您的这项任命"), where="appointment", mend=_("请联系安全管理员任命。"))
    issued = act(
        "organization.token.issue",
        person.pk,
        actor=queries.actor_for(person, chosen),
        scene=scene_of(request, channel="rest"),
        appointment=chosen.pk,
        label=payload.label,
        days=payload.days,
    )
    return {"token": issued, "appointment": chosen.pk}


@router.get(
    "/me",
    response={200: Me},
    openapi_extra=faults(401),
    summary=str(gettext_lazy("我是谁")),
    operation_id="organization.me",
)
def me(request: HttpRequest) -> dict[str, Any]:
    """Give the person and the capacity that the caller acts in."""
    actor = cast(Any, request).auth
    body = queries.bodies(actor=actor).filter(pk=actor.body).first() if actor.body else None
    stated = {name: getattr(actor, name) for name in ("id", "kind", "name", "body", "capacity")}
    return {**stated, "body_name": body.name if body else "", "capacities": sorted(actor.capacities)}


IssueKey = ACTIONS["organization.key.issue"].parameters

# Secrets are answered, and kept nowhere: these two take no Idempotency-Key, under which the answer would be stored.


@router.post(
    "/systems/{id}/keys",
    response={200: IssuedKey},
    openapi_extra=_FAULTS,
    summary=str(ACTIONS["organization.key.issue"].title),
)
def issue_key(request: HttpRequest, id: UUID, payload: IssueKey) -> Any:  # type: ignore[valid-type]
    """Issue a signing key of an application system; the secret is in the answer and nowhere else in clear."""
    values = {name: getattr(payload, name) for name in payload.model_fields_set}
    actor = cast(Any, request).auth
    return act("organization.key.issue", id, actor=actor, scene=scene_of(request, channel="rest"), **values)


expose(router, "organization.body.register", "/bodies")
expose(router, "organization.body.join_line", "/bodies/{id}/line")
expose(router, "organization.person.register", "/people")
expose(router, "organization.appointment.make", "/people/{id}/appointments")
expose(router, "organization.person.disable", "/people/{id}/disable")
expose(router, "organization.person.enable", "/people/{id}/enable")
expose(router, "organization.person.unlock", "/people/{id}/unlock")
expose(router, "organization.person.unlink", "/people/{id}/unlink")
expose(router, "organization.totp.reset", "/people/{id}/totp/reset")
expose(router, "organization.session.end", "/sessions/{id}/end")
expose(router, "organization.appointment.end", "/appointments/{id}/end")
expose(router, "organization.appointment.transfer", "/appointments/{id}/transfer")
expose(router, "organization.system.register", "/systems")
expose(router, "organization.key.revoke", "/keys/{id}/revoke")
expose(router, "organization.token.revoke", "/tokens/{id}/revoke")
listing(
    router,
    "/bodies",
    item=BodyOut,
    rows=lambda actor: queries.bodies(actor=actor),
    allowed=("name", "alias"),
    title=gettext_lazy("部门"),
    filters=("alias", "name"),
)
listing(
    router,
    "/people",
    item=PersonOut,
    rows=lambda actor: queries.people(actor=actor),
    allowed=("username", "name"),
    title=gettext_lazy("人员"),
    filters=("username",),
)
listing(
    router,
    "/systems",
    item=SystemOut,
    rows=lambda actor: queries.systems(actor=actor),
    allowed=("code", "name"),
    title=gettext_lazy("应用系统"),
    filters=("code",),
)
listing(
    router,
    "/appointments",
    item=AppointmentOut,
    rows=lambda actor: Appointment.visible_to(actor),
    allowed=("created_at",),
    title=gettext_lazy("任命"),
    filters=("capacity", "person", "body"),
)
listing(
    router,
    "/keys",
    item=KeyOut,
    rows=lambda actor: SystemKey.visible_to(actor),
    allowed=("created_at",),
    title=gettext_lazy("密钥"),
    filters=("system",),
)
listing(
    router,
    "/tokens",
    item=TokenOut,
    rows=lambda actor: ApiToken.visible_to(actor).filter(revoked_at__isnull=True),
    allowed=("created_at",),
    title=gettext_lazy("访问令牌"),
)
api.add_router("", router)
