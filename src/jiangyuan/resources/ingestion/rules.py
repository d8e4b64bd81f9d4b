"""Pure decisions of ingestion: what may be mounted, how it is followed, what its name is."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.errors import Conflict, Refused
from jiangyuan.kernel.texts import listed

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
    """Refuse a key that is empty or names what is no data item of the entry: without one no row can be followed."""
    chosen = list(key)
    missing = [name for name in chosen if name not in columns]
    if not chosen or missing:
        raise Refused(
            _("须指定能唯一标识一行的主键字段，且须是目录的信息项"),
            where="key",
            mend=_("请从目录的信息项中选择一个或几个，例如业务编号。"),
        )
    return chosen


def require_followable(chosen: Collection[str], *, method: str, table_key: Collection[str]) -> None:
    """Refuse to capture under another key than the table's own: the log names deleted rows by the table's key."""
    if method == "capture" and table_key and set(chosen) != set(table_key):
        raise Refused(
            _("变更捕获须使用数据表自己的主键：%(key)s") % {"key": listed(table_key)},
            where="key",
            mend=_("请选择数据表的主键，或请来源部门修改表的主键后重新扫描。"),
        )


def misfit(items: Iterable[tuple[str, str]], columns: Mapping[str, str] | None, *, where: str) -> dict[str, str] | None:
    """Tell why a table no longer fits its entry, and how to mend it; None where it fits.

    `items`: (column, type) of each data item; `columns`: type by name as last scanned, None for a table that is gone.
    The code is absent, renamed_column or changed_type.
    """
    if columns is None:
        return _broken(
            "absent",
            where,
            _("来源中没有表“%(name)s”") % {"name": where},
            _("表可能已删除或改名：请来源部门恢复该表后重新扫描，系统将自动恢复；或解除挂载，另选数据表。"),
        )
    for column, kind in items:
        place = f"{where}.{column}"
        if column not in columns:
            return _broken(
                "renamed_column",
                place,
                _("来源表中没有字段“%(name)s”") % {"name": column},
                _("字段可能已改名或删除：请来源部门恢复该字段后重新扫描，系统将自动恢复；或修订目录后重新挂载。"),
            )
        if columns[column] != kind:
            return _broken(
                "changed_type",
                place,
                _("字段“%(name)s”的类型由 %(before)s 变为 %(after)s")
                % {"name": column, "before": kind, "after": columns[column]},
                _("请来源部门恢复原类型后重新扫描，系统将自动恢复；或修订目录，按新类型重新发布。"),
            )
    return None


def _broken(code: str, where: str, message: str, mend: object) -> dict[str, str]:
    return {"code": f"mount.{code}", "where": where, "message": str(message), "mend": str(mend), "article": ""}


def require_unused(mount: UUID) -> None:
    """Refuse to remove a mount on which grants live, or of which nobody can tell."""
    if not MOUNT_USES or any(count(mount) for count in MOUNT_USES):
        raise Conflict(_("该挂载仍有有效的共享授权，不能解除"), where="mount", mend=_("请先办结有关授权。"))
