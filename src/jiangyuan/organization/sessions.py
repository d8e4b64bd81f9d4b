"""Acts on sessions: signing in, failing to, ending one or all others, acting in another capacity. Loaded with `actions`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from pydantic import StringConstraints

from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor, Scene
from jiangyuan.kernel.errors import Conflict, NotFound, Refused
from jiangyuan.organization.models import BrowserSession, Person
from jiangyuan.organization.signin import ATTEMPTS, LOCKED_FOR

Method = Literal["password", "code", "recovery", "oidc"]
CONFIRMATION = "organization.session.report_unconfirmed"
Cause = Literal["", "unlinked", "unbound", "token", "state", "provider"]


@action("organization.session.open", on=Person, event="organization.session.opened", title=_("登录"))
def open_session(
    person: Person,
    *,
    step: int = 0,
    recovery: str = "",
    identity: Annotated[str, StringConstraints(max_length=300)] = "",
    method: Method = "password",
    browser: Annotated[str, StringConstraints(max_length=80)] = "",
    scene: Scene,
    now: datetime,
) -> BrowserSession | None:
    """Remember a sign-in that succeeded, and open the session of a browser; what the second factor used is used up.

    Refuses an account locked meanwhile, a code used before, an account bound to another one at the provider, and one
    that is bound to none where only the provider speaks for whoever signs in.
    """
    if person.locked_until is not None and person.locked_until > now:
        raise Refused(_("账号已被暂时锁定"), where="username", mend=_("请 15 分钟后再试。"))
    person.failed_logins, person.locked_until, person.last_login = 0, None, now
    if step:
        if step <= person.totp_last_step:
            raise Refused(_("该动态码已使用过"), where="code", mend=_("请等待下一个动态码。"))
        person.totp_last_step = step
    if recovery:
        if recovery not in person.recovery_digests:
            raise Refused(_("该恢复码已使用过"), where="code", mend=_("请使用另一个恢复码。"))
        person.recovery_digests = [kept for kept in person.recovery_digests if kept != recovery]
        describe(recovery_left=len(person.recovery_digests))
    if identity:
        _bind(person, identity, proved=method != "oidc")
    describe(method=method)
    if not browser:
        return None
    made = BrowserSession(person=person, method=method, network=scene.network[:64], browser=browser, last_used_at=now)
    made.created_by = person.pk
    made.save()
    describe(session=made.pk, browser=browser)
    return made


def _bind(person: Person, identity: str, *, proved: bool) -> None:
    """Bind an account to one at the provider: by who has just proved it with its own password, never by name alone."""
    if person.identity is None:
        if not proved:
            raise Refused(_("该账号还没有绑定认证账号"), code="unbound", where="identity")
        if Person.objects.filter(identity=identity).exists():
            raise Refused(_("这个认证账号已绑定另一个人"), code="unlinked", where="identity")
        person.identity = identity
        describe(bound=True)
    elif person.identity != identity:
        raise Refused(_("该账号已绑定另一个认证账号"), code="unlinked", where="identity")


@action("organization.session.report_failed", on=Person, event="organization.session.failed", title=_("登录失败"))
def report_failed(person: Person, *, now: datetime) -> Person:
    """Remember a sign-in that failed; the fifth in a row locks the account for a quarter of an hour."""
    _count_failure(person, now)
    return person


@action(CONFIRMATION, on=Person, event="organization.session.failed", title=_("口令核对失败"))
def report_unconfirmed(person: Person, *, now: datetime) -> Person:
    """Remember a password that did not fit where a session asked for it anew.

    With the fifth failure in a row every session of the person ends: whoever guesses is not the one who signed in.
    """
    describe(confirming=True)
    if _count_failure(person, now):
        describe(sessions_ended=end_sessions(person, "guessed", now))
    return person


def _count_failure(person: Person, now: datetime) -> bool:
    person.failed_logins += 1
    if person.failed_logins < ATTEMPTS:
        return False
    person.failed_logins, person.locked_until = 0, now + LOCKED_FOR
    describe(locked=True)
    return True


@action("organization.session.report_stranger", on=None, event="organization.session.failed", title=_("登录失败"))
def report_stranger(*, cause: Cause = "") -> None:
    """Remember a sign-in under a name that nobody has; the name itself, which may be a password, is not kept.

    `cause`: what did not fit when the sign-in came from the provider.
    """
    if cause:
        describe(cause=cause)


@action("organization.session.close", on=Person, event="organization.session.closed", title=_("退出登录"))
def close_session(person: Person, *, session: UUID | None = None, now: datetime) -> Person:
    """Remember a sign-out, and end the browser's session."""
    if session is not None:
        _open(person).filter(pk=session).update(ended_at=now, ended_why="out")
    return person


@action("organization.session.end", on=BrowserSession, event="organization.session.ended", title=_("结束登录"))
def end_session(session: BrowserSession, *, actor: Actor, now: datetime) -> BrowserSession:
    """End the session of a browser at once: one's own, or as security administrator anybody's."""
    if session.ended_at is not None:
        raise Conflict(_("该登录已结束"), where="session")
    session.ended_at = now
    session.ended_why = "person" if actor.id == session.person_id else "security"
    describe(person=session.person_id)
    return session


@action(
    "organization.session.end_others", on=Person, event="organization.session.ended_others", title=_("结束其他登录")
)
def end_others(person: Person, *, keep: UUID, now: datetime) -> Person:
    """End every session of one's own but the one that asks."""
    describe(sessions_ended=end_sessions(person, "person", now, keep=keep))
    return person


@action("organization.session.expire", on=BrowserSession, event="organization.session.expired", title=_("超时退出"))
def expire(session: BrowserSession, *, now: datetime) -> BrowserSession:
    """End a session that was not used for longer than the settings allow."""
    if session.ended_at is None:
        session.ended_at, session.ended_why = now, "idle"
    describe(person=session.person_id, last_used_at=session.last_used_at)
    return session


@action("organization.session.switch", on=Person, event="organization.session.switched", title=_("切换身份"))
def switch(person: Person, *, appointment: UUID, session: UUID | None = None) -> Person:
    """Act in another of one's own appointments from now on. Refuses one that is not held, or no longer."""
    held = person.current_appointments().filter(pk=appointment).first()
    if held is None:
        raise NotFound(_("没有找到您的这项任命"), where="appointment", mend=_("任命可能已结束，请刷新页面核对。"))
    describe(appointment=held.pk, body=held.body_id, capacity=held.capacity, session=session)
    return person


def end_sessions(person: Person, why: str, now: datetime, *, keep: UUID | None = None) -> int:
    """End the open sessions of a person but `keep`; gives how many there were. Called inside an act on the person."""
    return _open(person).exclude(pk=keep).update(ended_at=now, ended_why=why)


def _open(person: Person) -> QuerySet[BrowserSession]:
    return BrowserSession.objects.filter(person=person, ended_at__isnull=True)
