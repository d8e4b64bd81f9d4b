"""Scans on the page of a source: how far the one under way is, and what the last ones found."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jiangyuan.sources.models import Scan, Source
from jiangyuan.ui import parts, progress, wording

_PHASES: dict[str, tuple[Any, Any]] = {
    "connecting": (gettext_lazy("连接"), ""),
    "tables": (gettext_lazy("数据表"), gettext_lazy("%(n)s 张")),
    "columns": (gettext_lazy("字段"), gettext_lazy("%(n)s 个")),
    "sizes": (gettext_lazy("行数和大小"), gettext_lazy("%(n)s 张")),
    "recording": (gettext_lazy("登记和比较"), ""),
}
_NOT_OF_FILES = ("columns", "sizes")


def under_way(scans: list[Scan], source: Source) -> tuple[parts.Part, ...]:
    """Say how far the scan under way is: its phases in a row, each with what it has counted so far."""
    if not scans or scans[0].finished_at is not None:
        return ()
    scan = scans[0]
    since = max(0, int((timezone.now() - scan.created_at).total_seconds()))
    text = ngettext(
        "正在读取表和字段的结构，已 %(n)s 秒；只读结构，不读数据。完成后本页自动更新。",
        "正在读取表和字段的结构，已 %(n)s 秒；只读结构，不读数据。完成后本页自动更新。",
        since,
    ) % {"n": since}
    names = [name for name in _PHASES if source.kind != "folder" or name not in _NOT_OF_FILES]
    reached = names.index(scan.phase) if scan.phase in names else -1
    stages = tuple(_stage(name, place, reached, scan.seen) for place, name in enumerate(names))
    return (
        parts.Notice(title=_("正在扫描"), text=text),
        progress.Progress(label=_("扫描进度"), stages=stages),
    )


def _stage(name: str, place: int, reached: int, seen: dict[str, int]) -> progress.Stage:
    title, unit = _PHASES[name]
    standing: progress.Standing = "done" if place < reached else "now" if place == reached else "next"
    counted = str(unit) % {"n": f"{seen[name]:,}"} if unit and name in seen else ""
    return progress.Stage(title=title, standing=standing, when=counted)


def scans(scans: list[Scan]) -> parts.Table:
    """List the last scans, and what differed."""

    def outcome(scan: Any) -> parts.Badge:
        if scan.error:
            return parts.Badge(label=_("失败"), tone="bad")
        done = scan.finished_at is not None
        return parts.Badge(label=_("完成") if done else _("进行中"), tone="good" if done else "running")

    def changed(scan: Any) -> str:
        if scan.error:
            return wording.fault_text(scan.error)
        named = {"new": _("新增"), "gone": _("消失"), "changed": _("变化")}
        told = [f"{named[k]} {len(v)}" for k, v in scan.difference.items() if v and k in named]
        return _("，").join(told) or _("与上次相同")

    return parts.Table(
        caption=_("扫描记录"),
        show_caption=True,
        columns=(
            parts.Column(title=_("时间")),
            parts.Column(title=_("结果")),
            parts.Column(title=_("数据表"), numeric=True, unit=_("张")),
            parts.Column(title=_("与上次相比")),
        ),
        rows=[
            (scan.created_at, outcome(scan), scan.tables, changed(scan) if scan.finished_at else "") for scan in scans
        ],
        empty=parts.Empty(title=_("还没有扫描过"), why=_("扫描后可由数据表编制目录。"), todo=""),
    )
