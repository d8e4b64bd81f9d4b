"""Which figures there are, and who may see them: the same as may see the rows that they count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jiangyuan.catalog.entries.models import AUTHORITY
from jiangyuan.kernel.actor import Actor
from jiangyuan.sources.models import OVERSEERS

SYSTEM_SEERS = frozenset({"authority_handler", "authority_head", "system_admin", "security_admin", "auditor"})
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One figure: its title and unit, where the list of what it counts is, and who may see it beyond his own body's.

    `everyone`: whoever acts for a body. `overseers`: those capacities. `public`: may be shown without signing in, when
    the setting `public_figures` names it. `flow`: added up by the day rather than counted anew.
    """

    title: Any
    unit: Any
    url: str
    everyone: bool = False
    overseers: frozenset[str] = NOBODY
    public: bool = False
    flow: bool = False


FIGURES: Mapping[str, Kept] = {
    "bodies": Kept(title=_("接入部门"), unit=_("个"), url="/organization/bodies/", everyone=True, public=True),
    "systems": Kept(title=_("应用系统"), unit=_("个"), url="/organization/systems/", overseers=SYSTEM_SEERS),
    "assets": Kept(title=_("普查登记"), unit=_("项"), url="/ledger/", overseers=AUTHORITY),
    "sources": Kept(title=_("数据源"), unit=_("个"), url="/sources/", overseers=OVERSEERS),
    "tables": Kept(title=_("数据表"), unit=_("张"), url="/ledger/", overseers=OVERSEERS),
    "columns": Kept(title=_("字段"), unit=_("个"), url="/ledger/", overseers=OVERSEERS),
    "entries": Kept(title=_("目录（含编制中）"), unit=_("条"), url="/catalog/", overseers=AUTHORITY),
    "published": Kept(title=_("已发布目录"), unit=_("条"), url="/catalog/?state=published", everyone=True, public=True),
    "items": Kept(title=_("信息项"), unit=_("个"), url="/catalog/?state=published", everyone=True, public=True),
    "open": Kept(title=_("可开放目录"), unit=_("条"), url="/catalog/?state=published", everyone=True, public=True),
    "quality": Kept(title=_("质量平均分"), unit=_("分"), url="/resources/", everyone=True),
    "requests": Kept(title=_("共享申请"), unit=_("件"), url="/exchange/requests/", overseers=AUTHORITY),
    "received": Kept(title=_("收到的申请"), unit=_("件"), url="/exchange/requests/?side=received"),
    "replies": Kept(title=_("答复时限"), unit=_("件"), url="/exchange/requests/", overseers=AUTHORITY),
    "grants": Kept(title=_("共享授权"), unit=_("项"), url="/exchange/grants/", overseers=AUTHORITY),
    "given": Kept(title=_("提供出去的授权"), unit=_("项"), url="/exchange/grants/?side=given"),
    "warnings": Kept(title=_("变化预警"), unit=_("条"), url="/exchange/warnings/"),
    "acts": Kept(title=_("办理"), unit=_("件"), url="/exchange/requests/", overseers=AUTHORITY, flow=True),
    "calls": Kept(title=_("核验和查询"), unit=_("次"), url="/exchange/grants/", overseers=AUTHORITY, flow=True),
    "rows": Kept(title=_("交付数据"), unit=_("行"), url="/exchange/deliveries/", overseers=AUTHORITY, flow=True),
    "calls_given": Kept(title=_("对外核验和查询"), unit=_("次"), url="/exchange/grants/?side=given", flow=True),
    "rows_given": Kept(title=_("对外交付数据"), unit=_("行"), url="/exchange/deliveries/", flow=True),
}
"""Every figure by name."""

ACTS: Mapping[str, Any] = {
    "catalog.entry.published": pgettext_lazy("done", "发布目录"),
    "sharing.request.submitted": pgettext_lazy("done", "提交申请"),
    "sharing.request.agreed": pgettext_lazy("done", "同意共享"),
    "sharing.request.refused": pgettext_lazy("done", "不同意共享"),
}
"""The acts that are added up by the day, as the memory names them."""


def whole(actor: Actor) -> frozenset[str]:
    """Give the names of the figures of which the actor sees every body's part; of the others, his own body's alone."""
    if actor.kind != "person" or not actor.capacity:
        return NOBODY
    return frozenset(
        name
        for name, kept in FIGURES.items()
        if (kept.everyone and (actor.body or actor.capacity in AUTHORITY)) or actor.capacity in kept.overseers
    )


def public(named: tuple[str, ...]) -> frozenset[str]:
    """Give the names of the figures that may be shown without signing in: named by the setting, and fit for it."""
    return frozenset(name for name in named if name in FIGURES and FIGURES[name].public)


def rate(part: int, whole: int) -> float | None:
    """Give a share in per cent with one decimal; None of nothing."""
    return round(part * 100 / whole, 1) if whole else None
