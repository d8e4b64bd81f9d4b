"""Pages of one number, one source: designations and repeated collections; the list stands beside."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from jiangyuan.catalog.onesource import line_pages, queries
from jiangyuan.catalog.onesource.line_pages import LINES
from jiangyuan.catalog.onesource.models import Repetition
from jiangyuan.catalog.onesource.rules import ART19
from jiangyuan.catalog.onesource.states import REPETITION
from jiangyuan.organization.body_pages import body_choices
from jiangyuan.organization.queries import bodies
from jiangyuan.standards.models import DataElement
from jiangyuan.ui import listing, lists, options, pages, parts, states, steps
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor

REPEATS = parts.Link(title=gettext_lazy("重复采集"), url="/one-source/repeats/")
_ELEMENTS = options.register(
    options.Source(
        name="source-elements",
        rows=lambda actor: DataElement.visible_to(actor).order_by("name", "code"),
        title="name",
        names=("name", "code"),
    )
)
DESIGNATES = tuple(f"catalog.designation.{verb}" for verb in ("consent", "object", "decide", "drop", "end"))
SETTLES = tuple(f"catalog.repetition.{verb}" for verb in ("answer", "agree", "except", "refuse", "settle", "recall"))


def new_page(request: HttpRequest) -> HttpResponse:
    """Propose a body as the source of an element."""
    actor = require_actor(request)
    asked = request.GET.get("element", "")
    chosen = find(DataElement.visible_to(actor), asked) if asked else None
    return steps.begin_page(
        request,
        "catalog.designation.propose",
        crumbs=(LINES,),
        back=LINES.url,
        about={"jurisdiction": actor.jurisdiction},
        choices={"element": options.Remote(_ELEMENTS, actor), "body": body_choices(actor)},
        initial={"element": chosen.pk} if chosen else None,
        lead=_("主管部门提出，部门同意或说明异议，主管部门负责人确定（《政务数据共享条例》第十九条）。"),
        done=lambda made: f"/one-source/designations/{made.pk}/",
        next_step=_("接下来由该部门表态。"),
    )


def designation_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one designation with what may be done with it."""
    actor = require_actor(request)
    one = find(queries.designations(actor=actor), pk)
    base = f"/one-source/designations/{one.pk}/"
    main = "catalog.designation.consent" if one.state == "proposed" else "catalog.designation.decide"
    made = steps.buttons(one, steps.steps(one, actor), base, main=main, danger=("catalog.designation.end",))
    header = parts.Header(
        title=_("数源部门：%(element)s") % {"element": one.line.name},
        badge=states.state_badge(one),
        crumbs=(LINES, parts.Link(title=one.line.name, url=f"{LINES.url}{one.line_id}/"),
                parts.Link(title=str(one.body), current=True)),
        **made,
    )  # fmt: skip
    rows = [
        parts.Definition(term=_("数据元"), value=parts.Link(title=one.line.name, url=f"{LINES.url}{one.line_id}/")),
        parts.Definition(term=_("数源部门"), value=one.body.name),
        parts.Definition(term=_("行政区划"), value=one.line.jurisdiction.name),
        parts.Definition(term=_("职责依据"), value=one.basis),
        parts.Definition(term=_("部门异议"), value=one.answer),
        parts.Definition(term=_("主管部门意见"), value=one.ruling),
        parts.Definition(term=_("确定时间"), value=one.decided_at),
    ]
    shown = tuple(row for row in rows if row.value not in ("", None))
    sections = (parts.Definitions(rows=shown), trace_part(one, actor=actor))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def designation_step(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Consent, object, decide, drop, end."""
    one = find(queries.designations(actor=require_actor(request)), pk)
    return steps.step_page(
        request,
        one,
        verb,
        allowed=DESIGNATES,
        base=f"/one-source/designations/{one.pk}/",
        crumbs=(LINES,),
        danger=("catalog.designation.end", "catalog.designation.drop"),
        lead={
            "catalog.designation.decide": _("确定后，其他部门已发布目录中的同一数据元会标为重复采集，由各部门处置。")
        },
        name=one.line.name,
    )


def repeats_page(request: HttpRequest) -> HttpResponse:
    """List the repeated collections."""
    actor = require_actor(request)
    offered = [(b.alias, str(b)) for b in bodies(actor=actor)[:500]]
    filters = listing.Filters(
        facets=(
            listing.facet(request, "state", _("状态"), REPETITION.states.items(), many=True),
            listing.facet(request, "way", _("处置方式"), Repetition.WAYS, many=True),
            listing.facet(request, "body", _("采集部门"), offered, many=True, field="body__alias"),
        ),
    )
    titles = (
        _("数据元"),
        pgettext("one", "采集部门"),
        _("目录"),
        _("数源部门"),
        _("处置方式"),
        _("完成日期"),
        _("状态"),
    )
    table = listing.table_of(
        request,
        filters.narrow(queries.repetitions(actor=actor)),
        caption=_("重复采集"),
        columns=tuple(parts.Column(title=t) for t in titles),
        row=lambda one: (
            parts.Link(title=one.line.name, url=f"{REPEATS.url}{one.pk}/"),
            str(one.body),
            parts.Link(title=one.entry.known_name, url=f"/catalog/{one.entry_id}/"),
            str(one.line.source or ""),
            one.get_way_display() if one.way else "",
            one.by,
            _badge(one),
        ),
        order=("-updated_at",),
        filters=filters,
        empty=parts.Empty(
            title=_("没有重复采集"), why=_("已确定数源部门的数据元，其他部门在已发布目录中采集的会列在这里。")
        ),
    )
    return lists.list_page(request, header=_repeats_header(), filters=filters, table=table)


def _repeats_header() -> parts.Header:
    title, lead = _("重复采集"), _("其他部门采集了已有数源部门的数据元；由采集部门处置，主管部门审核。")
    return parts.Header(title=title, lead=lead, crumbs=(LINES, parts.Link(title=title, current=True)))


def _badge(one: Repetition) -> parts.Badge:
    return parts.Badge(label=_("整改逾期"), tone="bad") if queries.overdue(one) else states.state_badge(one)


def repeat_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one repeated collection: who, where, how it is to be settled, and what comes next."""
    actor = require_actor(request)
    one = find(queries.repetitions(actor=actor), pk)
    base = f"{REPEATS.url}{one.pk}/"
    main = {
        "flagged": "catalog.repetition.answer",
        "answered": "catalog.repetition.except" if one.way == "exception" else "catalog.repetition.agree",
        "mending": "catalog.repetition.settle",
    }.get(one.state, "")
    made = steps.buttons(one, steps.steps(one, actor), base, main=main)
    header = parts.Header(
        title=_("重复采集：%(element)s") % {"element": one.line.name},
        badge=_badge(one),
        crumbs=(LINES, REPEATS, parts.Link(title=one.line.name, current=True)),
        **made,
    )
    rows = [
        parts.Definition(term=_("数据元"), value=parts.Link(title=one.line.name, url=f"{LINES.url}{one.line_id}/")),
        parts.Definition(term=_("数源部门"), value=str(one.line.source or "")),
        parts.Definition(term=pgettext("one", "采集部门"), value=one.body.name),
        parts.Definition(
            term=_("目录"), value=parts.Link(title=one.entry.known_name, url=f"/catalog/{one.entry_id}/?tab=items")
        ),
        parts.Definition(term=_("处置方式"), value=one.get_way_display() if one.way else ""),  # type: ignore[attr-defined]
        parts.Definition(term=_("说明"), value=one.reason),
        parts.Definition(term=_("法律依据"), value=one.basis),
        parts.Definition(term=_("整改完成日期"), value=one.by),
        parts.Definition(term=_("主管部门意见"), value=one.ruling),
        parts.Definition(term=_("办结时间"), value=one.settled_at),
    ]
    shown = tuple(row for row in rows if row.value not in ("", None))
    sections = (*_turn(one), parts.Definitions(rows=shown), trace_part(one, actor=actor))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _turn(one: Repetition) -> tuple[parts.Part, ...]:
    """Say on whose desk it lies, what may be chosen there, and until when."""
    said = {"body": one.body, "source": one.line.source or "", "by": one.by or ""}
    told: dict[str, tuple[Any, Any]] = {
        "flagged": (
            _("等%(body)s处置") % said,
            _(
                "由该部门的共享经办人或负责人选择：改为向%(source)s共享获取、并入数源部门的目录，或写明依据保留采集；选前两种的写明完成日期。"
            )
            % said,
        ),
        "answered": (_("等主管部门审核"), _("主管部门同意、准予例外，或退回部门重新处置。")),
        "mending": (
            _("等%(body)s整改") % said,
            _("应于 %(by)s 前完成；取得共享授权或不再采集后，由该部门办结。") % said,
        ),
    }
    if one.state not in told:
        return ()
    title, text = told[one.state]
    return (parts.Notice(title=title, text=text, article=ART19),)


def repeat_step(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Answer, agree, except, refuse, settle, recall."""
    one = find(queries.repetitions(actor=require_actor(request)), pk)
    return steps.step_page(
        request,
        one,
        verb,
        allowed=SETTLES,
        base=f"{REPEATS.url}{one.pk}/",
        crumbs=(LINES, REPEATS),
        initial={"way": one.way, "reason": one.reason, "basis": one.basis, "by": one.by} if verb == "answer" else None,
        lead={
            "catalog.repetition.answer": _(
                "改为共享获取的，取得授权后办结；并入的，从本目录去掉并重新发布后办结；依法保留的，写明依据。"
            ),
            "catalog.repetition.settle": _("已发布的目录不再采集，或已取得共享授权，才能办结。"),
        },
        name=one.line.name,
    )


urlpatterns = [
    path("one-source/", line_pages.lines_page, name="onesource"),
    path("one-source/new/", new_page, name="designation_new"),
    path("one-source/repeats/", repeats_page, name="repetitions"),
    path("one-source/repeats/<uuid:pk>/", repeat_page, name="repetition"),
    path("one-source/repeats/<uuid:pk>/<slug:verb>/", repeat_step, name="repetition_step"),
    path("one-source/designations/<uuid:pk>/", designation_page, name="designation"),
    path("one-source/designations/<uuid:pk>/<slug:verb>/", designation_step, name="designation_step"),
    path("one-source/<uuid:pk>/", line_pages.line_page, name="onesource_line"),
]
