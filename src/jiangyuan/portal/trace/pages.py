"""The trace of any record, receipts, what one person did, and the state of the evidence log."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiangyuan.kernel import evidence
from jiangyuan.kernel.models import Access, Event
from jiangyuan.kernel.texts import cite
from jiangyuan.organization.queries import bodies
from jiangyuan.portal.trace import queries, reads_pages, subject_pages, why_pages
from jiangyuan.ui import exports, listing, lists, objects, pages, parts, session
from jiangyuan.ui.objects import find
from jiangyuan.ui.paging import keyset
from jiangyuan.ui.session import require_actor
from jiangyuan.ui.timeline import Moment, Timeline, event_title, event_titles, kind_name, timeline

VERIFIED = 20_000
"""Leaves that one check from the page covers, the newest; the whole log is checked by `jiangyuan verify`."""
SIZE = 50


def _timeline(
    request: HttpRequest, events: Any, *, named: bool = False, order: str = "-at"
) -> tuple[Timeline, parts.Pager]:
    """Give one page of events and its neighbours; `named`: each names what it was done to, as in a log of everything,
    which goes by its key, for no index holds all of it by its time."""
    found = keyset(
        events, order=order, allowed=(order,), cursor=request.GET.get("cursor", ""), size=SIZE, salt=request.path
    )
    things = queries.things_of(found.items) if named else {}
    made = timeline(found.items, receipt_url=lambda event: reverse("receipt", args=(event.pk,)), things=things)
    return made, found.pager({k: v for k, v in request.GET.items() if v})


def trace_page(request: HttpRequest, label: str, pk: UUID) -> HttpResponse:
    """Show the trace of one record to who may see it, and to the auditor; narrowed by kind, person and time; as a file."""
    actor = require_actor(request)
    thing = queries.traced(actor, label, pk)
    kind = objects.kind_of(label)
    name = kind.name(thing) if kind else str(thing._meta.verbose_name)
    events = queries.events_of(thing, actor)
    filters = _filters(request, events)
    found = queries.narrowed(events, **{facet.name: facet.value for facet in filters.facets})
    if request.method == "POST":
        title = _("%(name)s 的留痕") % {"name": name}
        return exports.export(request, _as_rows(request, found, title), filters, request.POST.get(lists.EXPORT, ""))
    made, pager = _timeline(request, found)
    url = kind.url(thing) if kind else ""
    header = parts.Header(
        title=_("%(name)s 的留痕") % {"name": name},
        code=parts.Code(text=str(pk)),
        crumbs=(
            parts.Link(title=kind.title if kind else _("留痕"), url=url),
            parts.Link(title=_("留痕"), current=True),
        ),
        lead=_("每一步都已存证，可下载存证回执，在任何电脑上离线核验。"),
        further=_buttons(request, label, pk),
    )
    sections: list[Any] = [filters, filters.chips, made, pager]
    reads = list(queries.reads(actor, thing).order_by("-at", "-id")[:SIZE])
    if reads:
        sections.append(read_table(reads))
    if not made.moments:
        own = parts.Empty(title=_("还没有留痕"), why=_("这项内容没有经过平台的操作。"))
        sections.insert(2, listing.nothing_found(filters, own))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _buttons(request: HttpRequest, label: str, pk: UUID) -> tuple[parts.Button, ...]:
    taken = {"url": request.get_full_path(), "method": "post", "fields": ((lists.EXPORT, "xlsx"),)}
    return (
        parts.Button(title=_("为什么可以、为什么不可以"), url=reverse("trace_why", args=(label, pk)), kind="plain"),
        parts.Button(title=_("核验存证回执"), url=reverse("receipt_check"), kind="plain"),
        parts.Button(title=_("导出留痕"), kind="plain", icon="download", **taken),
    )


def _filters(request: HttpRequest, events: Any) -> listing.Filters:
    """Offer the kinds and the people that stand in this trace, and how far to look back."""
    types, people = queries.standing_in(events)
    names = session.names_of(people)
    days = (("1", _("最近一天")), ("7", _("最近七天")), ("30", _("最近三十天")), ("366", _("最近一年")))
    named = [(id, names.get((kind, id)) or kind_name(kind)) for kind, id in people]
    return listing.Filters(
        facets=(
            listing.facet(request, "type", _("类别"), [(type, event_title(type, {})) for type in types]),
            listing.facet(request, "person", _("人员"), sorted(named, key=lambda pair: str(pair[1]))),
            listing.facet(request, "days", _("时间"), days),
        )
    )


def _as_rows(request: HttpRequest, events: Any, title: str) -> listing.Listing:
    """Give the trace as a list, a line for each event: what the timeline tells, for a file."""
    told: dict[UUID, Moment] = {}

    def prepare(found: list[Event]) -> None:
        told.clear()
        told.update(zip((one.pk for one in found), timeline(found).moments, strict=True))

    def row(event: Event) -> tuple[Any, ...]:
        one = told[event.pk]
        changed = _("；").join(f"{d.label}: {d.before} → {d.after}" for d in one.differences)
        article = cite(one.article) if one.article else ""
        return (one.at, one.what, one.who, one.body, one.capacity, one.why, one.case_number, article, changed, event.pk)

    names = (_("时间"), _("操作"), _("人员"), _("部门"), _("身份"), _("理由"), _("办件编号"), _("依据"), _("变化"))
    return listing.table_of(
        request,
        events,
        caption=title,
        columns=tuple(parts.Column(title=name) for name in (*names, _("存证编号"))),
        row=row,
        order=("-at",),
        prepare=prepare,
        empty=parts.Empty(title=_("还没有留痕"), why=""),
    )


def read_table(reads: list[Access]) -> parts.Table:
    """Show reads of governed data: who, for whom, under which case, how many rows."""
    names = session.names_of({(r.actor_kind, str(r.actor_id)) for r in reads} | {("body", str(r.body)) for r in reads})
    forms = queries.forms()
    rows = []
    for read in reads:
        content = read.content
        rows.append(
            (
                read.at,
                names.get((read.actor_kind, str(read.actor_id)), _("平台服务")),
                names.get(("body", str(read.body)), ""),
                content.get("operator") or "",
                content.get("case_number") or "",
                forms.get(read.form, read.form),
                read.rows,
                parts.Link(title=_("下载存证回执"), url=reverse("receipt", args=(read.pk,))),
            )
        )
    titles = (_("时间"), _("系统"), _("部门"), _("经办人"), _("办件编号"), _("方式"))
    columns = (
        *(parts.Column(title=t) for t in titles),
        parts.Column(title=_("行数"), numeric=True, unit=_("行")),
        parts.Column(title=_("存证回执")),
    )
    empty = parts.Empty(title=_("还没有使用记录"), why="")
    return parts.Table(caption=_("最近的数据使用"), show_caption=True, columns=columns, rows=rows, empty=empty)


def receipt_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give the receipt of an event or a read as a file."""
    actor = require_actor(request)
    queries.provable(actor, pk)
    response = JsonResponse(evidence.receipt(pk), json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = f'attachment; filename="receipt-{pk}.json"'
    return response


def person_search_page(request: HttpRequest) -> HttpResponse:
    """Let the auditor look for what somebody did, and for what was refused."""
    actor = require_actor(request)
    queries.require_auditor(actor)
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("姓名或登录名"),
        facets=(listing.facet(request, "type", _("类别"), (("refused", _("未获准的操作")),)),),
    )
    header = parts.Header(title=_("操作留痕"), lead=_("按人查找其全部操作和数据使用；也可只看未获准的操作。"))
    if filters.facets[0].value == "refused":
        made, pager = _timeline(request, queries.refused(), named=True)
        sections = (filters, filters.chips, made, pager)
        return pages.page(request, "ui/detail.html", header=header, sections=sections)
    return lists.list_page(request, header=header, filters=filters, table=_people(request, actor, filters))


def _people(request: HttpRequest, actor: Any, filters: listing.Filters) -> listing.Listing:
    return listing.table_of(
        request,
        queries.people(actor, filters.text),
        caption=_("人员"),
        columns=(
            parts.Column(title=_("姓名"), order="name"),
            parts.Column(title=_("登录名"), order="username"),
            parts.Column(title=_("上次登录"), order="last_login"),
        ),
        row=lambda one: (
            parts.Link(title=one.name, url=reverse("trace_one", args=(one.pk,))),
            parts.Code(text=one.username),
            one.last_login,
        ),
        order=("username", "name", "last_login"),
        filters=filters,
        empty=parts.Empty(title=_("没有找到这个人"), why=_("按姓名或登录名查找。")),
    )


def person_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the auditor what one person did."""
    actor = require_actor(request)
    queries.require_auditor(actor)
    person = find(queries.people(actor, ""), pk)
    made, pager = _timeline(request, queries.events_by(person.pk), named=True)
    crumb = parts.Link(title=_("操作留痕"), url=reverse("trace_person"))
    header = parts.Header(
        title=_("%(name)s 的操作") % {"name": person.name},
        code=parts.Code(text=person.username),
        crumbs=(crumb, parts.Link(title=person.name, current=True)),
    )
    reads = list(queries.reads_by(person.pk).order_by("-at", "-id")[:SIZE])
    read = (read_table(reads),) if reads else ()
    return pages.page(request, "ui/detail.html", header=header, sections=(*read, made, pager))


def evidence_page(request: HttpRequest) -> HttpResponse:
    """Show the auditor the newest signed head, and check the newest part of the log on demand."""
    actor = require_actor(request)
    queries.require_auditor(actor)
    head = evidence.latest_head()
    sections: list[Any] = []
    if head is None:
        sections.append(parts.Empty(title=_("还没有签署首部"), why=_("后台程序运行后，每批新记录签署一次。")))
    else:
        if request.method == "POST":
            sections.append(_verdict(evidence.verify_log(start=max(0, head.size - VERIFIED))))
        rows = (
            parts.Definition(term=_("节点"), value=head.node),
            parts.Definition(term=_("已存证（条）"), value=head.size),
            parts.Definition(term=_("签署时间"), value=datetime.fromisoformat(str(head.at))),
            parts.Definition(term=_("根"), value=parts.Code(text=head.root.hex())),
            parts.Definition(term=_("签名密钥"), value=parts.Code(text=head.key_id)),
        )
        sections.append(parts.Definitions(title=_("最新首部"), rows=rows))
    verify = parts.Button(title=_("核验最近的记录"), url=reverse("evidence"), method="post", icon="shield-check")
    header = parts.Header(
        title=_("存证日志"),
        lead=_("所有操作和数据使用按顺序进入日志，由国密 SM3 摘要、SM2 签名；任何改动都能发现。"),
        action=verify if head else None,
    )
    filters, found = _log(request, actor)
    made, pager = _timeline(request, found, named=True, order="-id")
    own = parts.Empty(title=_("还没有存证记录"), why=_("平台上的每一步操作都会记在这里。"))
    drawn = made if made.moments else listing.nothing_found(filters, own)
    return pages.page(
        request, "ui/detail.html", header=header, sections=(*sections, filters, filters.chips, drawn, pager)
    )


def _log(request: HttpRequest, actor: Any) -> tuple[listing.Filters, Any]:
    """Offer the whole log, narrowed by who, by department, by what was done and by how far back."""
    text = listing.words_of(request)
    days = (("1", _("最近一天")), ("7", _("最近七天")), ("30", _("最近三十天")), ("366", _("最近一年")))
    kinds = sorted(((name, str(title)) for name, title in event_titles().items()), key=lambda pair: pair[1])
    filters = listing.Filters(
        text=text,
        words=_("人员的姓名或登录名"),
        facets=(
            listing.facet(request, "body", _("部门"), [(b.pk, str(b)) for b in bodies(actor=actor)[:500]]),
            listing.facet(request, "type", _("操作"), kinds),
            listing.facet(request, "days", _("时间"), days),
        ),
    )
    body, type, back = (facet.value for facet in filters.facets)
    found = queries.narrowed(Event.objects.all(), type=type, days=back)
    if body:
        found = found.filter(body=body)
    if text:
        found = found.filter(
            actor_id__in=list(queries.people(actor, text).values_list("pk", flat=True)[: queries.CHOICES])
        )
    return filters, found


def _verdict(report: evidence.Report) -> parts.Notice:
    told = _("核对了 %(events)s 项操作、%(reads)s 次数据使用、%(heads)s 个首部。") % {
        "events": report.events,
        "reads": report.accesses,
        "heads": report.heads,
    }
    if report.ok:
        return parts.Notice(title=_("核验通过"), tone="good", text=told)
    faults = _("；").join(f"{fault.text} {fault.what}".strip() for fault in report.faults[:10])
    title = ngettext("发现 %(n)s 处不符，请立即保全现场", "发现 %(n)s 处不符，请立即保全现场", len(report.faults)) % {
        "n": len(report.faults)
    }
    return parts.Notice(title=title, tone="bad", text=faults)


urlpatterns = [
    path("trace/reads/", reads_pages.reads_page, name="trace_reads"),
    path("trace/subject/", subject_pages.subject_page, name="trace_subject"),
    path("trace/check/", reads_pages.check_page, name="receipt_check"),
    path("trace/why/<str:label>/<uuid:pk>/", why_pages.why_page, name="trace_why"),
    path("trace/person/", person_search_page, name="trace_person"),
    path("trace/person/<uuid:pk>/", person_page, name="trace_one"),
    path("trace/evidence/", evidence_page, name="evidence"),
    path("trace/receipt/<uuid:pk>/", receipt_page, name="receipt"),
    path("trace/<str:label>/<uuid:pk>/", trace_page, name="trace"),
]
