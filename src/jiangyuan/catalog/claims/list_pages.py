"""Pages of the authority: the lists it has issued with their progress by body, and issuing one."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jiangyuan.catalog.claims import queries
from jiangyuan.catalog.claims.desks import ISSUE
from jiangyuan.catalog.claims.models import Claim, ClaimList
from jiangyuan.catalog.entries.queries import entries
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import NotFound
from jiangyuan.organization.models import Body
from jiangyuan.organization.queries import line_below
from jiangyuan.ui import listing, lists, pages, parts, steps
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor

LISTS = parts.Link(title=gettext_lazy("申领清单"), url="/catalog/claims/lists/")
MOST = 200
ANSWERED = ("claimed", "inapplicable", "held_above")


def lists_page(request: HttpRequest) -> HttpResponse:
    """List what was issued to which line, and how far the answers have come."""
    actor = require_actor(request)
    lines = {one.line_id: str(one.line) for one in ClaimList.visible_to(actor).select_related("line")[:500]}
    filters = listing.Filters(facets=(listing.facet(request, "line", _("条线"), lines.items(), field="line_id"),))
    columns = (_("清单"), _("条线上级部门"), _("应答复"), _("已申领"), _("本地不适用"), _("上级已有"), _("待答复"))
    table = listing.table_of(
        request,
        filters.narrow(queries.lists(actor=actor)),
        caption=_("申领清单"),
        columns=tuple(parts.Column(title=title, numeric=place > 1) for place, title in enumerate(columns)),
        row=lambda one: (
            parts.Link(title=one.title, url=f"{LISTS.url}{one.pk}/"),
            str(one.line),
            one.asked,
            one.claimed,
            one.inapplicable,
            one.held_above,
            one.waiting,
        ),
        order=("-created_at",),
        filters=filters,
        empty=parts.Empty(
            title=_("还没有下发过申领清单"), why=_("在已发布的目录页上，主管部门可把它下发给下级同条线部门申领。")
        ),
    )
    lead = _("上级目录下发给同条线部门，各部门逐项答复；一处修改，处处一致。")
    return lists.list_page(request, header=parts.Header(title=_("申领清单"), lead=lead), filters=filters, table=table)


def list_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one list: the progress of each body of the line, and of each entry."""
    actor = require_actor(request)
    one = find(queries.lists(actor=actor), pk)
    header = parts.Header(
        title=one.title,
        crumbs=(LISTS, parts.Link(title=one.title, current=True)),
        lead=_("条线上级：%(line)s。应答复 %(asked)s 项，待答复 %(waiting)s 项。")
        % {"line": one.line.name, "asked": one.asked, "waiting": one.waiting},
    )
    sections = (
        *_awaited(one),
        _progress(one, actor, "body__short_name", _("各部门答复"), _("部门")),
        _progress(one, actor, "entry__known_name", _("各项目录"), _("目录")),
        trace_part(one, actor=actor),
    )
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _awaited(one: ClaimList) -> tuple[parts.Part, ...]:
    """Say on whom the answers wait; no rule sets a day for them."""
    if not one.waiting:
        return ()
    title = ngettext("还有 %(n)s 项等待答复", "还有 %(n)s 项等待答复", one.waiting) % {"n": one.waiting}
    text = _("由各部门的数据共享经办人或负责人在“目录申领”中逐项答复；法规没有规定答复期限，请主管部门跟进。")
    return (parts.Notice(title=title, text=text),)


def _progress(one: ClaimList, actor: Actor, by: str, caption: str, head: str) -> parts.Table:
    counts = {state: Count("pk", filter=Q(state=state)) for state in (*ANSWERED, "waiting")}
    found = Claim.visible_to(actor).filter(list=one).order_by().values(by).annotate(asked=Count("pk"), **counts)
    titles = (head, _("应答复"), _("已申领"), _("本地不适用"), _("上级已有"), _("待答复"))
    return parts.Table(
        caption=caption,
        show_caption=True,
        columns=tuple(parts.Column(title=title, numeric=place > 0) for place, title in enumerate(titles)),
        rows=[(row[by], row["asked"], *(row[s] for s in (*ANSWERED, "waiting"))) for row in found.order_by(by)[:500]],
        empty=parts.Empty(title=_("没有您可查看的答复"), why=_("部门只看到自己的答复。")),
    )


def issue_page(request: HttpRequest) -> HttpResponse:
    """Issue the entries that the address names to the line of their body."""
    actor = require_actor(request)
    found = [find(entries(actor=actor), pk) for pk in dict.fromkeys(request.GET.getlist("entry")[:MOST])]
    if not found:
        raise NotFound(_("没有选中要下发的目录"), mend=_("请从目录页上下发。"))
    body = Body.objects.select_related("jurisdiction").get(pk=found[0].body_id)
    below = len(line_below(body))
    places = {entry.body.jurisdiction.code for entry in found}
    return steps.begin_page(
        request,
        ISSUE,
        crumbs=(LISTS,),
        back=f"/catalog/{found[0].pk}/",
        about={"jurisdiction": places.pop() if len(places) == 1 else ""},
        fixed={"entries": [entry.pk for entry in found]},
        initial={"title": _("%(line)s条线目录") % {"line": body}},
        lead=_("“%(name)s”等 %(n)s 项目录，下发给 %(below)s 个下级同条线部门，由各部门逐项答复。")
        % {"name": found[0].known_name, "n": len(found), "below": below},
        done=lambda made: f"{LISTS.url}{made.pk}/",
        next_step=_("下级部门的工作台上已有这些事项。"),
    )
