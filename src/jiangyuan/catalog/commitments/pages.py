"""Pages of the responsibility list: the lines, the batches, one of each."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.commitments import queries
from jiangyuan.catalog.commitments.models import Commitment, ShareBatch
from jiangyuan.catalog.commitments.states import BATCH, COMMITMENT
from jiangyuan.kernel.actor import Actor
from jiangyuan.organization.body_pages import body_choices
from jiangyuan.organization.queries import bodies
from jiangyuan.ui import listing, lists, measures, options, pages, parts, states, steps
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor

LIST = parts.Link(title=gettext_lazy("数据共享责任清单"), url="/responsibilities/")
BATCHES = parts.Link(title=gettext_lazy("批次"), url="/responsibilities/batches/")
_ENTRIES = options.register(
    options.Source(
        name="shareable-entries", rows=queries.shareable_entries, title="known_name", names=("known_name", "code")
    )
)


def badge(one: Commitment) -> parts.Badge:
    """Show the state of a line; late is said in place of due."""
    return parts.Badge(label=_("逾期未落实"), tone="bad") if one.late else states.state_badge(one)


def lines_page(request: HttpRequest) -> HttpResponse:
    """List the lines."""
    actor = require_actor(request)
    offered = [(b.alias, str(b)) for b in bodies(actor=actor)[:500]]
    known = [(str(b.pk), b.name) for b in queries.batches(actor=actor).order_by("-created_at")[:100]]
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("数据名称"),
        facets=(
            listing.facet(request, "batch", _("批次"), known, many=True, field="batch_id"),
            listing.facet(request, "body", _("提供方"), offered, many=True, field="body__alias"),
            listing.facet(request, "method", _("共享方式"), Commitment.METHODS, many=True),
            listing.facet(request, "state", _("状态"), COMMITMENT.states.items(), many=True),
            listing.facet(request, "late", _("期限"), (("yes", _("逾期未落实")),)),
        ),
    )
    rows = filters.narrow(queries.commitments(actor=actor, text=filters.text), without=("late",))
    if any(f.values for f in filters.facets if f.name == "late"):
        rows = rows.filter(Commitment.overdue())
    header = parts.Header(
        title=_("数据共享责任清单"),
        lead=_("由主管部门分批下达；是否落实由平台按目录的挂载和交换情况核对，不由部门填报。"),
        further=(parts.Button(title=_("查看批次"), url=BATCHES.url, kind="plain"),),
    )
    return lists.list_page(request, header=header, filters=filters, table=_table(request, rows, filters))


def _table(request: HttpRequest, rows: Any, filters: listing.Filters) -> listing.Listing:
    return listing.table_of(
        request,
        rows,
        caption=_("数据共享责任清单"),
        columns=(
            parts.Column(title=_("数据")),
            parts.Column(title=_("提供方")),
            parts.Column(title=_("批次")),
            parts.Column(title=_("目录")),
            parts.Column(title=_("共享方式")),
            parts.Column(title=_("完成期限"), order="deadline"),
            parts.Column(title=_("落实时间")),
            parts.Column(title=_("状态")),
        ),
        row=lambda one: (
            parts.Link(title=one.name, url=f"{LIST.url}{one.pk}/"),
            str(one.body),
            one.batch.name,
            parts.Link(title=one.entry.known_name, url=f"/catalog/{one.entry_id}/") if one.entry else "",
            one.get_method_display(),
            one.deadline,
            one.fulfilled_at,
            badge(one),
        ),
        order=("deadline", "updated_at"),
        filters=filters,
        empty=parts.Empty(title=_("清单还是空的"), why=_("主管部门下达的批次会列在这里。")),
    )


def line_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one line with what may be done with it."""
    actor = require_actor(request)
    one = find(queries.commitments(actor=actor), pk)
    base = f"{LIST.url}{one.pk}/"
    found = steps.steps(one, actor)
    made = steps.buttons(one, found, base, main="catalog.commitment.tie", danger=("catalog.commitment.release",))
    header = parts.Header(
        title=one.name,
        badge=badge(one),
        crumbs=(LIST, parts.Link(title=one.name, current=True)),
        lead=_how(one),
        **made,
    )
    rows = [
        parts.Definition(term=_("批次"), value=parts.Link(title=one.batch.name, url=f"{BATCHES.url}{one.batch_id}/")),
        parts.Definition(term=_("提供方"), value=one.body.name),
        parts.Definition(
            term=_("目录"),
            value=parts.Link(title=one.entry.known_name, url=f"/catalog/{one.entry_id}/")
            if one.entry
            else _("尚未关联"),
        ),
        parts.Definition(term=_("共享方式"), value=one.get_method_display()),  # type: ignore[attr-defined]
        parts.Definition(term=_("完成期限"), value=one.deadline),
        parts.Definition(term=_("用途和范围"), value=one.scope),
        parts.Definition(term=_("落实时间"), value=one.fulfilled_at),
        parts.Definition(term=_("说明"), value=one.note),
    ]
    shown = tuple(row for row in rows if row.value not in ("", None))
    sections = (parts.Definitions(rows=shown), trace_part(one, actor=actor))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _how(one: Commitment) -> str:
    told = {
        "service": _("目录发布并挂载了有效的数据表，即为落实。"),
        "file": _("目录发布并挂载了有效的数据表，即为落实。"),
        "batch": _("目录发布，并有一项持续交换正在进行，即为落实。"),
    }
    return _("平台每五分钟核对一次：%(rule)s") % {"rule": told[one.method]}


def line_step(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Tie, postpone, release."""
    actor = require_actor(request)
    one = find(queries.commitments(actor=actor), pk)
    return steps.step_page(
        request,
        one,
        verb,
        allowed=tuple(f"catalog.commitment.{v}" for v in ("tie", "postpone", "release")),
        base=f"{LIST.url}{one.pk}/",
        crumbs=(LIST,),
        choices={"entry": options.Remote(_ENTRIES, actor)} if verb == "tie" else None,
        danger=("catalog.commitment.release",),
    )


def batches_page(request: HttpRequest) -> HttpResponse:
    """List the batches with their kept counts."""
    actor = require_actor(request)
    filters = listing.Filters(facets=(listing.facet(request, "state", _("状态"), BATCH.states.items(), many=True),))
    table = listing.table_of(
        request,
        filters.narrow(queries.batches(actor=actor)),
        caption=_("批次"),
        columns=(
            parts.Column(title=_("名称"), order="name"),
            parts.Column(title=_("行政区划")),
            parts.Column(title=_("文件")),
            parts.Column(title=_("下达时间")),
            parts.Column(title=_("内容"), numeric=True, unit=_("项")),
            parts.Column(title=_("已落实"), numeric=True, unit=_("项")),
            parts.Column(title=_("逾期"), numeric=True, unit=_("项")),
            parts.Column(title=_("状态")),
        ),
        row=lambda one: (
            parts.Link(title=one.name, url=f"{BATCHES.url}{one.pk}/"),
            one.jurisdiction.name,
            one.document,
            one.issued_at,
            one.lines,
            one.fulfilled,
            one.overdue,
            states.state_badge(one),
        ),
        order=("-created_at", "name"),
        filters=filters,
        empty=parts.Empty(title=_("还没有批次"), why=_("由主管部门编制，负责人下达。")),
    )
    may = steps.may_begin("catalog.share_batch.open", actor)
    action = parts.Button(title=_("编制一批责任清单"), url=f"{BATCHES.url}new/", icon="plus") if may else None
    header = parts.Header(title=_("批次"), crumbs=(LIST, parts.Link(title=_("批次"), current=True)), action=action)
    return lists.list_page(request, header=header, filters=filters, table=table)


def new_batch_page(request: HttpRequest) -> HttpResponse:
    """Begin a batch."""
    return steps.begin_page(
        request,
        "catalog.share_batch.open",
        crumbs=(LIST, BATCHES),
        back=BATCHES.url,
        done=lambda made: f"{BATCHES.url}{made.pk}/",
        next_step=_("请逐项加入要共享的数据。"),
    )


def batch_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one batch: its figures, its lines, and what may be done."""
    actor = require_actor(request)
    batch = find(queries.batches(actor=actor), pk)
    base = f"{BATCHES.url}{batch.pk}/"
    may_add = batch.state == "draft" and steps.may_begin("catalog.commitment.add", actor, **batch.policy_attributes())
    made = steps.buttons(batch, steps.steps(batch, actor), base, main="catalog.share_batch.issue")
    if may_add:
        made["further"] = (parts.Button(title=_("加入数据"), url=f"{base}add/", kind="plain"), *made["further"])
    tiles = measures.Tiles(
        label=_("落实情况"),
        items=(
            measures.Tile(title=_("内容"), value=batch.lines, unit=_("项"), url=f"{LIST.url}?batch={batch.pk}"),
            measures.Tile(title=_("已落实"), value=batch.fulfilled, unit=_("项")),
            measures.Tile(
                title=_("逾期"),
                value=batch.overdue,
                unit=_("项"),
                url=f"{LIST.url}?batch={batch.pk}&late=yes",
                tone="bad" if batch.overdue else None,
            ),
        ),
    )
    header = parts.Header(
        title=batch.name,
        badge=states.state_badge(batch),
        crumbs=(LIST, BATCHES, parts.Link(title=batch.name, current=True)),
        lead=batch.document,
        **made,
    )
    sections = (tiles, _lines_of(batch, actor), trace_part(batch, actor=actor))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _lines_of(batch: ShareBatch, actor: Actor) -> parts.Table:
    found = queries.commitments(actor=actor).filter(batch=batch).order_by("deadline", "id")[:100]
    return parts.Table(
        caption=_("最先到期的 100 项") if batch.lines > 100 else _("这一批的内容"),
        show_caption=True,
        columns=tuple(parts.Column(title=t) for t in (_("数据"), _("提供方"), _("共享方式"), _("完成期限"), _("状态"))),
        rows=[
            (
                parts.Link(title=one.name, url=f"{LIST.url}{one.pk}/"),
                str(one.body),
                one.get_method_display(),  # type: ignore[attr-defined]
                one.deadline,
                badge(one),
            )
            for one in found
        ],
        empty=parts.Empty(title=_("这一批还没有内容"), why=_("逐项加入要共享的数据后，由主管部门负责人下达。")),
    )


def add_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Add a line to a batch."""
    actor = require_actor(request)
    batch = find(queries.batches(actor=actor), pk)
    return steps.begin_page(
        request,
        "catalog.commitment.add",
        crumbs=(LIST, BATCHES, parts.Link(title=batch.name, url=f"{BATCHES.url}{batch.pk}/")),
        back=f"{BATCHES.url}{batch.pk}/",
        about=batch.policy_attributes(),
        fixed={"batch": batch.pk},
        choices={"body": body_choices(actor), "entry": options.Remote(_ENTRIES, actor)},
        done=f"{BATCHES.url}{batch.pk}/",
    )


def batch_step(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Issue, close."""
    batch = find(queries.batches(actor=require_actor(request)), pk)
    return steps.step_page(
        request,
        batch,
        verb,
        allowed=("catalog.share_batch.issue", "catalog.share_batch.close"),
        base=f"{BATCHES.url}{batch.pk}/",
        crumbs=(LIST, BATCHES),
    )


def of_entry(entry: Any, actor: Actor) -> tuple[parts.Part, ...]:
    """Show on an entry's page by when it shall be shared."""
    rows = [
        (parts.Link(title=one.name, url=f"{LIST.url}{one.pk}/"), one.get_method_display(), one.deadline, badge(one))  # type: ignore[attr-defined]
        for one in queries.of_entry(entry, actor=actor)
    ]
    if not rows:
        return ()
    return (
        parts.Table(
            caption=_("数据共享责任清单"),
            show_caption=True,
            columns=tuple(parts.Column(title=t) for t in (_("数据"), _("共享方式"), _("完成期限"), _("状态"))),
            rows=rows,
            empty=parts.Empty(title=_("清单还是空的"), why=""),
        ),
    )


urlpatterns = [
    path("responsibilities/", lines_page, name="commitments"),
    path("responsibilities/batches/", batches_page, name="share_batches"),
    path("responsibilities/batches/new/", new_batch_page, name="share_batch_new"),
    path("responsibilities/batches/<uuid:pk>/", batch_page, name="share_batch"),
    path("responsibilities/batches/<uuid:pk>/add/", add_page, name="commitment_new"),
    path("responsibilities/batches/<uuid:pk>/<slug:verb>/", batch_step, name="share_batch_step"),
    path("responsibilities/<uuid:pk>/", line_page, name="commitment"),
    path("responsibilities/<uuid:pk>/<slug:verb>/", line_step, name="commitment_step"),
]
