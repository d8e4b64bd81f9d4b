"""Pure decisions of the responsibility list: when a line is fulfilled, when it is late, what may be issued."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from jiangyuan.kernel.errors import Refused

ART22 = gettext_noop("《政务数据共享条例》第二十二条")

FULFILLED: dict[str, Callable[[UUID], bool]] = {}
"""By method of sharing (`service`, `batch`, `file`): tells whether an entry is shared in that way now.

The rooms that mount and deliver register; with nobody registered for a method nothing is fulfilled by it.
"""


def fulfilled(*, method: str, entry: UUID | None, published: bool, share_type: str) -> bool:
    """Decide whether a line is fulfilled: its entry is published, may be shared, and is shared in the way asked for."""
    if entry is None or not published or share_type == "none":
        return False
    told = FULFILLED.get(method)
    return told is not None and told(entry)


def late(*, state: str, deadline: date, today: date) -> bool:
    """Tell whether a line that is not fulfilled is past its last day (which is included)."""
    return state == "due" and deadline < today


def require_ahead(deadline: date, *, today: date) -> None:
    """Refuse a deadline that has passed."""
    if deadline < today:
        raise Refused(_("完成期限已经过去"), where="deadline", mend=_("请填写今天或以后的日期。"))


def require_lines(lines: int) -> None:
    """Refuse to issue a batch without a line."""
    if not lines:
        raise Refused(_("这一批还没有内容"), where="batch", mend=_("请先加入要共享的数据，再下达。"))
