"""The ledger from below: the tables of a source, the columns of a table, and one column with all that hangs on it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.entries.wording import mask_text
from jiangyuan.exchange.sharing import purposes
from jiangyuan.kernel.actor import Actor
from jiangyuan.organization.models import Jurisdiction
from jiangyuan.portal.ledger import queries
from jiangyuan.resources.quality.wording import sentence
from jiangyuan.sources.models import ScannedColumn, ScannedTable, Source
from jiangyuan.ui import listing, lists, pages, parts, states, steps
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor

LEDGER = parts.Link(title=gettext_lazy("总账本"), url="/ledger/")


def _above(division: Jurisdiction) -> list[Jurisdiction]:
    found = [division]
    while found[0].parent_id and len(found) < 5:
        found.insert(0, found[0].parent)
    return found


def crumbs(division: Jurisdiction) -> tuple[parts.Link, ...]:
    """Give the way down to a division."""
    line = [one for one in _above(division) if one.level != "province"]
    return (LEDGER, *(parts.Link(title=one.name, url=f"/ledger/{one.code}/") for one in line))


def full_name(table: ScannedTable) -> str:
    """Give a table's name with its schema."""
    return f"{table.schema}.{table.name}".lstrip(".")


def link(table: ScannedTable) -> parts.Link:
    """Give the link to a table's page in the ledger."""
    return parts.Link(title=full_name(table), url=f"/ledger/table/{table.pk}/")


def _way(source: Source) -> tuple[parts.Link, ...]:
    body = source.body
    above = crumbs(body.jurisdiction)
    return (*above, parts.Link(title=str(body), url=f"/ledger/body/{body.alias}/"))


def source_page(request: HttpRequest, alias: str) -> HttpResponse:
    """List the tables of a source."""
    actor = require_actor(request)
    rows = Source.visible_to(actor).filter(alias=alias).select_related("body__jurisdiction__parent")
    source = find(rows, rows.values_list("pk", flat=True).first() or alias)
    filters = listing.Filters(text=listing.words_of(request), words=_("表名或说明"))
    table = listing.table_of(
        request,
        queries.tables(actor, filters.text).filter(source=source),
        caption=_("数据表"),
        columns=(
            parts.Column(title=_("表名"), order="name"),
            parts.Column(title=_("说明")),
            parts.Column(title=_("字段"), numeric=True, unit=_("个")),
            parts.Column(title=_("约有数据"), numeric=True, unit=_("行"), order="row_estimate"),
            parts.Column(title=_("目录")),
            parts.Column(title=_("挂载状态")),
        ),
        row=lambda one: (
            link(one),
            one.comment,
            one.column_count,
            one.row_estimate,
            parts.Link(title=one.mount.entry.known_name, url=f"/catalog/{one.mount.entry_id}/")
            if one.mount
            else _("未编目"),
            states.state_badge(one.mount) if one.mount else "",
        ),
        order=("name", "-row_estimate"),
        filters=filters,
        prepare=queries.with_counts,
        empty=parts.Empty(title=_("还没有扫描到数据表"), why=_("数据源连通并扫描后，表和字段出现在这里。")),
    )
    header = parts.Header(
        title=source.name,
        badge=states.state_badge(source),
        crumbs=(*_way(source), parts.Link(title=source.name, current=True)),
        further=(parts.Button(title=_("数据源详情"), url=f"/sources/{source.pk}/", kind="plain"),),
    )
    return lists.list_page(request, header=header, filters=filters, table=table)


def _draft(table: ScannedTable, actor: Actor) -> parts.Button | None:
    """Give the way to an entry of the table, to those of its own department who draft entries."""
    body = table.source.body_id
    if body != actor.body or not steps.may_begin("catalog.entry.draft", actor, body=str(body)):
        return None
    return parts.Button(title=_("编制目录"), url=f"/catalog/new/?table={table.pk}")


def table_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """List the columns of a table."""
    actor = require_actor(request)
    rows = ScannedTable.visible_to(actor).select_related("source__body__jurisdiction__parent")
    table = find(rows, pk)
    filters = listing.Filters(text=listing.words_of(request), words=_("字段名或说明"))
    shown = listing.table_of(
        request,
        queries.columns(actor, filters.text).filter(table=table),
        caption=_("字段"),
        columns=(
            parts.Column(title=_("字段"), order="name"),
            parts.Column(title=_("说明")),
            parts.Column(title=_("类型")),
            parts.Column(title=_("可为空")),
            parts.Column(title=_("主键")),
        ),
        row=lambda one: (
            parts.Link(title=one.name, url=f"/ledger/column/{one.pk}/"),
            one.comment,
            parts.Code(text=one.type),
            one.nullable,
            parts.Badge(label=_("主键"), tone="plain") if one.name in table.key else "",
        ),
        order=("position", "name"),
        filters=filters,
        empty=parts.Empty(title=_("没有字段"), why=_("上次扫描没有看到这张表的字段。")),
    )
    header = parts.Header(
        title=table.comment or table.name,
        code=parts.Code(text=full_name(table)),
        crumbs=(*_way(table.source), _source_link(table.source), parts.Link(title=str(table), current=True)),
        action=_draft(table, actor),
    )
    return lists.list_page(request, header=header, filters=filters, table=shown)


def _source_link(source: Source) -> parts.Link:
    return parts.Link(title=source.name, url=f"/ledger/source/{source.alias}/")


def column_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one column: what it is, what it became in the catalogue, who has it, how good it is, its trace."""
    actor = require_actor(request)
    rows = ScannedColumn.visible_to(actor).select_related("table__source__body__jurisdiction__parent")
    column = find(rows, pk)
    table, items = column.table, queries.items_of(actor, column)
    header = parts.Header(
        title=column.comment or column.name,
        code=parts.Code(text=f"{full_name(table)}.{column.name}"),
        crumbs=(
            *_way(table.source),
            _source_link(table.source),
            parts.Link(title=str(table), url=f"/ledger/table/{table.pk}/"),
            parts.Link(title=column.name, current=True),
        ),
    )
    sections: list[Any] = [_about(column), _items(items), _grants(actor, column), _checks(actor, column)]
    if items:
        sections.append(trace_part(items[0].entry, limit=10, actor=actor))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _about(column: ScannedColumn) -> parts.Definitions:
    rows = (
        (_("说明"), column.comment),
        (_("类型"), parts.Code(text=column.type)),
        (_("可为空"), column.nullable),
        (_("主键"), column.name in column.table.key),
        (_("所在的表"), link(column.table)),
        (_("数据源"), _source_link(column.table.source)),
        (_("提供方"), column.table.source.body.name),
    )
    return parts.Definitions(rows=tuple(parts.Definition(term=term, value=value) for term, value in rows))


def _items(items: list[queries.Item]) -> parts.Table:
    titles = (_("信息项"), _("目录"), _("级别"), _("数据元"), _("个人信息"), _("直接提供"), _("缺省脱敏"))
    return parts.Table(
        caption=_("在目录中"),
        show_caption=True,
        columns=tuple(parts.Column(title=title, numeric=place == 2) for place, title in enumerate(titles)),
        rows=[
            (
                item.name,
                parts.Link(title=item.entry.known_name, url=f"/catalog/{item.entry.pk}/?tab=items"),
                item.grade,
                str(item.element or ""),
                item.personal,
                item.shareable,
                mask_text(item.mask),
            )
            for item in items
        ],
        empty=parts.Empty(title=_("没有编入目录"), why=_("这张表没有编目，或这个字段不在您能查看的目录里。")),
    )


def _grants(actor: Actor, column: ScannedColumn) -> parts.Table:
    found = queries.grants_on(actor, column)
    titles = (_("使用方"), _("应用系统"), _("用途"), _("方式"), _("有效期至"), _("状态"))
    forms = {"match": _("核验"), "query": _("查询"), "table": _("库表")}
    return parts.Table(
        caption=_("给了谁"),
        show_caption=True,
        columns=tuple(parts.Column(title=title) for title in titles),
        rows=[
            (
                parts.Link(title=str(grant.consumer), url=f"/exchange/grants/{grant.pk}/"),
                str(grant.system),
                purposes.drawn(grant.purpose),
                [forms.get(form, form) for form in grant.forms],
                grant.until,
                states.state_badge(grant),
            )
            for grant in found
        ],
        empty=parts.Empty(
            title=_("没有有效的授权"), why=_("没有应用系统获准使用这个字段，或这些授权不在您的查看范围内。")
        ),
    )


def _checks(actor: Actor, column: ScannedColumn) -> parts.Table:
    run, results = queries.checks_on(actor, column)
    caption = _("质量")
    if run is not None:
        caption = _("质量：全表 %(score)s 分") % {"score": run.score if run.score is not None else "—"}
    return parts.Table(
        caption=caption,
        show_caption=True,
        columns=(
            parts.Column(title=_("规则")),
            parts.Column(title=_("检查"), numeric=True, unit=_("行")),
            parts.Column(title=_("不合格"), numeric=True, unit=_("行")),
            parts.Column(title=_("结果")),
        ),
        rows=[
            (
                sentence(result.rule.definition, {column.name: column.comment or column.name}),
                result.checked,
                result.failed,
                parts.Badge(label=_("有问题"), tone="warn")
                if result.failed
                else parts.Badge(label=_("合格"), tone="good"),
            )
            for result in results
        ],
        empty=parts.Empty(title=_("没有检查过这个字段"), why=_("挂载并检查后，这里列出每条规则的结果。")),
    )
