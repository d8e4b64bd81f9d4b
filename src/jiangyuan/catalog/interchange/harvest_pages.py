"""Pages of harvesting: the catalogues elsewhere, one of them with its runs, and what was wrong with each."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.interchange import queries
from jiangyuan.catalog.interchange.models import HarvestedRecord, HarvestRun, HarvestSource
from jiangyuan.catalog.interchange.wording import REFUSALS, problem_text
from jiangyuan.ui import listing, lists, live, measures, pages, parts, steps
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

CATALOG = parts.Link(title=gettext_lazy("数据目录"), url="/catalog/")
HARVEST = parts.Link(title=gettext_lazy("采集来源"), url="/catalog/harvest/")
REGISTER = "catalog.harvest.register"
ACTS = ("catalog.harvest.start", "catalog.harvest.stop", "catalog.harvest.resume")


def sources_page(request: HttpRequest) -> HttpResponse:
    """List the catalogues that are harvested."""
    actor = require_actor(request)
    may = steps.may_begin(REGISTER, actor, body=str(actor.body or ""))
    new = parts.Button(title=_("登记采集来源"), url="/catalog/harvest/new/", icon="plus") if may else None
    table = listing.table_of(
        request,
        queries.harvest_sources(actor=actor),
        caption=_("采集来源"),
        columns=(
            parts.Column(title=_("名称")),
            parts.Column(title=_("种类")),
            parts.Column(title=_("归入部门")),
            parts.Column(title=_("地址")),
            parts.Column(title=_("状态")),
        ),
        row=lambda source: (
            parts.Link(title=source.name, url=f"/catalog/harvest/{source.pk}/"),
            source.get_kind_display(),
            str(source.body),
            parts.Code(text=source.address),
            _badge(source),
        ),
        order=("-created_at",),
        filters=None,
        empty=parts.Empty(
            title=_("还没有采集来源"),
            why=_("其他平台的目录可按 CKAN 或 DCAT 接口定期采集，采集的是草稿，保留来源。"),
            todo=_("登记对方的接口地址。") if may else _("由部门的数据共享工作机构登记。"),
            action=new,
        ),
    )
    header = parts.Header(
        title=_("采集来源"),
        lead=_("从其他平台采集目录：只取变化的，同一条不重复，来自本平台的不再采回。"),
        crumbs=(CATALOG, parts.Link(title=_("采集来源"), current=True)),
        action=new,
    )
    return lists.list_page(request, header=header, table=table)


def _badge(source: HarvestSource) -> parts.Badge:
    return parts.Badge(label=_("采集中") if source.active else _("已停止"), tone="good" if source.active else "closed")


def new_source_page(request: HttpRequest) -> HttpResponse:
    """Register a catalogue elsewhere."""
    actor = require_actor(request)
    return steps.begin_page(
        request,
        REGISTER,
        crumbs=(CATALOG, HARVEST),
        back=HARVEST.url,
        about={"body": str(actor.body or "")},
        fixed={"body": actor.body},
        initial={"hours": 24},
        lead=_("对方的主机和端口须在平台允许连接的范围内；采集的目录归入本部门，作为草稿。"),
        done=lambda made: f"/catalog/harvest/{made.pk}/",
        next_step=_("可点“立即采集”，或等到下一个整点后自动开始。"),
    )


def source_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one catalogue elsewhere with its runs."""
    actor = require_actor(request)
    source = find(queries.harvest_sources(actor=actor), pk)
    base = f"/catalog/harvest/{source.pk}/"
    runs = list(queries.harvest_runs(actor=actor, source=source)[:20])
    busy = bool(runs) and runs[0].finished_at is None
    part = measures.Live(
        id="jy-harvest",
        inner=(_runs(runs), *_wrong(runs)),
        every=3 if busy else 0,
        at=timezone.localtime() if busy else None,
    )
    if live.asked_again(request, part.id):
        return live.alone(request, part)
    found = steps.steps(source, actor, besides=ACTS, without=(ACTS[2],) if source.active else ACTS[:2])
    header = parts.Header(
        title=source.name,
        badge=_badge(source),
        crumbs=(CATALOG, HARVEST, parts.Link(title=source.name, current=True)),
        **steps.buttons(source, found, base, main=ACTS[0], danger=(ACTS[1],)),
    )
    about = parts.Definitions(
        rows=(
            parts.Definition(term=_("地址"), value=parts.Code(text=source.address)),
            parts.Definition(term=_("对方节点"), value=source.node),
            parts.Definition(term=_("归入部门"), value=str(source.body)),
            parts.Definition(term=_("间隔（小时）"), value=source.hours),
            parts.Definition(term=_("已采到"), value=source.since or _("尚未完整采集")),
        )
    )
    return pages.page(request, "ui/detail.html", header=header, sections=(about, part, _waiting(source)))


def _outcome(run: HarvestRun) -> parts.Badge:
    if run.finished_at is None:
        return parts.Badge(label=_("进行中"), tone="running")
    if run.whole:
        return parts.Badge(label=_("完整"), tone="warn" if run.problems or run.refused else "good")
    return parts.Badge(label=_("中断，下次续采"), tone="bad")


def _runs(runs: list[HarvestRun]) -> parts.Table:
    return parts.Table(
        caption=_("采集记录"),
        show_caption=True,
        columns=(
            parts.Column(title=_("时间")),
            parts.Column(title=_("结果")),
            *(
                parts.Column(title=title, numeric=True, unit=_("条"))
                for title in (_("新增"), _("更新"), _("待并入"), _("未变"), _("消失"), _("未接收"))
            ),
            parts.Column(title=_("说明")),
        ),
        rows=[
            (
                run.created_at,
                _outcome(run),
                run.created,
                run.updated,
                run.waiting,
                run.unchanged,
                run.gone,
                run.refused,
                " ".join(problem_text(code, detail) for code, detail in run.problems),
            )
            for run in runs
        ],
        empty=parts.Empty(title=_("还没有采集过"), why=_("采集在后台进行，每次的结果记在这里。")),
    )


def _wrong(runs: list[HarvestRun]) -> tuple[parts.Part, ...]:
    run = runs[0] if runs else None
    if run is None or not run.refusals:
        return ()
    rows = [
        (parts.Code(text=remote or "—"), str(REFUSALS.get(code, code)), detail) for remote, code, detail in run.refusals
    ]
    return (
        parts.Table(
            caption=_("最近一次未接收的记录"),
            show_caption=True,
            columns=(parts.Column(title=_("对方编号")), parts.Column(title=_("原因")), parts.Column(title=_("内容"))),
            rows=rows,
            empty=parts.Empty(title=_("没有"), why=""),
        ),
    )


def _waiting(source: HarvestSource) -> parts.Table:
    found = HarvestedRecord.objects.filter(source=source, waiting__isnull=False).select_related("entry")[:50]
    return parts.Table(
        caption=_("来源已变化，等待人工并入"),
        show_caption=True,
        columns=(
            parts.Column(title=_("目录")),
            parts.Column(title=_("来源现在的名称")),
            parts.Column(title=_("来源变化时间")),
        ),
        rows=[
            (
                parts.Link(title=one.entry.known_name, url=f"/catalog/{one.entry_id}/"),
                (one.waiting or {}).get("name", ""),
                one.modified,
            )
            for one in found
        ],
        empty=parts.Empty(title=_("没有需要并入的"), why=_("已有人编辑过的目录不会被采集改写，来源的变化列在这里。")),
    )


def step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Start, stop or resume."""
    source = find(queries.harvest_sources(actor=require_actor(request)), pk)
    return steps.step_page(
        request,
        source,
        verb,
        allowed=ACTS,
        base=f"/catalog/harvest/{source.pk}/",
        crumbs=(CATALOG, HARVEST),
        danger=(ACTS[1],),
        next_step=_("结果出来后本页自动更新。") if verb == "start" else "",
    )


urlpatterns = [
    path("catalog/harvest/", sources_page, name="harvest_sources"),
    path("catalog/harvest/new/", new_source_page, name="harvest_source_new"),
    path("catalog/harvest/<uuid:pk>/", source_page, name="harvest_source"),
    path("catalog/harvest/<uuid:pk>/<slug:verb>/", step_page, name="harvest_source_step"),
]
