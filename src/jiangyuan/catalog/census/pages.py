"""Pages of the census: campaigns in a list and one by one; reports, registers, differences and channels stand beside."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _

from jiangyuan.catalog.census import (
    asset_pages,
    channel_pages,
    difference_pages,
    queries,
    register_pages,
    report_pages,
)
from jiangyuan.catalog.census.kinds import KINDS
from jiangyuan.catalog.census.models import Campaign, Report
from jiangyuan.catalog.census.report_pages import CENSUS
from jiangyuan.catalog.census.rules import ARTICLE
from jiangyuan.catalog.census.states import AUTHORITY, CAMPAIGN, REPORT
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.clocks import local_day
from jiangyuan.kernel.texts import cite
from jiangyuan.organization.queries import bodies
from jiangyuan.ui import listing, lists, measures, parts, states, steps
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

CREATE = "census.campaign.create"
ACTS = tuple(f"census.campaign.{verb}" for verb in ("edit", "open", "remind", "close", "cancel"))
SENT = ("submitted", "filed")


def campaigns_page(request: HttpRequest) -> HttpResponse:
    """List the campaigns the actor may know of."""
    actor = require_actor(request)
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("普查名称"),
        facets=(listing.facet(request, "state", _("状态"), CAMPAIGN.states.items(), many=True),),
    )
    rows = filters.narrow(queries.campaigns(actor=actor))
    for word in filters.text.split()[:8]:
        rows = rows.filter(title__icontains=word)
    may = steps.may_begin(CREATE, actor)
    new = parts.Button(title=_("发起普查"), url="/census/new/", icon="plus") if may else None
    table = listing.table_of(
        request,
        rows,
        caption=_("普查批次"),
        columns=(
            parts.Column(title=_("名称"), order="title"),
            parts.Column(title=_("发起单位")),
            parts.Column(title=_("状态"), order="state"),
            parts.Column(title=_("截止日期"), order="deadline"),
            parts.Column(title=_("普查内容")),
        ),
        row=lambda one: (
            parts.Link(title=one.title, url=f"/census/{one.pk}/"),
            str(one.authority),
            states.state_badge(one),
            one.deadline,
            [KINDS[code].title for code in one.kinds],
        ),
        order=("-created_at", "title", "state", "deadline"),
        filters=filters,
        empty=parts.Empty(
            title=_("还没有普查"),
            why=_("由主管部门发起，部门填报并签发，平台按扫描结果核对。"),
            todo=_("可先发起一次普查。") if may else "",
            action=new,
        ),
    )
    lead = _("摸清信息系统、数据库、数据表等数字资源的家底（%(article)s）。") % {"article": cite(ARTICLE)}
    header = parts.Header(title=_("数字资源普查"), lead=lead, action=new)
    return lists.list_page(request, header=header, filters=filters, table=table)


def new_page(request: HttpRequest) -> HttpResponse:
    """Create a campaign."""
    actor = require_actor(request)
    own = [(b.pk, str(b)) for b in bodies(actor=actor).exclude(pk=actor.body)[:500]]
    return steps.begin_page(
        request,
        CREATE,
        crumbs=(CENSUS,),
        back=CENSUS.url,
        choices={"bodies": own},
        initial={"kinds": list(KINDS)},
        lead=_("先存为筹备中；核对无误后点“开始填报”，各部门即收到通知并开始计时。"),
        done=lambda made: f"/census/{made.pk}/",
        next_step=_("请核对后开始填报。"),
    )


def campaign_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show a campaign: how far it is, and the report of each department."""
    actor = require_actor(request)
    campaign = find(queries.campaigns(actor=actor), pk)
    base = f"/census/{campaign.pk}/"
    found = steps.steps(campaign, actor)
    main = {"draft": "census.campaign.open", "open": "census.campaign.remind"}.get(campaign.state, "")
    header = parts.Header(
        title=campaign.title,
        badge=states.state_badge(campaign),
        crumbs=(CENSUS, parts.Link(title=campaign.title, current=True)),
        lead=campaign.purpose,
        **steps.buttons(campaign, found, base, main=main, danger=(ACTS[3], ACTS[4])),
    )
    filters, table = _reports(request, actor, campaign)
    return lists.list_page(
        request, header=header, filters=filters, table=table, above=(_about(campaign), *_progress(campaign, actor))
    )


def _about(campaign: Campaign) -> parts.Definitions:
    rows = [
        parts.Definition(term=_("发起单位"), value=str(campaign.authority)),
        parts.Definition(term=_("截止日期"), value=campaign.deadline),
        parts.Definition(term=_("普查内容"), value=[KINDS[code].title for code in campaign.kinds]),
    ]
    if campaign.state == "draft":
        asked = queries.asked_bodies(campaign).count()
        rows.append(parts.Definition(term=_("将要填报的部门"), value=asked, help=_("开始填报后不再增减。")))
    return parts.Definitions(rows=tuple(rows))


def _progress(campaign: Campaign, actor: Actor) -> tuple[parts.Part, ...]:
    if campaign.state in ("draft", "cancelled") or actor.capacity not in (*AUTHORITY, "auditor", "system_admin"):
        return ()
    counts = queries.standing(campaign, actor=actor)
    total, sent = sum(counts.values()), sum(counts.get(state, 0) for state in SENT)
    share = round(sent * 100 / total, 1) if total else None
    base = f"/census/{campaign.pk}/"
    tiles = tuple(
        measures.Tile(title=REPORT.states[state], value=counts[state], unit=_("个部门"), url=f"{base}?state={state}")
        for state in REPORT.states
        if counts.get(state)
    )
    label = _("已签发报送 %(sent)s 个，共 %(total)s 个部门") % {"sent": sent, "total": total}
    meter = measures.Meter(value=share, label=label, good=100, fair=0)
    return (parts.Definitions(rows=(parts.Definition(term=_("报送进度"), value=meter, help=label),)),
            measures.Tiles(label=_("各环节的部门"), items=tiles))  # fmt: skip


def _reports(request: HttpRequest, actor: Actor, campaign: Campaign) -> tuple[listing.Filters, listing.Listing]:
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("部门名称"),
        facets=(listing.facet(request, "state", _("状态"), REPORT.states.items(), many=True),),
    )
    rows = filters.narrow(queries.reports(actor=actor).filter(campaign=campaign))
    for word in filters.text.split()[:8]:
        rows = rows.filter(body__name__icontains=word)
    table = listing.table_of(
        request,
        rows,
        caption=_("各部门的报告"),
        show_caption=True,
        columns=(
            parts.Column(title=_("部门")),
            parts.Column(title=_("状态"), order="state"),
            parts.Column(title=_("登记"), numeric=True, unit=_("项"), order="total"),
            parts.Column(title=_("未说明的差异"), numeric=True, unit=_("项")),
            parts.Column(title=_("签发时间")),
        ),
        row=lambda one: _line(one),
        order=("state", "-total"),
        filters=filters,
        empty=parts.Empty(title=_("还没有报告"), why=_("开始填报后，每个部门有一份报告。")),
    )
    return filters, table


def _line(report: Report) -> tuple[Any, ...]:
    opened = sum(report.differences.values()) if report.checked_at else ""
    signed = local_day(report.signed_at) if report.signed_at else ""
    things = _("零报告") if report.zero else report.total
    link = parts.Link(title=str(report.body), url=f"/census/reports/{report.pk}/")
    return link, states.state_badge(report), things, opened, signed


def step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Edit, open, remind, close or cancel a campaign."""
    campaign = find(queries.campaigns(actor=require_actor(request)), pk)
    initial = {}
    if verb == "edit":
        initial = {name: getattr(campaign, name) for name in ("title", "kinds", "deadline", "lower", "purpose")}
    following = {"open": _("各部门已收到通知。"), "remind": _("未报送的部门已收到提醒。")}
    return steps.step_page(
        request,
        campaign,
        verb,
        allowed=ACTS,
        base=f"/census/{campaign.pk}/",
        crumbs=(CENSUS,),
        initial=initial,
        danger=(ACTS[3], ACTS[4]),
        lead={"census.campaign.cancel": _("还没有开始填报，取消后不再使用。")},
        next_step=following.get(verb, ""),
    )


urlpatterns = [
    path("census/", campaigns_page, name="census"),
    path("census/new/", new_page, name="census_new"),
    path("census/reports/", report_pages.reports_page, name="census_reports"),
    path("census/reports/<uuid:pk>/", report_pages.report_page, name="census_report"),
    path("census/reports/<uuid:pk>/record/<slug:kind>/", register_pages.record_page, name="census_record"),
    path("census/reports/<uuid:pk>/upload/<slug:kind>/", register_pages.upload_page, name="census_upload_new"),
    path("census/reports/<uuid:pk>/<slug:verb>/", report_pages.step_page, name="census_report_step"),
    path("census/template/<slug:kind>.xlsx", register_pages.template_file, name="census_template"),
    path("census/uploads/<uuid:pk>/", register_pages.upload_result_page, name="census_upload"),
    path("census/uploads/<uuid:pk>/<slug:verb>/", register_pages.upload_step_page, name="census_upload_step"),
    path("census/findings/<uuid:pk>/<slug:verb>/", difference_pages.step_page, name="census_finding_step"),
    path("census/things/<uuid:pk>/", asset_pages.asset_page, name="census_asset"),
    path("census/channels/", channel_pages.channels_page, name="census_channels"),
    path("census/channels/new/", channel_pages.new_page, name="census_channel_new"),
    path("census/channels/<uuid:pk>/", channel_pages.channel_page, name="census_channel"),
    path("census/channels/<uuid:pk>/<slug:verb>/", channel_pages.step_page, name="census_channel_step"),
    path("census/<uuid:pk>/", campaign_page, name="census_campaign"),
    path("census/<uuid:pk>/<slug:verb>/", step_page, name="census_campaign_step"),
]
