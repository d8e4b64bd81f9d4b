"""Pages of sharing: requests in lists and one by one; applying, review and grants stand beside."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from jiangyuan.exchange.sharing import (
    case_pages,
    data_pages,
    document_pages,
    grant_pages,
    queries,
    request_pages,
    review_pages,
    road_pages,
    signature_pages,
)
from jiangyuan.exchange.sharing.desks import REVIEWED
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.exchange.sharing.request_pages import REQUESTS
from jiangyuan.exchange.sharing.states import REQUEST
from jiangyuan.kernel import clockwork
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.clocks import LIMITS
from jiangyuan.kernel.models import Clock
from jiangyuan.kernel.texts import cite, listed
from jiangyuan.organization.models import CAPACITY_LABELS
from jiangyuan.ui import listing, lists, objects, pages, parts, states, steps, tabs
from jiangyuan.ui.clocks import ClockFace, clock_face
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor

ACTS = (
    "sharing.request.submit",
    "sharing.request.consent",
    "sharing.request.return",
    "sharing.request.ask_completion",
    "sharing.request.complete",
    "sharing.request.propose",
    "sharing.request.sign",
    "sharing.request.withhold",
    "sharing.request.agree",
    "sharing.request.refuse",
    "sharing.request.send_back",
    "sharing.request.cancel",
    "sharing.request.extend_reply",
)
DECIDED = frozenset(name for names in review_pages.DECISIONS.values() for name in names) | {review_pages.EXTEND}


def faces(things: list[Any]) -> dict[Any, ClockFace]:
    """Give the clock of each record of a page: one query for all of them."""
    if not things:
        return {}
    running = Clock.objects.filter(object_type=things[0]._meta.label_lower, object_id__in=[t.pk for t in things])
    today, calendar = timezone.localdate(), clockwork.calendar()
    found: dict[Any, ClockFace] = {}
    for clock in running.exclude(status=Clock.MET).order_by("-created_at"):
        found[clock.object_id] = clock_face(clock, today=today, calendar=calendar)
    return found


def _table(request: HttpRequest, rows: Any, *, filters: Any, empty: parts.Empty, review: bool) -> parts.Table:
    clocks: dict[Any, ClockFace] = {}
    tail = "review/" if review else ""
    return listing.table_of(
        request,
        rows,
        caption=_("共享申请"),
        columns=(
            parts.Column(title=_("数据")),
            parts.Column(title=_("使用方")),
            parts.Column(title=_("提供方")),
            parts.Column(title=_("现在在谁处")),
            parts.Column(title=_("状态"), order="state"),
            parts.Column(title=_("时限")),
            parts.Column(title=_("提出时间"), order="created_at"),
        ),
        row=lambda asked: (
            parts.Link(title=asked.entry.known_name, url=f"{REQUESTS.url}{asked.pk}/{tail}"),
            str(asked.consumer),
            str(asked.provider),
            _whose(asked),
            states.state_badge(asked),
            clocks.get(asked.pk, ""),
            asked.created_at,
        ),
        order=("-created_at", "state"),
        filters=filters,
        acts=("sharing.request.consent",) if review else ("sharing.request.submit", "sharing.request.cancel"),
        empty=empty,
        prepare=lambda found: clocks.update(faces(found)),
    )


def _whose(asked: Request) -> str:
    """Say on whose desk a request lies; empty where it lies on none any more."""
    kind = objects.kind_of(asked._meta.label_lower)
    if kind is None or asked.state not in kind.waits:
        return ""
    body = asked.consumer if kind.holder(asked) == asked.consumer_id else asked.provider
    who = listed(str(CAPACITY_LABELS[code]) for code in kind.capacities(asked) if code in CAPACITY_LABELS)
    return _("%(body)s%(who)s") % {"body": str(body), "who": who}


def requests_page(request: HttpRequest) -> HttpResponse:
    """List the requests the actor may know of."""
    actor = require_actor(request)
    sides = (("made", _("本部门提出")), ("received", _("本部门收到")))
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("目录、部门或系统名称"),
        facets=(
            listing.facet(request, "state", _("状态"), REQUEST.states.items(), many=True),
            listing.facet(request, "side", _("方向"), sides if actor.body else ()),
        ),
    )
    chosen = {f.name: f.value for f in filters.facets}
    rows = filters.narrow(queries.requests(actor=actor), without=("side",))
    if chosen["side"]:
        rows = rows.filter(**{"consumer_id" if chosen["side"] == "made" else "provider_id": actor.body})
    for word in filters.text.split()[:8]:
        named = Q(entry__name__icontains=word) | Q(consumer__name__icontains=word)
        rows = rows.filter(named | Q(provider__name__icontains=word) | Q(system__name__icontains=word))
    find_data = parts.Button(title=_("申请共享"), url="/catalog/?state=published", icon="plus")
    action = find_data if actor.capacity == "business_office" else None
    empty = parts.Empty(
        title=_("还没有共享申请"),
        why=_("业务处室在目录中找到数据后提出申请，经本单位和提供方办理。"),
        todo=_("先查目录，再点“申请共享”。") if action else "",
        action=action,
    )
    table = _table(request, rows, filters=filters, empty=empty, review=False)
    lead = _("本部门提出的和收到的申请：走到哪一步、轮到谁、还剩多少时间。")
    header = parts.Header(title=_("共享申请"), lead=lead, action=action)
    return lists.list_page(request, header=header, filters=filters, table=table)


def queue_page(request: HttpRequest) -> HttpResponse:
    """List the requests that wait for the actor's decision."""
    actor = require_actor(request)
    limit = LIMITS["sharing.reply.conditional"]
    empty = parts.Empty(
        title=_("没有待您办理的申请"),
        why=_("本单位业务处室提交的、其他部门发来的申请，轮到您时出现在这里。"),
        todo=_("有条件共享须在 %(days)s 个工作日内答复（%(article)s）。")
        % {"days": limit.days, "article": cite(limit.article)},
    )
    table = _table(request, review_pages.waiting(actor), filters=None, empty=empty, review=True)
    lead = _("轮到您办理的申请。点开一件，先看申请内容和核对清单，再写办理意见。")
    return lists.list_page(request, header=parts.Header(title=_("共享申请审核"), lead=lead), table=table)


def request_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one request: what, why, where it stands, its trace."""
    actor = require_actor(request)
    asked = find(queries.requests(actor=actor), pk)
    base = f"{REQUESTS.url}{asked.pk}/"
    grant = Grant.visible_to(actor).filter(request=asked).first()
    shown = _buttons(asked, actor, base)
    if grant is not None and shown["action"] is None:
        shown["action"] = parts.Button(title=_("查看授权"), url=f"{grant_pages.GRANTS.url}{grant.pk}/")
    header = parts.Header(
        title=asked.entry.known_name,
        badge=states.state_badge(asked),
        clock=objects.clock_of(asked),
        crumbs=(REQUESTS, parts.Link(title=asked.entry.known_name, current=True)),
        **_with_document(asked, shown),
    )
    road = road_pages.progress_of(asked, grant)
    found: list[parts.Part] = [
        road,
        *signature_pages.signatures_part(asked, actor),
        review_pages.about(asked),
        grant_pages.granted_items(asked.items),
        *tabs.drawn("sharing.request", "", asked, actor),
        trace_part(asked, actor=actor),
    ]
    return pages.page(request, "ui/detail.html", header=header, above=_notices(asked, grant), sections=found)


def _with_document(asked: Request, shown: dict[str, Any]) -> dict[str, Any]:
    if asked.state == "draft":
        return shown
    return {**shown, "further": (document_pages.approval_button(asked), *shown["further"])}


def _buttons(asked: Request, actor: Actor, base: str) -> dict[str, Any]:
    found = steps.steps(asked, actor, besides=[review_pages.EXTEND])
    if asked.state in REVIEWED and any(step.action in DECIDED for step in found):
        rest = [step for step in found if step.action not in DECIDED]
        made = steps.buttons(asked, rest, base, danger=("sharing.request.cancel",))
        return {"action": parts.Button(title=_("办理"), url=f"{base}review/"), "further": made["further"]}
    main = "sharing.request.complete" if asked.state == "incomplete" else "sharing.request.submit"
    drawn = steps.buttons(asked, found, base, main=main, danger=("sharing.request.cancel",))
    if asked.state == "draft":  # what was never sent is not taken back
        drawn["further"] = tuple(
            replace(one, title=_("放弃草稿")) if one.kind == "danger" else one for one in drawn["further"]
        )
    return drawn


def _notices(asked: Request, grant: Grant | None) -> tuple[parts.Part, ...]:
    shown: list[parts.Part] = []
    if asked.state == "incomplete":
        article = LIMITS["sharing.reply.conditional"].article
        shown.append(
            parts.Notice(title=_("提供方一次性告知补正"), tone="warn", text=asked.completion_notice, article=article)
        )
        shown += request_pages.to_mend(asked)
    if asked.state == "returned" and (asked.reply_reason or asked.reasons):
        shown.append(parts.Notice(title=_("本单位负责人退回"), tone="warn", text=asked.reply_reason))
        shown += request_pages.to_mend(asked)
    if asked.state == "refused":
        then = _("可按理由修改后重新申请；有不同意见的，先与提供方协商，再提出争议。")
        text = f"{asked.reply_reason} {then}"
        shown.append(
            parts.Notice(title=pgettext("state", "不同意共享"), tone="warn", text=text, article=asked.reply_article)
        )
    if grant is not None:
        shown.append(parts.Notice(title=_("已产生授权"), tone="good", text=grant.state_label))
    return tuple(shown)


def step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Carry out one step; a decision that is refused is drawn again on the review page."""
    actor = require_actor(request)
    asked = find(queries.requests(actor=actor), pk)
    base = f"{REQUESTS.url}{asked.pk}/"
    action = next((name for name in ACTS if steps.verb_of(name) == verb), "")
    told = review_pages.following(action, asked)
    if action not in DECIDED:
        return steps.step_page(
            request,
            asked,
            verb,
            allowed=ACTS,
            base=base,
            crumbs=(REQUESTS,),
            danger=("sharing.request.cancel",),
            lead={
                "sharing.request.submit": _("提交后由本单位负责人同意，再转提供方办理；下一步可核对全部内容。"),
                "sharing.request.cancel": _("放弃后这份草稿不再办理；需要数据时可重新申请。")
                if asked.state == "draft"
                else _("撤回后这件申请不再办理；需要数据时可重新申请。"),
            },
            next_step=told,
            facts=lambda: review_pages.facts(asked),
        )
    if request.method != "POST":
        return pages.redirect(request, f"{base}review/")
    following = review_pages.next_url(request, asked)
    return pages.act_from_form(
        request,
        action,
        asked.pk,
        done=following or base,
        message=review_pages.decided(action, asked, further=bool(following)),
        again=lambda form: review_pages.draw(request, asked, form),
        next_step=told,
        facts=lambda: review_pages.facts(asked),
    )


urlpatterns = [
    path("exchange/requests/", requests_page, name="requests"),
    path("exchange/requests/new/", request_pages.apply_page, name="request_new"),
    path("exchange/requests/review/", queue_page, name="request_queue"),
    path("exchange/requests/<uuid:pk>/", request_page, name="request"),
    path("exchange/requests/<uuid:pk>/edit/", request_pages.edit_page, name="request_edit"),
    path("exchange/requests/<uuid:pk>/review/", review_pages.review_page, name="request_review"),
    path("exchange/requests/<uuid:pk>/approval.pdf", document_pages.approval_page, name="request_document"),
    path("exchange/requests/<uuid:pk>/<slug:verb>/", step_page, name="request_step"),
    path("exchange/cases/", case_pages.cases_page, name="cases"),
    path("exchange/cases/new/", case_pages.new_case_page, name="case_new"),
    path("exchange/cases/<uuid:pk>/", case_pages.case_page, name="case"),
    path("exchange/cases/<uuid:pk>/<slug:verb>/", case_pages.case_step_page, name="case_step"),
    path("exchange/grants/", grant_pages.grants_page, name="grants"),
    path("exchange/grants/<uuid:pk>/", grant_pages.grant_page, name="grant"),
    path("exchange/grants/<uuid:pk>/<slug:name>.pdf", document_pages.agreed_page, name="grant_document"),
    path("exchange/grants/<uuid:pk>/data/", data_pages.data_page, name="grant_data"),
    path("exchange/grants/<uuid:pk>/<slug:verb>/", grant_pages.step_page, name="grant_step"),
]
