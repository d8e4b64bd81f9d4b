"""Pages of needed updates: the list, one update with its clock and road, and recording a trigger."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.entries.queries import entries
from jiangyuan.catalog.updates import queries
from jiangyuan.catalog.updates.desks import RECORD
from jiangyuan.catalog.updates.models import Update
from jiangyuan.catalog.updates.states import UPDATE
from jiangyuan.kernel import clockwork
from jiangyuan.kernel.clocks import LIMITS
from jiangyuan.kernel.errors import NotFound
from jiangyuan.kernel.models import Clock
from jiangyuan.kernel.texts import cite
from jiangyuan.ui import listing, lists, pages, parts, states, steps
from jiangyuan.ui.clocks import ClockFace, clock_face
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor

UPDATES = parts.Link(title=gettext_lazy("目录更新"), url="/catalog/updates/")
ACTS = ("catalog.update.begin", "catalog.update.excuse")
EXCUSE = "catalog.update.excuse"
MOST = 200


def updates_page(request: HttpRequest) -> HttpResponse:
    """List the updates that one's body owes, or that the authority watches, each with its clock."""
    actor = require_actor(request)
    filters = listing.Filters(
        facets=(
            listing.facet(request, "state", _("状态"), UPDATE.states.items(), many=True),
            listing.facet(request, "trigger", _("因何更新"), Update.TRIGGERS),
        )
    )
    clocks: dict[UUID, ClockFace] = {}
    table = listing.table_of(
        request,
        filters.narrow(queries.updates(actor=actor)),
        caption=_("目录更新"),
        columns=(
            parts.Column(title=_("目录")),
            parts.Column(title=_("部门")),
            parts.Column(title=_("因何更新")),
            parts.Column(title=_("变化发生日"), order="occurred_on"),
            parts.Column(title=_("时限")),
            parts.Column(title=_("状态")),
        ),
        row=lambda update: (
            parts.Link(title=update.entry.known_name, url=f"{UPDATES.url}{update.pk}/"),
            str(update.entry.body),
            update.get_trigger_display(),
            update.occurred_on,
            clocks.get(update.pk, ""),
            states.state_badge(update),
        ),
        order=("-created_at", "occurred_on"),
        prepare=lambda found: clocks.update(_faces(found)),
        filters=filters,
        acts=(EXCUSE,),
        empty=parts.Empty(
            title=_("没有需要更新的目录"),
            why=_("法律法规、职责或目录自身信息变化时，在目录页上记录更新事由，时限随之起算（条例第十七条）。"),
        ),
    )
    lead = _("已发布的目录须随法律法规、职责和自身信息的变化更新，时限自变化发生之日起算。")
    header = parts.Header(title=_("目录更新"), lead=lead)
    return lists.list_page(request, header=header, filters=filters, table=table)


def _faces(found: list[Any]) -> dict[UUID, ClockFace]:
    """Give the clock of each update of a page, met ones too: one query for all of them."""
    held = Clock.objects.filter(object_type="updates.update", object_id__in=[update.pk for update in found])
    today, calendar = timezone.localdate(), clockwork.calendar()
    return {clock.object_id: clock_face(clock, today=today, calendar=calendar) for clock in held}


def new_page(request: HttpRequest) -> HttpResponse:
    """Record a trigger on the entries that the address names."""
    actor = require_actor(request)
    asked = request.GET.getlist("entry")[:MOST]
    found = [find(entries(actor=actor), pk) for pk in dict.fromkeys(asked)]
    if not found:
        raise NotFound(_("没有选中要更新的目录"), mend=_("请从目录页上记录更新事由。"))
    owners = {entry.body_id for entry in found}
    places = {entry.body.jurisdiction.code for entry in found}
    only = found[0] if len(found) == 1 else None
    back = f"/catalog/{only.pk}/" if only else UPDATES.url
    return steps.begin_page(
        request,
        RECORD,
        crumbs=(UPDATES, *((parts.Link(title=only.known_name, url=back),) if only else ())),
        back=back,
        done=lambda made: f"{UPDATES.url}{made['updates'][0]}/" if only else UPDATES.url,
        about={
            "body": str(owners.pop()) if len(owners) == 1 else "",
            "jurisdiction": places.pop() if len(places) == 1 else "",
        },
        fixed={"entries": [entry.pk for entry in found]},
        initial={"occurred_on": timezone.localdate()},
        lead=_("记录后时限即起算；重新发布目录，或由负责人记录无需更新，即为办结。"),
        next_step=_("请开始修订目录。"),
    )


def update_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one update: what changed, its clock, what may be done, its trace."""
    actor = require_actor(request)
    update = find(queries.updates(actor=actor), pk)
    base = f"{UPDATES.url}{update.pk}/"
    limit = LIMITS[update.limit]
    face = _faces([update]).get(update.pk)
    header = parts.Header(
        title=update.entry.known_name,
        badge=states.state_badge(update),
        clock=face,
        crumbs=(UPDATES, parts.Link(title=update.entry.known_name, current=True)),
        **steps.buttons(update, steps.steps(update, actor), base, main="catalog.update.begin"),
    )
    rows = [
        parts.Definition(term=_("目录"), value=parts.Link(title=update.entry.known_name, url=f"/catalog/{update.entry_id}/")),
        parts.Definition(term=_("因何更新"), value=update.get_trigger_display()),  # type: ignore[attr-defined]
        parts.Definition(term=_("原因"), value=update.reason),
        parts.Definition(term=_("变化发生日"), value=update.occurred_on),
        parts.Definition(term=_("时限"), value=face or "", help=cite(limit.article)),
        parts.Definition(term=_("记录时的版本"), value=_("第 %(number)s 版") % {"number": update.number}),
    ]  # fmt: skip
    if update.outcome:
        rows.append(parts.Definition(term=_("无需更新的理由"), value=update.outcome))
    if update.ended_at:
        rows.append(parts.Definition(term=_("办结时间"), value=update.ended_at))
    sections = (parts.Definitions(rows=tuple(rows)), trace_part(update, actor=actor))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Begin the revision, or record that nothing need change."""
    update = find(queries.updates(actor=require_actor(request)), pk)
    return steps.step_page(
        request,
        update,
        verb,
        allowed=ACTS,
        base=f"{UPDATES.url}{update.pk}/",
        crumbs=(UPDATES,),
        name=update.entry.known_name,
        done=(lambda made: f"/catalog/{made.entry_id}/") if verb == "begin" else "",
        lead={EXCUSE: _("记录后时限办结；如果其后发现目录仍须更新，应重新记录更新事由。")},
        next_step=_("请修改目录，重新评估后提交。") if verb == "begin" else "",
    )


urlpatterns = [
    path("catalog/updates/", updates_page, name="updates"),
    path("catalog/updates/new/", new_page, name="update_new"),
    path("catalog/updates/<uuid:pk>/", update_page, name="update"),
    path("catalog/updates/<uuid:pk>/<slug:verb>/", step_page, name="update_step"),
]
