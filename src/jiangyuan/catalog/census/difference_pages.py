"""Where a report differs: from what scans found, and from the census before; mended in one step, or explained one by one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiangyuan.catalog.census.comparing import retold
from jiangyuan.catalog.census.kinds import KINDS
from jiangyuan.catalog.census.models import Finding, Report
from jiangyuan.kernel.actor import Actor
from jiangyuan.ui import listing, lists, parts, steps
from jiangyuan.ui.objects import find
from jiangyuan.ui.parts import Tone
from jiangyuan.ui.session import require_actor

_TONES: dict[str, Tone] = {
    "missing": "warn",
    "unreported": "warn",
    "unlisted": "warn",
    "rows": "warn",
    "columns": "warn",
    "types": "warn",
    "new": "good",
    "gone": "closed",
    "changed": "running",
}


def differences(
    request: HttpRequest, actor: Actor, report: Report, header: parts.Header, tabs: parts.Tabs, *, may: bool
) -> HttpResponse:
    """List the differences of a report; to those who fill it in, with how each is settled."""
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("代码"),
        facets=(
            listing.facet(request, "against", _("核对对象"), Finding.AGAINST),
            listing.facet(request, "code", _("差异"), Finding.CODES.items(), many=True),
        ),
        kept=(("tab", "differences"),),
    )
    rows = filters.narrow(Finding.visible_to(actor).filter(report=report).select_related("table", "source"))
    for word in filters.text.split()[:8]:
        rows = rows.filter(thing__icontains=word)
    columns = [
        parts.Column(title=_("差异"), order="code"),
        parts.Column(title=_("类别")),
        parts.Column(title=_("代码"), order="thing"),
        parts.Column(title=_("名称")),
        parts.Column(title=_("填报的")),
        parts.Column(title=_("找到的（或上次的）")),
        parts.Column(title=_("说明")),
    ]
    table = listing.table_of(
        request,
        rows,
        caption=_("核对的差异"),
        columns=columns,
        row=lambda one: _line(one, may=may),
        order=("code", "thing"),
        filters=filters,
        empty=_nothing(report),
    )
    return lists.list_page(request, header=header, filters=filters, table=table, tabs=tabs, above=_above(report, may))


def _nothing(report: Report) -> parts.Empty:
    if report.checked_at is None:
        return parts.Empty(
            title=_("还没有核对"),
            why=_("登记数据库时填写数据源的代码，平台就能按扫描结果核对数据表。"),
            todo=_("点“与扫描结果核对”；数据源每次扫描后也会自动核对。"),
        )
    return parts.Empty(title=_("没有差异"), why=_("填报的内容与扫描结果、上次普查一致，或没有可以比较的内容。"))


def _above(report: Report, may: bool) -> tuple[parts.Part, ...]:
    opened = sum(report.differences.values())
    if not opened or not may:
        return ()
    step = steps.Step(action="census.report.mend", title=_("全部按核对结果更正"), verb="mend", asks=False)
    button = steps.button(step, report, f"/census/reports/{report.pk}/", kind="primary")
    text = _("扫描只读结构和数据库自己的统计，不读数据。以扫描为准的，可一次更正；确有原因的，请逐项说明。")
    title = ngettext("%(n)s 项与扫描结果不符", "%(n)s 项与扫描结果不符", opened) % {"n": opened}
    return (parts.Notice(title=title, tone="warn", text=text), _Row((button,)))


def _Row(items: tuple[parts.Part, ...]) -> parts.Part:
    from jiangyuan.ui.measures import Links

    return Links(items=items)


def _line(one: Finding, *, may: bool) -> tuple[Any, ...]:
    thing: Any = one.thing
    if one.table_id:
        thing = parts.Link(title=one.thing, url=f"/sources/{one.source_id}/tables/{one.table_id}/")
    said: Any = one.explanation
    if not said and may and one.against == "scan" and one.code in Finding.SETTLED:
        said = parts.Link(title=_("说明原因"), url=f"/census/findings/{one.pk}/explain/")
    badge = parts.Badge(label=one.label, tone=_TONES.get(one.code, "idle"))
    reported, found = (retold(KINDS[one.kind], one.code, text) for text in (one.reported, one.found))
    return badge, KINDS[one.kind].title, thing, one.name, reported, found, said


def step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Explain a difference."""
    rows = Finding.visible_to(require_actor(request)).select_related("report__campaign", "report__body")
    one = find(rows, pk)
    base = f"/census/reports/{one.report_id}/?tab=differences"
    reported, found = (retold(KINDS[one.kind], one.code, text) or "—" for text in (one.reported, one.found))
    lead = _("%(what)s：%(thing)s。填报：%(reported)s；找到：%(found)s。") % {
        "what": one.label,
        "thing": one.thing,
        "reported": reported,
        "found": found,
    }
    return steps.step_page(
        request,
        one,
        verb,
        allowed=("census.finding.explain",),
        base=base,
        crumbs=(parts.Link(title=str(one.report.body), url=f"/census/reports/{one.report_id}/"),),
        initial={"explanation": one.explanation},
        lead={"census.finding.explain": lead},
        name=one.thing,
    )
