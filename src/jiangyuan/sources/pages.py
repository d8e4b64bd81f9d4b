"""Pages of the sources: list, one source with its test and its tables, registration and the acts on it."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.events import history
from jiangyuan.sources import queries, scan_pages
from jiangyuan.sources.models import ScannedTable, Source
from jiangyuan.sources.states import SOURCE
from jiangyuan.ui import listing, lists, live, measures, pages, parts, states, steps, tabs
from jiangyuan.ui.objects import find
from jiangyuan.ui.parts import Tone
from jiangyuan.ui.retelling import retold
from jiangyuan.ui.session import require_actor

SOURCES = parts.Link(title=pgettext_lazy("several", "数据源"), url="/sources/")
REGISTER = "sources.source.register"
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
            listing.facet(request, "state", _("状态"), SOURCE.states.items(), many=True),
            listing.facet(request, "kind", _("种类"), Source.KINDS, many=True),
        ),
    )
    live = Count("tables", filter=Q(tables__gone_at__isnull=True))
    rows = queries.sources(actor=actor).annotate(table_count=live)
    rows = filters.narrow(rows)
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
        acts=ACTS[:2],
        target=lambda source: None if source.state == "retired" else source,
        empty=parts.Empty(
            title=_("还没有数据源"),
            why=_("目录由数据源中的数据表编制而来。"),
            todo=_("登记本部门的前置库或文件夹，平台随即测试连接。") if may else _("由部门的数据共享工作机构登记。"),
            action=new,
        ),
    )
    header = parts.Header(
        title=pgettext("several", "数据源"),
        lead=_("各部门的前置库和文件夹。口令加密保存，平台只按授权读取。"),
        action=new,
    )
    return lists.list_page(request, header=header, filters=filters, table=table)


KIND_HELP = {
    "postgres": gettext_lazy("前置库是 PostgreSQL 或其国产系列：可实时捕获变更，也可接收共享数据。"),
    "sqlite": gettext_lazy("单个 SQLite 文件，放在平台的文件根目录下本单位的文件夹内。"),
    "folder": gettext_lazy("放 Excel、CSV 等文件的文件夹，每个文件（工作表）是一张表。"),
}
UNASKED: dict[str, dict[str, Any]] = {
    "postgres": {"path": ""},
    "sqlite": dict.fromkeys(("host", "database", "username", "password"), "") | {"port": 0},
    "folder": dict.fromkeys(("host", "database", "username", "password"), "") | {"port": 0},
}
"""What each kind does not need, and is therefore not asked."""
DATABASE_ONLY = {"receives": False, "accepts_unbounded_slot": False}


def new_source_page(request: HttpRequest) -> HttpResponse:
    """Register a source of one's own body: its kind first, then what that kind needs."""
    actor = require_actor(request)
    about = {"body": str(actor.body or "")}
    kind = request.GET.get("kind", "")
    if kind not in UNASKED and request.method != "POST" and steps.may_begin(REGISTER, actor, **about):
        return _kinds_page(request)
    fixed: dict[str, Any] = {"body": actor.body}
    if kind in UNASKED:
        fixed |= {"kind": kind, **UNASKED[kind], **({} if kind == "postgres" else DATABASE_ONLY)}
    return steps.begin_page(
        request,
        REGISTER,
        crumbs=(SOURCES,),
        back="/sources/new/",
        about=about,
        fixed=fixed,
        lead=KIND_HELP.get(kind, ""),
        done=lambda made: f"/sources/{made.pk}/",
        next_step=_("正在测试连接，几秒后可见结果。"),
        initial={"port": 5432},
    )


def _kinds_page(request: HttpRequest) -> HttpResponse:
    named = dict(Source.KINDS)
    table = parts.Table(
        caption=_("数据源的种类"),
        columns=(parts.Column(title=_("种类")), parts.Column(title=_("适用"))),
        rows=[(parts.Link(title=named[kind], url=f"/sources/new/?kind={kind}"), KIND_HELP[kind]) for kind in UNASKED],
        empty=parts.Empty(title=_("没有可选的种类"), why=""),
    )
    title = _("登记数据源")
    lead = _("先选种类，再填写它需要的内容。登记后平台随即测试连接，告诉您能不能用、怎样处理。")
    header = parts.Header(title=title, crumbs=(SOURCES, parts.Link(title=title, current=True)), lead=lead)
    return pages.page(request, "ui/detail.html", header=header, sections=(table,))


def source_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one source: test, scans, tables."""
    actor = require_actor(request)
    source = find(queries.sources(actor=actor), pk)
    base = f"/sources/{source.pk}/"
    without = ["sources.source.scan"] if source.state != "connected" else []
    without += ["sources.source.change_password"] if source.kind != "postgres" else []  # a file asks for none
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
    scans = list(queries.scans(actor=actor, source=source)[:5])
    busy = (bool(scans) and scans[0].finished_at is None) or (source.state != "retired" and not source.last_test)
    inner = (*scan_pages.under_way(scans, source), _test_report(source), scan_pages.scans(scans))
    part = measures.Live(id="jy-source", inner=inner, every=3 if busy else 0, at=timezone.localtime() if busy else None)
    if live.asked_again(request, part.id):
        return live.alone(request, part)
    drift = tabs.drawn("sources.source", "drift", source, actor)
    sections = (_about(source), *drift, part, _tables(request, source, actor), _health(source))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _health(source: Source) -> parts.Table:
    words = {
        "sources.source.connected": parts.Badge(label=_("连接正常"), tone="good"),
        "sources.source.failed": parts.Badge(label=_("连接异常"), tone="bad"),
    }
    kept = history(object_type=source._meta.label_lower, object_id=source.pk, limit=100)
    rows = [(event.at, words[event.type]) for event in kept if event.type in words][:10]
    return parts.Table(
        caption=_("连接记录"),
        show_caption=True,
        columns=(parts.Column(title=_("时间")), parts.Column(title=_("结果"))),
        rows=rows,
        empty=parts.Empty(title=_("还没有测试过"), why=_("登记后由后台测试，每次结果都记在这里。")),
    )


def _about(source: Source) -> parts.Definitions:
    database = source.kind == "postgres"
    place = f"{source.host}:{source.port or 5432} / {source.database}" if database else source.path
    followed: tuple[parts.Definition, ...] = ()
    if database:
        bounded = not source.accepts_unbounded_slot
        followed = (
            parts.Definition(term=_("用户名"), value=source.username),
            parts.Definition(term=_("可接收共享数据"), value=source.receives),
            parts.Definition(
                term=_("变更日志"),
                value=_("限量保留") if bounded else _("同意不限量保留"),
                help=_("限量时，平台中断过久需重新全量归集。") if bounded else "",
            ),
        )
    return parts.Definitions(
        rows=(
            parts.Definition(term=_("所属部门"), value=str(source.body)),
            parts.Definition(term=_("种类"), value=source.get_kind_display()),  # type: ignore[attr-defined]
            parts.Definition(term=_("位置"), value=parts.Code(text=place)),
            *followed,
            parts.Definition(term=_("上次测试"), value=source.last_tested_at),
            parts.Definition(term=_("上次扫描"), value=source.last_scanned_at),
        )
    )


def _test_report(source: Source) -> parts.Table:
    rows = [
        (
            retold(check.get("label", check["name"])),
            parts.Badge(label=_WORDS.get(check["state"], check["state"]), tone=_TONES.get(check["state"], "idle")),
            retold(check.get("detail", "")),
            retold(check.get("mend", "")),
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
        findings = table.report.get("findings", [])
        draft = parts.Link(title=_("编制目录"), url=f"/catalog/new/?table={table.pk}") if may_draft else ""
        link = parts.Link(title=name, url=f"/sources/{source.pk}/tables/{table.pk}/")
        noted = (
            parts.Link(title=ngettext("%(n)s 条", "%(n)s 条", len(findings)) % {"n": len(findings)}, url=link.url)
            if findings
            else ""
        )
        said = next(iter(table.comment.splitlines()), "")
        return link, said, table.column_count, table.row_estimate, noted, draft

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
            parts.Column(title=_("识别时的提示")),
            parts.Column(title=_("操作")),
        ),
        row=row,
        order=("name",),
        empty=parts.Empty(
            title=_("还没有扫描到数据表"), why=_("扫描只读取结构，不读取数据。"), todo=_("连接正常后点“扫描结构”。")
        ),
    )


def table_page(request: HttpRequest, pk: Any, table: Any) -> HttpResponse:
    """Show one scanned table: its columns, and what the standards propose for each."""
    actor = require_actor(request)
    source = find(queries.sources(actor=actor), pk)
    found = find(queries.tables(actor=actor, source=source), table)
    name = f"{found.schema}.{found.name}".lstrip(".")
    may_draft = actor.body == source.body_id and actor.capacity in ("business_office", "sharing_handler")
    draft = parts.Button(title=_("编制目录"), url=f"/catalog/new/?table={found.pk}") if may_draft else None
    header = parts.Header(
        title=next(iter(found.comment.splitlines()), "") or found.name,
        code=parts.Code(text=name),
        crumbs=(
            SOURCES,
            parts.Link(title=source.name, url=f"/sources/{source.pk}/"),
            parts.Link(title=name, current=True),
        ),
        action=draft,
    )
    about = parts.Definitions(
        rows=(
            parts.Definition(term=_("主键"), value=list(found.key) or _("没有主键，不能持续归集")),
            parts.Definition(term=_("行数（约）"), value=found.row_estimate),
        )
    )
    drawn = tabs.drawn("sources.scannedtable", "", found, actor)
    return pages.page(request, "ui/detail.html", header=header, sections=(about, *_findings(found), *drawn))


def _findings(table: ScannedTable) -> tuple[parts.Part, ...]:
    """Say line by line how a file was understood."""
    told = [(retold(one["message"]),) for one in table.report.get("findings", [])]
    if not told:
        return ()
    column = parts.Column(title=_("平台怎样理解这张表"))
    empty = parts.Empty(title=_("没有提示"), why="")
    return (parts.Table(caption=_("识别时的提示"), show_caption=True, columns=(column,), rows=told, empty=empty),)


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
        lead={
            "sources.source.test": _("由后台逐项检查能否连接、能否读取、能否捕获变更，不读取数据内容。"),
            "sources.source.scan": _("读取数据表、字段和说明，与上次比较；只读取结构，不读取数据。"),
            "sources.source.change_password": _("新口令加密保存，随即重新测试连接；正在进行的归集自动改用新口令。"),
            "sources.source.retire": _("停用后不再测试、扫描和归集；还有数据表挂载在用时不能停用。"),
        },
        next_step=following.get(verb, ""),
    )


urlpatterns = [
    path("sources/", sources_page, name="sources"),
    path("sources/new/", new_source_page, name="source_new"),
    path("sources/<uuid:pk>/", source_page, name="source"),
    path("sources/<uuid:pk>/tables/<uuid:table>/", table_page, name="source_table"),
    path("sources/<uuid:pk>/<slug:verb>/", step_page, name="source_step"),
]
