"""Acts on accounts: sign-ins, the second factor, passwords and tokens. Loaded with `actions`."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import pyotp
from django.contrib.auth.hashers import check_password
from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints
from pyotp.totp import TOTP

from jiangyuan.kernel import vault
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.errors import Conflict, NotFound, Refused
from jiangyuan.organization import rules
from jiangyuan.organization.models import ApiToken, Person
from jiangyuan.organization.signin import ATTEMPTS, LOCKED_FOR, step_of, token_digest

Code = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
Password = Annotated[str, Field(min_length=10, max_length=128)]


@action("organization.session.open", on=Person, event="organization.session.opened", title=_("登录"))
def open_session(person: Person, *, step: int, now: datetime) -> Person:
    """Remember a sign-in that succeeded; a dynamic code's time step is used up. Refuses an account locked meanwhile."""
    if person.locked_until is not None and person.locked_until > now:
        raise Refused(_("账号已被暂时锁定"), where="username", mend=_("请 15 分钟后再试。"))
    person.failed_logins, person.locked_until, person.last_login = 0, None, now
    if step:
        if step <= person.totp_last_step:
            raise Refused(_("该动态码已使用过"), where="code", mend=_("请等待下一个动态码。"))
        person.totp_last_step = step
    return person


@action("organization.session.report_failed", on=Person, event="organization.session.failed", title=_("登录失败"))
def report_failed(person: Person, *, now: datetime) -> Person:
    """Remember a sign-in that failed; the fifth in a row locks the account for a quarter of an hour."""
    person.failed_logins += 1
    if person.failed_logins >= ATTEMPTS:
        person.failed_logins, person.locked_until = 0, now + LOCKED_FOR
        describe(locked=True)
    return person


@action("organization.session.report_stranger", on=None, event="organization.session.failed", title=_("登录失败"))
def report_stranger() -> None:
    """Remember a sign-in under a name that nobody has; the name itself, which may be a password, is not kept."""


@action("organization.session.close", on=Person, event="organization.session.closed", title=_("退出登录"))
def close_session(person: Person) -> Person:
    """Remember a sign-out."""
    return person


@action("organization.totp.begin", on=Person, event="organization.totp.begun", title=_("设置动态码"))
def begin_totp(person: Person) -> str:
    """Make a new second-factor secret and give the address to scan; it counts only after `confirm`."""
    if person.totp_confirmed_at is not None:
        raise Conflict(_("动态码已启用"), where="totp", mend=_("如需更换设备，请联系安全管理员重置。"))
    secret = pyotp.random_base32()
    person.totp_key, person.totp_secret = vault.seal(
        secret.encode(), subject=f"person:{person.pk}", place=f"totp:{person.pk}"
    )
    return TOTP(secret).provisioning_uri(name=person.username, issuer_name="Jiangyuan")


@action("organization.totp.confirm", on=Person, event="organization.totp.confirmed", title=_("启用动态码"))
def confirm_totp(person: Person, *, code: Code, now: datetime) -> Person:
    """Turn the second factor on, once a code from the device fits."""
    step = step_of(person, code, now)
    if step <= person.totp_last_step:
        raise Refused(_("动态码不正确"), where="code", mend=_("请核对手机时间是否准确，再输入新的动态码。"))
    person.totp_confirmed_at, person.totp_last_step = now, step
    return person


@action("organization.totp.reset", on=Person, event="organization.totp.reset", title=_("重置动态码"), approves=True)
def reset_totp(person: Person) -> Person:
    """Take a lost second factor away; done by the security administrator, never by the person."""
    person.totp_secret, person.totp_confirmed_at = None, None
    return person


@action("organization.password.change", on=Person, event="organization.password.changed", title=_("修改口令"))
def change_password(
    person: Person, *, current: Annotated[str, Field(max_length=128)], password: Password, now: datetime
) -> Person:
    """Change one's own password, knowing the current one; tokens made under the old one end with it."""
    if not check_password(current, person.password):
        raise Refused(_("当前口令不正确"), where="current", mend=_("请重新输入。"))
    rules.require_password(password, person)
    person.set_password(password)
    ended = ApiToken.objects.filter(person=person, revoked_at__isnull=True).update(revoked_at=now)
    describe(tokens_ended=ended)
    return person


@action("organization.person.disable", on=Person, event="organization.person.disabled", title=_("停用账号"))
def disable(person: Person) -> Person:
    """Turn an account off; its sessions and tokens stop at once."""
    person.active = False
    return person


@action("organization.token.issue", on=Person, event="organization.token.issued", title=_("签发访问令牌"))
def issue_token(
    person: Person,
    *,
    appointment: UUID,
    label: Annotated[str, StringConstraints(min_length=1, max_length=80)],
    days: Annotated[int, Field(ge=1, le=366)] = 90,
    now: datetime,
) -> str:
    """Issue a token for one's own tools, bound to one of one's own appointments; the token is shown this once."""
    held = person.current_appointments().filter(pk=appointment).first()
    if held is None:
        raise NotFound(_("没有找到您的这项任命"), where="appointment")
    token = "jy_" + secrets.token_urlsafe(32)
    kept = ApiToken.objects.create(
        person=person,
        appointment=held,
        label=label,
        digest=token_digest(token),
        expires_at=now + timedelta(days=days),
        created_by=person.pk,
    )
    describe(token=kept.pk, label=label)
    return token


@action("organization.token.revoke", on=ApiToken, event="organization.token.revoked", title=_("吊销访问令牌"))
def revoke_token(token: ApiToken, *, now: datetime) -> ApiToken:
    """Revoke a token at once."""
    token.revoked_at = now
    return token
