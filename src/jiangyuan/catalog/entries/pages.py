"""Pages of the catalogue: search, drafting, editing and the acts on an entry; the entry itself and review stand beside."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.entries import (
    class_pages,
    edit_pages,
    entry_pages,
    item_pages,
    proposals,
    queries,
    relation_pages,
    review_pages,
    score_pages,
    tables,
)
from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.entries.states import DRAFTERS, ENTRY
from jiangyuan.kernel.actor import Actor
from jiangyuan.organization.queries import bodies
from jiangyuan.sources.models import ScannedTable
from jiangyuan.ui import listing, lists, pages, parts, steps
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

CATALOG = parts.Link(title=gettext_lazy("数据目录"), url="/catalog/")
ACTS = (
    "catalog.entry.assess",
    "catalog.entry.submit",
    "catalog.entry.revise",
    "catalog.entry.reclassify",
    "catalog.entry.withdraw",
)


def _filters(request: HttpRequest, actor: Actor) -> listing.Filters:
    """Read by what the list is narrowed."""
    grades = [(g, _("%(n)s 级") % {"n": g}) for g in range(1, 5)]
    return listing.Filters(
        text=listing.words_of(request),
        words=_("名称、摘要或代码"),
        facets=(
            listing.facet(
                request,
                "body",
                _("部门"),
                [(b.alias, str(b)) for b in bodies(actor=actor)[:500]],
                many=True,
                field="body__alias",
            ),
            listing.facet(request, "share_type", _("共享类型"), Entry.SHARE, many=True, field="known_share_type"),
            listing.facet(request, "grade", _("级别"), grades, many=True, field="known_grade"),
            class_pages.class_facet(request, actor),
            listing.facet(request, "format", _("格式"), Entry.FORMATS, many=True, field="known_format"),
            listing.facet(request, "nature", _("事项属性"), Entry.NATURES, field="known_nature"),
            listing.facet(request, "state", _("状态"), ENTRY.states.items(), many=True, field="told_state"),
        ),
    )


def entries_page(request: HttpRequest) -> HttpResponse:
    """Search the catalogue."""
    actor = require_actor(request)
    filters = _filters(request, actor)
    rows = filters.narrow(queries.entries(actor=actor, text=filters.text), without=("class",))
    under = next((facet.value for facet in filters.facets if facet.name == "class"), "")
    if under:
        rows = rows.filter(known_classification__startswith=under)
    may = steps.may_begin("catalog.entry.draft", actor, body=str(actor.body or ""))
    action = parts.Button(title=_("编制目录"), url="/catalog/new/", icon="plus") if may else None
    table = tables.entry_table(
        request,
        rows,
        filters=filters,
        acts=("catalog.entry.submit",) if actor.capacity in DRAFTERS else (),
        empty=parts.Empty(
            title=_("目录还是空的"),
            why=_("部门编制并经审核发布的目录会出现在这里。"),
            todo=_("可由已扫描的数据表编制。") if may else "",
            action=action,
        ),
    )
    lead = _("全省政务数据目录，编制中的只有本部门和主管部门可见。")
    header = parts.Header(title=_("数据目录"), lead=lead, action=action, further=_in_and_out(request))
    return lists.list_page(request, header=header, filters=filters, table=table)


def _in_and_out(request: HttpRequest) -> tuple[parts.Button, ...]:
    """Give the ways to import files, and to export what the list shows with its data items."""
    kept = request.GET.copy()
    kept.pop("cursor", None)
    kept["format"] = "xlsx"
    url = f"/catalog/export/?{kept.urlencode()}"
    export = parts.Button(title=_("导出目录和信息项"), url=url, method="post", kind="plain")
    return parts.Button(title=_("导入目录"), url="/catalog/import/", kind="plain"), export


def new_entry_page(request: HttpRequest) -> HttpResponse:
    """Draft an entry from a scanned table of one's own body."""
    actor = require_actor(request)
    tables = ScannedTable.visible_to(actor).filter(source__body_id=actor.body, gone_at__isnull=True)
    asked = request.GET.get("table", "")
    chosen = find(tables.select_related("source"), asked) if asked else None
    if chosen is None and not tables.exists():
        return _nothing_to_draft_from(request)
    names = [
        (t.pk, _("%(title)s（%(name)s）") % {"title": t.comment or t.name, "name": t.name})
        for t in tables.order_by("name")[:500]
    ]
    initial = _proposed(chosen) if chosen else {}
    return steps.begin_page(
        request,
        "catalog.entry.draft",
        crumbs=(CATALOG,),
        back=CATALOG.url,
        about={"body": str(actor.body or "")},
        fixed={"table": chosen.pk} if chosen else None,
        choices={"table": names, "classification": class_pages.choices(actor)},
        initial=initial,
        lead=format_html(
            '{} <a href="/catalog/compose/">{}</a>',
            _("平台按字段提出信息项、数据元、分类、级别和脱敏方式，请逐项核对后提交。"),
            _("没有来源表的资源，手工编制"),
        ),
        done=lambda made: f"/catalog/{made.pk}/items/",
        next_step=_("请核对信息项。"),
    )


def compose_page(request: HttpRequest) -> HttpResponse:
    """Draft an entry by hand, for what no registered source holds."""
    actor = require_actor(request)
    return steps.begin_page(
        request,
        "catalog.entry.compose",
        crumbs=(CATALOG,),
        back=CATALOG.url,
        about={"body": str(actor.body or "")},
        fixed={"body": actor.body, "items": None},
        choices={"classification": class_pages.choices(actor)},
        lead=_("用于文件、图像、已有接口等没有登记来源表的资源；有来源表的请由数据表编制，信息项自动提出。"),
        done=lambda made: f"/catalog/{made.pk}/items/",
        next_step=_("请补充信息项。"),
    )


def _proposed(table: ScannedTable) -> dict[str, Any]:
    """Give what the form begins with: name, class and manner of sharing as the table suggests them."""
    code = proposals.proposed_class(table.comment, table.name)
    folder = table.source.kind == "folder"
    return {
        "name": table.comment or table.name,
        "share_methods": ["file"] if folder else ["service", "batch"],
        **({"classification": code} if code else {}),
    }


def _nothing_to_draft_from(request: HttpRequest) -> HttpResponse:
    go = parts.Button(title=_("手工编制目录"), url="/catalog/compose/", kind="plain")
    empty = parts.Empty(
        title=_("还没有可编制的数据表"),
        why=_("目录由已扫描的数据表编制。"),
        todo=_("先登记数据源并扫描结构；没有来源表的资源可手工编制。"),
        action=go,
    )
    header = parts.Header(title=_("由数据表编制目录"), crumbs=(CATALOG, parts.Link(title=_("编制目录"), current=True)))
    return pages.page(request, "ui/detail.html", header=header, sections=(empty,))


def step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Assess, submit, revise, withdraw."""
    actor = require_actor(request)
    entry = find(queries.entries(actor=actor), pk)
    initial: dict[str, Any] = {}
    if verb == "assess":
        initial = {"secrecy_result": entry.secrecy_result, "privacy_result": entry.privacy_result}
    following = {
        "submit": _("接下来由本部门数据共享工作机构负责人审核。"),
        "reclassify": _("原代码仍能查到这项目录。"),
        "revise": _("请修改目录，重新评估后提交。"),
        "assess": _("评估已记录，可以提交。"),
    }
    lead = {
        "catalog.entry.assess": _("发布前须作保密风险评估和个人信息保护影响评估（条例第十六条）。"),
        "catalog.entry.submit": _(
            "提交后由数据共享工作机构负责人、部门负责人依次审核，再由主管部门审核发布；下一步可核对全部内容。"
        ),
        "catalog.entry.revise": _("修订期间，已发布的版本照常使用；修订后的目录重新审核发布。"),
        "catalog.entry.withdraw": _("撤销后不能再查找和申请，目录代码不再使用；还有共享授权在用时不能撤销。"),
    }
    return steps.step_page(
        request,
        entry,
        verb,
        allowed=ACTS,
        base=f"/catalog/{entry.pk}/",
        crumbs=(CATALOG,),
        initial=initial,
        choices={"classification": class_pages.choices(actor)} if verb == "reclassify" else None,
        danger=("catalog.entry.withdraw",),
        lead=lead,
        next_step=following.get(verb, ""),
        facts=lambda: review_pages.facts(entry),
        beside=edit_pages.asked_to_mend(entry) if verb == "assess" else None,
    )


def code_page(request: HttpRequest, code: str) -> HttpResponse:
    """Lead from a code, also one that an entry had formerly, to its entry."""
    entry = queries.by_code(code[:60], actor=require_actor(request))
    return pages.redirect(request, f"/catalog/{entry.pk}/")


urlpatterns = [
    path("catalog/", entries_page, name="entries"),
    path("catalog/new/", new_entry_page, name="entry_new"),
    path("catalog/scores/", score_pages.worst_page, name="entry_scores"),
    path("catalog/classes/", class_pages.tree_page, name="classes"),
    path("catalog/classes/new/", class_pages.new_class_page, name="class_new"),
    path("catalog/classes/<slug:code>/", class_pages.class_page, name="class"),
    path("catalog/classes/<slug:code>/<slug:verb>/", class_pages.class_step_page, name="class_step"),
    path("catalog/codes/<path:code>/", code_page, name="entry_by_code"),
    path("catalog/<uuid:pk>/relate/", relation_pages.relate_page, name="entry_relate"),
    path("catalog/<uuid:pk>/unrelate/", relation_pages.unrelate_page, name="entry_unrelate"),
    path("catalog/compose/", compose_page, name="entry_compose"),
    path("catalog/review/", review_pages.queue_page, name="entry_queue"),
    path("catalog/<uuid:pk>/", entry_pages.entry_page, name="entry"),
    path("catalog/<uuid:pk>/edit/", edit_pages.edit_page, name="entry_edit"),
    path("catalog/<uuid:pk>/items/", item_pages.items_page, name="entry_items"),
    path("catalog/<uuid:pk>/review/", review_pages.review_page, name="entry_review"),
    path("catalog/<uuid:pk>/endorse/", review_pages.endorse_page, name="entry_endorse"),
    path("catalog/<uuid:pk>/approve/", review_pages.approve_page, name="entry_approve"),
    path("catalog/<uuid:pk>/publish/", review_pages.publish_page, name="entry_publish"),
    path("catalog/<uuid:pk>/return/", review_pages.return_page, name="entry_return"),
    path("catalog/<uuid:pk>/<slug:verb>/", step_page, name="entry_step"),
]
