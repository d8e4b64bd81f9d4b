"""Pages of docking: the catalogues that are told of published entries, and the receipts of each."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.interchange import queries
from jiangyuan.catalog.interchange.docking import profiles
from jiangyuan.catalog.interchange.models import Docking, Push
from jiangyuan.ui import listing, lists, parts, steps, wording
from jiangyuan.ui.objects import find
from jiangyuan.ui.parts import Tone
from jiangyuan.ui.session import require_actor

CATALOG = parts.Link(title=gettext_lazy("数据目录"), url="/catalog/")
DOCKINGS = parts.Link(title=gettext_lazy("对接目录"), url="/catalog/dockings/")
REGISTER = "catalog.docking.register"
ACTS = ("catalog.docking.push", "catalog.docking.stop")
_TONES: dict[str, Tone] = {"waiting": "idle", "accepted": "good", "refused": "bad", "failing": "warn"}


def dockings_page(request: HttpRequest) -> HttpResponse:
    """List the catalogues that are docked to."""
    actor = require_actor(request)
    may = steps.may_begin(REGISTER, actor, body=str(actor.body or ""))
    new = parts.Button(title=_("登记对接目录"), url="/catalog/dockings/new/", icon="plus") if may else None
    titles = profiles()
    table = listing.table_of(
        request,
        queries.dockings(actor=actor),
        caption=_("对接目录"),
        columns=(
            parts.Column(title=_("名称")),
            parts.Column(title=_("对接配置")),
            parts.Column(title=_("地址")),
            parts.Column(title=_("上次推送")),
            parts.Column(title=_("状态")),
        ),
        row=lambda docking: (
            parts.Link(title=docking.name, url=f"/catalog/dockings/{docking.pk}/"),
            titles.get(docking.profile, docking.profile),
            parts.Code(text=docking.address),
            docking.last_run_at,
            _badge(docking),
        ),
        order=("-created_at",),
        filters=None,
        empty=parts.Empty(
            title=_("还没有对接其他目录"),
            why=_("已发布的目录可按声明的字段、代码和签名推送到上级或其他平台，并留存回执。"),
            todo=_("登记对方的地址和配置。") if may else _("由主管部门登记。"),
            action=new,
        ),
    )
    header = parts.Header(
        title=_("对接目录"),
        lead=_("把已发布的目录推送到其他平台，同一版本只推送一次，回执留存备查。"),
        crumbs=(CATALOG, parts.Link(title=_("对接目录"), current=True)),
        action=new,
    )
    return lists.list_page(request, header=header, table=table)


def _badge(docking: Docking) -> parts.Badge:
    return parts.Badge(
        label=_("使用中") if docking.active else _("已停用"), tone="good" if docking.active else "closed"
    )


def new_docking_page(request: HttpRequest) -> HttpResponse:
    """Register a catalogue to dock to."""
    actor = require_actor(request)
    return steps.begin_page(
        request,
        REGISTER,
        crumbs=(CATALOG, DOCKINGS),
        back=DOCKINGS.url,
        about={"body": str(actor.body or "")},
        fixed={"body": actor.body},
        choices={"profile": list(profiles().items())},
        lead=_("密钥加密保存；对方的主机和端口须在平台允许连接的范围内。"),
        done=lambda made: f"/catalog/dockings/{made.pk}/",
        next_step=_("可点“推送已发布目录”。"),
    )


def docking_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one docked catalogue with what it was told and answered."""
    actor = require_actor(request)
    docking = find(queries.dockings(actor=actor), pk)
    filters = listing.Filters(facets=(listing.facet(request, "status", _("结果"), Push.STATUSES, many=True),))

    def said(push: Push) -> str:
        return wording.fault_text(push.error) if push.error else ""

    table = listing.table_of(
        request,
        filters.narrow(queries.pushes(actor=actor, docking=docking)),
        caption=_("推送和回执"),
        columns=(
            parts.Column(title=_("目录")),
            parts.Column(title=_("版本"), numeric=True),
            parts.Column(title=_("结果")),
            parts.Column(title=_("回执号")),
            parts.Column(title=_("次数"), numeric=True, unit=_("次")),
            parts.Column(title=_("答复时间")),
            parts.Column(title=_("原因和怎样处理")),
        ),
        row=lambda push: (
            parts.Link(title=push.entry.known_name, url=f"/catalog/{push.entry_id}/"),
            push.number,
            parts.Badge(label=push.get_status_display(), tone=_TONES[push.status]),
            parts.Code(text=push.receipt_number) if push.receipt_number else "",
            push.attempts,
            push.answered_at,
            said(push),
        ),
        order=("-updated_at",),
        filters=filters,
        empty=parts.Empty(title=_("还没有推送"), why=_("点“推送已发布目录”后，逐条结果和回执列在这里。")),
    )
    found = steps.steps(docking, actor, besides=ACTS if docking.active else ())
    base = f"/catalog/dockings/{docking.pk}/"
    header = parts.Header(
        title=docking.name,
        badge=_badge(docking),
        crumbs=(CATALOG, DOCKINGS, parts.Link(title=docking.name, current=True)),
        **steps.buttons(docking, found, base, main=ACTS[0], danger=(ACTS[1],)),
    )
    return lists.list_page(request, header=header, filters=filters, table=table)


def step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Push, or stop."""
    docking = find(queries.dockings(actor=require_actor(request)), pk)
    base = f"/catalog/dockings/{docking.pk}/"
    crumbs = (CATALOG, DOCKINGS)
    return steps.step_page(request, docking, verb, allowed=ACTS, base=base, crumbs=crumbs, danger=(ACTS[1],))


urlpatterns = [
    path("catalog/dockings/", dockings_page, name="dockings"),
    path("catalog/dockings/new/", new_docking_page, name="docking_new"),
    path("catalog/dockings/<uuid:pk>/", docking_page, name="docking"),
    path("catalog/dockings/<uuid:pk>/<slug:verb>/", step_page, name="docking_step"),
]
