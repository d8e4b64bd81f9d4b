"""Pages of the sources: list, one source with its test and its tables, registration and the acts on it."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.kernel.actor import Actor
from jiangyuan.sources import queries
from jiangyuan.sources.models import ScannedTable, Source
from jiangyuan.sources.states import SOURCE
from jiangyuan.ui import listing, pages, parts, states, steps
from jiangyuan.ui.objects import find
from jiangyuan.ui.parts import Tone
from jiangyuan.ui.session import require_actor

SOURCES = parts.Link(title=gettext_lazy("数据源"), url="/sources/")
ACTS = (
    "sources.source.test",
    "sources.source.scan",
    "sources.source.change_password",
    "sources.source.retire",
)
_TONES: dict[str, Tone] = {"passed": "good", "ok": "good", "warning": "warn", "failed": "bad", "skipped": "idle"}
_WORDS = {
    "passed": gettext_lazy("正常"),
    "ok": gettext_lazy("正常"),
    "warning": gettext_lazy("留意"),
    "failed": gettext_lazy("异常"),
    "skipped": gettext_lazy("未检查"),
}


def sources_page(request: HttpRequest) -> HttpResponse:
    """List the sources the actor may know of."""
    actor = require_actor(request)
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("名称或代码"),
        facets=(
            listing.facet(request, "state", _("状态"), SOURCE.states.items()),
            listing.facet(request, "kind", _("种类"), Source.KINDS),
        ),
    )
    live = Count("tables", filter=Q(tables__gone_at__isnull=True))
    rows = queries.sources(actor=actor).annotate(table_count=live)
    rows = rows.filter(**{f.name: f.value for f in filters.facets if f.value})
    for word in filters.text.split()[:8]:
        rows = rows.filter(Q(name__icontains=word) | Q(alias__icontains=word))
    may = steps.may_begin("sources.source.register", actor, body=str(actor.body or ""))
    new = parts.Button(title=_("登记数据源"), url="/sources/new/", icon="plus") if may else None
    table = listing.table_of(
        request,
        rows,
        caption=_("数据源"),
        columns=(
            parts.Column(title=_("名称"), order="name"),
            parts.Column(title=_("部门")),
            parts.Column(title=_("种类")),
            parts.Column(title=_("状态"), order="state"),
            parts.Column(title=_("数据表"), numeric=True, unit=_("张")),
            parts.Column(title=_("上次扫描"), order="last_scanned_at"),
        ),
        row=lambda source: (
            parts.Link(title=source.name, url=f"/sources/{source.pk}/"),
            str(source.body),
            source.get_kind_display(),
            states.state_badge(source),
            source.table_count,
            source.last_scanned_at,
        ),
        order=("-created_at", "name", "state", "last_scanned_at"),
        filters=filters,
        empty=parts.Empty(
            title=_("还没有数据源"),
            why=_("目录由数据源中的数据表编制而来。"),
            todo=_("登记本部门的前置库或文件夹，平台随即测试连接。") if may else _("由部门的数据共享工作机构登记。"),
            action=new,
        ),
    )
    header = parts.Header(
        title=_("数据源"), lead=_("各部门的前置库和文件夹。口令加密保存，平台只按授权读取。"), action=new
    )
    return pages.page(request, "ui/list.html", header=header, filters=filters, table=table)


def new_source_page(request: HttpRequest) -> HttpResponse:
    """Register a source of one's own body."""
    actor = require_actor(request)
    return steps.begin_page(
        request,
        "sources.source.register",
        crumbs=(SOURCES,),
        back=SOURCES.url,
        about={"body": str(actor.body or "")},
        fixed={"body": actor.body},
        done=lambda made: f"/sources/{made.pk}/",
        next_step=_("正在测试连接，几秒后刷新可见结果。"),
        initial={"kind": "postgres", "port": 5432},
    )


def source_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one source: test, scans, tables."""
    actor = require_actor(request)
    source = find(queries.sources(actor=actor), pk)
    base = f"/sources/{source.pk}/"
    without = ["sources.source.scan"] if source.state != "connected" else []
    besides = ACTS[:3] if source.state != "retired" else ()
    found = steps.steps(source, actor, besides=besides, without=without)
    main = "sources.source.scan" if source.state == "connected" else "sources.source.test"
    header = parts.Header(
        title=source.name,
        badge=states.state_badge(source),
        code=parts.Code(text=source.alias),
        crumbs=(SOURCES, parts.Link(title=source.name, current=True)),
        **steps.buttons(source, found, base, main=main, danger=("sources.source.retire",)),
    )
    sections = (_about(source), _test_report(source), _tables(request, source, actor), _scans(source, actor))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _about(source: Source) -> parts.Definitions:
    place = source.path if source.kind != "postgres" else f"{source.host}:{source.port or 5432} / {source.database}"
    return parts.Definitions(
        rows=(
            parts.Definition(term=_("所属部门"), value=str(source.body)),
            parts.Definition(term=_("种类"), value=source.get_kind_display()),  # type: ignore[attr-defined]
            parts.Definition(term=_("位置"), value=parts.Code(text=place)),
            parts.Definition(term=_("用户名"), value=source.username),
            parts.Definition(term=_("可接收共享数据"), value=source.receives),
            parts.Definition(
                term=_("变更日志"),
                value=_("同意不限量保留") if source.accepts_unbounded_slot else _("限量保留"),
                help=_("限量时，平台中断过久需重新全量归集。") if not source.accepts_unbounded_slot else "",
            ),
            parts.Definition(term=_("上次测试"), value=source.last_tested_at),
            parts.Definition(term=_("上次扫描"), value=source.last_scanned_at),
        )
    )


def _test_report(source: Source) -> parts.Table:
    rows = [
        (
            check.get("label", check["name"]),
            parts.Badge(label=_WORDS.get(check["state"], check["state"]), tone=_TONES.get(check["state"], "idle")),
            check.get("detail", ""),
            check.get("mend", ""),
        )
        for check in source.last_test or []
    ]
    return parts.Table(
        caption=_("连接测试"),
        show_caption=True,
        columns=tuple(parts.Column(title=t) for t in (_("检查项"), _("结果"), _("说明"), _("怎样处理"))),
        rows=rows,
        empty=parts.Empty(
            title=_("还没有测试结果"), why=_("登记或点“测试连接”后，由后台测试。"), todo=_("几秒后刷新本页。")
        ),
    )


def _tables(request: HttpRequest, source: Source, actor: Actor) -> parts.Table:
    may_draft = actor.body == source.body_id and actor.capacity in ("business_office", "sharing_handler")

    def row(table: ScannedTable) -> tuple[Any, ...]:
        name = f"{table.schema}.{table.name}".lstrip(".")
        findings = [str(f["message"]) for f in table.report.get("findings", [])]
        draft = parts.Link(title=_("编制目录"), url=f"/catalog/new/?table={table.pk}") if may_draft else ""
        return parts.Code(text=name), table.comment, table.column_count, table.row_estimate, findings, draft

    rows = queries.tables(actor=actor, source=source).prefetch_related(None)
    return listing.table_of(
        request,
        rows.annotate(column_count=Count("columns", filter=Q(columns__gone_at__isnull=True))),
        caption=_("数据表"),
        show_caption=True,
        columns=(
            parts.Column(title=_("表名"), order="name"),
            parts.Column(title=_("说明")),
            parts.Column(title=_("字段"), numeric=True, unit=_("个")),
            parts.Column(title=_("行数（约）"), numeric=True, unit=_("行")),
            parts.Column(title=_("提示")),
            parts.Column(title=_("操作")),
        ),
        row=row,
        order=("name",),
        empty=parts.Empty(
            title=_("还没有扫描到数据表"), why=_("扫描只读取结构，不读取数据。"), todo=_("连接正常后点“扫描结构”。")
        ),
    )


def _scans(source: Source, actor: Actor) -> parts.Table:
    def outcome(scan: Any) -> parts.Badge:
        if scan.error:
            return parts.Badge(label=_("失败"), tone="bad")
        done = scan.finished_at is not None
        return parts.Badge(label=_("完成") if done else _("进行中"), tone="good" if done else "running")

    def changed(scan: Any) -> str:
        if scan.error:
            return " ".join(str(scan.error.get(k, "")) for k in ("message", "mend"))
        named = {"new": _("新增"), "gone": _("消失"), "changed": _("变化")}
        told = [f"{named[k]} {len(v)}" for k, v in scan.difference.items() if v and k in named]
        return _("，").join(told) or _("与上次相同")

    return parts.Table(
        caption=_("扫描记录"),
        show_caption=True,
        columns=(
            parts.Column(title=_("时间")),
            parts.Column(title=_("结果")),
            parts.Column(title=_("数据表"), numeric=True, unit=_("张")),
            parts.Column(title=_("与上次相比")),
        ),
        rows=[
            (scan.created_at, outcome(scan), scan.tables, changed(scan) if scan.finished_at else "")
            for scan in queries.scans(actor=actor, source=source)[:5]
        ],
        empty=parts.Empty(title=_("还没有扫描过"), why=_("扫描后可由数据表编制目录。"), todo=""),
    )


def step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Test, scan, change the password of, or retire a source."""
    source = find(queries.sources(actor=require_actor(request)), pk)
    following = {"test": _("结果几秒后可见。"), "scan": _("扫描结果几秒后可见。")}
    return steps.step_page(
        request,
        source,
        verb,
        allowed=ACTS,
        base=f"/sources/{source.pk}/",
        crumbs=(SOURCES,),
        danger=("sources.source.retire",),
        next_step=following.get(verb, ""),
    )


urlpatterns = [
    path("sources/", sources_page, name="sources"),
    path("sources/new/", new_source_page, name="source_new"),
    path("sources/<uuid:pk>/", source_page, name="source"),
    path("sources/<uuid:pk>/<slug:verb>/", step_page, name="source_step"),
]
