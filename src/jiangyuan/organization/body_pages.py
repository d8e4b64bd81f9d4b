"""The bodies: the departments and authorities of the province."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from jiangyuan.kernel.actor import Actor
from jiangyuan.organization import queries
from jiangyuan.organization.models import Body
from jiangyuan.ui import listing, lists, options, pages, parts, steps, tabs
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

BODIES = parts.Link(title=pgettext_lazy("several", "部门"), url="/organization/bodies/")
_SHOWN = 200
TECHNICAL = frozenset({"sharing_handler", "sharing_head", "system_admin", "contractor"})
"""Who writes a body's internal code anywhere; to others it says nothing."""


_CHOICES = options.register(
    options.Source(
        name="bodies",
        rows=lambda actor: queries.bodies(actor=actor),
        title="name",
        names=("name", "short_name", "alias"),
    )
)


def body_choices(actor: Actor) -> options.Remote:
    """Give the bodies to choose from, found by name, short name or code."""
    return options.Remote(_CHOICES, actor)


def bodies_page(request: HttpRequest) -> HttpResponse:
    """List the departments and authorities."""
    actor = require_actor(request)
    filters = listing.Filters(text=listing.words_of(request), words=_("名称或代码"))
    rows = queries.bodies(actor=actor)
    for word in filters.text.split()[:8]:
        rows = rows.filter(Q(name__icontains=word) | Q(short_name__icontains=word) | Q(alias__icontains=word))
    table = listing.table_of(
        request,
        rows,
        caption=_("部门"),
        columns=(
            parts.Column(title=_("名称"), order="name"),
            parts.Column(title=_("行政区划")),
            parts.Column(title=_("职责")),
        ),
        row=lambda body: (
            parts.Link(title=body.name, url=f"{BODIES.url}{body.pk}/"),
            parts.Link(title=body.jurisdiction.name, url=f"/organization/places/{body.jurisdiction.code}/"),
            parts.Badge(label=_("共享主管部门"), tone="plain") if body.is_authority else "",
        ),
        order=("name",),
        filters=filters,
        empty=parts.Empty(
            title=_("还没有登记部门"), why=_("目录、数据源和任命都属于部门。"), todo=_("请系统管理员登记部门。")
        ),
    )
    may = steps.may_begin("organization.body.register", actor)
    action = parts.Button(title=_("登记部门"), url="/organization/bodies/new/", icon="plus") if may else None
    lead = _("全省的部门和共享主管部门；目录、数据源、应用系统和人员都属于部门。")
    header = parts.Header(title=pgettext("several", "部门"), lead=lead, action=action)
    return lists.list_page(request, header=header, filters=filters, table=table)


def new_body_page(request: HttpRequest) -> HttpResponse:
    """Register a body."""
    return steps.begin_page(
        request,
        "organization.body.register",
        crumbs=(BODIES,),
        back=BODIES.url,
        done=lambda made: f"{BODIES.url}{made.pk}/",
        lead=_("登记后，由安全管理员任命该部门的人员，部门即可登记数据源、编制目录。"),
        next_step=_("接下来由安全管理员任命该部门的人员。"),
    )


def body_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show a body: what it is, who acts for it in which capacity, its application systems, where its data lie."""
    actor = require_actor(request)
    body = find(queries.bodies(actor=actor).select_related("parent", "line_upper"), pk)
    header = parts.Header(
        title=body.name,
        badge=parts.Badge(label=_("共享主管部门"), tone="plain") if body.is_authority else None,
        crumbs=(BODIES, parts.Link(title=body.name, current=True)),
        further=(
            parts.Button(
                title=_("本部门的目录") if actor.body == body.pk else _("该部门的目录"),
                url=f"/catalog/?body={body.pk}",
                kind="plain",
                icon="folders",
            ),
        ),
    )
    place = parts.Link(title=body.jurisdiction.name, url=f"/organization/places/{body.jurisdiction.code}/")
    rows = [
        parts.Definition(term=_("简称"), value=body.short_name),
        parts.Definition(term=_("行政区划"), value=place),
        parts.Definition(
            term=_("统一社会信用代码"), value=parts.Code(text=body.credit_code) if body.credit_code else ""
        ),
    ]
    if body.parent is not None:
        parent = parts.Link(title=str(body.parent), url=f"{BODIES.url}{body.parent_id}/")
        rows.insert(1, parts.Definition(term=_("上级部门"), value=parent))
    if body.line_upper is not None:
        upper = parts.Link(title=str(body.line_upper), url=f"{BODIES.url}{body.line_upper_id}/")
        rows.append(parts.Definition(term=_("条线上级"), value=upper, help=_("同条线上级部门的目录可以申领。")))
    line = parts.Link(title=_("上下级同条线部门"), url=f"/organization/lines/{body.pk}/")
    rows.append(parts.Definition(term=_("条线"), value=line))
    if actor.capacity in TECHNICAL:
        told = _("接口、查询语句和导入的表格以它称呼这个部门。")
        rows.append(parts.Definition(term=_("接口代码"), value=parts.Code(text=body.alias), help=told))
    about = parts.Definitions(rows=tuple(rows))
    told = tabs.drawn("organization.body", "", body, actor)
    sections = (about, *told, _people_of(body, actor), _systems_of(body, actor))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _people_of(body: Body, actor: Actor) -> parts.Table:
    held = list(queries.appointments_of(body, actor=actor)[:_SHOWN])
    told = _("您只能看到本部门的人员。") if actor.body != body.pk else _("由安全管理员任命。")
    return parts.Table(
        caption=_("人员和身份"),
        show_caption=True,
        columns=tuple(parts.Column(title=t) for t in (_("身份"), _("姓名"), _("自"), _("至"))),
        rows=[
            (
                parts.Link(title=a.get_capacity_display(), url=f"/organization/capacities/?capacity={a.capacity}"),  # type: ignore[attr-defined]
                parts.Link(title=a.person.name, url=f"/organization/people/{a.person_id}/"),
                a.since,
                a.until or _("长期"),
            )
            for a in held
        ],
        empty=parts.Empty(title=_("没有可查看的人员"), why=told),
    )


def _systems_of(body: Body, actor: Actor) -> parts.Table:
    found = list(queries.systems(actor=actor).filter(body=body)[:_SHOWN])
    return parts.Table(
        caption=_("应用系统"),
        show_caption=True,
        columns=tuple(parts.Column(title=t) for t in (_("名称"), _("用途"))),
        rows=[(parts.Link(title=one.name, url=f"/organization/systems/{one.pk}/"), one.purpose) for one in found],
        empty=parts.Empty(title=_("没有可查看的应用系统"), why=_("由该部门的数据共享经办人登记。")),
    )
