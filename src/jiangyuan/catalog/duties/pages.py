"""Pages of coverage: the overview with its chart and bodies, one body's page, and the registers."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiangyuan.catalog.duties import excuse_pages, load_pages, obligation_pages, queries
from jiangyuan.catalog.duties.models import KINDS, Coverage, Obligation
from jiangyuan.catalog.duties.obligation_pages import COVERAGE
from jiangyuan.catalog.duties.rules import WHOLE, Tally
from jiangyuan.catalog.duties.wording import FIGURES, code_part, coverage_badge, document_of, share_text
from jiangyuan.catalog.duties.wording import KINDS as KIND_NAMES
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import NotFound
from jiangyuan.organization.models import Body
from jiangyuan.organization.queries import bodies, upper_divisions
from jiangyuan.ui import charts, listing, lists, measures, pages, parts, steps
from jiangyuan.ui.session import require_actor

OPEN_SHOWN = 50


def overview_page(request: HttpRequest) -> HttpResponse:
    """Show the three figures, the bodies with the most to do, and every body's figures."""
    actor = require_actor(request)
    places = [(j.code, j.name) for j in upper_divisions()[:100]]
    filters = listing.Filters(
        facets=(
            listing.facet(request, "place", _("行政区划"), places, many=True, field="body__jurisdiction__code"),
            listing.facet(request, "level", _("层级"), (("province", _("省")), ("prefecture", _("市州")), ("county", _("县"))),
                          many=True, field="body__jurisdiction__level"),
        ),
    )  # fmt: skip
    rows = filters.narrow(queries.coverage(actor=actor))
    table = listing.table_of(
        request,
        rows,
        caption=_("各部门目录覆盖"),
        columns=(
            parts.Column(title=_("部门")),
            parts.Column(title=_("行政区划")),
            *(parts.Column(title=FIGURES[kind], order=f"{kind}_share") for kind in KINDS),
            parts.Column(title=_("未覆盖"), numeric=True, unit=_("项"), order="open_total"),
        ),
        row=lambda one: (
            parts.Link(title=str(one.body), url=f"/duties/bodies/{one.body.alias}/"),
            one.body.jurisdiction.name,
            *(_meter(one.tally(kind), str(one.body)) for kind in KINDS),
            one.open_total,
        ),
        order=("-open_total", "duty_share", "system_share", "matter_share"),
        filters=filters,
        empty=parts.Empty(
            title=_("还没有应覆盖的内容"),
            why=_("导入职责清单和事项清单、登记应用系统以后，这里按部门显示目录覆盖了多少。"),
            todo=_("先下载模板，导入三定规定或权责清单。"),
        ),
    )
    header = parts.Header(
        title=_("目录覆盖"),
        lead=_("职责、信息系统、政务服务事项各有多少已由发布的目录覆盖，或经主管部门同意豁免。"),
        **_actions(actor),
    )
    above = (_tiles(queries.sums(rows)), *_chart(actor))
    return lists.list_page(request, header=header, filters=filters, table=table, above=above)


def _actions(actor: Actor) -> dict[str, Any]:
    further = [
        parts.Button(title=_("职责、系统和事项"), url="/duties/list/", kind="plain"),
        parts.Button(title=_("查看豁免申请"), url="/duties/excuses/", kind="plain"),
    ]
    may = steps.may_begin("catalog.obligation.load", actor)
    main = parts.Button(title=_("导入清单"), url="/duties/load/", icon="plus") if may else None
    return {"action": main, "further": tuple(further)}


def _body_actions(body: Body, actor: Actor) -> dict[str, Any]:
    """Give the buttons of one body's page: what is open in it, and its exemptions; lists are loaded on the overview."""
    base = f"body={body.alias}"
    further = (
        parts.Button(title=_("职责、系统和事项"), url=f"/duties/list/?{base}", kind="plain"),
        parts.Button(title=_("查看豁免申请"), url=f"/duties/excuses/?{base}", kind="plain"),
    )
    return {**_actions(actor), "further": further} if actor.body == body.pk else {"action": None, "further": further}


def _meter(tally: Tally, label: str) -> measures.Meter | str:
    return (
        measures.Meter(value=tally.share / 100, label=label, unit="%", good=100, fair=0)  # amber, as the figures above
        if tally.share is not None
        else ""
    )


def _tiles(tallies: dict[str, Tally], base: str = "/duties/list/") -> measures.Tiles:
    items = tuple(
        measures.Tile(
            title=FIGURES[kind],
            value=share_text(tally.share),
            note=_("应覆盖 %(total)s 项：已覆盖 %(covered)s，已豁免 %(excused)s，未覆盖 %(open)s")
            % {"total": tally.total, "covered": tally.covered, "excused": tally.excused, "open": tally.open},
            url=f"{base}{'&' if '?' in base else '?'}kind={kind}" + ("&coverage=open" if tally.open else ""),
            tone=None if tally.share is None else "good" if tally.share == WHOLE else "warn",
        )
        for kind, tally in tallies.items()
    )
    return measures.Tiles(label=_("目录覆盖率"), items=items)


def _chart(actor: Actor) -> tuple[charts.Chart, ...]:
    found = queries.open_by_body(actor)
    if not found:
        return ()
    whole = [sum(one["tallies"].values(), Tally()) for one in found]
    return (
        charts.Chart(
            code="open-by-body",
            title=_("未覆盖最多的部门"),
            kind="stacked",
            labels=[str(one["body"]) for one in found],
            series=(
                charts.Series(title=_("已覆盖"), values=[t.covered for t in whole], tone="good"),
                charts.Series(title=_("已豁免"), values=[t.excused for t in whole], tone="idle"),
                charts.Series(title=_("未覆盖"), values=[t.open for t in whole], tone="warn"),
            ),
            over=_("部门"),
            unit=_("项"),
            source=_("职责、系统和事项登记"),
            at=timezone.now(),
            urls=[f"/duties/bodies/{one['body'].alias}/" for one in found],
        ),
    )


def body_page(request: HttpRequest, alias: str) -> HttpResponse:
    """Show one body's coverage: the verdict, the three figures, and what is open with its next step."""
    actor = require_actor(request)
    body = bodies(actor=actor).filter(alias=alias).first()
    kept = queries.coverage_of(body, actor=actor) if body else None
    if body is None or (kept is None and body.pk != actor.body):
        raise NotFound(_("没有找到这项内容"), mend=_("它可能已移走，或不在您的查看范围内。请返回列表核对。"))
    kept = kept or Coverage(body=body)
    header = parts.Header(
        title=_("%(body)s的目录覆盖") % {"body": body.short_name},
        crumbs=(COVERAGE, parts.Link(title=str(body), current=True)),
        **_body_actions(body, actor),
    )
    sections = (*coverage_parts(kept, own=actor.body == body.pk), _open_table(body, actor), *_trend(body, actor))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def coverage_parts(kept: Coverage, *, own: bool = False) -> tuple[parts.Part, ...]:
    """Say how far one body's catalogue reaches: the verdict first, then the three figures; `own`: to the body itself."""
    tallies = {kind: kept.tally(kind) for kind in KINDS}
    whole = sum(tallies.values(), Tally())
    if not whole.total:
        verdict = measures.Verdict(
            title=_("还没有应覆盖的内容"), tone="idle", text=_("请导入三定规定、权责清单和政务服务事项。")
        )
    elif not whole.open:
        verdict = measures.Verdict(
            title=_("全部覆盖：100%"),
            text=ngettext(
                "应覆盖的 %(n)s 项都有发布的目录，或已获准豁免。",
                "应覆盖的 %(n)s 项都有发布的目录，或已获准豁免。",
                whole.total,
            )
            % {"n": whole.total},
        )
    else:
        verdict = measures.Verdict(
            title=ngettext("还有 %(n)s 项未覆盖", "还有 %(n)s 项未覆盖", whole.open) % {"n": whole.open},
            tone="warn",
            text=(
                _("共 %(total)s 项，已完成 %(share)s。逐项编制目录，或申请豁免。")
                if own
                else _("共 %(total)s 项，已完成 %(share)s。由%(body)s逐项编制目录，或申请豁免。")
            )
            % {"total": whole.total, "share": share_text(whole.share), "body": kept.body},
        )
    return (verdict, _tiles(tallies, f"/duties/list/?body={kept.body.alias}"))


def _open_table(body: Body, actor: Actor) -> parts.Table:
    rows = queries.obligations(actor=actor).filter(body=body, coverage="open").order_by("kind", "code")[:OPEN_SHOWN]
    return parts.Table(
        caption=_("未覆盖的职责、系统和事项"),
        show_caption=True,
        columns=tuple(parts.Column(title=t) for t in (_("名称"), _("种类"), _("编号"), _("来源文件"), _("下一步"))),
        rows=[
            (
                parts.Link(title=one.name, url=f"/duties/{one.pk}/"),
                KIND_NAMES[one.kind],
                code_part(one),
                one.document or document_of(one),
                _next(one, actor),
            )
            for one in rows
        ],
        empty=parts.Empty(title=_("没有未覆盖的内容"), why=_("应覆盖的都已有目录或获准豁免。")),
    )


def _next(one: Obligation, actor: Actor) -> parts.Part | str:
    if steps.permitted("catalog.obligation.write", one, actor):
        return parts.Button(title=_("编制目录"), url=f"/duties/{one.pk}/write/", kind="plain")
    if steps.may_begin("catalog.excuse.propose", actor, **one.policy_attributes()):
        return parts.Button(title=_("申请豁免"), url=f"/duties/{one.pk}/excuse/", kind="plain")
    return _("由部门编制目录")


def _trend(body: Body, actor: Actor) -> tuple[charts.Chart, ...]:
    found = queries.days(actor=actor, body=body.pk, number=180)
    if len(found) < 2:
        return ()
    series = []
    for kind in KINDS:
        shares = [day.tally(kind).share for day in found]
        series.append(charts.Series(title=FIGURES[kind], values=[s / 100 if s is not None else None for s in shares]))
    return (
        charts.Chart(
            code="coverage-by-day", title=_("覆盖率变化"), kind="line", labels=[day.day.isoformat() for day in found],
            series=tuple(series), over=_("日期"), unit="%", source=_("每日末的覆盖数"), at=timezone.now(),
        ),
    )  # fmt: skip


def of_body(body: Any, actor: Actor) -> tuple[parts.Part, ...]:
    """Show the coverage of a body on its own page, to those who may know of it."""
    kept = queries.coverage_of(body, actor=actor)
    if kept is None:
        return ()
    go = parts.Button(title=_("查看目录覆盖"), url=f"/duties/bodies/{body.alias}/", kind="plain")
    return (*coverage_parts(kept, own=actor.body == body.pk), go)


def list_page(request: HttpRequest) -> HttpResponse:
    """List duties, systems and matters with their coverage."""
    actor = require_actor(request)
    offered = [(b.alias, str(b)) for b in bodies(actor=actor)[:500]]
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("名称、内容或编号"),
        facets=(
            listing.facet(request, "kind", _("种类"), Obligation.KINDS, many=True),
            listing.facet(request, "coverage", _("覆盖"), Obligation.COVERAGE, many=True),
            listing.facet(request, "body", _("部门"), offered, many=True, field="body__alias"),
            listing.facet(request, "source_list", _("出自清单"), Obligation.LISTS, many=True),
            listing.facet(request, "past", _("有效期"), (("all", _("含已停用和未生效的")),)),
        ),
    )
    past = any(f.values for f in filters.facets if f.name == "past")
    rows = filters.narrow(queries.obligations(actor=actor, text=filters.text, in_force=not past), without=("past",))
    may = steps.may_begin(
        "catalog.obligation.register", actor, body=str(actor.body or ""), jurisdiction=actor.jurisdiction
    )
    action = parts.Button(title=_("登记职责或事项"), url="/duties/new/", icon="plus") if may else None
    load = parts.Button(title=_("导入清单"), url="/duties/load/", kind="plain")
    further = (load,) if steps.may_begin("catalog.obligation.load", actor) else ()
    table = listing.table_of(
        request,
        rows,
        caption=_("职责、系统和事项"),
        columns=(
            parts.Column(title=_("名称"), order="name"),
            parts.Column(title=_("种类")),
            parts.Column(title=_("编号"), order="code"),
            parts.Column(title=_("部门")),
            parts.Column(title=_("类型")),
            parts.Column(title=_("来源文件")),
            parts.Column(title=_("覆盖")),
        ),
        row=lambda one: (
            parts.Link(title=one.name, url=f"/duties/{one.pk}/"),
            KIND_NAMES[one.kind],
            code_part(one),
            str(one.body),
            one.category,
            one.document or document_of(one),
            coverage_badge(one),
        ),
        order=("-updated_at", "name", "code"),
        filters=filters,
        empty=parts.Empty(
            title=_("还没有登记"),
            why=_("目录编得全不全，以职责、信息系统和政务服务事项为准。"),
            todo=_("可逐项登记，或用表格成批导入；应用系统登记后自动列入。") if may else "",
            action=action,
        ),
    )
    crumbs = (COVERAGE, parts.Link(title=_("职责、系统和事项"), current=True))
    lead = _("目录应当覆盖的全部内容：三定规定和权责清单上的职责、应用系统、政务服务事项。")
    header = parts.Header(title=_("职责、系统和事项"), lead=lead, crumbs=crumbs, action=action, further=further)
    return lists.list_page(request, header=header, filters=filters, table=table)


urlpatterns = [
    path("duties/", overview_page, name="coverage"),
    path("duties/list/", list_page, name="obligations"),
    path("duties/new/", obligation_pages.new_page, name="obligation_new"),
    path("duties/load/", load_pages.load_page, name="obligation_load"),
    path("duties/load/template/<slug:kind>/", load_pages.template_page, name="obligation_template"),
    path("duties/loads/<uuid:pk>/", load_pages.report_page, name="obligation_report"),
    path("duties/bodies/<slug:alias>/", body_page, name="coverage_body"),
    path("duties/excuses/", excuse_pages.excuses_page, name="excuses"),
    path("duties/excuses/<uuid:pk>/", excuse_pages.excuse_page, name="excuse"),
    path("duties/excuses/<uuid:pk>/<slug:verb>/", excuse_pages.step_page, name="excuse_step"),
    path("duties/<uuid:pk>/", obligation_pages.obligation_page, name="obligation"),
    path("duties/<uuid:pk>/write/", obligation_pages.write_page, name="obligation_write"),
    path("duties/<uuid:pk>/excuse/", excuse_pages.propose_page, name="excuse_new"),
    path("duties/<uuid:pk>/<slug:verb>/", obligation_pages.step_page, name="obligation_step"),
]
