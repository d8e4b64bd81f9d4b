"""The score of an entry that explains itself, and the entries of a body that need work most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy, pgettext

from jiangyuan.catalog.entries import queries, rules, score
from jiangyuan.catalog.entries.actions_score import KIND, judge
from jiangyuan.catalog.entries.models import AUTHORITY, Entry
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.texts import cite, listed
from jiangyuan.ui import listing, lists, measures, parts, states, steps, tabs
from jiangyuan.ui.session import require_actor

TITLES: Mapping[str, Any] = {
    "summary": gettext_lazy("摘要写明内容、范围和来源"),
    "ground": gettext_lazy("写明共享条件或依据"),
    "elements": gettext_lazy("信息项对应数据元"),
    "names": gettext_lazy("信息项都有中文名称"),
    "types": gettext_lazy("信息项写明类型和长度"),
    "descriptions": gettext_lazy("信息项有说明"),
    "key": gettext_lazy("标明主键"),
    "methods": gettext_lazy("写明共享方式"),
    "classification": gettext_lazy("归入具体的分类"),
    "nature": gettext_lazy("写明事项属性"),
    "scope": gettext_lazy("写明时间和空间范围"),
    "contact": gettext_lazy("写明联系人和电话"),
    "fresh": gettext_lazy("一年内核对过"),
    "open": gettext_lazy("没有未办结的问题"),
}
_EVIDENCE: Mapping[str, Any] = {
    "summary": ngettext_lazy(
        "现有 %(n)s 个字，应有 %(wanted)s 个字以上。", "现有 %(n)s 个字，应有 %(wanted)s 个字以上。", "n"
    ),
    "elements": ngettext_lazy(
        "%(all)s 个信息项中有 %(n)s 个没有对应数据元。", "%(all)s 个信息项中有 %(n)s 个没有对应数据元。", "n"
    ),
    "names": ngettext_lazy(
        "%(all)s 个信息项中有 %(n)s 个仍是字段名。", "%(all)s 个信息项中有 %(n)s 个仍是字段名。", "n"
    ),
    "types": ngettext_lazy(
        "%(all)s 个信息项中有 %(n)s 个缺类型或长度。", "%(all)s 个信息项中有 %(n)s 个缺类型或长度。", "n"
    ),
    "descriptions": ngettext_lazy(
        "%(all)s 个信息项中有 %(n)s 个既无说明也无数据元。", "%(all)s 个信息项中有 %(n)s 个既无说明也无数据元。", "n"
    ),
    "classification": gettext_lazy("现在归在“%(code)s”。"),
    "fresh": ngettext_lazy("距上次发布或修改 %(days)s 天。", "距上次发布或修改 %(days)s 天。", "days"),
}
_GAINS: Mapping[str, Any] = {
    "summary": gettext_lazy("写明含哪些人或事、从哪一年起、由什么业务产生。"),
    "ground": gettext_lazy("有条件共享写明可用于哪些事项、由谁使用；不予共享写明法律名称和条款。"),
    "elements": gettext_lazy("在“核对信息项”中选数据元，或在来源表的字段说明中写标准名称后重新扫描。"),
    "names": gettext_lazy("在“核对信息项”中改为业务上的叫法。"),
    "types": gettext_lazy("在“核对信息项”中补充类型和长度。"),
    "descriptions": gettext_lazy("在“核对信息项”中补充说明。"),
    "key": gettext_lazy("在来源表加主键后重新扫描；手工编制的在“核对信息项”中标明。"),
    "methods": gettext_lazy("选择服务接口、批量交换或文件下载。"),
    "classification": gettext_lazy("从分类目录中选择更具体的目或细目。"),
    "nature": gettext_lazy("选择事项类或非事项类。"),
    "scope": gettext_lazy("填写数据从哪一天起、覆盖哪些地方。"),
    "contact": gettext_lazy("填写使用方有疑问时找谁、电话多少。"),
    "fresh": gettext_lazy("核对内容，有变化的请修订后重新发布。"),
    "open": gettext_lazy("先办结超期的更新和争议，改正退回的内容。"),
}
_ARTICLES = {"summary": rules.ART13, "ground": rules.ART14, "methods": rules.ART13}


def evidence_of(line: score.Line) -> str:
    """Say on what a line rests."""
    if line.code == "open":
        return _open_problems(line)
    text = _EVIDENCE.get(line.code)
    return text % dict(line.evidence) if text is not None else ""


def _open_problems(line: score.Line) -> str:
    """Say which problems are open, by kind, and that the draft was sent back."""
    kinds = queries.problem_kinds()
    counts = line.evidence.get("kinds", {})
    said = [kinds[name].said % {"n": many} for name, many in counts.items() if name in kinds]
    if line.evidence.get("returned"):
        said.append(_("有退回纠正的内容未改"))
    return _("%(what)s。") % {"what": listed(said)} if said else ""


def _worst_kind(line: score.Line) -> queries.ProblemKind | None:
    """Give the kind of problem that is best mended first: the one of which there are most."""
    counts = line.evidence.get("kinds", {}) if line.code == "open" else {}
    name = max(counts, key=lambda one: counts[one], default="")
    return queries.problem_kinds().get(name)


def _gain(line: score.Line) -> str:
    kind = _worst_kind(line)
    said = " ".join(t for t in (evidence_of(line), str(kind.mend if kind else _GAINS[line.code])) if t)
    article = _ARTICLES.get(line.code)
    return _("%(message)s（%(article)s）") % {"message": said, "article": cite(article)} if article else said


def _fix(entry: Entry, line: score.Line, acts: frozenset[str]) -> parts.Button | None:
    """Lead to the form (and the field on it) where a line is mended, for who may mend it now."""
    base, criterion = f"/catalog/{entry.pk}/", score.BY_CODE[line.code]
    may_edit = "catalog.entry.edit" in acts
    if (kind := _worst_kind(line)) is not None:
        return parts.Button(title=_("去办理"), url=kind.url(entry), kind="plain")
    if criterion.fix == "items" and may_edit:
        return parts.Button(title=_("核对信息项"), url=f"{base}items/", kind="plain")
    if criterion.fix == "edit" and may_edit:
        return parts.Button(title=_("去补充"), url=f"{base}edit/#catalog-entry-edit_{criterion.at}", kind="plain")
    if "catalog.entry.revise" in acts and criterion.fix:
        return parts.Button(title=_("去修订"), url=f"{base}revise/", kind="plain")
    return None


def score_tab(entry: Entry, actor: Actor) -> tuple[parts.Part, ...]:
    """Explain the score: every criterion with evidence, what it weighs, and the form where it is mended."""
    if not queries.sees_revision(entry, actor) and entry.state != "published":
        shown = entry.known_score if entry.known_score is not None else "—"
        row = parts.Definition(term=_("目录评分"), value=shown)
        return (parts.Definitions(rows=(row,)),)
    acts = frozenset(step.action for step in steps.steps(entry, actor))
    lines = judge(entry)
    own = [
        measures.Point(
            title=TITLES[line.code],
            earned=line.earned,
            possible=line.possible,
            gain=_gain(line),
            action=_fix(entry, line, acts),
        )
        for line in lines
    ]
    points = _by_gain((*own, *tabs.points(KIND, [entry])[entry.pk]))
    found: list[parts.Part] = []
    first, lost = best_fix(points)
    if first is not None:
        said = ngettext("最值得补上的一项：%(what)s，可得 %(n)s 分", "最值得补上的一项：%(what)s，可得 %(n)s 分", lost)
        title = said % {"what": first.title, "n": lost}
        found.append(parts.Notice(title=title, text=first.gain))
    found.append(measures.Score(title=_("目录评分"), points=tuple(points)))
    return tuple(found)


def _by_gain(points: Iterable[measures.Point]) -> list[measures.Point]:
    return sorted(points, key=lambda point: point.earned - point.possible)


def best_fix(points: Iterable[measures.Point]) -> tuple[measures.Point | None, int]:
    """Give the point whose mending gains most, and how much: the list and the entry's own page say the same."""
    first = next(iter(_by_gain(points)), None)
    if first is None or first.full:
        return None, 0
    return first, first.possible - first.earned


def worst_page(request: HttpRequest) -> HttpResponse:
    """List the entries of one's own body, for the authority those of all, the lowest score first, with the next best fix."""
    actor = require_actor(request)
    rows = queries.entries(actor=actor).filter(known_score__isnull=False).select_related("judgement")
    if actor.capacity not in AUTHORITY:
        rows = rows.filter(body_id=actor.body)
    below = listing.facet(request, "below", _("评分"), _BELOW)
    filters = listing.Filters(facets=(below,))
    if below.value:
        rows = rows.filter(known_score__lt=int(below.value))
    more: dict[Any, Iterable[measures.Point]] = {}
    table = listing.table_of(
        request,
        rows,
        caption=_("目录评分"),
        columns=(
            parts.Column(title=_("名称"), order="name"),
            parts.Column(title=_("部门")),
            parts.Column(title=_("评分"), numeric=True, unit=_("满分 100"), order="score"),
            parts.Column(title=_("最值得补上的一项")),
            parts.Column(title=_("可得"), numeric=True, unit=_("分")),
            parts.Column(title=_("状态")),
        ),
        row=lambda entry: _row(entry, more.get(entry.pk, ())),
        prepare=lambda found: more.update(tabs.points(KIND, found)),
        order=("score", "name"),
        filters=filters,
        empty=parts.Empty(title=_("还没有评分"), why=_("目录编制或修改后自动评分。")),
    )
    lead = _("评分低的在前；点名称看每一项怎样补足。")
    header = parts.Header(
        title=pgettext("several", "目录评分"), lead=lead, crumbs=(parts.Link(title=_("数据目录"), url="/catalog/"),)
    )
    return lists.list_page(request, header=header, filters=filters, table=table)


_BELOW = [("60", gettext_lazy("60 分以下")), ("80", gettext_lazy("80 分以下"))]


def _row(entry: Any, more: Iterable[measures.Point]) -> tuple[Any, ...]:
    lines = [score.Line(**line) for line in entry.judgement.lines] if hasattr(entry, "judgement") else []
    own = [measures.Point(title=TITLES[one.code], earned=one.earned, possible=one.possible) for one in lines]
    first, lost = best_fix((*own, *more) if lines else ())
    return (
        parts.Link(title=entry.known_name, url=f"/catalog/{entry.pk}/?tab=score"),
        str(entry.body),
        entry.known_score,
        first.title if first else "",
        lost or "",
        states.badge_of(entry, entry.told_state),
    )
