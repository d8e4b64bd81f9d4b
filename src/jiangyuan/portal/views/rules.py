"""Pure decisions of views: what an address may hold that is kept."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from jiangyuan.kernel.errors import Refused

MOST = 30
"""Views that one person may have of one list."""
LONGEST = 2000
_PASSING = frozenset({"cursor", "view", "density"})


class BadView(Refused):
    """What was to be kept is no state of a list."""

    default_code = "views.bad_view"


def require_list(path: str) -> str:
    """Give the path of a list of this platform. Raises `BadView` for an address that leads elsewhere."""
    plain = path.startswith("/") and not path.startswith("//") and path.isascii() and path.isprintable()
    if not plain or any(mark in path for mark in "?#\\%: "):
        raise BadView(_("这不是一个列表的地址"), where="page", mend=_("请在列表页面上保存视图。"))
    return path


def canonical(query: str) -> str:
    """Give the state that a query describes, without the page that happened to be shown. Raises `BadView`."""
    try:
        pairs = parse_qsl(query.removeprefix("?"), max_num_fields=100)
    except ValueError as error:
        raise _too_much() from error
    kept = urlencode([(name, value) for name, value in pairs if name not in _PASSING and "\0" not in name + value])
    if len(kept) > LONGEST:
        raise _too_much()
    if not kept:
        raise BadView(
            _("列表没有任何条件，不需要存为视图"), where="query", mend=_("先选条件、排序或每页条数，再存为视图。")
        )
    return kept


def _too_much() -> BadView:
    return BadView(_("条件太多，不能存为视图"), where="query", mend=_("请去掉一些条件后再保存。"))


def require_room(kept: int) -> None:
    """Refuse one view more than a list may have."""
    if kept >= MOST:
        raise BadView(
            ngettext("这个列表的视图已有 %(n)s 个", "这个列表的视图已有 %(n)s 个", MOST) % {"n": MOST},
            where="name",
            mend=_("请先移除不再用的视图。"),
        )
