"""Excuses: what was asked, by whom, and the authority's answer."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.duties import queries
from jiangyuan.catalog.duties.models import Excuse
from jiangyuan.catalog.duties.obligation_pages import COVERAGE, REGISTER
from jiangyuan.catalog.duties.states import EXCUSE
from jiangyuan.catalog.duties.wording import KINDS
from jiangyuan.organization.queries import bodies
from jiangyuan.ui import listing, lists, pages, parts, states, steps
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor

EXCUSES = parts.Link(title=gettext_lazy("豁免申请"), url="/duties/excuses/")
ACTS = tuple(f"catalog.excuse.{verb}" for verb in ("accept", "refuse", "withdraw", "revoke"))


def excuses_page(request: HttpRequest) -> HttpResponse:
    """List the excuses."""
    actor = require_actor(request)
    offered = [(b.alias, str(b)) for b in bodies(actor=actor)[:500]]
    filters = listing.Filters(
        facets=(
            listing.facet(request, "state", _("状态"), EXCUSE.states.items(), many=True),
            listing.facet(request, "ground", _("理由"), Excuse.GROUNDS, many=True),
            listing.facet(request, "body", _("部门"), offered, many=True, field="obligation__body__alias"),
        ),
    )
    table = listing.table_of(
        request,
        filters.narrow(queries.excuses(actor=actor)),
        caption=_("豁免申请"),
        columns=tuple(
            parts.Column(title=t, order=o)
            for t, o in ((_("申请豁免的内容"), ""), (_("种类"), ""), (_("部门"), ""), (_("理由"), ""), (_("豁免至"), ""),
                         (_("状态"), ""), (_("申请时间"), "created_at"))
        ),
        row=lambda one: (
            parts.Link(title=one.obligation.name, url=f"{EXCUSES.url}{one.pk}/"),
            KINDS[one.obligation.kind],
            str(one.obligation.body),
            one.get_ground_display(),
            one.until or _("长期"),
            states.state_badge(one),
            one.created_at,
        ),
        order=("-created_at",),
        filters=filters,
        empty=parts.Empty(title=_("没有豁免申请"), why=_("确实不需要编目录的职责、系统或事项，由部门写明理由申请，主管部门审核。")),
    )  # fmt: skip
    lead = _("不产生或不保管数据的职责、系统和事项，经主管部门同意后不计为未覆盖。")
    header = parts.Header(
        title=_("豁免申请"), lead=lead, crumbs=(COVERAGE, parts.Link(title=_("豁免申请"), current=True))
    )
    return lists.list_page(request, header=header, filters=filters, table=table)


def excuse_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one excuse with what may be done with it."""
    actor = require_actor(request)
    excuse = find(queries.excuses(actor=actor), pk)
    thing, base = excuse.obligation, f"{EXCUSES.url}{excuse.pk}/"
    made = steps.buttons(
        excuse, steps.steps(excuse, actor), base, main="catalog.excuse.accept", danger=("catalog.excuse.revoke",)
    )
    header = parts.Header(
        title=_("豁免：%(name)s") % {"name": thing.name},
        badge=states.state_badge(excuse),
        crumbs=(COVERAGE, EXCUSES, parts.Link(title=thing.name, current=True)),
        **made,
    )
    rows = [
        parts.Definition(term=KINDS[thing.kind], value=parts.Link(title=thing.name, url=f"/duties/{thing.pk}/")),
        parts.Definition(term=_("部门"), value=thing.body.name),
        parts.Definition(term=_("内容"), value=thing.content),
        parts.Definition(term=_("理由"), value=excuse.get_ground_display()),  # type: ignore[attr-defined]
        parts.Definition(term=_("说明"), value=excuse.reason),
        parts.Definition(term=_("依据"), value=excuse.basis),
        parts.Definition(term=_("豁免至"), value=excuse.until or _("长期")),
    ]
    if excuse.answered_at:
        rows.append(parts.Definition(term=_("主管部门意见"), value=excuse.answer or _("同意")))
        rows.append(parts.Definition(term=_("答复时间"), value=excuse.answered_at))
    shown = tuple(row for row in rows if row.value not in ("", None))
    return pages.page(
        request,
        "ui/detail.html",
        header=header,
        sections=(parts.Definitions(rows=shown), trace_part(excuse, actor=actor)),
    )


def propose_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Ask for an excuse of one obligation."""
    actor = require_actor(request)
    thing = find(queries.obligations(actor=actor), pk)
    return steps.begin_page(
        request,
        "catalog.excuse.propose",
        crumbs=(COVERAGE, REGISTER, parts.Link(title=thing.name, url=f"/duties/{thing.pk}/")),
        back=f"/duties/{thing.pk}/",
        about=thing.policy_attributes(),
        fixed={"obligation": thing.pk},
        lead=_("只有不产生或不保管数据的才申请豁免；由主管部门审核，同意后计为已豁免，不计为未覆盖。"),
        done=lambda made: f"{EXCUSES.url}{made.pk}/",
        next_step=_("接下来由主管部门审核。"),
    )


def step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Accept, refuse, withdraw, revoke."""
    excuse = find(queries.excuses(actor=require_actor(request)), pk)
    return steps.step_page(
        request,
        excuse,
        verb,
        allowed=ACTS,
        base=f"{EXCUSES.url}{excuse.pk}/",
        crumbs=(COVERAGE, EXCUSES),
        danger=("catalog.excuse.revoke", "catalog.excuse.refuse"),
        name=excuse.obligation.name,
    )
