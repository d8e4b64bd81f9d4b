"""Pure decisions of ingestion: what may be mounted, how it is followed, what its name is."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.errors import Conflict, Refused

MOUNT_USES: list[Callable[[UUID], int]] = []
"""Asked before a mount is removed: how many grants live on it. `exchange.sharing` registers; nobody there: refuse."""

_PLAIN = re.compile(r"[^a-z0-9_]+")


def alias_of(body_alias: str, table: str, taken: Collection[str]) -> str:
    """Give the SQL name of a mount, `dept.table`, made distinct from the names already taken."""
    plain = _PLAIN.sub("_", table.lower()).strip("_") or "table"
    name = f"{body_alias}.{plain[:60]}"
    number = 2
    while name in taken:
        name = f"{body_alias}.{plain[:56]}_{number}"
        number += 1
    return name


def method_for(*, capture: str, polling: str, wanted: str | None) -> str:
    """Choose how a mount is followed, from what its connector declares. Refuses what the kind of source cannot do."""
    best = "capture" if capture == "log" else ("polling" if polling == "eventual" else "once")
    if wanted is None:
        return best
    if (wanted == "capture" and capture != "log") or (wanted == "polling" and polling != "eventual"):
        raise Refused(
            _("这类数据源不支持所选的归集方式"), where="method", mend=_("请改用系统推荐的方式，或更换数据源类型。")
        )
    return wanted


def require_key(key: Iterable[str], columns: Collection[str]) -> list[str]:
    """Refuse a key that is empty or names columns the table does not have: without one no row can be followed."""
    chosen = list(key)
    missing = [name for name in chosen if name not in columns]
    if not chosen or missing:
        raise Refused(
            _("须指定能唯一标识一行的主键字段"),
            where="key",
            mend=_("请从表的字段中选择一个或几个，例如业务编号。"),
        )
    return chosen


def require_unused(mount: UUID) -> None:
    """Refuse to remove a mount on which grants live, or of which nobody can tell."""
    if not MOUNT_USES or any(count(mount) for count in MOUNT_USES):
        raise Conflict(_("该挂载仍有有效的共享授权，不能解除"), where="mount", mend=_("请先办结有关授权。"))
