"""Pages of delivery: tables kept current, warnings about listed persons, records of use."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from jiangyuan.exchange.delivery import monitor_pages, queries, services_pages
from jiangyuan.exchange.delivery.models import UseRecord, Warning
from jiangyuan.exchange.delivery.states import DELIVERY
from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.exchange.sharing.queries import grants
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.clocks import LIMITS
from jiangyuan.kernel.texts import cite
from jiangyuan.sources.models import Source
from jiangyuan.ui import listing, lists, live, pages, parts, states, steps
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor

DELIVERIES = parts.Link(title=pgettext_lazy("several", "库表交换"), url="/exchange/deliveries/")
WARNINGS = parts.Link(title=gettext_lazy("变化预警"), url="/exchange/warnings/")
USES = parts.Link(title=gettext_lazy("使用情况"), url="/exchange/uses/")
HELD = "/exchange/grants/?side=held"
CHOSEN_FROM = 200
ACTS = (
    "delivery.delivery.retry",
    "delivery.delivery.pause",
    "delivery.delivery.resume",
    "delivery.delivery.stop",
)


def deliveries_page(request: HttpRequest) -> HttpResponse:
    """Say how all deliveries fare, and list those the actor may know of."""
    actor = require_actor(request)
    if live.asked_again(request, monitor_pages.MONITOR):
        return live.alone(request, monitor_pages.monitor(actor))
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("目录名称"),
        facets=(listing.facet(request, "state", _("状态"), DELIVERY.states.items(), many=True),),
    )
    rows = filters.narrow(queries.deliveries(actor=actor))
    for word in filters.text.split()[:8]:
        rows = rows.filter(grant__entry__name__icontains=word)
    table = listing.table_of(
        request,
        rows,
        caption=_("库表交换"),
        columns=(
            parts.Column(title=_("数据")),
            parts.Column(title=_("提供方")),
            parts.Column(title=_("使用方")),
            parts.Column(title=_("目标表")),
            parts.Column(title=_("行数"), numeric=True, unit=_("行")),
            parts.Column(title=_("状态"), order="state"),
            parts.Column(title=_("最近更新"), order="last_applied_at"),
        ),
        row=lambda one: (
            parts.Link(title=one.grant.entry.known_name, url=f"{DELIVERIES.url}{one.pk}/"),
            str(one.grant.provider),
            str(one.grant.consumer),
            parts.Code(text=f"{one.schema}.{one.table}"),
            one.rows,
            states.state_badge(one),
            one.last_applied_at,
        ),
        order=("-created_at", "state", "last_applied_at"),
        filters=filters,
        acts=ACTS,
        empty=parts.Empty(
            title=_("还没有库表交换"),
            why=_("含库表方式的授权，可持续交换到本部门自己的数据库。"),
            todo=_("在授权页面点“开通库表交换”。"),
            action=parts.Button(title=_("看授权"), url="/exchange/grants/?side=held", kind="plain"),
        ),
    )
    header = parts.Header(
        title=pgettext("several", "库表交换"),
        lead=_("授权的数据表持续交换到使用方的数据库，一行变更通常不到一秒到达。"),
    )
    above = (monitor_pages.monitor(actor),)
    return lists.list_page(request, header=header, filters=filters, table=table, above=above)


def new_delivery_page(request: HttpRequest) -> HttpResponse:
    """Open a delivery under a grant into a database of one's own; without one named, lead to the grants."""
    actor = require_actor(request)
    if not request.GET.get("grant"):
        held = [one for one in _all_held(actor) if "table" in one.forms]
        return _choose(request, held, _("开通库表交换"), _("选择一项含库表方式的授权，下一步选接收库。"), DELIVERIES)
    grant = _held(request, actor)
    places = Source.visible_to(actor).filter(body_id=actor.body, receives=True, kind="postgres", state="connected")
    return steps.begin_page(
        request,
        "delivery.delivery.open",
        crumbs=(DELIVERIES,),
        back=f"/exchange/grants/{grant.pk}/",
        about={"consumer": str(grant.consumer_id), "body": str(grant.consumer_id)},
        fixed={"grant": grant.pk},
        choices={"target": [(s.pk, s.name) for s in places.order_by("name")[:500]]},
        lead=_("%(entry)s　提供方：%(body)s") % {"entry": grant.entry.known_name, "body": grant.provider.name},
        done=lambda made: f"{DELIVERIES.url}{made.pk}/",
        next_step=_("首次全量交换随即开始，之后持续更新。"),
    )


def _all_held(actor: Actor) -> list[Grant]:
    """Give the grants in force that the actor's body holds, the newest first."""
    held = (
        grants(actor=actor).filter(consumer_id=actor.body, state="active") if actor.body else grants(actor=actor).none()
    )
    return list(held.select_related("entry", "provider", "system").order_by("-created_at")[:CHOSEN_FROM])


def _choose(request: HttpRequest, held: list[Grant], title: Any, lead: Any, crumb: parts.Link) -> HttpResponse:
    """Offer the grants to choose from: the form is about one of them."""
    table = parts.Table(
        caption=_("本部门使用中的授权"),
        columns=tuple(parts.Column(title=one) for one in (_("数据"), _("提供方"), _("应用系统"), _("期限"))),
        rows=[
            (
                parts.Link(title=one.entry.known_name, url=f"{request.path}?grant={one.pk}"),
                str(one.provider),
                one.system.name,
                one.until,
            )
            for one in held
        ],
        empty=parts.Empty(
            title=_("本部门没有可选的授权"),
            why=_("提供方同意共享申请后产生授权。"),
            action=parts.Button(title=_("看本部门的授权"), url=HELD, kind="plain"),
        ),
    )
    header = parts.Header(title=title, lead=lead, crumbs=(crumb, parts.Link(title=title, current=True)))
    return pages.page(request, "ui/detail.html", header=header, sections=(table,))


def _held(request: HttpRequest, actor: Actor) -> Grant:
    return find(grants(actor=actor).filter(consumer_id=actor.body), request.GET.get("grant", ""))


def delivery_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one delivery and its trace."""
    actor = require_actor(request)
    one = find(queries.deliveries(actor=actor), pk)
    base = f"{DELIVERIES.url}{one.pk}/"
    main = "delivery.delivery.retry" if one.state == "failed" else "delivery.delivery.resume"
    header = parts.Header(
        title=one.grant.entry.known_name,
        badge=states.state_badge(one),
        crumbs=(DELIVERIES, parts.Link(title=one.grant.entry.known_name, current=True)),
        **steps.buttons(one, steps.steps(one, actor), base, main=main, danger=("delivery.delivery.stop",)),
    )
    seen = grants(actor=actor).filter(pk=one.grant_id).exists()
    link = parts.Link(title=_("查看授权"), url=f"/exchange/grants/{one.grant_id}/")
    rows = (
        *((parts.Definition(term=_("授权"), value=link),) if seen else ()),
        parts.Definition(term=_("提供方"), value=one.grant.provider.name),
        parts.Definition(term=_("使用方"), value=one.grant.consumer.name),
        parts.Definition(term=_("接收库"), value=one.target.name),
        parts.Definition(term=_("目标表"), value=parts.Code(text=f"{one.schema}.{one.table}")),
        parts.Definition(term=_("行数"), value=one.rows),
        parts.Definition(term=_("最近更新"), value=one.last_applied_at),
    )
    part = monitor_pages.delivery_monitor(one)

    def whole() -> HttpResponse:
        sections = (part, parts.Definitions(rows=rows), trace_part(one, limit=20))
        return pages.page(request, "ui/detail.html", header=header, sections=sections)

    return live.answer(request, part, whole)


def delivery_step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Retry, pause, resume, stop."""
    one = find(queries.deliveries(actor=require_actor(request)), pk)
    return steps.step_page(
        request,
        one,
        verb,
        allowed=ACTS,
        base=f"{DELIVERIES.url}{one.pk}/",
        crumbs=(DELIVERIES,),
        danger=("delivery.delivery.stop",),
        lead={
            "delivery.delivery.retry": _("接收库或来源的问题解决后重新交换；没有解决的，会再次停住并说明原因。"),
            "delivery.delivery.pause": _("暂停后，目标表停在此刻；恢复时补上期间的变更。"),
            "delivery.delivery.resume": _("从停下的地方继续，补上暂停期间的变更。"),
            "delivery.delivery.stop": _("停止后不再恢复；已交换的数据按共享协议处置（条例第二十五条）。"),
        },
        name=one.grant.entry.known_name,
        next_step=_("停得过久时，恢复后会重新复制全部行。") if verb == "pause" else "",
    )


def warnings_page(request: HttpRequest) -> HttpResponse:
    """List the warnings of one's own body."""
    actor = require_actor(request)
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("办件编号"),
        facets=(listing.facet(request, "state", _("处理"), (("open", _("未处理")), ("done", _("已处理")))),),
    )
    state = filters.facets[0].value
    rows = queries.warnings(actor=actor, open_only=state == "open")
    if state == "done":
        rows = rows.filter(acknowledged_at__isnull=False)
    for word in filters.text.split()[:8]:
        rows = rows.filter(case__number__icontains=word)
    table = listing.table_of(
        request,
        rows,
        caption=_("变化预警"),
        columns=(
            parts.Column(title=_("办件编号")),
            parts.Column(title=_("应用系统")),
            parts.Column(title=_("变化的数据")),
            parts.Column(title=_("提供方")),
            parts.Column(title=_("时间"), order="created_at"),
            parts.Column(title=_("处理")),
        ),
        row=lambda one: (
            parts.Link(title=one.case.number, url=f"{WARNINGS.url}{one.pk}/"),
            one.case.system.name,
            one.grant.entry.known_name,
            str(one.grant.provider),
            one.created_at,
            _warning_badge(one),
        ),
        order=("-created_at",),
        filters=filters,
        acts=("delivery.warning.acknowledge",),
        target=lambda one: one if one.acknowledged_at is None else None,
        empty=parts.Empty(
            title=_("没有预警"),
            why=_("关注中的办件，名单内人员的数据发生变化时，这里会在数秒内出现预警。"),
            todo=_("办件在登记时选择关注变化。"),
        ),
    )
    header = parts.Header(
        title=_("变化预警"), lead=_("只告知谁的办件、哪类数据有变化，不含具体内容；请按授权核验后处理。")
    )
    return lists.list_page(request, header=header, filters=filters, table=table)


def _warning_badge(one: Warning) -> parts.Badge:
    done = one.acknowledged_at is not None
    return parts.Badge(label=_("已处理") if done else _("未处理"), tone="good" if done else "bad")


def warning_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one warning."""
    actor = require_actor(request)
    one = find(queries.warnings(actor=actor), pk)
    base = f"{WARNINGS.url}{one.pk}/"
    name = "delivery.warning.acknowledge"
    found = steps.steps(one, actor, besides=[name]) if one.acknowledged_at is None else []
    header = parts.Header(
        title=_("办件 %(number)s：名单内有人的数据变化") % {"number": one.case.number},
        badge=_warning_badge(one),
        crumbs=(WARNINGS, parts.Link(title=one.case.number, current=True)),
        **steps.buttons(one, found, base, main=name),
    )
    grant = f"/exchange/grants/{one.grant_id}/"
    rows = (
        parts.Definition(
            term=_("办件"), value=parts.Link(title=one.case.number, url=f"/exchange/cases/{one.case_id}/")
        ),
        parts.Definition(term=_("应用系统"), value=one.case.system.name),
        parts.Definition(
            term=_("变化的数据"),
            value=parts.Link(title=one.grant.entry.known_name, url=grant),
            help=_("只告知哪类数据有变化，不含具体内容；凭办件在授权下核验可知。"),
        ),
        parts.Definition(term=_("提供方"), value=one.grant.provider.name),
        parts.Definition(term=_("发现时间"), value=one.created_at),
        parts.Definition(term=_("处理时间"), value=one.acknowledged_at or _("尚未处理")),
        parts.Definition(term=_("处理情况"), value=one.outcome or _("尚未处理")),
    )
    sections = (parts.Definitions(rows=rows), trace_part(one, limit=20))
    above = () if one.acknowledged_at else (_to_do(one, mine=bool(found)),)
    return pages.page(request, "ui/detail.html", header=header, above=above, sections=sections)


def _to_do(one: Warning, *, mine: bool) -> parts.Notice:
    """Say what is to be done about a warning, and by whom."""
    text = _(
        "由%(body)s的业务处室或数据共享经办人处理：先凭这个办件在授权下核验此人的数据，再调整办理结果，最后点“处理预警”写明处理情况。"
    )
    title = _("请核验后处理") if mine else _("等业务处室或数据共享经办人处理")
    return parts.Notice(title=title, tone="warn", text=text % {"body": str(one.body)})


def warning_step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Say what was done about a warning."""
    rows = queries.warnings(actor=require_actor(request))
    one = find(rows, pk)
    return steps.step_page(
        request,
        one,
        verb,
        allowed=("delivery.warning.acknowledge",),
        base=f"{WARNINGS.url}{one.pk}/",
        done=WARNINGS.url,
        crumbs=(WARNINGS,),
    )


def uses_page(request: HttpRequest) -> HttpResponse:
    """List the records of use under the grants the actor may know of."""
    actor = require_actor(request)
    filters = listing.Filters(text=listing.words_of(request), words=_("目录名称或办件编号"))
    rows = UseRecord.visible_to(actor).select_related("grant__entry", "grant__provider", "body")
    for word in filters.text.split()[:8]:
        rows = rows.filter(grant__entry__name__icontains=word) | rows.filter(case_number__icontains=word)
    limit = LIMITS["usage.retention"]
    table = listing.table_of(
        request,
        rows,
        caption=_("使用情况"),
        columns=(
            parts.Column(title=_("数据")),
            parts.Column(title=_("使用方")),
            parts.Column(title=_("办件编号")),
            parts.Column(title=_("使用场景")),
            parts.Column(title=_("使用结果")),
            parts.Column(title=_("登记时间"), order="created_at"),
        ),
        row=lambda one: (
            parts.Link(title=one.grant.entry.known_name, url=f"/exchange/grants/{one.grant_id}/"),
            str(one.body),
            parts.Code(text=one.case_number) if one.case_number else "",
            one.scenario,
            one.outcome,
            one.created_at,
        ),
        order=("-created_at",),
        filters=filters,
        empty=parts.Empty(
            title=_("还没有登记使用情况"),
            why=_("使用方须记录使用场景、过程、结果、存储和销毁情况，至少保存 %(years)s 年（%(article)s）。")
            % {"years": limit.days, "article": cite(limit.article)},
            todo=_("在授权页面点“登记使用情况”。"),
            action=parts.Button(title=_("看本部门的授权"), url=HELD, kind="plain"),
        ),
    )
    lead = _("数据用在了哪里、结果怎样：使用方登记，提供方和主管部门都看得到。")
    return lists.list_page(request, header=parts.Header(title=_("使用情况"), lead=lead), filters=filters, table=table)


def new_use_page(request: HttpRequest) -> HttpResponse:
    """Keep a record of use under a grant; without one named, lead to the grants."""
    actor = require_actor(request)
    if not request.GET.get("grant"):
        return _choose(request, _all_held(actor), _("登记使用情况"), _("选择一项授权，下一步填写怎样使用。"), USES)
    grant = _held(request, actor)
    limit = LIMITS["usage.retention"]
    return steps.begin_page(
        request,
        "delivery.use.record",
        crumbs=(USES,),
        back=f"/exchange/grants/{grant.pk}/",
        about={"consumer": str(grant.consumer_id), "body": str(grant.consumer_id)},
        fixed={"grant": grant.pk},
        initial={"scenario": grant.request.scenario},
        lead=_("%(entry)s　至少保存 %(years)s 年（%(article)s）。")
        % {"entry": grant.entry.known_name, "years": limit.days, "article": cite(limit.article)},
        done=USES.url,
    )


urlpatterns = [
    *services_pages.urlpatterns,
    path("exchange/deliveries/", deliveries_page, name="deliveries"),
    path("exchange/deliveries/new/", new_delivery_page, name="delivery_new"),
    path("exchange/deliveries/<uuid:pk>/", delivery_page, name="delivery"),
    path("exchange/deliveries/<uuid:pk>/<slug:verb>/", delivery_step_page, name="delivery_step"),
    path("exchange/warnings/", warnings_page, name="warnings"),
    path("exchange/warnings/<uuid:pk>/", warning_page, name="warning"),
    path("exchange/warnings/<uuid:pk>/<slug:verb>/", warning_step_page, name="warning_step"),
    path("exchange/uses/", uses_page, name="uses"),
    path("exchange/uses/new/", new_use_page, name="use_new"),
]
