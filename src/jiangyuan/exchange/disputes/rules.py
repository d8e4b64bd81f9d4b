"""Pure decisions of disputes: what may be objected to, by whom, and which authority decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from jiangyuan.kernel.errors import Refused

ART28 = gettext_noop("《政务数据共享条例》第二十八条")

GROUNDS: Mapping[str, Any] = {
    "refusal": _("不同意共享的理由不成立"),
    "completion": _("要求补正没有依据"),
    "late": _("超过法定时限没有答复或没有供数"),
    "quality": _("提供的数据质量不符合约定"),
    "ended": _("暂停或撤回授权没有理由"),
    "misuse": _("超出授权的用途或范围使用"),
}
"""What may be objected to. The consumer objects to the first five, the provider to the last."""
OUTCOMES: Mapping[str, Any] = {
    "upheld": _("支持提出方"),
    "partly": _("部分支持提出方"),
    "dismissed": _("不支持提出方"),
}


class NoGround(Refused):
    """What is objected to has not happened, or the other side may object to it."""

    default_code = "disputes.no_ground"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the sharing objected to: whose side asks, the states, whether completion was asked, lateness."""

    consumer: bool
    request: str
    grant: str
    completion: bool
    late: bool


def open_to(facts: Facts) -> tuple[str, ...]:
    """Give the grounds on which this side may object now, in the order of `GROUNDS`."""
    held = facts.grant in ("preparing", "active", "suspended")
    served = facts.grant in ("active", "suspended", "withdrawn", "expired")
    if not facts.consumer:
        return ("misuse",) if served else ()
    holds = {
        "refusal": facts.request == "refused",
        "completion": facts.request == "incomplete" and facts.completion,
        "late": facts.late,
        "quality": held and facts.grant != "preparing",
        "ended": facts.grant in ("suspended", "withdrawn"),
    }
    return tuple(ground for ground in GROUNDS if holds.get(ground))


def require_ground(ground: str, facts: Facts) -> None:
    """Refuse a ground that does not hold, and say which do. Raises `NoGround`."""
    possible = open_to(facts)
    if ground in possible:
        return
    named = _("、").join(str(GROUNDS[one]) for one in possible)
    mend = _("现在可以提出的是：%(named)s。") % {"named": named} if possible else _("请先与对方协商，或查看办理经过。")
    raise NoGround(_("这件事目前不能以这个理由提出争议"), where="ground", mend=mend, article=ART28)


def nearest_above(one: Sequence[str], other: Sequence[str]) -> str:
    """Give the division that decides: the lowest that stands in both chains (each from a division upward).

    Two bodies of one division are decided by its own authority, others by the nearest above both; without any it is
    the top of the first chain. `one` is not empty.
    """
    known = set(other)
    return next((code for code in one if code in known), one[-1])
