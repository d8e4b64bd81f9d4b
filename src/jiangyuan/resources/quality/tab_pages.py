"""What quality says on the page of an entry: the scores of its tables and the rules that rows break."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from jiangyuan.catalog.entries.queries import item_names
from jiangyuan.kernel.actor import Actor
from jiangyuan.resources.quality import queries
from jiangyuan.resources.quality.models import CheckRun
from jiangyuan.resources.quality.wording import DIMENSIONS, MEANINGS, dimension_of, sentence
from jiangyuan.ui import measures, parts, shares

GOOD = 95


def dimensions_part(run: CheckRun) -> parts.Table:
    """Show the score of each dimension of a run, with what it means."""
    return parts.Table(
        caption=_("各维度得分（GB/T 36344-2018）"),
        show_caption=True,
        columns=(
            parts.Column(title=_("维度")),
            parts.Column(title=_("得分")),
            parts.Column(title=_("结果")),
            parts.Column(title=_("含义")),
        ),
        rows=[
            (DIMENSIONS[code], score_meter(score or None, DIMENSIONS[code]), verdict_of(score), MEANINGS[code])
            for code, score in ((code, run.dimensions[code]) for code in DIMENSIONS if code in run.dimensions)
        ],
        empty=parts.Empty(title=_("还没有得分"), why=_("检查完成后按维度计分。")),
    )


def score_meter(score: Any, label: Any) -> measures.Meter:
    """Show a score as a bar: from 95 it is well, under 80 somebody must see to it."""
    return measures.Meter(value=score, label=_("%(what)s得分") % {"what": label})


def verdict_of(score: Any) -> parts.Badge:
    """Say in a word what the score of a dimension means: nothing at fault, something, or nothing as it should be."""
    if not score:
        return parts.Badge(label=_("没有检查"), tone="idle")
    number = float(score)
    if number >= 100:
        return parts.Badge(label=_("全部符合"), tone="good")
    if number <= 0:
        return parts.Badge(label=_("全部不符合"), tone="bad")
    return parts.Badge(label=_("有不符合"), tone="warn")


def failed_dimensions(run: CheckRun) -> list[str]:
    """Name the dimensions of which no check passed, in the order of the standard."""
    return [str(DIMENSIONS[code]) for code in DIMENSIONS if (of := run.dimensions.get(code)) and not float(of)]


def score_tiles(run: CheckRun, *, url: str = "") -> measures.Tiles:
    """Draw the figures of a run: its score with how dimensions make it, and the rows with the day they were checked."""
    failed = failed_dimensions(run)
    note = _("满分 100 分，各维度得分的平均")
    if failed:
        note = _("满分 100 分，各维度得分的平均；%(failed)s得 0 分") % {"failed": _("、").join(failed)}
    at = run.finished_at and f"{timezone.localtime(run.finished_at):%Y-%m-%d %H:%M}"
    return measures.Tiles(
        label=_("最近一次检查"),
        items=(
            measures.Tile(
                title=_("质量得分"), value=run.score, unit=_("分"), note=note, url=url, tone="bad" if failed else None
            ),
            measures.Tile(title=_("检查行数"), value=run.rows, unit=_("行"), note=_("检查于 %(at)s") % {"at": at}),
        ),
    )


def share_text(checked: int, failed: int) -> str:
    """Say which share of what was checked passed; never a full hundred while a row fails."""
    if not checked:
        return ""
    return shares.percent(max(0, checked - failed) * 100 / checked)


def quality_tab(entry: Any, actor: Actor) -> tuple[parts.Part, ...]:
    """Draw the quality of an entry's mounted tables."""
    mounts = list(queries.checked_tables(actor=actor).filter(entry=entry)[:20])
    scored = [mount for mount in mounts if mount.run]
    if not scored:
        why = _("目录的数据表挂载后，由提供方按数据元生成规则并检查。") if mounts else _("目录还没有挂载数据表。")
        return (parts.Empty(title=_("还没有质量检查结果"), why=why),)
    names = item_names(entry, actor=actor)
    found: list[parts.Part] = []
    runs = {run.pk: run for run in CheckRun.visible_to(actor).filter(pk__in=[m.run for m in scored])}
    for mount in scored:
        run = runs[mount.run]
        found += [score_tiles(run, url=f"/quality/{mount.pk}/"), dimensions_part(run)]
        results = [r for r in queries.results_of(actor=actor, run=run) if r.failed][:10]
        found.append(_broken(results, names))
    return tuple(found)


def _broken(results: list[Any], names: dict[str, str]) -> parts.Table:
    return parts.Table(
        caption=_("有问题的规则"),
        show_caption=True,
        columns=(
            parts.Column(title=_("规则")),
            parts.Column(title=_("维度")),
            parts.Column(title=_("不符合"), numeric=True, unit=_("行")),
            parts.Column(title=_("合格率"), numeric=True),
        ),
        rows=[
            (
                sentence(r.rule.definition, names),
                dimension_of(r.rule.definition),
                r.failed,
                share_text(r.checked, r.failed),
            )
            for r in results
        ],
        empty=parts.Empty(title=_("全部规则都符合"), why=_("最近一次检查没有发现问题行。")),
    )


def quality_points(entries: Sequence[Any]) -> dict[UUID, tuple[measures.Point]]:
    """Give the points for data that was checked, and found good: what the newest scored check of each entry said."""
    newest = (
        CheckRun.objects.filter(mount__entry__in=[entry.pk for entry in entries], score__isnull=False)
        .order_by("mount__entry", "-created_at")
        .distinct("mount__entry")
    )
    scores = dict(newest.values_list("mount__entry", "score"))
    return {entry.pk: (_checked(scores.get(entry.pk)),) for entry in entries}


def _checked(score: Any) -> measures.Point:
    gain = (
        _("还没有检查：挂载后点“由数据元生成规则”再检查。")
        if score is None
        else _("最近得分低于 95 分，请按问题行整改。")
    )
    earned = 0 if score is None else 15 if score >= GOOD else 10
    return measures.Point(title=_("数据质量检查合格"), earned=earned, possible=15, gain=gain)
