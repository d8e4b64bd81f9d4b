"""What exchange says on the page of an entry: from which table it comes and where it goes, and how it is used.

Both show grants and deliveries only as far as the actor may know of them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from jiangyuan.catalog.entries.queries import item_names, state_told
from jiangyuan.catalog.entries.wording import mask_text
from jiangyuan.exchange.delivery.models import Delivery
from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.kernel.actor import Actor
from jiangyuan.resources.ingestion.models import Mount
from jiangyuan.sources.models import Source
from jiangyuan.ui import measures, parts, states

BOUND = 50
DAYS, READS = 14, 20_000


def _grants(entry: Any, actor: Actor) -> list[Grant]:
    found = Grant.visible_to(actor).filter(entry=entry).select_related("consumer", "system", "entry", "mount")
    return list(found.order_by("-active", "-created_at")[:BOUND])


def lineage_tab(entry: Any, actor: Actor) -> tuple[parts.Part, ...]:
    """Draw the chain from the source's table to the consumers' tables, then the way of each column."""
    mounts = list(
        Mount.visible_to(actor).filter(entry=entry).exclude(state="removed").select_related("table__source")[:BOUND]
    )
    grants = _grants(entry, actor)
    deliveries = list(
        Delivery.visible_to(actor)
        .filter(grant__in=[grant.pk for grant in grants])
        .exclude(state="stopped")
        .select_related("target", "grant")[:BOUND]
    )
    known = set(
        Source.visible_to(actor).filter(pk__in=[m.table.source_id for m in mounts]).values_list("pk", flat=True)
    )
    chain = measures.Chain(
        title=_("从哪里来，到哪里去"),
        stages=(
            measures.Stage(title=_("来源表"), nodes=_sources(mounts, known), none=_("还没有挂载数据表")),
            measures.Stage(title=_("目录"), nodes=(_entry_node(entry, actor),)),
            measures.Stage(title=_("挂载"), nodes=tuple(map(_mount_node, mounts)), none=_("还没有挂载")),
            measures.Stage(title=_("授权"), nodes=tuple(map(_grant_node, grants)), none=_("没有您可见的授权")),
            measures.Stage(title=_("库表交换"), nodes=tuple(map(_delivery_node, deliveries)), none=_("没有库表交换")),
        ),
        note=_("只显示您有权查看的授权和交换。"),
    )
    return chain, _columns(item_names(entry, actor=actor), mounts, grants, known)


def _sources(mounts: list[Mount], known: set[UUID]) -> tuple[measures.Node, ...]:
    return tuple(
        measures.Node(
            kind=mount.table.source.name,
            name=f"{mount.table.schema}.{mount.table.name}".lstrip("."),
            url=f"/sources/{mount.table.source_id}/",
        )
        if mount.table.source_id in known
        else measures.Node(kind=_("提供方的数据源"), name=_("仅提供方可见"))
        for mount in mounts
    )


def _entry_node(entry: Any, actor: Actor) -> measures.Node:
    return measures.Node(kind=str(entry.body), name=str(entry), badge=states.badge_of(entry, state_told(entry, actor)))


def _mount_node(mount: Mount) -> measures.Node:
    mode = mount.get_mode_display()  # type: ignore[attr-defined]
    return measures.Node(kind=mode, name=mount.alias, url=f"/resources/{mount.pk}/", badge=states.state_badge(mount))


def _grant_node(grant: Grant) -> measures.Node:
    return measures.Node(
        kind=str(grant.consumer),
        name=grant.system.name,
        url=f"/exchange/grants/{grant.pk}/",
        badge=states.state_badge(grant),
    )


def _delivery_node(one: Delivery) -> measures.Node:
    return measures.Node(
        kind=one.target.name,
        name=f"{one.schema}.{one.table}",
        url=f"/exchange/deliveries/{one.pk}/",
        badge=states.state_badge(one),
    )


def _columns(names: dict[str, str], mounts: list[Mount], grants: list[Grant], known: set[UUID]) -> parts.Table:
    live = [grant for grant in grants if grant.active]
    given: dict[str, list[str]] = {}
    for grant in live:
        for item in grant.items:
            shape = _("%(system)s（%(mask)s）") % {"system": grant.system.name, "mask": mask_text(item.get("mask"))}
            given.setdefault(item["column"], []).append(shape)
    table = next((m.table for m in mounts if m.table.source_id in known), None)
    place = f"{table.schema}.{table.name}.".lstrip(".") if table else ""
    return parts.Table(
        caption=_("逐项去向"),
        show_caption=True,
        columns=(
            parts.Column(title=_("来源字段")),
            parts.Column(title=_("信息项")),
            parts.Column(title=_("给了谁、什么样子")),
        ),
        rows=[
            (parts.Code(text=f"{place}{column}"), name, given.get(column, []) or "") for column, name in names.items()
        ],
        empty=parts.Empty(title=_("还没有信息项"), why=_("目录至少要有一个信息项。")),
    )


def use_tab(entry: Any, actor: Actor) -> tuple[parts.Part, ...]:
    """Draw who uses an entry and how much, day by day."""
    grants = _grants(entry, actor)
    if not grants:
        why = _("使用情况只对提供方、使用方和主管部门显示。")
        return (
            parts.Empty(title=_("没有您可见的使用情况"), why=why, todo=_("需要这项数据的，可由业务处室申请共享。")),
        )
    holders = parts.Table(
        caption=_("谁在用"),
        show_caption=True,
        columns=(
            parts.Column(title=_("应用系统")),
            parts.Column(title=_("使用方")),
            parts.Column(title=_("信息项"), numeric=True, unit=_("个")),
            parts.Column(title=_("期限")),
            parts.Column(title=_("状态")),
        ),
        rows=[
            (
                parts.Link(title=grant.system.name, url=f"/exchange/grants/{grant.pk}/"),
                str(grant.consumer),
                len(grant.items),
                grant.until,
                states.state_badge(grant),
            )
            for grant in grants
        ],
        empty=parts.Empty(title=_("还没有授权"), why=""),
    )
    return _days([grant.pk for grant in grants]), holders


def reads_by_day(grants: list[UUID]) -> list[tuple[Any, int, int]]:
    """Count reads and rows under grants by day, newest first, over the newest reads of two weeks (bounded)."""
    sql = """
        SELECT (at AT TIME ZONE 'Asia/Shanghai')::date AS day, count(*), coalesce(sum(row_count), 0)::bigint
        FROM (SELECT at, row_count FROM kernel_access
              WHERE grant_id = ANY(%s) AND at >= %s AND phase IN ('finished', 'whole')
              ORDER BY at DESC LIMIT %s) AS newest
        GROUP BY day ORDER BY day DESC"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [grants, timezone.now() - timedelta(days=DAYS), READS])
        return [(day, calls, rows) for day, calls, rows in cursor.fetchall()]


def _days(grants: list[UUID]) -> parts.Table:
    found = reads_by_day(grants)
    caption = _("最近 %(days)s 天的使用") % {"days": DAYS}
    if sum(calls for _day, calls, _rows in found) >= READS:
        caption = _("最近 %(n)s 次使用") % {"n": f"{READS:,}"}
    return parts.Table(
        caption=caption,
        show_caption=True,
        columns=(
            parts.Column(title=_("日期")),
            parts.Column(title=_("次数"), numeric=True, unit=_("次")),
            parts.Column(title=_("行数"), numeric=True, unit=_("行")),
        ),
        rows=found,
        empty=parts.Empty(title=_("最近没有使用"), why=_("每次核验、查询和交换都会留痕，并在这里计数。")),
    )
