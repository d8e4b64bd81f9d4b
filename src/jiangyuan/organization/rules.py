"""Pure decisions of the organization room."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel import identifiers, sm2
from jiangyuan.kernel.actor import ADMINISTRATORS, CAPACITIES
from jiangyuan.kernel.errors import Refused

KEY_TERM = timedelta(days=366)
"""Longest life of a signing key."""


class SeparationOfDuties(Refused):
    """The appointment would join capacities that one person may not hold together."""

    default_code = "administrators"


def today(now: object) -> date:
    """Give the day in Shanghai of a moment."""
    assert isinstance(now, datetime)
    return timezone.localtime(now).date()


def yesterday(now: object) -> date:
    """Give the day before, in Shanghai."""
    return today(now) - timedelta(days=1)


def require_capacity(capacity: str, held: Iterable[str]) -> None:
    """Refuse an unknown capacity, and a second administrator's capacity (GB/T 22239-2019, 8.1.5)."""
    if capacity not in CAPACITIES:
        raise Refused(_("没有这种身份"), where="capacity", mend=_("请从身份列表中选择。"))
    others = (set(held) & ADMINISTRATORS) - {capacity}
    if capacity in ADMINISTRATORS and others:
        raise SeparationOfDuties(
            _("系统管理员、安全管理员、审计管理员三员分立，同一人不能兼任"),
            where="capacity",
            article="GB/T 22239-2019 8.1.5",
            mend=_("请任命另一人，或先结束其现有管理员任命。"),
        )


def barred(held: Iterable[str]) -> frozenset[str]:
    """Give the capacities that somebody may not take besides those held."""
    administers = set(held) & ADMINISTRATORS
    return ADMINISTRATORS - administers if administers else frozenset()


def require_resettable(held: Iterable[str], *, second_factor: bool) -> None:
    """Refuse to reset an administrator's password while the password alone would let somebody in."""
    if set(held) & ADMINISTRATORS and not second_factor:
        raise SeparationOfDuties(
            _("对方是三员之一且未启用动态码：重置口令的人可以凭一次性口令冒用其身份"),
            where="person",
            article="GB/T 22239-2019 8.1.5",
            mend=_("请由安全管理员先结束其管理员任命，重置口令、本人启用动态码后再任命。"),
        )


def require_password(password: str, person: AbstractBaseUser) -> None:
    """Refuse a password that the rules do not accept, saying which."""
    try:
        validate_password(password, person)
    except ValidationError as exc:
        raise Refused(" ".join(exc.messages), where="password", mend=_("请更换口令。")) from exc


def require_credit_code(code: str) -> None:
    """Refuse a unified social credit code that breaks GB 32100; an empty one is allowed."""
    if code and not identifiers.USCC.check(code):
        raise Refused(
            _("统一社会信用代码不正确"), where="credit_code", article="GB 32100", mend=_("请核对后重新填写。")
        )


def require_key_term(expires_on: date, day: date) -> None:
    """Refuse a key that is over already or lives longer than a year."""
    if not day < expires_on <= day + KEY_TERM:
        raise Refused(_("密钥有效期应在一年以内"), where="expires_on", mend=_("请选择一年以内的到期日。"))


def require_public_key(pem: str) -> None:
    """Refuse what is not an SM2 public key in PEM."""
    try:
        sm2.PublicKey.from_pem(pem)
    except sm2.KeyUnreadable as exc:
        raise Refused(_("公钥不是 SM2 公钥（PEM 格式）"), where="public_key", mend=_("请重新导出公钥。")) from exc


LEVELS = ("province", "prefecture", "county", "township")


def require_above(upper: str, lower: str) -> None:
    """Refuse a line whose upper body is not of a higher level: so no line runs in a circle."""
    if LEVELS.index(upper) >= LEVELS.index(lower):
        raise Refused(
            _("条线上级须是更高层级的部门"), where="upper", mend=_("请选择上一级或更高层级、职责相同的部门。")
        )
