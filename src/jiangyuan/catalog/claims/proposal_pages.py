"""Pages of proposals: later upper versions to take over or object to, each with its differences and its clock."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.claims import queries
from jiangyuan.catalog.claims.models import Proposal
from jiangyuan.catalog.claims.states import PROPOSAL
from jiangyuan.catalog.entries.review_pages import difference_rows
from jiangyuan.kernel import clockwork
from jiangyuan.kernel.clocks import LIMITS
from jiangyuan.kernel.models import Clock
from jiangyuan.kernel.texts import cite
from jiangyuan.ui import listing, lists, pages, parts, states, steps
from jiangyuan.ui.clocks import ClockFace, clock_face
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor

PROPOSALS = parts.Link(title=gettext_lazy("申领目录的新版本"), url="/catalog/claims/proposals/")
ACTS = (
    "catalog.proposal.move",
    "catalog.proposal.object",
    "catalog.proposal.uphold",
    "catalog.proposal.concede",
)


def _faces(found: list[Any]) -> dict[UUID, ClockFace]:
    held = Clock.objects.filter(object_type="claims.proposal", object_id__in=[one.pk for one in found])
    today, calendar = timezone.localdate(), clockwork.calendar()
    return {clock.object_id: clock_face(clock, today=today, calendar=calendar) for clock in held}


def proposals_page(request: HttpRequest) -> HttpResponse:
    """List the upper versions that claimants have not taken over, and those they have."""
    actor = require_actor(request)
    filters = listing.Filters(facets=(listing.facet(request, "state", _("状态"), PROPOSAL.states.items(), many=True),))
    clocks: dict[UUID, ClockFace] = {}
    columns = (_("目录"), _("申领部门"), _("新版本"), _("时限"), _("状态"))
    table = listing.table_of(
        request,
        filters.narrow(queries.proposals(actor=actor)),
        caption=_("申领目录的新版本"),
        columns=tuple(parts.Column(title=title) for title in columns),
        row=lambda one: (
            parts.Link(title=one.claim.entry.known_name, url=f"{PROPOSALS.url}{one.pk}/"),
            str(one.claim.body),
            _("第 %(before)s 版至第 %(after)s 版") % {"before": one.pinned, "after": one.number},
            clocks.get(one.pk, ""),
            states.state_badge(one),
        ),
        order=("-created_at",),
        prepare=lambda found: clocks.update(_faces(found)),
        filters=filters,
        acts=ACTS[:1],
        empty=parts.Empty(title=_("没有新版本"), why=_("上级目录重新发布后，申领它的部门在这里更新或提出异议。")),
    )
    lead = _("上级目录变更后，申领部门须在时限内更新至新版本，或提出异议。")
    header = parts.Header(title=_("申领目录的新版本"), lead=lead)
    return lists.list_page(request, header=header, filters=filters, table=table)


def proposal_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one proposal: what changes, by when, what was objected and answered."""
    actor = require_actor(request)
    one = find(queries.proposals(actor=actor), pk)
    name = one.claim.entry.known_name
    header = parts.Header(
        title=name,
        badge=states.state_badge(one),
        clock=_faces([one]).get(one.pk),
        crumbs=(PROPOSALS, parts.Link(title=name, current=True)),
        **steps.buttons(one, steps.steps(one, actor), f"{PROPOSALS.url}{one.pk}/", main=_main(one)),
    )
    limit = LIMITS[Proposal.LIMITS[one.trigger]]
    rows = [
        parts.Definition(term=_("上级目录"), value=parts.Link(title=name, url=f"/catalog/{one.claim.entry_id}/")),
        parts.Definition(term=_("申领部门"), value=one.claim.body.name),
        parts.Definition(term=_("上级因何更新"), value=one.get_trigger_display(), help=cite(limit.article)),  # type: ignore[attr-defined]
    ]
    if one.claim.own is not None:
        own = parts.Link(title=one.claim.own.known_name, url=f"/catalog/{one.claim.own_id}/")
        rows.append(parts.Definition(term=_("本部门目录"), value=own))
    for term, value in ((_("异议"), one.objection), (_("上级答复"), one.answer)):
        if value:
            rows.append(parts.Definition(term=term, value=value))
    title = _("第 %(new)s 版与第 %(old)s 版的差异") % {"new": one.number, "old": one.pinned}
    differences = parts.Differences(rows=difference_rows(queries.changes(one)), title=title)
    sections = (differences, parts.Definitions(rows=tuple(rows)), trace_part(one, actor=actor))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _main(one: Proposal) -> str:
    return ACTS[2] if one.state == "objected" else ACTS[0]


def decide_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Move the pin, object, or answer an objection."""
    one = find(queries.proposals(actor=require_actor(request)), pk)
    return steps.step_page(
        request,
        one,
        verb,
        allowed=ACTS,
        base=f"{PROPOSALS.url}{one.pk}/",
        crumbs=(PROPOSALS,),
        name=one.claim.entry.known_name,
        next_step=_("接下来由上级部门答复，答复前暂停计时。") if verb == "object" else "",
    )
