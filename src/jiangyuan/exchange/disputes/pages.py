"""Pages of disputes: the list, one dispute with its road and what each side said, raising one, and each step."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.entries.models import AUTHORITY
from jiangyuan.exchange.disputes import queries, rules
from jiangyuan.exchange.disputes.models import Dispute
from jiangyuan.exchange.disputes.states import DISPUTE
from jiangyuan.exchange.sharing.queries import requests
from jiangyuan.kernel import clockwork
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.clocks import LIMITS
from jiangyuan.kernel.events import history
from jiangyuan.kernel.texts import cite
from jiangyuan.ui import listing, lists, objects, pages, parts, states, steps
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.progress import Progress, Stage, Standing
from jiangyuan.ui.session import require_actor

DISPUTES = parts.Link(title=gettext_lazy("共享争议"), url="/exchange/disputes/")
RAISE = "disputes.dispute.raise"
ACTS = tuple(dict.fromkeys(step.action for step in DISPUTE.transitions))
DANGER = ("disputes.dispute.withdraw",)
_PLACES = {"answering": 1, "answered": 2, "authority_handler": 3, "authority_head": 3, "decided": 4, "referred": 4}
_OVER = {"settled": 3, "closed": 5, "withdrawn": 0}


def disputes_page(request: HttpRequest) -> HttpResponse:
    """List the disputes the actor may know of."""
    actor = require_actor(request)
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("目录或部门名称"),
        facets=(
            listing.facet(request, "state", _("状态"), DISPUTE.states.items(), many=True),
            listing.facet(request, "ground", _("争议理由"), rules.GROUNDS.items(), many=True),
        ),
    )
    rows = filters.narrow(queries.disputes(actor=actor))
    for word in filters.text.split()[:8]:
        named = Q(request__entry__name__icontains=word) | Q(claimant__name__icontains=word)
        rows = rows.filter(named | Q(respondent__name__icontains=word))
    table = listing.table_of(
        request,
        rows,
        caption=_("共享争议"),
        columns=(
            parts.Column(title=_("数据")),
            parts.Column(title=_("争议理由")),
            parts.Column(title=_("提出方")),
            parts.Column(title=_("对方")),
            parts.Column(title=_("提出时间"), order="created_at"),
            parts.Column(title=_("状态"), order="state"),
            parts.Column(title=_("裁决结果")),
        ),
        row=lambda one: (
            parts.Link(title=one.request.entry.known_name, url=f"{DISPUTES.url}{one.pk}/"),
            str(rules.GROUNDS[one.ground]),
            str(one.claimant),
            str(one.respondent),
            one.created_at,
            states.state_badge(one),
            str(rules.OUTCOMES.get(one.outcome, "")),
        ),
        order=("-created_at", "state"),
        filters=filters,
        empty=parts.Empty(
            title=_("没有共享争议"),
            why=_("对不同意共享、补正要求、数据质量、超过时限或超范围使用有异议的，可在申请或授权页面提出争议。"),
        ),
    )
    lead = _("先由双方协商，不能一致的由数据共享主管部门裁决，仍有争议的报政府决定（条例第二十八条）。")
    return lists.list_page(request, header=parts.Header(title=_("共享争议"), lead=lead), filters=filters, table=table)


def new_page(request: HttpRequest) -> HttpResponse:
    """Raise a dispute about a request; without one named, lead to the requests."""
    actor = require_actor(request)
    if not request.GET.get("request"):
        pages.flash(request, _("请先打开一项共享申请，再点“提出争议”。"), level=messages.INFO)
        return pages.redirect(request, "/exchange/requests/")
    asked = find(requests(actor=actor).exclude(received_at__isnull=True), request.GET.get("request", ""))
    possible = rules.open_to(queries.facts_of(asked, body=actor.body))
    if not possible:
        pages.flash(request, _("这项申请目前没有可以提出争议的事由。"), level=messages.INFO)
        return pages.redirect(request, f"/exchange/requests/{asked.pk}/")
    limit = LIMITS["dispute.answer"]
    told = _("提出后，对方须在 %(days)s 个工作日内答复（%(article)s）。")
    return steps.begin_page(
        request,
        RAISE,
        crumbs=(DISPUTES,),
        back=f"/exchange/requests/{asked.pk}/",
        about={"consumer": str(asked.consumer_id), "provider": str(asked.provider_id)},
        fixed={"request": asked.pk},
        choices={"ground": [(ground, rules.GROUNDS[ground]) for ground in possible]},
        lead=_("关于“%(entry)s”的共享。") % {"entry": asked.entry.known_name}
        + told % {"days": limit.days, "article": cite(limit.article)},
        done=lambda made: f"{DISPUTES.url}{made.pk}/",
        next_step=_("已送达对方，请等待答复。"),
    )


def dispute_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one dispute: its road, what each side says, the decision, its trace."""
    actor = require_actor(request)
    one = find(queries.disputes(actor=actor), pk)
    base = f"{DISPUTES.url}{one.pk}/"
    main = next((step for step in objects.kind_of("disputes.dispute").waits.items() if step[0] == one.state), ("", ""))
    header = parts.Header(
        title=_("关于“%(entry)s”的争议") % {"entry": one.request.entry.known_name},
        badge=states.state_badge(one),
        clock=objects.clock_of(one),
        lead=str(rules.GROUNDS[one.ground]),
        crumbs=(DISPUTES, parts.Link(title=one.request.entry.known_name, current=True)),
        **steps.buttons(one, steps.steps(one, actor, without=_early(one)), base, main=main[1], danger=DANGER),
    )
    sections = (_road(one), _about(one, actor), trace_part(one, limit=20))
    return pages.page(request, "ui/detail.html", header=header, above=_decision(one), sections=sections)


def _early(one: Dispute) -> tuple[str, ...]:
    """Give what cannot be done yet: nobody goes to the authority while the other side has time to answer."""
    running = clockwork.running(one, "dispute.answer") if one.state == "answering" else []
    waits = bool(running) and (running[0].due_on or timezone.localdate()) >= timezone.localdate()
    return ("disputes.dispute.escalate",) if waits else ()


def _decision(one: Dispute) -> tuple[parts.Part, ...]:
    if not one.outcome:
        return ()
    tone: parts.Tone = "warn" if one.outcome == "dismissed" else "good"
    text = one.decision
    if one.carry_out_by:
        text += " " + _("落实期限：%(day)s。") % {"day": one.carry_out_by}
    title = _("裁决：%(outcome)s") % {"outcome": rules.OUTCOMES[one.outcome]}
    return (parts.Notice(title=title, tone=tone, text=text, article=one.article),)


def _about(one: Dispute, actor: Actor) -> parts.Definitions:
    asked = parts.Link(title=_("查看申请"), url=f"/exchange/requests/{one.request_id}/")
    held = parts.Link(title=_("查看授权"), url=f"/exchange/grants/{one.grant_id}/") if one.grant_id else ""
    inside = actor.capacity in AUTHORITY
    rows = [
        (_("提出方"), one.claimant.name),
        (_("对方"), one.respondent.name),
        (_("共享申请"), asked),
        (_("共享授权"), held),
        (_("事实和理由"), one.claim),
        (_("要求"), one.wish),
        (_("对方答复"), one.answer),
        (_("仍有争议的问题"), one.insisted),
        *(((_("裁决意见（内部）"), one.proposal), (_("退回要求（内部）"), one.objection)) if inside else ()),
        (_("政府的决定"), one.government),
    ]
    shown = tuple(parts.Definition(term=term, value=value) for term, value in rows if value)
    return parts.Definitions(title=_("争议内容"), rows=shown)


def _road(one: Dispute) -> Progress:
    """Give the road of a dispute: raised, answered, agreed or taken further, decided, carried out."""
    days = {
        event.type: timezone.localdate(event.at)
        for event in reversed(history(object_type="disputes.dispute", object_id=one.pk))
    }
    over = one.state in ("settled", "withdrawn")
    place = _PLACES.get(one.state, _OVER.get(one.state, 0))
    limits = {1: LIMITS["dispute.answer"].article, 3: LIMITS["dispute.decide"].article}
    stages: tuple[tuple[Any, Any, str], ...] = (
        (_("提出争议"), str(one.claimant), "disputes.dispute.raised"),
        (_("对方答复"), str(one.respondent), "disputes.dispute.answered"),
        (_("双方协商"), str(one.claimant), "disputes.dispute.escalated"),
        (_("主管部门裁决"), _("数据共享主管部门"), "disputes.dispute.decided"),
        (_("落实裁决"), str(one.respondent), "disputes.dispute.closed"),
    )
    made = []
    for number, (title, desk, event) in enumerate(stages):
        standing = _standing(number, place, stopped=over)
        when = days.get(event, "") if standing == "done" else ""
        if standing == "now":
            when = objects.clock_of(one) or ""
        made.append(Stage(title=title, standing=standing, desk=desk, when=when, article=limits.get(number, "")))
    return Progress(stages=tuple(made))


def _standing(number: int, place: int, *, stopped: bool) -> Standing:
    if number < place:
        return "done"
    if stopped:
        return "stopped"
    return "now" if number == place else "next"


def step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Carry out one step of a dispute."""
    one = find(queries.disputes(actor=require_actor(request)), pk)
    limit = LIMITS["dispute.decide"]
    return steps.step_page(
        request,
        one,
        verb,
        allowed=ACTS,
        base=f"{DISPUTES.url}{one.pk}/",
        crumbs=(DISPUTES,),
        danger=DANGER,
        name=one.request.entry.known_name,
        facts=lambda: (_about(one, require_actor(request)),),
        lead={
            "disputes.dispute.escalate": _("主管部门在 %(days)s 个工作日内裁决（%(article)s）。")
            % {"days": limit.days, "article": cite(limit.article)},
            "disputes.dispute.decide": _("裁决不自动改变申请和授权，由双方按裁决办理。"),
        },
    )


urlpatterns = [
    path("exchange/disputes/", disputes_page, name="disputes"),
    path("exchange/disputes/new/", new_page, name="dispute_new"),
    path("exchange/disputes/<uuid:pk>/", dispute_page, name="dispute"),
    path("exchange/disputes/<uuid:pk>/<slug:verb>/", step_page, name="dispute_step"),
]
