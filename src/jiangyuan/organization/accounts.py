"""Acts on accounts: the second factor, passwords, locks and tokens (sessions: `sessions.py`). Loaded with `actions`."""

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
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import Conflict, NotFound, Refused, WrongSecret
from jiangyuan.organization import rules
from jiangyuan.organization.models import ApiToken, Person
from jiangyuan.organization.sessions import CONFIRMATION, end_sessions
from jiangyuan.organization.signin import SIGN_IN, recovery_digest, step_of, token_digest

Code = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
Password = Annotated[str, Field(min_length=10, max_length=128)]
Current = Annotated[str, Field(min_length=1, max_length=128)]
"""The password as it is now, asked for before what would outlast a session."""
ONE_TIME = timedelta(hours=24)
"""How long a one-time password may be used."""
RECOVERY_CODES = 10
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without what is mistaken for another when read from paper."""


@action("organization.totp.begin", on=Person, event="organization.totp.begun", title=_("设置动态码"))
def begin_totp(person: Person, *, current: Current, now: datetime) -> str:
    """Make a new second-factor secret and give the address to scan; it counts only after `confirm`.

    Asks for the password anew: a browser left open must not lock its owner out of his account.
    """
    _require_password(person, current, now)
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
    person.totp_secret, person.totp_confirmed_at, person.recovery_digests = None, None, []
    return person


@action("organization.recovery.issue", on=Person, event="organization.recovery.issued", title=_("生成恢复码"))
def issue_recovery(person: Person, *, current: Current, now: datetime) -> list[str]:
    """Make one's own recovery codes, each good once in place of a dynamic code; earlier ones are void. Shown this once.

    Asks for the password anew, for each code opens the account later.
    """
    _require_password(person, current, now)
    if person.totp_confirmed_at is None:
        raise Conflict(_("动态码尚未启用"), where="totp", mend=_("请先启用动态码，再生成恢复码。"))
    codes = [_readable(10) for _code in range(RECOVERY_CODES)]
    person.recovery_digests = [recovery_digest(code) for code in codes]
    describe(codes=len(codes))
    return codes


def _require_password(person: Person, given: str, now: datetime) -> None:
    # counted with the sign-in's failures: a session in the wrong hands gives no guesses beside those
    if person.locked_until is not None and person.locked_until > now:
        raise Refused(
            _("口令连续输错，已暂停核对"),
            code="locked",
            where="current",
            mend=_("请 15 分钟后再试；如果不是您本人操作，请退出并联系安全管理员。"),
        )
    if not check_password(given, person.password):
        raise WrongSecret(
            _("当前口令不正确"),
            counted_by=CONFIRMATION,
            service=SIGN_IN.name,
            where="current",
            mend=_("请重新输入登录口令，确认是您本人；连续 5 次不正确将退出登录并锁定 15 分钟。"),
        )
    person.failed_logins = 0


def _readable(length: int) -> str:
    made = "".join(secrets.choice(_LETTERS) for _letter in range(length))
    return "-".join(made[i : i + 5] for i in range(0, length, 5))


@action("organization.password.change", on=Person, event="organization.password.changed", title=_("修改口令"))
def change_password(
    person: Person,
    *,
    current: Annotated[str, Field(max_length=128)],
    password: Password,
    keep: UUID | None = None,
    now: datetime,
) -> Person:
    """Change one's own password, knowing the current one; tokens and other sessions made under the old one end."""
    _require_password(person, current, now)
    if check_password(password, person.password):
        raise Refused(_("新口令与当前口令相同"), where="password", mend=_("请另设一个口令。"))
    rules.require_password(password, person)
    person.set_password(password)
    person.password_until = None
    ended = ApiToken.objects.filter(person=person, revoked_at__isnull=True).update(revoked_at=now)
    describe(tokens_ended=ended, sessions_ended=end_sessions(person, "password", now, keep=keep))
    return person


@action(
    "organization.password.replace",
    on=Person,
    event="organization.password.replaced",
    title=_("重置口令"),
    approves=True,
)
def reset_password(person: Person, *, now: datetime) -> str:
    """Give somebody a one-time password that must be changed at the first sign-in; it is shown this once.

    Refuses an administrator without a second factor: who resets could sign in as him, and hold two of three capacities.
    """
    rules.require_resettable(
        {a.capacity for a in person.current_appointments()}, second_factor=person.totp_confirmed_at is not None
    )
    password = "-".join(_readable(4) for _part in range(4)).lower()
    person.set_password(password)
    person.password_until = now + ONE_TIME
    person.failed_logins, person.locked_until = 0, None
    ended = ApiToken.objects.filter(person=person, revoked_at__isnull=True).update(revoked_at=now)
    describe(tokens_ended=ended, sessions_ended=end_sessions(person, "password", now))
    return password


@action("organization.person.disable", on=Person, event="organization.person.disabled", title=_("停用账号"))
def disable(person: Person, *, now: datetime) -> Person:
    """Turn an account off; its sessions and tokens stop at once."""
    person.active = False
    describe(sessions_ended=end_sessions(person, "disabled", now))
    return person


@action("organization.person.enable", on=Person, event="organization.person.enabled", title=_("恢复账号"))
def enable(person: Person) -> Person:
    """Turn an account on again. Refuses one that is on."""
    if person.active:
        raise Conflict(_("账号没有停用"), where="person")
    person.active = True
    return person


@action(
    "organization.person.unlock", on=Person, event="organization.person.unlocked", title=_("解除锁定"), approves=True
)
def unlock(person: Person, *, now: datetime) -> Person:
    """Let an account sign in again before its lock is over. Refuses one that is not locked."""
    if person.locked_until is None or person.locked_until <= now:
        raise Conflict(_("账号没有被锁定"), where="person", mend=_("锁定 15 分钟后自动解除。"))
    person.failed_logins, person.locked_until = 0, None
    return person


@action(
    "organization.person.unlink",
    on=Person,
    event="organization.person.unlinked",
    title=_("解除认证绑定"),
    approves=True,
)
def unlink(person: Person) -> Person:
    """Forget the account at the sign-in provider; the person, or the security administrator, binds anew."""
    person.identity = None
    return person


@action(
    "organization.person.link",
    on=Person,
    event="organization.person.linked",
    title=_("绑定认证账号"),
    approves=True,
)
def link(person: Person, *, subject: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,200}$")]) -> Person:
    """Bind an account to one at the sign-in provider by the number it has there (`sub`); the provider's name for a
    person is never enough. Refuses a second binding, and a number that another account is bound to."""
    if not settings().oidc_issuer:
        raise Conflict(_("没有配置统一认证"), where="subject", mend=_("请先由运维人员设置 oidc_issuer。"))
    if person.identity is not None:
        raise Conflict(_("该账号已绑定认证账号"), where="subject", mend=_("如需更换，请先解除认证绑定。"))
    identity = f"{settings().oidc_issuer} {subject}"[:300]
    if Person.objects.filter(identity=identity).exists():
        raise Conflict(_("这个认证账号已绑定另一个人"), where="subject", mend=_("请与认证系统核对编号。"))
    person.identity = identity
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
