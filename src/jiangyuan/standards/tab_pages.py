"""What the standards say of a scanned table: which data element each column is, its grade and why."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from jiangyuan.data.column_types import words
from jiangyuan.kernel.actor import Actor
from jiangyuan.standards import queries
from jiangyuan.ui import parts


def proposals_part(table: Any, actor: Actor) -> tuple[parts.Part, ...]:
    """Draw the columns of a scanned table with the element that is proposed for each."""
    columns = [column for column in table.columns.all() if column.gone_at is None]
    proposed = queries.proposals(actor=actor, columns=[(c.name, c.comment) for c in columns])

    def line(column: Any, element: Any) -> tuple[Any, ...]:
        found = parts.Link(title=element.name, url=f"/standards/elements/{element.pk}/") if element else ""
        why = _("按字段说明和名称识别") if element else _("没有识别出来，编制时由人填写")
        grade = _("%(grade)s 级") % {"grade": element.grade} if element else ""
        return (
            parts.Code(text=column.name),
            column.comment,
            words(column.type),
            column.nullable,
            found,
            grade,
            element.personal if element else "",
            why,
        )

    return (
        parts.Table(
            caption=_("字段和建议"),
            show_caption=True,
            columns=(
                parts.Column(title=_("字段")),
                parts.Column(title=_("说明")),
                parts.Column(title=_("类型")),
                parts.Column(title=_("可为空")),
                parts.Column(title=_("建议的数据元")),
                parts.Column(title=_("建议级别")),
                parts.Column(title=_("个人信息")),
                parts.Column(title=_("为什么")),
            ),
            rows=[line(column, element) for column, element in zip(columns, proposed, strict=True)],
            empty=parts.Empty(title=_("没有字段"), why=_("请重新扫描结构。")),
        ),
    )
