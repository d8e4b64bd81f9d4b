"""What grading says on the page of an entry: each proposal with its reasons, and the approval path that its grade asks for."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from jiangyuan.catalog.entries.queries import sees_revision
from jiangyuan.catalog.grading import approval, queries
from jiangyuan.catalog.grading.wording import MEANINGS, reason_text
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.texts import listed
from jiangyuan.ui import parts, shares, steps

FORMS = (("match", 0), ("query", 0), ("query", 1_000_000), ("table", 0), ("table", 10_000_000))


def grading_tab(entry: Any, actor: Actor) -> tuple[parts.Part, ...]:
    """Draw the proposals for an entry, for its body and the authority; the approval path for everybody."""
    found: list[parts.Part] = []
    if sees_revision(entry, actor):
        found.append(proposals_part(entry, actor))
    return (*found, path_part(entry.grade if sees_revision(entry, actor) else entry.known_grade))


def proposals_part(entry: Any, actor: Actor) -> parts.Table:
    """Show the proposals for the items of an entry."""
    rows = list(queries.proposals(actor=actor).filter(entry=entry).order_by("item__position")[:500])
    may = steps.may_begin("catalog.grading.ask", actor, **entry.policy_attributes())
    ask = parts.Button(title=_("提出分级建议"), url=f"/grading/entries/{entry.pk}/ask/", method="post", icon="wand")
    return parts.Table(
        caption=_("分级建议"),
        show_caption=True,
        columns=(
            parts.Column(title=_("信息项")),
            parts.Column(title=_("现定级别"), numeric=True),
            parts.Column(title=_("建议级别"), numeric=True),
            parts.Column(title=_("是什么")),
            parts.Column(title=_("把握"), numeric=True),
            parts.Column(title=_("理由")),
            parts.Column(title=_("处理")),
        ),
        rows=[line(one) for one in rows],
        empty=parts.Empty(
            title=_("还没有分级建议"),
            why=_("平台按名称、说明、数据元和字段统计提出，由人确认。"),
            action=ask if may else None,
        ),
    )


def line(one: Any) -> tuple[Any, ...]:
    """Draw one proposal."""
    decided = {"confirmed": _("已按建议定级"), "changed": _("已另定为 %(grade)s 级") % {"grade": one.decided_grade}}
    url = f"/grading/{one.pk}/"
    state: Any = parts.Link(title=_("处理"), url=url)
    if one.decided:
        state = parts.Badge(label=decided[one.decided], tone="good")
    return (
        parts.Link(title=one.item.name, url=url),
        one.item.grade,
        one.grade,
        MEANINGS.get(one.meaning, one.item.element.name if one.item.element else ""),
        shares.percent(one.confidence * 100),
        _("；").join(reason_text(reason) for reason in one.reasons),
        state,
    )


def path_part(grade: int) -> parts.Table:
    """Show who has to sign at a grade, for each form of use and number of rows."""
    named = {"match": _("核验"), "query": _("查询"), "table": _("批量（库表、文件）")}
    return parts.Table(
        caption=_("%(grade)s 级数据的审批路径") % {"grade": grade},
        show_caption=True,
        columns=(parts.Column(title=_("使用方式")), parts.Column(title=_("数据量")), parts.Column(title=_("依次审批"))),
        rows=[
            (
                named[form],
                _("%(n)s 行以上") % {"n": f"{rows:,}"} if rows else _("不限"),
                listed(approval.SIGNATORIES[who] for who in approval.path(grade=grade, forms={form}, rows=rows)),
            )
            for form, rows in FORMS
        ],
        empty=parts.Empty(title=_("没有规定"), why=""),
    )
