"""The tables in which entries and their items are shown, on every page alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from jiangyuan.catalog.entries.models import DataItem
from jiangyuan.catalog.entries.wording import mask_text, type_text
from jiangyuan.data.column_types import words
from jiangyuan.ui import listing, parts, states


def entry_table(
    request: HttpRequest,
    rows: Any,
    *,
    filters: listing.Filters | None,
    empty: parts.Empty,
    review: bool = False,
    acts: Iterable[str] = (),
) -> listing.Listing:
    """Make the table of entries that `queries` gave; `review`: the names lead to the review page; `acts`: what several may be acted on by."""
    tail = "review/" if review else ""
    return listing.table_of(
        request,
        rows,
        caption=_("目录"),
        columns=(
            parts.Column(title=_("名称"), order="name"),
            parts.Column(title=_("代码"), order="code"),
            parts.Column(title=_("部门")),
            parts.Column(title=_("共享类型"), order="share_type"),
            parts.Column(title=_("级别"), numeric=True, order="grade"),
            parts.Column(title=_("更新周期")),
            parts.Column(title=_("状态")),
        ),
        row=lambda entry: (
            parts.Link(title=entry.known_name, url=f"/catalog/{entry.pk}/{tail}"),
            parts.Code(text=entry.code) if entry.code else _("发布后编码"),
            str(entry.body),
            entry.get_known_share_type_display(),
            entry.known_grade,
            entry.get_known_update_cycle_display(),
            states.badge_of(entry, entry.told_state),
        ),
        order=("-updated_at", "name", "code", "share_type", "grade"),
        filters=filters,
        empty=empty,
        acts=acts,
    )


def _typed(item: DataItem) -> Any:
    """Say the type in the guide's words, else as the source has it."""
    told = {"data_type": item.data_type, "length": item.length, "scale": item.scale}
    return type_text(told) or words(item.type)


def item_table(items: list[DataItem]) -> parts.Table:
    """Show data items as readers see them."""
    return parts.Table(
        caption=_("信息项"),
        show_caption=True,
        columns=(
            parts.Column(title=_("名称")),
            parts.Column(title=_("字段")),
            parts.Column(title=_("类型")),
            parts.Column(title=pgettext("column", "必填")),
            parts.Column(title=_("级别"), numeric=True),
            parts.Column(title=_("个人信息")),
            parts.Column(title=_("直接提供")),
            parts.Column(title=_("缺省脱敏")),
        ),
        rows=[
            (
                item.name,
                parts.Code(text=item.column),
                _typed(item),
                _("主键") if item.key else not item.nullable,
                item.grade,
                _("敏感个人信息") if item.sensitive else item.personal,
                item.shareable,
                mask_text(item.mask),
            )
            for item in items
        ],
        empty=parts.Empty(title=_("还没有信息项"), why=_("目录至少要有一个信息项（条例第十三条）。")),
    )
