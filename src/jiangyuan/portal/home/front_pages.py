"""The start page for everybody: what the platform is, the figures that may be public, and where to sign in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.config import settings
from jiangyuan.portal.figures import province, queries
from jiangyuan.portal.figures.shown import FIGURES, public
from jiangyuan.ui import pages, tiles
from jiangyuan.ui.navigation import PURPOSES

SAID = {
    "find": _("按名称、部门、事项找目录，看清字段、级别、更新和共享条件，再申请。"),
    "supply": _("登记数据源，编目、挂载、归集，变化几秒内到达使用方。"),
    "approve": _("谁的待办、还剩几天、依据哪一条，办理时一眼可见。"),
    "results": _("目录、授权、核验、交换和质量，每个数字都能点到明细。"),
}


def front_page(request: HttpRequest) -> HttpResponse:
    """Show the platform to who is not signed in."""
    found = queries.sums(actor=None)
    named = [name for name in FIGURES if name in public(settings().public_figures)]
    items = tuple(
        tiles.Tile(title=FIGURES[n].title, value=found.total(n), unit=FIGURES[n].unit, url=FIGURES[n].url)
        for n in named
    )
    numbers = tiles.Tiles(title=_("平台现状"), items=items) if found.at is not None else None
    ways = [
        {"title": PURPOSES[code][0], "icon": PURPOSES[code][1], "text": text, "url": f"/login/?next={url}"}
        for (code, text), url in zip(SAID.items(), ("/catalog/", "/sources/", "/", "/overview/"), strict=True)
    ]
    asked = request.GET.get("map", "")[:20]
    drawn = tiles.Beside(items=province.drawn(actor=None, asked=asked, at=found.at)) if items and found.at else None
    return pages.page(
        request,
        "home/front.html",
        layout="ui/open.html",
        title=settings().node_name,
        numbers=numbers,
        ways=ways,
        drawn=drawn,
        at=found.at,
        authority=settings().authority_name,
    )
