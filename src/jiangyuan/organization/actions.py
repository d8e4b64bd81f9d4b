"""Every write of the organization room (accounts: `accounts.py`)."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints

from jiangyuan.kernel import vault
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Conflict, NotFound, Refused
from jiangyuan.organization import accounts, jurisdictions, rules, sessions  # noqa: F401  each registers its own actions
from jiangyuan.organization.models import ApplicationSystem, Appointment, Body, Jurisdiction, Person, SystemKey

Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Alias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,38}$")]
FIRST_SIGN_IN = timedelta(days=7)
"""How long the password that the administrator set may be used, to be changed."""
Username = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9._-]{2,58}$")]


@action(
    "organization.body.register",
    on=None,
    event="organization.body.registered",
    title=_("登记部门"),
)
def register_body(
    *,
    name: Name,
    short_name: Annotated[str, StringConstraints(min_length=1, max_length=40)],
    alias: Alias,
    jurisdiction: str,
    is_authority: bool = False,
    credit_code: Annotated[str, StringConstraints(max_length=18)] = "",
) -> Body:
    """Register a department or authority under a division code in force. Refuses a name or alias already in use."""
    place = Jurisdiction.objects.filter(code=jurisdiction, retired=False).first()
    if place is None:
        raise NotFound(_("没有这个行政区划代码"), where="jurisdiction", mend=_("请从行政区划列表中选择。"))
    if Body.objects.filter(name=name).exists() or Body.objects.filter(alias=alias).exists():
        raise Conflict(_("该部门名称或别名已登记"), where="alias", mend=_("请核对是否重复登记，或更换别名。"))
    rules.require_credit_code(credit_code)
    describe(name=name, alias=alias, jurisdiction=jurisdiction)
    return Body.objects.create(
        name=name,
        short_name=short_name,
        alias=alias,
        jurisdiction=place,
        is_authority=is_authority,
        credit_code=credit_code,
    )


@action("organization.body.join_line", on=Body, event="organization.body.line_joined", title=_("确定条线上级"))
def join_line(body: Body, *, upper: UUID | None = None) -> Body:
    """Say which body of a level above does the same duty (条线), or that none does. Refuses one not above it."""
    found = Body.objects.select_related("jurisdiction").filter(pk=upper, active=True).first() if upper else None
    if upper and found is None:
        raise NotFound(_("没有这个部门"), where="upper")
    if found is not None:
        rules.require_above(found.jurisdiction.level, body.jurisdiction.level)
    body.line_upper = found
    describe(upper=upper)
    return body


@action(
    "organization.person.register",
    on=None,
    event="organization.person.registered",
    title=_("登记人员"),
)
def register_person(
    *,
    username: Username,
    name: Annotated[str, StringConstraints(min_length=1, max_length=60)],
    password: Annotated[str, Field(min_length=10, max_length=128)],
    email: Annotated[str, StringConstraints(max_length=254, pattern=r"^$|^[^@\s]+@[^@\s]+\.[^@\s]+$")] = "",
    actor: Actor,
    now: datetime,
) -> Person:
    """Register somebody who may sign in. Refuses a sign-in name in use and a password that the rules do not accept.

    A password that another person has chosen must be changed at the first sign-in, within a week.
    """
    if Person.objects.filter(username=username).exists():
        raise Conflict(_("登录名已被使用"), where="username", mend=_("请更换登录名。"))
    person = Person(username=username, name=name, email=email)
    rules.require_password(password, person)
    person.set_password(password)
    if actor.kind == "person":
        person.password_until = now + FIRST_SIGN_IN
    person.save()
    describe(username=username)
    return person


@action(
    "organization.appointment.make",
    on=Person,
    event="organization.appointment.made",
    title=_("任命"),
    approves=True,
)
def appoint(
    person: Person, *, body: UUID, capacity: str, since: date | None = None, until: date | None = None, now: object
) -> Appointment:
    """Appoint a person to a capacity of a body. Refuses what would join two of the three administrators (三员分立)."""
    return _appoint(person, body=body, capacity=capacity, since=since, until=until, now=now)


def _appoint(
    person: Person, *, body: UUID, capacity: str, since: date | None, until: date | None, now: object
) -> Appointment:
    place = Body.objects.filter(pk=body, active=True).first()
    if place is None:
        raise NotFound(_("没有这个部门"), where="body")
    start = since or rules.today(now)
    # what begins later counts as held: two capacities must not meet in one person by their dates
    held = person.appointments.filter(Q(until__isnull=True) | Q(until__gte=rules.today(now)))
    rules.require_capacity(capacity, {a.capacity for a in held})
    if until is not None and until < start:
        raise Refused(_("任期结束日早于开始日"), where="until", mend=_("请改正日期。"))
    if Appointment.objects.filter(person=person, body=place, capacity=capacity, since=start).exists():
        raise Conflict(_("该任命已存在"), where="capacity")
    describe(person=person.pk, body=place.pk, capacity=capacity)
    return Appointment.objects.create(person=person, body=place, capacity=capacity, since=start, until=until)


@action(
    "organization.appointment.end",
    on=Appointment,
    event="organization.appointment.ended",
    title=_("结束任命"),
    approves=True,
)
def end_appointment(appointment: Appointment, *, now: object) -> Appointment:
    """End an appointment as of yesterday, so that it holds no longer from this moment."""
    appointment.until = rules.yesterday(now)
    describe(person=appointment.person_id, body=appointment.body_id, capacity=appointment.capacity)
    return appointment


@action(
    "organization.appointment.transfer",
    on=Appointment,
    event="organization.appointment.transferred",
    title=_("调动"),
    approves=True,
)
def transfer(appointment: Appointment, *, body: UUID, capacity: str, now: object) -> Appointment:
    """End an appointment and make another one from today, in one act: the person is never without both, nor in both."""
    if appointment.until is not None and appointment.until < rules.today(now):
        raise Conflict(_("这项任命已结束"), where="body", mend=_("请直接作新的任命。"))
    if appointment.body_id == body and appointment.capacity == capacity:
        raise Conflict(_("与现有任命相同"), where="body", mend=_("请选择新的部门或身份。"))
    before = (appointment.body_id, appointment.capacity)
    Appointment.objects.filter(pk=appointment.pk).update(until=rules.yesterday(now))
    appointment.until = rules.yesterday(now)
    made = _appoint(appointment.person, body=body, capacity=capacity, since=None, until=None, now=now)
    describe(before=[str(part) for part in before], appointment=made.pk)
    return made


@action(
    "organization.system.register",
    on=None,
    event="organization.system.registered",
    title=_("登记应用系统"),
    about=lambda values: {"body": str(values["body"])},
)
def register_system(
    *, body: UUID, name: Name, code: Alias, purpose: Annotated[str, StringConstraints(max_length=2000)] = ""
) -> ApplicationSystem:
    """Register an application system of a department. Refuses a code in use."""
    if ApplicationSystem.objects.filter(code=code).exists():
        raise Conflict(_("应用系统编码已被使用"), where="code", mend=_("请更换编码。"))
    describe(name=name, code=code)
    return ApplicationSystem.objects.create(body_id=body, name=name, code=code, purpose=purpose)


@action(
    "organization.key.issue",
    on=ApplicationSystem,
    event="organization.key.issued",
    title=_("签发密钥"),
)
def issue_key(
    system: ApplicationSystem, *, actor: Actor, expires_on: date, public_key: str = "", now: object
) -> dict[str, str]:
    """Issue a signing key; its secret is in the answer and nowhere else in clear. With `public_key` (SM2 PEM) the
    system keeps its own secret. Returns {"key_id", "algorithm", "secret"}."""
    rules.require_key_term(expires_on, rules.today(now))
    key = SystemKey(system=system, expires_on=expires_on, created_by=actor.id if actor.kind == "person" else None)
    secret = ""
    if public_key:
        rules.require_public_key(public_key)
        key.algorithm, key.public_key = "SM2", public_key
    else:
        secret = secrets.token_hex(32)
        key.sealing_key, key.sealed_secret = vault.seal(
            bytes.fromhex(secret), subject=f"system:{system.pk}", place=f"system_key:{key.pk}"
        )
    key.save()
    describe(key=key.pk, algorithm=key.algorithm, expires_on=expires_on)
    return {"key_id": str(key.pk), "algorithm": key.algorithm, "secret": secret}


@action("organization.key.revoke", on=SystemKey, event="organization.key.revoked", title=_("吊销密钥"))
def revoke_key(key: SystemKey, *, now: object) -> SystemKey:
    """Revoke a signing key at once. Refuses one already revoked."""
    if key.revoked_at is not None:
        raise Conflict(_("该密钥已吊销"), where="key")
    key.revoked_at = now  # type: ignore[assignment]
    describe(system=key.system_id)
    return key
