"""One registered thing: its facts, what it lies within and what lies within it, down to the table and columns found."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from jiangyuan.catalog.census import queries
from jiangyuan.catalog.census.kinds import KINDS, spoken
from jiangyuan.catalog.census.models import Asset
from jiangyuan.catalog.census.report_pages import CENSUS, may_write
from jiangyuan.kernel.actor import Actor
from jiangyuan.sources.models import ScannedColumn, ScannedTable
from jiangyuan.ui import listing, lists, pages, parts, shares, steps
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor


def asset_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one thing of a report, or of the general ledger."""
    actor = require_actor(request)
    asset = find(queries.assets(actor=actor).select_related("report__campaign", "report__body"), pk)
    kind = KINDS[asset.kind]
    above = (
        Asset.objects.filter(report=asset.report_id, kind=kind.within, code=asset.parent).first()
        if kind.within
        else None
    )
    up = (parts.Link(title=above.name, url=f"/census/things/{above.pk}/"),) if above else ()
    table = queries.scanned_of(asset)
    header = parts.Header(
        title=asset.name,
        badge=parts.Badge(label=_("在总账本中"), tone="good") if asset.current else None,
        code=parts.Code(text=asset.code),
        lead=kind.title,
        crumbs=(
            CENSUS,
            parts.Link(title=str(asset.body), url=f"/census/reports/{asset.report_id}/?tab=items"),
            *up,
            parts.Link(title=asset.name, current=True),
        ),
        **_buttons(asset, table, actor),
    )
    about = _about(asset)
    if table is not None:
        seen = ScannedTable.visible_to(actor).filter(pk=table.pk).exists()
        return pages.page(
            request, "ui/detail.html", header=header, sections=(about, *(_columns(table) if seen else ()))
        )
    below = [one.code for one in KINDS.values() if one.within == asset.kind]
    if not below:
        return pages.page(request, "ui/detail.html", header=header, sections=(about,))
    return _within(request, asset, header, about)


def _buttons(asset: Asset, table: ScannedTable | None, actor: Actor) -> dict[str, Any]:
    """Give the way to an entry of a table that a scan knows, and to mending what was registered."""
    further: tuple[parts.Button, ...] = ()
    if may_write(asset.report, actor):
        url = f"/census/reports/{asset.report_id}/record/{asset.kind}/?thing={asset.pk}"
        further = (parts.Button(title=_("修改"), url=url, kind="plain"),)
    drafts = table is not None and steps.may_begin("catalog.entry.draft", actor, body=str(asset.body_id))
    if table is None or not drafts or asset.body_id != actor.body:
        return {"further": further}
    return {"action": parts.Button(title=_("编制目录"), url=f"/catalog/new/?table={table.pk}"), "further": further}


def _about(asset: Asset) -> parts.Definitions:
    kind = KINDS[asset.kind]
    rows = [parts.Definition(term=_("部门"), value=asset.body.name)]
    for one in kind.facts:
        value = spoken(kind, asset.facts, one.name)
        if value not in (None, ""):
            shown = _("%(value)s %(unit)s") % {"value": value, "unit": one.unit} if one.unit else value
            rows.append(parts.Definition(term=one.label, value=shown))
    return parts.Definitions(rows=tuple(rows))


def _within(request: HttpRequest, asset: Asset, header: parts.Header, about: parts.Definitions) -> HttpResponse:
    kinds = [(one.code, one.title) for one in KINDS.values() if one.within == asset.kind]
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("代码或名称"),
        facets=(listing.facet(request, "kind", _("类别"), kinds),),
    )
    rows = filters.narrow(queries.within(asset))
    for word in filters.text.split()[:8]:
        rows = rows.filter(name__icontains=word)
    table = listing.table_of(
        request,
        rows,
        caption=_("“%(name)s”下的资源") % {"name": asset.name},
        show_caption=True,
        columns=(
            parts.Column(title=_("名称"), order="name"),
            parts.Column(title=_("代码"), order="code"),
            parts.Column(title=_("类别"), order="kind"),
        ),
        row=lambda one: (
            parts.Link(title=one.name or one.code, url=f"/census/things/{one.pk}/"),
            parts.Code(text=one.code),
            KINDS[one.kind].title,
        ),
        order=("code", "name", "kind"),
        filters=filters,
        empty=parts.Empty(title=_("下面没有登记资源"), why=_("登记数据库、数据表等时写明所属，就会出现在这里。")),
    )
    return lists.list_page(request, header=header, filters=filters, table=table, above=(about,))


def _columns(table: ScannedTable) -> tuple[parts.Part, ...]:
    found = ScannedColumn.objects.filter(table=table, gone_at__isnull=True).order_by("position")[:2000]
    link = parts.Link(title=_("扫描到的表"), url=f"/ledger/table/{table.pk}/")
    facts = parts.Definitions(
        title=_("扫描结果"),
        rows=(
            parts.Definition(term=_("数据表"), value=link),
            parts.Definition(term=_("主键"), value=list(table.key) or _("没有主键")),
            parts.Definition(term=_("行数（约）"), value=table.row_estimate),
            parts.Definition(term=_("占用空间"), value=_size(table.bytes)),
        ),
    )
    columns = parts.Table(
        caption=_("字段"),
        show_caption=True,
        columns=(
            parts.Column(title=_("字段")),
            parts.Column(title=_("说明")),
            parts.Column(title=_("类型")),
            parts.Column(title=_("可为空")),
            parts.Column(title=_("有值的行"), numeric=True, unit="%"),
            parts.Column(title=_("不同的值（约）"), numeric=True, unit=_("个")),
        ),
        rows=[
            (
                parts.Link(title=one.name, url=f"/ledger/column/{one.pk}/"),
                one.comment,
                parts.Code(text=one.type),
                one.nullable,
                shares.figure(one.profile["filled"] * 100) if "filled" in one.profile else "",
                one.profile.get("distinct", ""),
            )
            for one in found
        ],
        empty=parts.Empty(title=_("没有字段"), why=_("上次扫描没有看到这张表的字段。")),
    )
    return facts, columns


def _size(size: int | None) -> str:
    if size is None:
        return ""
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size = size // 1024
    return f"{size:.0f} TB"
