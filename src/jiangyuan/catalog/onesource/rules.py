"""Pure decisions of one number, one source: who collects an element besides its source, and what settles it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from jiangyuan.kernel.errors import Conflict, Refused

ART19 = gettext_noop("《政务数据共享条例》第十九条")
LEAST = 10

Shared = Callable[[UUID, UUID, UUID], bool]
SHARED: list[Shared] = []
"""Asked whether a body (first) holds a live grant on an item of an element (third) from the source's body (second).

`exchange.sharing` registers; with nobody registered nothing is held.
"""


@dataclass(frozen=True, slots=True)
class Collected:
    """One item of a published entry: whose entry it is, which element it follows, and whether it identifies the row."""

    body: UUID
    entry: UUID
    element: UUID
    identifies: bool


def repeated(items: Iterable[Collected], *, element: UUID, source: UUID) -> set[UUID]:
    """Give the entries in which somebody else collects an element that has a source.

    An item that identifies the row (its key, a citizen id, a credit code) is how records are joined, not a collection
    of what the source keeps: it is never a repetition.
    """
    return {item.entry for item in items if item.element == element and item.body != source and not item.identifies}


def require_answer(*, way: str, reason: str, basis: str, by: date | None, today: date) -> None:
    """Refuse an answer that does not say enough: an exception its legal basis, a mending its day."""
    if len(reason.strip()) < LEAST:
        raise Refused(
            _("请把情况写具体，至少 %(n)s 个字") % {"n": LEAST},
            where="reason",
            mend=_("写明为什么采集、打算怎样处理。"),
        )
    if way == "exception" and not basis.strip():
        raise Refused(
            _("保留采集须有法律、行政法规依据"),
            where="basis",
            article=ART19,
            mend=_("请填写依据的名称和条款，或改为共享获取。"),
        )
    if way != "exception" and by is None:
        raise Refused(_("请填写整改完成日期"), where="by", mend=_("填写停止采集或完成合并的日期。"))
    if by is not None and by < today:
        raise Refused(_("整改完成日期已经过去"), where="by", mend=_("请填写今天或以后的日期。"))


def require_mended(*, way: str, still: bool, collector: UUID, source: UUID, element: UUID) -> None:
    """Refuse to call a repetition settled while the published entry still collects, and nothing is shared instead."""
    if not still:
        return
    if way == "share" and any(held(collector, source, element) for held in SHARED):
        return
    mend = (
        _("请先向数源部门申请共享并取得授权，或从目录中去掉这一项后重新发布。")
        if way == "share"
        else _("请把信息项并入数源部门的目录，从本目录中去掉后重新发布。")
    )
    raise Conflict(_("已发布的目录仍在采集这一数据元，也没有取得共享授权"), where="entry", article=ART19, mend=mend)
