"""Pages of what is decided and supervised: extensions, and clocks that ran out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jiangyuan.coordination.deadlines import queries
from jiangyuan.coordination.deadlines.models import Extension, Overdue
from jiangyuan.coordination.deadlines.queries import Running
from jiangyuan.coordination.deadlines.states import EXTENSION, OVERDUE
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.clocks import LIMITS
from jiangyuan.kernel.texts import cite
from jiangyuan.ui import listing, lists, pages, parts, states, steps
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor

EXTENSIONS = parts.Link(title=gettext_lazy("延期审批"), url="/clocks/extensions/")
LATE = parts.Link(title=gettext_lazy("超期督促"), url="/clocks/overdue/")
DECISIONS = ("deadlines.extension.approve", "deadlines.extension.refuse")
URGE = "deadlines.overdue.urge"


def extensions_page(request: HttpRequest) -> HttpResponse:
    """List extensions: the authority's to decide, a body's own to follow."""
    actor = require_actor(request)
    filters = listing.Filters(facets=(listing.facet(request, "state", _("状态"), EXTENSION.states.items(), many=True),))
    told: dict[UUID, Running] = {}
    columns = (_("要办的事"), _("事项"), _("部门"), _("申请延长"), _("时限"), _("状态"))
    table = listing.table_of(
        request,
        filters.narrow(queries.extensions(actor=actor)),
        caption=_("延期申请"),
        columns=tuple(parts.Column(title=title) for title in columns),
        row=lambda one: (
            parts.Link(title=str(one), url=f"{EXTENSIONS.url}{one.pk}/"),
            told[one.clock_id].name,
            str(one.body),
            ngettext("%(n)s 个工作日", "%(n)s 个工作日", one.days) % {"n": one.days},
            told[one.clock_id].face,
            states.state_badge(one),
        ),
        order=("-created_at",),
        prepare=lambda found: told.update(_told(found, actor)),
        filters=filters,
        acts=(DECISIONS[0],),
        empty=parts.Empty(title=_("没有延期申请"), why=_("部门在期限届满前，可在时限日历中申请延期。")),
    )
    lead = _("延期须经同级共享主管部门负责人批准，不超过条例规定的上限。")
    return lists.list_page(request, header=parts.Header(title=_("延期审批"), lead=lead), filters=filters, table=table)


def _told(found: list[Any], actor: Actor) -> dict[UUID, Running]:
    return {one.clock.pk: one for one in queries.told([matter.clock for matter in found], actor=actor)}


def extension_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one extension: the clock, how long, why, and what was decided."""
    actor = require_actor(request)
    one = find(queries.extensions(actor=actor), pk)
    rows = [
        parts.Definition(
            term=_("申请延长"), value=ngettext("%(n)s 个工作日", "%(n)s 个工作日", one.days) % {"n": one.days}
        ),
        parts.Definition(term=_("原因"), value=one.reason),
    ]
    if one.answer:
        rows.append(parts.Definition(term=_("不批准的原因"), value=one.answer))
    return _matter(request, one, actor, EXTENSIONS, rows, main=DECISIONS[0], danger=DECISIONS[1:])


def overdue_page(request: HttpRequest) -> HttpResponse:
    """List what ran out: the authority's to urge, a body's own to do."""
    actor = require_actor(request)
    filters = listing.Filters(facets=(listing.facet(request, "state", _("状态"), OVERDUE.states.items(), many=True),))
    told: dict[UUID, Running] = {}
    columns = (_("要办的事"), _("事项"), _("部门"), _("时限"), _("督促次数"), _("状态"))
    table = listing.table_of(
        request,
        filters.narrow(queries.overdue(actor=actor)),
        caption=_("超期事项"),
        columns=tuple(parts.Column(title=title, numeric=title == _("督促次数")) for title in columns),
        row=lambda one: (
            parts.Link(title=str(one), url=f"{LATE.url}{one.pk}/"),
            told[one.clock_id].name,
            str(one.body),
            told[one.clock_id].face,
            one.urged,
            states.state_badge(one),
        ),
        order=("-created_at",),
        prepare=lambda found: told.update(_told(found, actor)),
        filters=filters,
        acts=(URGE,),
        empty=parts.Empty(title=_("没有超期的事项"), why=_("时限一过，平台即列在这里，办结后自动销号。")),
    )
    lead = _("时限一过即列入督促，办结后销号；每次督促都留痕（条例第二十九条、第三十八条）。")
    return lists.list_page(request, header=parts.Header(title=_("超期督促"), lead=lead), filters=filters, table=table)


def matter_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one clock that ran out, with what it runs on, and how it was urged."""
    actor = require_actor(request)
    one = find(queries.overdue(actor=actor), pk)
    rows = [parts.Definition(term=_("督促次数"), value=one.urged)]
    if one.words:
        rows.append(parts.Definition(term=_("最近一次督促"), value=one.words))
    return _matter(request, one, actor, LATE, rows, main=URGE, lead=_what_now(one, actor))


def _what_now(one: Overdue, actor: Actor) -> str:
    """Say who must do what, and what urging does."""
    if one.state not in ("open", "urged"):
        return _("已办结，自动销号。")
    if actor.body == one.body_id:
        return _("请尽快办结下面的事项，办结后自动销号。主管部门每督促一次，本部门会收到提醒，并留痕。")
    told = _(
        "等%(body)s办结，办结后自动销号。督促会向该部门发出提醒，要求限期办结，并留痕（条例第二十九条、第三十八条）。"
    )
    return told % {"body": str(one.body)}


def _matter(
    request: HttpRequest,
    one: Extension | Overdue,
    actor: Actor,
    crumb: parts.Link,
    rows: list[parts.Definition],
    *,
    main: str,
    danger: tuple[str, ...] = (),
    lead: str = "",
) -> HttpResponse:
    base = f"{crumb.url}{one.pk}/"
    told = _told([one], actor)[one.clock_id]
    limit = LIMITS[one.clock.limit]
    thing = parts.Link(title=told.name, url=told.url) if told.url else _("不在您的查看范围内")
    drawn = steps.buttons(one, steps.steps(one, actor), base, main=main, danger=danger)
    if told.url and actor.body == one.body_id and drawn["action"] is None:
        drawn["action"] = parts.Button(title=_("打开这件事项"), url=told.url)
    first = (
        parts.Definition(term=_("事项"), value=thing),
        parts.Definition(term=_("部门"), value=one.body.name),
        parts.Definition(term=_("时限"), value=told.face, help=cite(limit.article)),
    )
    header = parts.Header(
        title=str(one),
        badge=states.state_badge(one),
        lead=lead,
        crumbs=(crumb, parts.Link(title=str(one), current=True)),
        **drawn,
    )
    sections = (parts.Definitions(rows=(*first, *rows)), trace_part(one, actor=actor))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def decide_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Approve an extension, or refuse it with a reason."""
    one = find(queries.extensions(actor=require_actor(request)), pk)
    return steps.step_page(
        request,
        one,
        verb,
        allowed=DECISIONS,
        base=f"{EXTENSIONS.url}{one.pk}/",
        crumbs=(EXTENSIONS,),
        danger=DECISIONS[1:],
    )


def urge_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Urge a body to do what is late."""
    one = find(queries.overdue(actor=require_actor(request)), pk)
    return steps.step_page(
        request,
        one,
        verb,
        allowed=(URGE,),
        base=f"{LATE.url}{one.pk}/",
        crumbs=(LATE,),
        next_step=_("对方已收到提醒。"),
    )
