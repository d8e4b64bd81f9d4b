"""Pure decisions of the sources room, and the question it asks upwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.errors import Conflict, Refused

USES: list[Callable[[UUID], int]] = []
"""Asked before a source is retired: how many things above still use it. Rooms above register; nobody there: refuse."""

_NEEDED = {
    "postgres": ("host", "database", "username"),
    "sqlite": ("path",),
    "folder": ("path",),
}
_LABELS = {
    "host": _("主机地址"),
    "database": _("数据库名"),
    "username": _("用户名"),
    "path": _("路径"),
}


def require_fields(kind: str, **fields: str) -> None:
    """Refuse a source whose fields do not fit its kind, naming the first that is missing."""
    for name in _NEEDED[kind]:
        if not fields.get(name):
            raise Refused(_("缺少%(field)s") % {"field": _LABELS[name]}, where=name, mend=_("请补充后重新提交。"))


def require_own_place(path: str, others: Iterable[str]) -> None:
    """Refuse a path under the file root that is another department's, lies in it or holds it; the root holds them all.

    One root serves every department, and a file asks nobody for a password. `others`: the paths of other departments.
    """
    steps = _steps(path)
    taken = (_steps(other) for other in others)
    if not steps or any(steps[: len(other)] == other[: len(steps)] for other in taken):
        raise Refused(
            _("该路径不在本单位的文件夹内"),
            code="source.place",
            where="path",
            mend=_("请填写本单位文件夹内的路径，如有疑问请联系运维人员。"),
        )


def _steps(path: str) -> tuple[str, ...]:
    return tuple(step for step in PurePosixPath(path.replace("\\", "/")).parts if step != ".")


def require_scannable(state: str) -> None:
    """Refuse to scan a source that does not answer or is retired."""
    if state != "connected":
        raise Conflict(_("数据源尚未连接正常，暂不能扫描"), where="state", mend=_("请先测试连接，按提示处理后再扫描。"))


def require_in_use(state: str) -> None:
    """Refuse to work on a source that was retired: it is registered anew when it is needed again."""
    if state == "retired":
        raise Conflict(_("数据源已停用"), where="state", mend=_("如需再次使用，请重新登记。"))


def require_unreported(finished: bool) -> None:
    """Refuse a second report of one scan: a job that ran twice must not write its inventory twice."""
    if finished:
        raise Conflict(_("这次扫描已有结果"), code="reported", where="scan")


def require_unused(source: UUID) -> None:
    """Refuse to retire a source that is in use, or whose use nobody can tell."""
    if not USES or any(count(source) for count in USES):
        raise Conflict(_("仍有目录挂载使用该数据源，不能停用"), where="source", mend=_("请先解除挂载，再停用数据源。"))
