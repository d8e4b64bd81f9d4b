"""A department's report: where it stands, what it registers, where it differs, how it came about."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jiangyuan.catalog.census import difference_pages, queries
from jiangyuan.catalog.census.kinds import KINDS, Kind, spoken
from jiangyuan.catalog.census.models import Asset, Report
from jiangyuan.catalog.census.rules import ARTICLE
from jiangyuan.catalog.census.states import OPEN, REPORT
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import NotFound
from jiangyuan.organization.models import Person
from jiangyuan.ui import listing, lists, measures, objects, pages, parts, progress, states, steps
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor

CENSUS = parts.Link(title=gettext_lazy("数字资源普查"), url="/census/")
REPORTS = parts.Link(title=gettext_lazy("普查填报"), url="/census/reports/")
FREE = ("census.report.check", "census.report.carry_over")
"""Acts that the state table does not govern, while the report is open."""
ACTS = tuple(
    f"census.report.{verb}"
    for verb in ("check", "carry_over", "mend", "submit", "sign", "send_back", "accept", "return", "remove")
)
MAIN = {
    "filling": "census.report.submit",
    "returned": "census.report.submit",
    "signing": "census.report.sign",
    "submitted": "census.report.accept",
}
DANGER = ("census.report.return", "census.report.send_back", "census.report.remove")
_ROAD = (
    ("filling", gettext_lazy("填报"), gettext_lazy("业务处室、共享经办人")),
    ("signing", gettext_lazy("签发"), gettext_lazy("部门负责人")),
    ("submitted", gettext_lazy("接收"), gettext_lazy("主管部门")),
    ("filed", gettext_lazy("计入总账本"), ""),
)


def reports_page(request: HttpRequest) -> HttpResponse:
    """List the reports the actor may know of, those of open campaigns first."""
    actor = require_actor(request)
    filters = listing.Filters(
        facets=(listing.facet(request, "state", _("状态"), REPORT.states.items(), many=True),),
    )
    table = listing.table_of(
        request,
        filters.narrow(queries.reports(actor=actor)),
        caption=_("普查报告"),
        columns=(
            parts.Column(title=_("普查批次")),
            parts.Column(title=_("部门")),
            parts.Column(title=_("状态"), order="state"),
            parts.Column(title=_("截止日期")),
            parts.Column(title=_("登记"), numeric=True, unit=_("项")),
        ),
        row=lambda one: (
            parts.Link(title=one.campaign.title, url=f"/census/reports/{one.pk}/"),
            str(one.body),
            states.state_badge(one),
            one.campaign.deadline,
            _("零报告") if one.zero else one.total,
        ),
        order=("-created_at", "state"),
        filters=filters,
        empty=parts.Empty(title=_("没有普查报告"), why=_("主管部门发起普查并开始填报后，本部门的报告出现在这里。")),
    )
    header = parts.Header(title=_("普查填报"), lead=_("本部门的普查报告：登记、核对、由负责人签发。"))
    return lists.list_page(request, header=header, filters=filters, table=table)


def header_of(report: Report, actor: Actor, *, open_now: bool) -> parts.Header:
    """Give the head of a report's pages, with what the actor may do now."""
    found = steps.steps(report, actor, besides=FREE if open_now else ())
    if not open_now:
        found = [step for step in found if step.action not in FREE]
    # the campaign lapses reports when it closes; nobody does so by hand
    found = [step for step in found if step.action != "census.report.lapse"]
    base = f"/census/reports/{report.pk}/"
    made = steps.buttons(report, found, base, main=MAIN.get(report.state, ""), danger=DANGER)
    if report.differences and open_now and report.state in OPEN and made["action"] is not None:
        # what would be refused is not offered first: the differences are
        settle = parts.Button(title=_("处理差异后报送"), url=f"{base}?tab=differences")
        made["action"] = settle
    return parts.Header(
        title=_("%(body)s普查报告") % {"body": report.body},
        badge=states.state_badge(report),
        clock=objects.clock_of(report),
        lead=report.campaign.title,
        crumbs=(
            CENSUS,
            parts.Link(title=report.campaign.title, url=f"/census/{report.campaign_id}/"),
            parts.Link(title=str(report.body), current=True),
        ),
        **made,
    )


def is_open(report: Report) -> bool:
    """Tell whether the report may be written in."""
    return report.campaign.state == "open" and report.state in OPEN


def may_write(report: Report, actor: Actor) -> bool:
    """Tell whether the actor may write in the report now."""
    return is_open(report) and steps.permitted("census.report.check", report, actor) and actor.kind == "person"


def report_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show a report in its tabs."""
    actor = require_actor(request)
    report = find(queries.reports(actor=actor), pk)
    base = f"/census/reports/{report.pk}/"
    titles = {"": _("概况"), "items": _("登记内容"), "differences": _("核对"), "trace": _("留痕")}
    tab = request.GET.get("tab", "")
    tab = tab if tab in titles else ""
    counts = {"items": report.total, "differences": sum(report.differences.values()) or None}
    shown = parts.Tabs(
        label=_("报告的内容"),
        items=tuple(
            parts.Link(title=t, url=f"{base}?tab={c}" if c else base, current=c == tab, count=counts.get(c))
            for c, t in titles.items()
        ),
    )
    header = header_of(report, actor, open_now=is_open(report))
    if tab == "items":
        return _items(request, actor, report, header, shown)
    if tab == "differences":
        return difference_pages.differences(request, actor, report, header, shown, may=may_write(report, actor))
    sections = (trace_part(report, actor=actor),) if tab == "trace" else _overview(report, actor)
    return pages.page(request, "ui/detail.html", header=header, tabs=shown, sections=sections)


def _overview(report: Report, actor: Actor) -> tuple[parts.Part, ...]:
    found: list[parts.Part] = []
    if report.reason and report.state == "returned":
        found.append(parts.Notice(title=_("已退回修改"), tone="warn", text=report.reason, article=ARTICLE))
    if report.differences and is_open(report):
        text = ngettext(
            "与扫描结果有 %(n)s 项不符，须更正或说明后才能报送。",
            "与扫描结果有 %(n)s 项不符，须更正或说明后才能报送。",
            sum(report.differences.values()),
        ) % {"n": sum(report.differences.values())}
        found.append(parts.Notice(title=_("有差异待处理"), tone="warn", text=text))
        url = f"/census/reports/{report.pk}/?tab=differences"
        found.append(measures.Links(items=(parts.Button(title=_("查看差异"), url=url, kind="plain"),)))
    return (*found, _road(report), _about(report), _kinds(report, actor))


def _road(report: Report) -> progress.Progress:
    codes = [code for code, _title, _desk in _ROAD]
    state = "filling" if report.state == "returned" else report.state
    at = codes.index(state) if state in codes else 0
    stopped = report.state == "missed"

    def standing(place: int) -> progress.Standing:
        if report.state == "filed":
            return "done"
        if place == at:
            return "stopped" if stopped else "now"
        return "done" if place < at else "next"

    when = {"filling": report.submitted_at, "signing": report.signed_at, "submitted": report.filed_at}
    stages = tuple(
        progress.Stage(title=title, standing=standing(place), desk=desk, when=when.get(code) or "")
        for place, (code, title, desk) in enumerate(_ROAD)
    )
    return progress.Progress(stages=stages)


def _about(report: Report) -> parts.Definitions:
    rows = [
        parts.Definition(term=_("普查批次"), value=report.campaign.title),
        parts.Definition(term=_("部门"), value=report.body.name),
        parts.Definition(term=_("登记"), value=_("零报告") if report.zero else report.total),
        parts.Definition(term=_("最近核对"), value=report.checked_at),
    ]
    if report.signed_at:
        who = Person.objects.filter(pk=report.signed_by).values_list("name", flat=True).first()
        rows.append(parts.Definition(term=_("签发人"), value=who or ""))
        rows.append(parts.Definition(term=_("签发时间"), value=report.signed_at))
    if report.note:
        rows.append(parts.Definition(term=_("说明"), value=report.note))
    return parts.Definitions(rows=tuple(rows))


def _kinds(report: Report, actor: Actor) -> parts.Table:
    """List the kinds that are asked for, with how many are registered and where more are."""
    base, may = f"/census/reports/{report.pk}/", may_write(report, actor)

    def line(kind: Kind) -> tuple[Any, ...]:
        link = parts.Link(title=kind.title, url=f"{base}?tab=items&kind={kind.code}")
        add = parts.Link(title=kind.act, url=f"{base}record/{kind.code}/") if may else ""
        several = parts.Link(title=_("用表格导入"), url=f"{base}upload/{kind.code}/") if may else ""
        return (link, report.counts.get(kind.code, 0), *((add, several) if may else ()))

    columns = [parts.Column(title=_("类别")), parts.Column(title=_("已登记"), numeric=True, unit=_("项"))]
    columns += [parts.Column(title=_("逐项登记")), parts.Column(title=_("批量登记"))] if may else []
    return parts.Table(
        caption=_("普查内容"),
        show_caption=True,
        columns=tuple(columns),
        rows=[line(KINDS[code]) for code in report.campaign.kinds],
        empty=parts.Empty(title=_("没有普查内容"), why=""),
    )


def _items(request: HttpRequest, actor: Actor, report: Report, header: parts.Header, tabs: parts.Tabs) -> HttpResponse:
    kinds = [(code, KINDS[code].title) for code in report.campaign.kinds]
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("代码或名称"),
        facets=(listing.facet(request, "kind", _("类别"), kinds),),
        kept=(("tab", "items"),),
    )
    rows = queries.assets(actor=actor).filter(report=report)
    table = asset_table(request, filters.narrow(rows), filters, may=may_write(report, actor))
    return lists.list_page(request, header=header, filters=filters, table=table, tabs=tabs)


def asset_table(
    request: HttpRequest,
    rows: Any,
    filters: listing.Filters,
    *,
    may: bool = False,
    caption: Any = "",
    empty: parts.Empty | None = None,
) -> listing.Listing:
    """Make the list of registered things; narrowed to one kind, it has that kind's own columns (and its export too)."""
    chosen = next((facet.value for facet in filters.facets if facet.name == "kind" and facet.value), "")
    kind = KINDS.get(chosen)
    for word in filters.text.split()[:8]:
        from django.db.models import Q

        rows = rows.filter(Q(code__icontains=word) | Q(name__icontains=word))
    own = kind.facts if kind else ()
    columns = [parts.Column(title=_("名称"), order="name"), parts.Column(title=_("代码"), order="code")]
    columns += [] if kind else [parts.Column(title=_("类别"), order="kind")]
    columns.append(parts.Column(title=_("所属")))
    columns += [parts.Column(title=f.label, numeric=f.type in ("count", "number"), unit=f.unit) for f in own]
    columns += [parts.Column(title=_("操作"))] if may else []

    above: dict[tuple[Any, str, str], str] = {}

    def row(one: Asset) -> tuple[Any, ...]:
        of = KINDS[one.kind]
        link = parts.Link(title=one.name or one.code, url=f"/census/things/{one.pk}/")
        cells: list[Any] = [link, parts.Code(text=one.code)]
        cells += [] if kind else [of.title]
        cells += [
            above.get((one.report_id, of.within, one.parent), one.parent),
            *(_shown(of, one.facts, f.name) for f in own),
        ]
        edit = f"/census/reports/{one.report_id}/record/{one.kind}/?thing={one.pk}"
        return (*cells, parts.Link(title=_("修改"), url=edit)) if may else tuple(cells)

    return listing.table_of(
        request,
        rows,
        caption=caption or _("登记内容"),
        columns=columns,
        row=row,
        order=("code", "name", "kind"),
        filters=filters,
        prepare=lambda found: above.update(queries.names_above(found)),
        empty=empty or _none(may),
    )


def _none(may: bool) -> parts.Empty:
    if may:
        return parts.Empty(title=_("还没有登记"), why=_("可逐项登记，或下载模板填写后导入。"))
    return parts.Empty(title=_("没有您可查看的登记"), why=_("部门的登记由本部门和主管部门查看。"))


def _shown(kind: Kind, facts: dict[str, Any], name: str) -> Any:
    value = spoken(kind, facts, name)
    return "" if value is None else value


def step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Check, carry over, mend, submit, sign, give back, accept or return a report; take one thing out of it."""
    report = find(queries.reports(actor=require_actor(request)), pk)
    following = {
        "submit": _("接下来由本部门负责人签发。"),
        "sign": _("接下来由主管部门接收。"),
        "accept": _("报告内容已计入总账本。"),
        "check": _("差异列在“核对”页。"),
        "mend": _("已按核对结果更正，并重新核对。"),
    }
    base = f"/census/reports/{report.pk}/"
    fixed: dict[str, Any] = {"findings": None} if verb == "mend" else {}
    if verb == "remove":
        thing = find(Asset.visible_to(require_actor(request)).filter(report=report), request.GET.get("thing", ""))
        fixed = {"kind": thing.kind, "code": thing.code, "parent": thing.parent}
    if verb == "lapse":
        raise NotFound(_("没有这项操作"))
    return steps.step_page(
        request,
        report,
        verb,
        allowed=ACTS,
        base=base,
        crumbs=(CENSUS,),
        fixed=fixed,
        danger=DANGER,
        lead={
            "census.report.submit": _("报送前平台再核对一次；报送后由本部门负责人签发。"),
            "census.report.sign": _("签发即对报告的真实、完整负责；填报人不能签发自己填的报告。"),
            "census.report.return": _("退回后，部门有五个工作日修改。"),
        },
        done=f"{base}?tab=differences" if verb in ("check", "mend") else base,
        next_step=following.get(verb, ""),
        facts=lambda: (_about(report), _kinds_told(report)),
    )


def _kinds_told(report: Report) -> parts.Definitions:
    rows = (parts.Definition(term=KINDS[c].title, value=report.counts.get(c, 0)) for c in report.campaign.kinds)
    return parts.Definitions(title=_("登记的内容"), rows=tuple(rows))
