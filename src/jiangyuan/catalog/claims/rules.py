"""Pure decisions of claiming: what may be issued, what is local, what of a later version concerns a claimant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.entries.queries import CYCLE_ORDER, differences
from jiangyuan.kernel.errors import Conflict, Refused

Content = Mapping[str, Any]


def require_line(bodies: int, name: str) -> None:
    """Refuse to issue entries of a body that has nobody of its line below."""
    if not bodies:
        raise Refused(
            _("“%(name)s”没有下级同条线部门") % {"name": name},
            where="entries",
            mend=_("请系统管理员先在部门登记中确定下级部门的条线上级。"),
        )


def require_original(claimed: bool, name: str) -> None:
    """Refuse to issue an entry that was claimed itself: what is pinned is claimed from where it stands."""
    if claimed:
        raise Conflict(
            _("“%(name)s”是申领来的目录") % {"name": name},
            where="entries",
            mend=_("请下发它的上级目录，下级部门直接申领。"),
        )


def require_new(fresh: int) -> None:
    """Refuse a list on which everybody of the line has been asked already."""
    if not fresh:
        raise Conflict(_("这些目录已下发给全部下级同条线部门"), where="entries", mend=_("请在申领清单中查看答复进度。"))


def require_cycle(cycle: str, upper: str) -> None:
    """Refuse an update cycle slower than the upper entry's."""
    if CYCLE_ORDER.index(cycle) > CYCLE_ORDER.index(upper):
        raise Conflict(
            _("更新周期不能慢于上级目录"), where="update_cycle", mend=_("请选择与上级相同或更快的更新周期。")
        )


def locked_part(content: Content, local: tuple[str, ...]) -> dict[str, Any]:
    """Give what of a version is locked for those who claim it."""
    return {name: value for name, value in content.items() if name not in local}


def locked_differences(before: Content, after: Content, local: tuple[str, ...]) -> list[dict[str, Any]]:
    """List in what two upper versions differ for a claimant: locked fields and items alone."""
    return differences(locked_part(before, local), locked_part(after, local))
