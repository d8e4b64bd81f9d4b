"""What the pages of a request and of a grant show of the disputes about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from jiangyuan.exchange.disputes import queries, rules
from jiangyuan.kernel.actor import Actor
from jiangyuan.ui import parts, states

BASE = "/exchange/disputes/"
OBJECTORS = ("business_office", "sharing_handler", "sharing_head")


def on_request(request: Any, actor: Actor) -> Sequence[parts.Part]:
    """Show the disputes about a request, and the way to raise one where there is a ground."""
    found = queries.of_request(request.pk, actor=actor)
    may = (
        request.received_at is not None
        and actor.capacity in OBJECTORS
        and actor.body in (request.consumer_id, request.provider_id)
        and bool(rules.open_to(queries.facts_of(request, body=actor.body)))
    )
    shown: list[parts.Part] = []
    if found:
        rows = [
            (
                parts.Link(title=str(rules.GROUNDS[one.ground]), url=f"{BASE}{one.pk}/"),
                str(one.claimant),
                one.created_at,
                states.state_badge(one),
                str(rules.OUTCOMES.get(one.outcome, "")),
            )
            for one in found
        ]
        titles = (_("争议理由"), _("提出方"), _("提出时间"), _("状态"), _("裁决结果"))
        shown.append(
            parts.Table(
                caption=_("共享争议"),
                show_caption=True,
                columns=tuple(parts.Column(title=title) for title in titles),
                rows=rows,
                empty=parts.Empty(title=_("没有争议"), why=""),
            )
        )
    if may:
        raise_it = parts.Link(title=_("提出争议"), url=f"{BASE}new/?request={request.pk}")
        why = _("先与对方协商；不能一致的，由数据共享主管部门裁决（条例第二十八条）。")
        shown.append(parts.Definitions(rows=(parts.Definition(term=_("不同意办理结果？"), value=raise_it, help=why),)))
    return shown


def on_grant(grant: Any, actor: Actor) -> Sequence[parts.Part]:
    """Show the disputes about the request that a grant came from."""
    return on_request(grant.request, actor)
