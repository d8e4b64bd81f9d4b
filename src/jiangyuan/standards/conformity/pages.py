"""Pages of the reviews: the list, asking for one, the report with its findings, its PDF."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jiangyuan.kernel import ciphers
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Conflict
from jiangyuan.standards.conformity import documents, queries, reviewing
from jiangyuan.standards.conformity.models import Finding, Review
from jiangyuan.standards.conformity.wording import CHECKS, mend, said
from jiangyuan.ui import listing, lists, live, measures, pages, parts, printing, session, wording
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

REVIEWS = parts.Link(title=gettext_lazy("符标审查"), url="/standards/reviews/")
ASK = "standards.review.ask"
_TONES: dict[str, parts.Tone] = {"wrong": "bad", "outdated": "warn", "advice": "idle"}


def _kind_title(code: str) -> Any:
    of = reviewing.kind_of(code)
    return of.title if of is not None else code


def reviews_page(request: HttpRequest) -> HttpResponse:
    """List the reviews."""
    actor = require_actor(request)
    kinds = [(of.code, of.title) for of in reviewing.kinds()]
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("对象名称"),
        facets=(listing.facet(request, "kind", _("种类"), kinds, many=True),),
    )
    rows = filters.narrow(queries.reviews(actor=actor))
    for word in filters.text.split()[:8]:
        rows = rows.filter(title__icontains=word)
    new = parts.Button(title=_("审查一个对象"), url="/standards/reviews/new/", icon="plus")
    table = listing.table_of(
        request,
        rows,
        caption=_("符标审查"),
        columns=(
            parts.Column(title=_("对象")),
            parts.Column(title=_("种类")),
            parts.Column(title=_("部门")),
            parts.Column(title=_("得分")),
            parts.Column(title=_("发现"), numeric=True, unit=_("条"), order="findings_total"),
            parts.Column(title=_("审查时间"), order="created_at"),
        ),
        row=lambda one: (
            parts.Link(title=one.title, url=f"{REVIEWS.url}{one.pk}/"),
            _kind_title(one.kind),
            str(one.body or ""),
            measures.Meter(value=one.score, label=_("得分")) if one.finished_at and not one.error else _state(one),
            one.findings_total,
            one.created_at,
        ),
        order=("-created_at", "findings_total"),
        filters=filters,
        empty=parts.Empty(
            title=_("还没有审查过"), why=_("选一个数据库、数据表、目录或接口，按现行标准审查。"), action=new
        ),
    )
    lead = _("按现行数据元、代码集和模型审查：得多少分、哪里不符合、到哪里改。")
    header = parts.Header(title=_("符标审查"), lead=lead, action=new)
    return lists.list_page(request, header=header, filters=filters, table=table)


def _state(one: Review) -> parts.Badge:
    if one.error:
        return parts.Badge(label=_("未能完成"), tone="bad")
    return parts.Badge(label=_("正在审查"), tone="running")


def new_page(request: HttpRequest) -> HttpResponse:
    """Ask for a review: the kind first, then one of its things."""
    actor = require_actor(request)
    of = reviewing.kind_of(request.GET.get("kind", ""))
    if request.method == "POST" and of is not None:
        fixed = {"kind": of.code, "target": request.POST.get("target", "")}
        return pages.act_from_form(
            request,
            ASK,
            done=lambda made: f"{REVIEWS.url}{made.pk}/",
            fixed=fixed,
            next_step=_("正在审查，几秒后可见结果。"),
        )
    if of is None:
        return _kinds_page(request)
    filters = listing.Filters()
    table = listing.table_of(
        request,
        of.rows(actor),
        caption=of.title,
        columns=(parts.Column(title=_("对象")), parts.Column(title=_("审查"))),
        row=lambda thing: (
            parts.Link(title=str(thing), url=of.url(thing)),
            parts.Button(
                title=_("审查"),
                url=f"/standards/reviews/new/?kind={of.code}",
                method="post",
                kind="plain",
                fields=(("target", str(thing.pk)),),
            ),
        ),
        order=("-created_at",),
        filters=filters,
        empty=parts.Empty(title=_("没有可审查的对象"), why=_("只能审查本部门的；主管部门可审查全部。")),
    )
    title = _("审查%(kind)s") % {"kind": of.title}
    header = parts.Header(title=title, crumbs=(REVIEWS, parts.Link(title=title, current=True)))
    return lists.list_page(request, header=header, filters=filters, table=table)


def _kinds_page(request: HttpRequest) -> HttpResponse:
    table = parts.Table(
        caption=_("可以审查"),
        columns=(parts.Column(title=_("种类")),),
        rows=[(parts.Link(title=of.title, url=f"?kind={of.code}"),) for of in reviewing.kinds()],
        empty=parts.Empty(title=_("没有可审查的对象"), why=""),
    )
    title = _("审查一个对象")
    header = parts.Header(
        title=title,
        crumbs=(REVIEWS, parts.Link(title=title, current=True)),
        lead=_("先选种类，再选对象。平台按现行标准核对字段、类型和取值，列出不符之处和在哪里改。"),
    )
    return pages.page(request, "ui/detail.html", header=header, sections=(table,))


def review_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one review: its score, each check, every finding with its fix. The findings are a list and can be exported."""
    actor = require_actor(request)
    review = find(queries.reviews(actor=actor), pk)
    crumbs = (REVIEWS, parts.Link(title=review.title, current=True))
    if review.finished_at is None or review.error:
        return _unfinished(request, review, crumbs)
    again = parts.Button(
        title=_("重新审查"),
        url=f"/standards/reviews/new/?kind={review.kind}",
        method="post",
        kind="plain",
        fields=(("target", str(review.target)),),
    )
    report = parts.Button(
        title=_("下载报告"), url=f"{REVIEWS.url}{review.pk}/report.pdf", method="post", icon="file-type-pdf"
    )
    filters = listing.Filters(
        facets=(
            listing.facet(request, "severity", _("程度"), Finding.SEVERITIES, many=True),
            listing.facet(request, "check_code", _("检查项"), [(c, t) for c, (t, _s) in CHECKS.items()], many=True),
        )
    )
    table = listing.table_of(
        request,
        filters.narrow(queries.findings(review, actor=actor)),
        caption=_("审查发现"),
        columns=(
            parts.Column(title=_("表或目录")),
            parts.Column(title=_("字段")),
            parts.Column(title=_("程度")),
            parts.Column(title=_("发现")),
            parts.Column(title=_("标准")),
            parts.Column(title=_("怎样改")),
        ),
        row=lambda one: (
            one.table,
            parts.Code(text=one.column) if one.column else "",
            parts.Badge(label=one.get_severity_display(), tone=_TONES[one.severity]),
            said(one),
            one.standard,
            parts.Link(title=mend(one.check_code), url=one.url),
        ),
        order=("position",),
        filters=filters,
        empty=parts.Empty(title=_("没有发现问题"), why=_("各项检查都符合现行标准。")),
    )
    lead = _("审查时间 %(at)s") % {"at": f"{timezone.localtime(review.finished_at):%Y-%m-%d %H:%M}"}
    header = parts.Header(title=review.title, crumbs=crumbs, lead=lead, action=report, further=(again,))
    return lists.list_page(
        request, header=header, filters=filters, table=table, above=(_tiles(review), _points(review))
    )


def _unfinished(request: HttpRequest, review: Review, crumbs: tuple[parts.Link, ...]) -> HttpResponse:
    if review.error:
        inner: tuple[parts.Part, ...] = (
            parts.Notice(title=_("审查未能完成"), tone="bad", text=wording.fault_text(review.error)),
        )
    else:
        inner = (parts.Notice(title=_("正在审查"), text=_("完成后本页自动更新。")),)
    every = 0 if review.error else 3
    part = measures.Live(id="jy-review", inner=inner, every=every, at=timezone.localtime() if every else None)
    if live.asked_again(request, part.id):
        return live.alone(request, part)
    header = parts.Header(title=review.title, crumbs=crumbs, badge=_state(review))
    return pages.page(request, "ui/detail.html", header=header, sections=(part,))


def _tiles(review: Review) -> measures.Tiles:
    values = (
        ngettext("%(n)s 张表逐行检查", "%(n)s 张表逐行检查", review.measured) % {"n": review.measured}
        if review.measured
        else _("没有挂载，未检查取值")
    )
    items = (
        measures.Tile(title=_("得分"), value=review.score, note=_("每项检查同样计分，取值按合格行数的比例")),
        measures.Tile(title=_("数据元覆盖率"), value=review.coverage, unit="%", note=_("不计入得分")),
        measures.Tile(title=_("字段"), value=review.fields, unit=_("个"), note=values),
        measures.Tile(title=_("发现"), value=review.findings_total, unit=_("条")),
    )
    return measures.Tiles(label=_("审查结果"), items=items)


def _points(review: Review) -> parts.Table:
    rows = []
    for check, (title, meaning) in CHECKS.items():
        if check in review.points:
            passed, of = (Decimal(text) for text in review.points[check])
            share = min(Decimal("99.99"), passed * 100 / of) if passed < of else Decimal(100)
            rows.append((title, meaning, int(of), measures.Meter(value=share.quantize(Decimal("0.01")), label=title)))
    return parts.Table(
        caption=_("各项检查"),
        show_caption=True,
        columns=(
            parts.Column(title=_("检查项")),
            parts.Column(title=_("含义")),
            parts.Column(title=_("检查数"), numeric=True),
            parts.Column(title=_("通过率")),
        ),
        rows=rows,
        empty=parts.Empty(title=_("没有可检查的内容"), why=_("对象没有字段，或没有字段对应数据元。")),
    )


def report_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Give the report as a PDF; it leaves only when that is remembered. A visit without its button leads to the review."""
    actor = require_actor(request)
    review = find(queries.reviews(actor=actor), pk)
    if request.method != "POST":
        return pages.redirect(request, f"{REVIEWS.url}{review.pk}/")
    if review.finished_at is None or review.error:
        raise Conflict(_("审查还没有结果"), where="review", mend=_("请等审查完成后再下载。"))
    found = list(queries.findings(review, actor=actor).order_by("position")[: documents.MOST])
    made = documents.report(review, found, kind=str(_kind_title(review.kind)), by=actor.name)
    content = printing.pdf(made.sheet)
    digests = {"digest": made.digest, "file_digest": ciphers.sm3(content).hex()}
    act("standards.review.print", review.pk, actor=actor, scene=session.scene_of(request), **digests)
    response = HttpResponse(content, content_type="application/pdf")
    name = quote(f"{documents.TITLE}-{review.title}.pdf")
    response["Content-Disposition"] = f"attachment; filename=\"review.pdf\"; filename*=UTF-8''{name}"
    response["Cache-Control"] = "no-store, private"
    return response


urlpatterns = [
    path("standards/reviews/", reviews_page, name="reviews"),
    path("standards/reviews/new/", new_page, name="review_new"),
    path("standards/reviews/<uuid:pk>/", review_page, name="review"),
    path("standards/reviews/<uuid:pk>/report.pdf", report_page, name="review_report"),
]
