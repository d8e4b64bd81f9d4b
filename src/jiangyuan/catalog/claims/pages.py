"""Pages of claiming: what a body must answer, one claim, an own item; lists and proposals stand beside."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.claims import list_pages, proposal_pages, queries
from jiangyuan.catalog.claims.models import Claim
from jiangyuan.catalog.claims.states import CLAIM
from jiangyuan.catalog.entries.queries import entries
from jiangyuan.kernel.actor import Actor
from jiangyuan.ui import listing, lists, pages, parts, states, steps
from jiangyuan.ui.objects import clock_of, find, trace_part
from jiangyuan.ui.session import require_actor

CLAIMS = parts.Link(title=gettext_lazy("目录申领"), url="/catalog/claims/")
ANSWERS = ("catalog.claim.accept", "catalog.claim.decline", "catalog.claim.hold_above", "catalog.claim.reconsider")
ANSWERERS = frozenset({"sharing_handler", "sharing_head"})
KEEP, GIVE_UP = "catalog.claim.keep", "catalog.claim.give_up"


def claims_page(request: HttpRequest) -> HttpResponse:
    """List what one's body is asked to claim and what it has answered; several are answered at once."""
    actor = require_actor(request)
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("目录名称"),
        facets=(
            listing.facet(request, "state", _("答复"), CLAIM.states.items(), many=True),
            listing.facet(request, "whose", _("范围"), (("own", _("本部门")), ("below", _("下级对本部门目录")))),
        ),
    )
    rows = filters.narrow(queries.claims(actor=actor), without=("whose",))
    whose = {facet.name: facet.value for facet in filters.facets}["whose"]
    if whose:
        rows = rows.filter(body_id=actor.body) if whose == "own" else rows.filter(entry__body_id=actor.body)
    for word in filters.text.split()[:8]:
        rows = rows.filter(entry__known_name__icontains=word)
    table = claim_table(request, rows, filters=filters, acts=ANSWERS[:3])
    lead = _("上级同条线部门的目录，逐项答复：申领、本地不适用，或上级已有（提出回流需求）。")
    if actor.capacity in ANSWERERS:
        lead = _("上级同条线部门的目录，逐项答复：申领、本地不适用，或上级已有（提出回流需求）。可勾选多项一起答复。")
    return lists.list_page(request, header=parts.Header(title=_("目录申领"), lead=lead), filters=filters, table=table)


def claim_table(
    request: HttpRequest, rows: Any, *, filters: listing.Filters | None, acts: tuple[str, ...] = ()
) -> listing.Listing:
    """Make the table of claims."""
    return listing.table_of(
        request,
        rows,
        caption=_("目录申领"),
        columns=tuple(
            parts.Column(title=title)
            for title in (_("上级目录"), _("上级部门"), _("答复部门"), _("清单"), _("答复"), _("说明"), _("一致的版本"))
        ),
        row=_row,
        order=("-created_at",),
        filters=filters,
        acts=acts,
        empty=parts.Empty(
            title=_("没有要申领的目录"), why=_("主管部门把上级部门的目录下发给同条线部门后，会出现在这里。")
        ),
    )


def _row(claim: Claim) -> tuple[Any, ...]:
    own: Any = claim.reason
    if claim.own is not None:
        own = parts.Link(title=_("本部门目录"), url=f"/catalog/{claim.own_id}/")
    number = ""
    if claim.state in ("claimed", "upper_gone") and claim.own is not None:
        number = _("第 %(own)s 版，上级现行第 %(upper)s 版") % {
            "own": claim.own.pin.to.number,  # type: ignore[attr-defined]
            "upper": claim.entry.live_version,
        }
    return (
        parts.Link(title=claim.entry.known_name, url=f"{CLAIMS.url}{claim.pk}/"),
        str(claim.entry.body),
        str(claim.body),
        claim.list.title,
        states.state_badge(claim),
        own,
        number,
    )


def claim_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one claim: the upper entry, the answer, and the buttons that answer."""
    actor = require_actor(request)
    claim = find(queries.claims(actor=actor), pk)
    base = f"{CLAIMS.url}{claim.pk}/"
    header = parts.Header(
        title=claim.entry.known_name,
        badge=states.state_badge(claim),
        crumbs=(CLAIMS, parts.Link(title=claim.entry.known_name, current=True)),
        **steps.buttons(claim, steps.steps(claim, actor), base, main=_main(claim), danger=(GIVE_UP,)),
    )
    rows = [
        parts.Definition(
            term=_("上级目录"), value=parts.Link(title=claim.entry.known_name, url=f"/catalog/{claim.entry_id}/")
        ),
        parts.Definition(term=_("上级部门"), value=str(claim.entry.body)),
        parts.Definition(term=_("答复部门"), value=str(claim.body)),
        parts.Definition(term=_("清单"), value=claim.list.title),
    ]
    if claim.own is not None:
        own = parts.Link(title=claim.own.known_name, url=f"/catalog/{claim.own_id}/")
        rows.append(parts.Definition(term=_("本部门目录"), value=own))
    if claim.reason:
        held = claim.state == "held_above"
        rows.append(parts.Definition(term=_("回流需求") if held else _("原因"), value=claim.reason))
    if (clock := clock_of(claim)) is not None:
        rows.append(parts.Definition(term=_("时限"), value=clock))
    if claim.answered_at:
        rows.append(parts.Definition(term=_("答复时间"), value=claim.answered_at))
    return pages.page(
        request,
        "ui/detail.html",
        header=header,
        above=(*_upper_gone(claim), *_whose_turn(claim, actor)),
        sections=(parts.Definitions(rows=tuple(rows)), trace_part(claim, actor=actor)),
    )


def _main(claim: Claim) -> str:
    return KEEP if claim.state == "upper_gone" else ANSWERS[0]


def _upper_gone(claim: Claim) -> tuple[parts.Part, ...]:
    """Say that the upper entry was withdrawn, and what that asks of the department."""
    if claim.entry.live_version:
        return ()
    waits = _("请答复“本地不适用”。")
    asked = _("本部门的目录照常使用，不再随上级更新。请答复：保留为本部门目录，或由部门负责人放弃申领，一并撤销。")
    text = {"waiting": waits, "claimed": asked, "upper_gone": asked}.get(claim.state, "")
    return (parts.Notice(title=_("上级目录已撤销"), tone="warn" if text else "idle", text=text),)


def _whose_turn(claim: Claim, actor: Actor) -> tuple[parts.Part, ...]:
    """Say who answers, and that no rule sets a day, to those who wait for it."""
    if claim.state != "waiting" or claim.body_id == actor.body or not claim.entry.live_version:
        return ()
    title = _("等待%(body)s答复") % {"body": claim.body}
    text = _("由该部门的数据共享经办人或负责人答复：申领、本地不适用，或上级已有。法规没有规定答复期限。")
    return (parts.Notice(title=title, text=text),)


def answer_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Answer one claim."""
    claim = find(queries.claims(actor=require_actor(request)), pk)
    following = {
        "accept": _("目录已发布，可以挂载数据表。"),
        "hold_above": _("回流需求已提出，由统筹管理对接。"),
        "keep": _("原先与上级一致的内容现在可由本部门修订。"),
        "give_up": _("本部门的目录已撤销，代码不再使用。"),
    }
    return steps.step_page(
        request,
        claim,
        verb,
        allowed=(*ANSWERS, KEEP, GIVE_UP),
        base=f"{CLAIMS.url}{claim.pk}/",
        crumbs=(CLAIMS,),
        name=claim.entry.known_name,
        lead={
            ANSWERS[0]: _("申领后本部门即有一项与上级一致的目录；下列内容是本部门自己的，可以不填，以后修订。"),
            ANSWERS[2]: _("数据由上级收集、本地没有的，提出回流需求。"),
            KEEP: _("不再与上级版本保持一致；目录、代码和共享授权不变，全部内容由本部门维护。"),
            GIVE_UP: _("本部门的目录一并撤销，不能再查找和申请；还有共享授权在用时不能撤销。"),
        },
        danger=(GIVE_UP,),
        next_step=following.get(verb, ""),
    )


def item_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Add an own item to a claimed entry that is being revised."""
    entry = find(entries(actor=require_actor(request)), pk)
    return steps.step_page(
        request,
        entry,
        "add-local-item",
        allowed=("catalog.entry.add_local_item",),
        base=f"/catalog/{entry.pk}/",
        crumbs=(CLAIMS,),
        name=entry.known_name,
        lead={"catalog.entry.add_local_item": _("本地信息项只在本部门的目录中，随修订一起审核发布。")},
    )


urlpatterns = [
    path("catalog/claims/", claims_page, name="claims"),
    path("catalog/claims/lists/", list_pages.lists_page, name="claim_lists"),
    path("catalog/claims/lists/new/", list_pages.issue_page, name="claim_issue"),
    path("catalog/claims/lists/<uuid:pk>/", list_pages.list_page, name="claim_list"),
    path("catalog/claims/proposals/", proposal_pages.proposals_page, name="proposals"),
    path("catalog/claims/proposals/<uuid:pk>/", proposal_pages.proposal_page, name="proposal"),
    path("catalog/claims/proposals/<uuid:pk>/<slug:verb>/", proposal_pages.decide_page, name="proposal_step"),
    path("catalog/claims/entries/<uuid:pk>/add-local-item/", item_page, name="claim_item"),
    path("catalog/claims/<uuid:pk>/", claim_page, name="claim"),
    path("catalog/claims/<uuid:pk>/<slug:verb>/", answer_page, name="claim_step"),
]
