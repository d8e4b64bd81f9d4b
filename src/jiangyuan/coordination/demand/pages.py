"""Demands: the list, one demand, filing by form, answering and taking back."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.coordination.demand import queries
from jiangyuan.coordination.demand.models import Demand
from jiangyuan.coordination.demand.states import DEMAND
from jiangyuan.ui import listing, lists, pages, parts, states, steps
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor

DEMANDS = parts.Link(title=gettext_lazy("数据需求"), url="/coordination/demands/")
FILE = "demand.demand.file"
ACTS = ("demand.demand.answer", "demand.demand.withdraw")


def demands_page(request: HttpRequest) -> HttpResponse:
    """List the demands the actor may know of."""
    actor = require_actor(request)
    state = listing.facet(request, "state", _("状态"), DEMAND.states.items(), many=True)
    filters = listing.Filters(text=listing.words_of(request), words=_("需要的数据"), facets=(state,))
    rows = filters.narrow(queries.demands(actor=actor))
    for word in filters.text.split()[:8]:
        rows = rows.filter(name__icontains=word)
    may = steps.may_begin(FILE, actor, body=str(actor.body or ""))
    action = parts.Button(title=_("登记数据需求"), url=f"{DEMANDS.url}new/", icon="plus") if may else None
    titles = (_("需要的数据"), _("需求部门"), _("登记时间"), _("结果"), _("状态"))
    table = listing.table_of(
        request,
        rows,
        caption=_("数据需求"),
        columns=tuple(parts.Column(title=title) for title in titles),
        row=lambda demand: (
            parts.Link(title=demand.name, url=f"{DEMANDS.url}{demand.pk}/"),
            str(demand.body),
            demand.created_at,
            demand.get_outcome_display(),
            states.state_badge(demand),
        ),
        order=("-created_at",),
        filters=filters,
        empty=parts.Empty(
            title=_("还没有数据需求"),
            why=_("需要而平台上找不到的数据，在这里告诉主管部门。"),
            todo=_("请先搜索；没有找到时登记需求。") if action else "",
            action=action,
        ),
    )
    header = parts.Header(
        title=_("数据需求"), lead=_("需要而平台上找不到的数据，由共享主管部门逐项答复。"), action=action
    )
    return lists.list_page(request, header=header, filters=filters, table=table)


def new_demand_page(request: HttpRequest) -> HttpResponse:
    """File a demand by form; what was searched in vain is carried over."""
    actor = require_actor(request)
    searched = listing.words_of(request)
    body = str(actor.body or "")
    return steps.begin_page(
        request,
        FILE,
        crumbs=(DEMANDS,),
        back=DEMANDS.url,
        about={"body": body},
        fixed={"body": body},
        initial={"name": searched, "searched": searched},
        lead=_("已有目录的数据，请直接在目录中申请。登记后由数据共享主管部门答复，条例没有规定答复的期限。"),
        done=lambda made: f"{DEMANDS.url}{made.pk}/",
        next_step=_("共享主管部门答复后，可在“我的需求”中查看。"),
    )


def demand_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one demand with its answer and its trace."""
    actor = require_actor(request)
    demand = find(queries.demands(actor=actor), pk)
    base = f"{DEMANDS.url}{demand.pk}/"
    header = parts.Header(
        title=demand.name,
        badge=states.state_badge(demand),
        lead=""
        if demand.state != "open"
        else _("等数据共享主管部门答复；条例没有规定答复的期限，答复后可在“我的需求”中查看。"),
        crumbs=(DEMANDS, parts.Link(title=demand.name, current=True)),
        **steps.buttons(demand, steps.steps(demand, actor), base, main=ACTS[0]),
    )
    rows = (
        parts.Definition(term=_("需求部门"), value=str(demand.body)),
        parts.Definition(term=_("用在哪里"), value=demand.matter),
        parts.Definition(term=_("使用依据"), value=demand.basis),
        parts.Definition(term=_("可能由谁提供"), value=demand.holder),
        parts.Definition(term=_("搜索过的词"), value=demand.searched),
    )
    sections = (*_answer(demand), parts.Definitions(rows=rows), trace_part(demand, limit=20))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _answer(demand: Demand) -> tuple[parts.Part, ...]:
    if demand.state != "answered":
        return ()
    rows = [
        parts.Definition(term=_("结果"), value=demand.get_outcome_display()),
        parts.Definition(term=_("答复"), value=demand.answer),
        parts.Definition(term=_("答复时间"), value=demand.answered_at),
    ]
    if demand.entry is not None:
        link = parts.Link(title=str(demand.entry), url=f"/catalog/{demand.entry_id}/")
        rows.append(parts.Definition(term=_("可以申请的目录"), value=link))
    return (parts.Definitions(title=_("主管部门的答复"), rows=tuple(rows)),)


def demand_step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Answer a demand, or take it back."""
    demand = find(queries.demands(actor=require_actor(request)), pk)
    base = f"{DEMANDS.url}{demand.pk}/"
    return steps.step_page(request, demand, verb, allowed=ACTS, base=base, crumbs=(DEMANDS,))


urlpatterns = [
    path("coordination/demands/", demands_page, name="demands"),
    path("coordination/demands/new/", new_demand_page, name="demand_new"),
    path("coordination/demands/<uuid:pk>/", demand_page, name="demand"),
    path("coordination/demands/<uuid:pk>/<slug:verb>/", demand_step_page, name="demand_step"),
]
