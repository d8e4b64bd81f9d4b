"""Lines (条线): which bodies of lower levels do the same duty as one above; who joins, who leaves, what that changes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.organization import queries
from jiangyuan.organization.body_pages import BODIES, body_choices
from jiangyuan.organization.models import Body
from jiangyuan.ui import listing, lists, pages, parts, steps
from jiangyuan.ui.forms import KEY, VERSION, form_for
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor

LINES = parts.Link(title=gettext_lazy("条线"), url="/organization/lines/")
JOIN = "organization.body.join_line"


def lines_page(request: HttpRequest) -> HttpResponse:
    """List the bodies that stand in a line, or, asked for, those that stand in none."""
    actor = require_actor(request)
    places = (("top", _("条线最上级")), ("member", _("有条线上级")), ("none", _("不在任何条线")))
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("名称或代码"),
        facets=(listing.facet(request, "place", _("位置"), places),),
    )
    rows = _standing(actor, filters)
    table = listing.table_of(
        request,
        rows,
        caption=_("条线"),
        columns=(
            parts.Column(title=_("名称"), order="name"),
            parts.Column(title=_("行政区划")),
            parts.Column(title=_("条线上级")),
            parts.Column(title=_("直接下级"), numeric=True, unit=_("个")),
        ),
        row=lambda body: (
            parts.Link(title=body.name, url=_url(body)),
            body.jurisdiction.name,
            parts.Link(title=str(body.line_upper), url=_url(body.line_upper)) if body.line_upper else "",
            body.lower,
        ),
        order=("name",),
        filters=filters,
        empty=parts.Empty(
            title=_("还没有条线"),
            why=_("下级部门确定条线上级以后，上级的目录可以下发给它申领。"),
            todo=_("请系统管理员在“不在任何条线”的部门中逐个确定。"),
        ),
    )
    lead = _("上下级职责相同的部门组成条线：上级的目录下发给条线，下级逐项申领。")
    return lists.list_page(request, header=parts.Header(title=_("条线"), lead=lead), filters=filters, table=table)


def _standing(actor: Actor, filters: listing.Filters) -> QuerySet[Body]:
    """Give the bodies by where they stand in a line; without a choice those that stand in one."""
    rows = queries.bodies(actor=actor).select_related("line_upper", "jurisdiction")
    rows = rows.annotate(lower=Count("line_lower", filter=Q(line_lower__active=True)))
    for word in filters.text.split()[:8]:
        rows = rows.filter(Q(name__icontains=word) | Q(short_name__icontains=word) | Q(alias__icontains=word))
    wanted = {
        "top": Q(line_upper__isnull=True, lower__gt=0),
        "member": Q(line_upper__isnull=False),
        "none": Q(line_upper__isnull=True, lower=0),
    }
    chosen = next((str(facet.value) for facet in filters.facets), "")
    return rows.filter(wanted.get(chosen, wanted["top"] | wanted["member"]))


def _url(body: Body) -> str:
    return f"{LINES.url}{body.pk}/"


def _find(request: HttpRequest, pk: Any) -> tuple[Actor, Body]:
    actor = require_actor(request)
    return actor, find(queries.bodies(actor=actor).select_related("line_upper__jurisdiction", "jurisdiction"), pk)


def line_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show the line of one body: who stands above, who below, and what may be done about it."""
    actor, body = _find(request, pk)
    may = steps.permitted(JOIN, body, actor)
    join = parts.Button(title=_("加入条线") if body.line_upper is None else _("改换条线上级"), url=f"{_url(body)}join/")
    leave = parts.Button(title=_("离开条线"), url=f"{_url(body)}leave/", kind="danger")
    header = parts.Header(
        title=_("%(body)s的条线") % {"body": body.name},
        crumbs=(BODIES, LINES, parts.Link(title=body.name, current=True)),
        action=join if may else None,
        further=(leave,) if may and body.line_upper is not None else (),
    )
    sections = (
        _table(_("上级"), _above(body)),
        _table(_("下级"), queries.line_below(body)),
        trace_part(body, actor=actor),
    )
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _above(body: Body) -> list[Body]:
    """Give the bodies of the line above one, nearest first; a line runs strictly upwards, so it ends."""
    found: list[Body] = []
    while (upper := (found[-1] if found else body).line_upper) is not None:
        found.append(upper)
    return found


def _table(caption: str, bodies: list[Body]) -> parts.Table:
    return parts.Table(
        caption=caption,
        show_caption=True,
        columns=tuple(parts.Column(title=t) for t in (_("名称"), _("行政区划"), _("级别"))),
        rows=[
            (parts.Link(title=b.name, url=_url(b)), b.jurisdiction.name, b.jurisdiction.get_level_display())  # type: ignore[attr-defined]
            for b in bodies
        ],
        empty=parts.Empty(title=_("没有"), why=_("系统管理员确定条线上级后，会出现在这里。")),
    )


def _effect(body: Body, upper: Body | None) -> tuple[parts.Part, ...]:
    """Say what joining, or leaving, changes: for the body, for those below it, for what was claimed already."""
    below = len(queries.line_below(body))
    before = body.line_upper
    rows = [
        parts.Definition(term=_("部门"), value=body.name),
        parts.Definition(term=_("原条线上级"), value=before.name if before else _("没有")),
        parts.Definition(term=_("新条线上级"), value=upper.name if upper else _("没有")),
        parts.Definition(
            term=_("随同的下级"),
            value=_("%(n)s 个") % {"n": below},
            help=_("本部门的下级仍以本部门为条线上级，随本部门进入或离开。"),
        ),
    ]
    joins = _("以后“%(upper)s”及其上级下发的申领清单，本部门和下级都会收到。") % {"upper": upper.name if upper else ""}
    leaves = _("以后原条线下发的申领清单，本部门和下级不再收到。")
    stays = _("已经下发和已经申领的目录不受影响，仍随上级更新。")
    told = [joins] if upper else []
    told += [leaves] if before is not None else []
    notice = parts.Notice(
        title=_("影响"), tone="warn" if before is not None else "running", text=" ".join((*told, stays))
    )
    return notice, parts.Definitions(title=_("变动"), rows=tuple(rows))


def join_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Let a body join a line: the upper body is chosen, then what that changes is shown, then it is done."""
    actor, body = _find(request, pk)
    return steps.step_page(
        request,
        body,
        "join-line",
        allowed=(JOIN,),
        base=_url(body),
        crumbs=(BODIES, LINES),
        choices={"upper": body_choices(actor)},
        name=body.name,
        lead={JOIN: _("选择层级更高、职责相同的部门；下一步可看到影响，再确定。")},
        facts=lambda: _effect(body, _chosen(request, actor)),
        done=_url(body),
    )


def _chosen(request: HttpRequest, actor: Actor) -> Body | None:
    form = form_for(JOIN, data=request.POST, choices={"upper": body_choices(actor)})
    upper: UUID | None = form.values.get("upper") if form.is_valid() else None
    return queries.bodies(actor=actor).filter(pk=upper).first() if upper else None


def leave_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Let a body leave its line: what that changes is shown first."""
    actor, body = _find(request, pk)
    fixed = {"upper": None}
    if request.method == "POST":
        return pages.act_from_form(request, JOIN, body.pk, done=_url(body), fixed=fixed, message=_("已离开条线。"))
    if body.line_upper is None or not steps.permitted(JOIN, body, actor):
        return pages.redirect(request, _url(body))
    sent = QueryDict(mutable=True)
    sent.update({VERSION: str(body.version), KEY: str(uuid7())})
    form = form_for(JOIN, data=sent, fixed=fixed)
    form.submit, form.danger = _("离开条线"), True
    form.is_valid()
    return pages.check_page(request, form, lambda: _effect(body, None), back=_url(body))
