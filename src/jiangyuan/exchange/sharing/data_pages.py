"""The page on which the consumer's own analysts see granted rows: door two's query form, drawn as a table.

It has no way of its own to the rows: the plan, its masks and its refusals are those of every other query, and the read
is in the memory before the first row is shown.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from jiangyuan.exchange.sharing import queries
from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.exchange.sharing.resolver import STAFF
from jiangyuan.kernel.actor import Actor
from jiangyuan.ui import pages, parts, session
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

ROWS = 100


def may_look(grant: Grant, actor: Actor) -> bool:
    """Tell whether the page is worth offering; door two decides."""
    own = actor.body == grant.consumer_id and actor.capacity in STAFF
    return own and grant.state == "active" and "query" in grant.forms and not grant.case_bound


def data_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show the first rows of a grant as its holder may see them. Raises what door two refuses."""
    actor = require_actor(request)
    grant = find(queries.grants(actor=actor), pk)
    scene = session.scene_of(request, purpose=grant.purpose)
    shown = queries.first_rows(grant, actor=actor, scene=scene, rows=ROWS)
    titles = {item.column: item.name for item in grant.entry.items.all()}
    header = parts.Header(
        title=_("查看数据"),
        lead=_("按授权的字段、脱敏方式和记录范围显示，最多 %(n)s 行；本次查看已留痕。") % {"n": ROWS},
        crumbs=(
            parts.Link(title=_("共享授权"), url="/exchange/grants/"),
            parts.Link(title=grant.entry.known_name, url=f"/exchange/grants/{grant.pk}/"),
            parts.Link(title=_("查看数据"), current=True),
        ),
    )
    table = parts.Table(
        caption=grant.entry.known_name,
        columns=tuple(parts.Column(title=titles.get(name, name)) for name in shown.columns),
        rows=[["" if value is None else value for value in row] for row in shown.rows],
        empty=parts.Empty(title=_("没有可见的记录"), why=_("授权的记录范围内目前没有数据。")),
    )
    return pages.page(request, "ui/list.html", header=header, filters=None, table=table)
