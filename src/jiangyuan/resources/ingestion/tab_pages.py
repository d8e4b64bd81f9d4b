"""What ingestion says on the page of an entry: which tables carry it, and how fresh they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from jiangyuan.kernel.actor import Actor
from jiangyuan.resources.ingestion.models import Ingest, Mount
from jiangyuan.sources.models import Scan
from jiangyuan.ui import measures, parts, states

BOUND, DRIFT = 500, 50


def mounted_tab(entry: Any, actor: Actor) -> tuple[parts.Part, ...]:
    """Draw the mounted tables of an entry with their freshness, for its overview."""
    mounts = Mount.visible_to(actor).filter(entry=entry).exclude(state="removed").select_related("ingest")[:20]

    def line(mount: Mount) -> tuple[Any, ...]:
        ingest: Ingest | None = getattr(mount, "ingest", None)
        return (
            parts.Link(title=mount.alias, url=f"/resources/{mount.pk}/"),
            mount.get_mode_display(),  # type: ignore[attr-defined]
            states.state_badge(mount if ingest is None or mount.state != "active" else ingest),
            ingest.rows if ingest else None,
            ingest.last_applied_at if ingest else None,
        )

    table = parts.Table(
        caption=_("数据现状"),
        show_caption=True,
        columns=(
            parts.Column(title=_("数据名")),
            parts.Column(title=_("方式")),
            parts.Column(title=_("状态")),
            parts.Column(title=_("行数"), numeric=True, unit=_("行")),
            parts.Column(title=_("最近更新")),
        ),
        rows=[line(mount) for mount in mounts],
        empty=parts.Empty(
            title=_("还没有挂载数据表"),
            why=_("目录发布后，由提供方把数据表挂载上来，才能共享数据。"),
        ),
    )
    return (table,)


def mounted_points(entries: Sequence[Any]) -> dict[UUID, tuple[measures.Point]]:
    """Give the points for data that stands behind each entry."""
    active = Mount.objects.filter(entry__in=[entry.pk for entry in entries], state="active")
    there = set(active.values_list("entry", flat=True))
    title, gain = _("挂载了数据"), _("目录发布后挂载数据表，使用方才能申请和使用数据。")
    return {
        entry.pk: (measures.Point(title=title, earned=15 if entry.pk in there else 0, possible=15, gain=gain),)
        for entry in entries
    }


def drift_part(source: Any, actor: Actor) -> tuple[parts.Part, ...]:
    """Say what the newest scan of a source found changed, which entries and mounts it touches, and what to do."""
    done = Scan.visible_to(actor).filter(source=source, finished_at__isnull=False, error__isnull=True)
    kept = list(done.order_by("-created_at")[:2])
    touched = kept[0].difference if len(kept) == 2 else {}  # the first scan has nothing to differ from
    lines = [(kind, name) for kind in ("gone", "changed", "new") for name in touched.get(kind, ())][:DRIFT]
    if not lines:
        return ()
    mounts = (
        Mount.visible_to(actor).filter(table__source=source).exclude(state="removed").select_related("entry", "table")
    )
    by_table: dict[str, list[Mount]] = {}
    for mount in mounts[:BOUND]:
        by_table.setdefault(f"{mount.table.schema}.{mount.table.name}".lstrip("."), []).append(mount)
    return (
        parts.Table(
            caption=_("最近一次扫描发现的变化"),
            show_caption=True,
            columns=(
                parts.Column(title=_("表或字段")),
                parts.Column(title=_("变化")),
                parts.Column(title=_("涉及的目录和挂载")),
                parts.Column(title=_("怎样处理")),
            ),
            rows=[_drift_line(kind, name, by_table) for kind, name in lines],
            empty=parts.Empty(title=_("没有变化"), why=""),
        ),
    )


def _drift_line(kind: str, name: str, by_table: dict[str, list[Mount]]) -> tuple[Any, ...]:
    words: dict[str, tuple[Any, parts.Tone]] = {
        "gone": (_("不再存在"), "bad" if name in by_table else "warn"),
        "changed": (_("字段有变化"), "warn"),
        "new": (_("新出现"), "idle"),
    }
    mounts = next((found for table, found in by_table.items() if name == table or name.startswith(f"{table}.")), [])
    links = tuple(parts.Link(title=mount.entry.known_name, url=f"/resources/{mount.pk}/") for mount in mounts)
    if kind == "new":
        todo = _("需要共享的，点表名编制目录。")
    elif not mounts:
        todo = _("没有挂载使用，无需处理。")
    elif any(mount.state == "broken" for mount in mounts):
        todo = _("挂载已失效：请来源单位恢复，或修订目录后重新挂载。")
    else:
        todo = _("挂载仍可用；含义有变的，请修订目录（20 个工作日内）。")
    label, tone = words[kind]
    return (
        parts.Code(text=name),
        parts.Badge(label=label, tone=tone),
        measures.Links(items=links) if links else "",
        todo,
    )
