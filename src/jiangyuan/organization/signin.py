"""Signing in: password, second factor, rate limits, and who a session or token acts as.

A wrong password, a locked account and a name that does not exist give the same answer in the same time.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pyotp
from django.contrib.auth.hashers import check_password, make_password
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pyotp.totp import TOTP

from jiangyuan.kernel import ciphers, vault
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Actor, Scene, service_actor
from jiangyuan.kernel.errors import Refused
from jiangyuan.organization.models import ApiToken, Appointment, BrowserSession, Person
from jiangyuan.organization.queries import acting

SIGN_IN = service_actor("sign_in")
ATTEMPTS = 5
LOCKED_FOR = timedelta(minutes=15)
NETWORK_ATTEMPTS = 50
APPOINTMENT = "jiangyuan_appointment"
SESSION = "jiangyuan_session"
STEP_SECONDS = 30

_NOBODY = make_password("nobody-signs-in-with-this")


class SignInRefused(Refused):
    """Name, password or code do not fit, or there were too many attempts."""

    status = 401
    default_code = "sign_in"


def _refusal() -> SignInRefused:
    return SignInRefused(
        _("登录名、口令或动态码不正确，或账号已被暂时锁定"),
        where="username",
        mend=_("请核对后重试；连续 5 次失败将锁定 15 分钟。忘记口令请联系系统管理员。"),
    )


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in, and the browser's session (None for a tool, which goes on with a token)."""

    person: Person
    session: BrowserSession | None


def sign_in(*, username: str, password: str, code: str, network: str) -> Person:
    """Check a person's name, password and (once set up) second factor, and remember the sign-in of a tool.

    Raises `SignInRefused`, the same for every cause.
    """
    return open_session(username=username, password=password, code=code, network=network).person


def open_session(
    *,
    username: str,
    password: str,
    code: str,
    network: str,
    browser: str = "",
    waiting: tuple[str, str] | None = None,
) -> SignedIn:
    """Check name, password and second factor (a dynamic or a recovery code), and open a session for `browser`.

    `waiting`: a person's id and the account at the sign-in provider that waits for him to prove that it is his; it is
    bound when just he signs in. Raises `SignInRefused`, the same for every cause.
    """
    scene = Scene(channel="portal", network=network)
    limit_network(network)
    # a name that the database cannot even hold is the name of nobody
    person = None if "\x00" in username else Person.objects.filter(username=username[:60]).first()
    fits = check_password(password[:128], person.password if person else _NOBODY)
    if person is None:
        # remembered as well: it counts against the network, and takes as long as a failure on an account
        act("organization.session.report_stranger", actor=SIGN_IN, scene=scene)
        raise _refusal()
    now = timezone.now()
    locked = person.locked_until is not None and person.locked_until > now
    over = person.password_until is not None and person.password_until < now
    used = _second_factor(person, code, now)
    if locked or over or not person.active or not fits or used is None:
        act("organization.session.report_failed", person.pk, actor=SIGN_IN, scene=scene)
        raise _refusal()
    me = acting(person, None)
    if waiting is not None and waiting[0] == str(person.pk):
        used = {**used, "identity": waiting[1]}
    try:
        session = act("organization.session.open", person.pk, actor=me, scene=scene, browser=browser, **used)
    except Refused:  # locked, or the code used, by another attempt at the same moment
        raise _refusal() from None
    return SignedIn(person, session)


_FAILURES = """
SELECT count(*) FROM (
    SELECT 1 FROM kernel_event WHERE type = 'organization.session.failed' AND at >= %s
       AND convert_from(canonical, 'UTF8')::jsonb #>> '{scene,network}' = %s LIMIT %s
) AS failed
"""


def limit_network(network: str) -> None:
    """Raise `SignInRefused` for a network from which too many sign-ins have failed."""
    with connection.cursor() as cursor:
        cursor.execute(_FAILURES, [timezone.now() - LOCKED_FOR, network, NETWORK_ATTEMPTS])
        failed = cursor.fetchone()
    if failed is not None and failed[0] >= NETWORK_ATTEMPTS:
        raise SignInRefused(
            _("来自该网络的登录失败过多，已暂停登录"), where="network", mend=_("请 15 分钟后重试，或联系安全管理员。")
        )


def totp_of(person: Person) -> TOTP | None:
    """Give the person's second factor; None when none was begun or its key was destroyed."""
    if person.totp_secret is None:
        return None
    opened = vault.unseal(bytes(person.totp_secret), place=f"totp:{person.pk}")
    return TOTP(opened.decode()) if opened else None


def _second_factor(person: Person, code: str, now: datetime) -> dict[str, Any] | None:
    """Give what the second factor uses up (a time step or a recovery code); None when it does not fit."""
    if person.totp_confirmed_at is None:
        return {"step": 0}
    step = step_of(person, code, now)
    if step > person.totp_last_step:
        return {"step": step, "method": "code"}
    digest = recovery_digest(code)
    return {"recovery": digest, "method": "recovery"} if digest in person.recovery_digests else None


def recovery_digest(code: str) -> str:
    """Give the digest under which a recovery code is kept: keyed, for a short code could be guessed from a bare one."""
    plain = "".join(c for c in code.upper()[:40] if c.isalnum())
    return ciphers.hmac_sm3(vault.standing_secret("recovery"), plain.encode()).hex()


def step_of(person: Person, code: str, now: datetime) -> int:
    """Give the time step whose code this is (within one step of now), 0 when none; a step is good only once."""
    totp = totp_of(person)
    if totp is None or not code:
        return 0
    current = int(now.timestamp()) // STEP_SECONDS
    for step in (current - 1, current, current + 1):
        if pyotp.utils.strings_equal(totp.generate_otp(step), code.strip()):
            return step
    return 0


def actor_of_session(request: HttpRequest) -> Actor | None:
    """Give the actor of a browser session: the person in the appointment chosen, while both hold."""
    person = getattr(request, "user", None)
    if not isinstance(person, Person) or not person.active:
        return None
    chosen = request.session.get(APPOINTMENT)
    return acting(person, UUID(chosen) if chosen else None, held=held_by(request, person))


def held_by(request: HttpRequest, person: Person) -> list[Appointment]:
    """Give the appointments in force of who is signed in; asked once for a request."""
    held: list[Appointment] | None = getattr(request, "_appointments", None)
    if held is None:
        held = list(person.current_appointments())
        request._appointments = held  # type: ignore[attr-defined]
    return held


def token_digest(token: str) -> bytes:
    """Give the digest under which a token is kept (tokens are long and random: no salt is needed)."""
    return hashlib.sha256(token.encode()).digest()


def actor_of_token(request: HttpRequest, token: str) -> Actor | None:
    """Give the actor of a bearer token, or None when it is unknown, revoked, expired or its appointment is over."""
    kept = ApiToken.objects.select_related("person", "appointment").filter(digest=token_digest(token)).first()
    if kept is None or kept.revoked_at is not None or kept.expires_at < timezone.now() or not kept.person.active:
        return None
    actor = acting(kept.person, kept.appointment_id)
    return actor if actor.body == kept.appointment.body_id and actor.capacity == kept.appointment.capacity else None
