"""Pages of quality: the checked tables, one table with its rules and runs; rules and problem rows stand beside."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.entries.queries import item_names
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.organization.queries import bodies
from jiangyuan.resources.ingestion.models import Mount
from jiangyuan.resources.quality import problem_pages, queries, rule_pages
from jiangyuan.resources.quality.models import CheckResult, CheckRun, QualityRule
from jiangyuan.resources.quality.tab_pages import dimensions_part, score_meter, score_tiles, share_text
from jiangyuan.resources.quality.wording import DIMENSIONS, dimension_of, sentence
from jiangyuan.ui import charts, listing, lists, live, measures, pages, parts, steps, wording
from jiangyuan.ui.forms import KEY
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

QUALITY = parts.Link(title=gettext_lazy("数据质量"), url="/quality/")
ASK, PROPOSE = "quality.run.ask", "quality.rule.propose"
RUNS = 12


def tables_page(request: HttpRequest) -> HttpResponse:
    """List the mounted tables with the score of their last check."""
    actor = require_actor(request)
    filters = _filters(request, actor)
    rows = _narrowed(queries.checked_tables(actor=actor), filters)
    trends: dict[Any, list[CheckRun]] = {}
    table = listing.table_of(
        request,
        rows,
        caption=_("数据质量"),
        columns=(
            parts.Column(title=_("数据")),
            parts.Column(title=_("部门")),
            parts.Column(title=_("得分")),
            parts.Column(title=_("最低的维度")),
            parts.Column(title=_("比上次")),
            parts.Column(title=_("行数"), numeric=True, unit=_("行")),
            parts.Column(title=_("检查时间")),
            parts.Column(title=_("结果")),
        ),
        row=lambda mount: _line(mount, trends.get(mount.pk, [])),
        order=("alias",),
        prepare=lambda found: trends.update(queries.scores_of(actor=actor, mounts=[m.pk for m in found])),
        filters=filters,
        empty=parts.Empty(
            title=_("还没有可检查的数据表"),
            why=_("目录的数据表挂载以后，按数据元生成规则，一次扫描检查全部规则。"),
            todo=_("由本部门数据共享工作机构挂载数据表。"),
            action=parts.Button(title=_("看挂载与归集"), url="/resources/", kind="plain"),
        ),
    )
    lead = _(
        "每张数据表按规则一次检查，各维度得分为合格数与检查数之比（GB/T 36344-2018），质量得分为各维度得分的平均。问题行只有数据所属部门看得到。"
    )
    header = parts.Header(title=_("数据质量"), lead=lead)
    return lists.list_page(request, header=header, filters=filters, table=table)


def _filters(request: HttpRequest, actor: Actor) -> listing.Filters:
    findings = (
        ("problems", _("有问题行")),
        ("clean", _("全部符合")),
        ("failed", _("检查未完成")),
        ("never", _("还没有检查")),
    )
    return listing.Filters(
        text=listing.words_of(request),
        words=_("目录名称或表名"),
        facets=(
            listing.facet(request, "body", _("部门"), [(b.alias, str(b)) for b in bodies(actor=actor)[:500]]),
            listing.facet(request, "finding", _("检查结果"), findings),
        ),
    )


def _narrowed(rows: Any, filters: listing.Filters) -> Any:
    chosen = {f.name: f.value for f in filters.facets}
    for word in filters.text.split()[:8]:
        rows = rows.filter(Q(entry__name__icontains=word) | Q(alias__icontains=word))
    if chosen["body"]:
        rows = rows.filter(entry__body__alias=chosen["body"])
    narrow = {
        "problems": Q(broken=True),
        "clean": Q(run__isnull=False, broken=False, run_error__isnull=True),
        "failed": Q(run__isnull=False, run_error__isnull=False),
        "never": Q(run__isnull=True),
    }
    return rows.filter(narrow[chosen["finding"]]) if chosen["finding"] else rows


def _line(mount: Any, runs: list[CheckRun]) -> tuple[Any, ...]:
    newest = runs[-1] if runs else None
    return (
        parts.Link(title=mount.entry.known_name, url=f"/quality/{mount.pk}/"),
        str(mount.entry.body),
        score_meter(mount.score, mount.entry.known_name),
        _lowest(newest),
        _change(runs),
        mount.rows_checked,
        mount.run_at,
        _outcome(mount),
    )


def _lowest(run: CheckRun | None) -> Any:
    scored = [(float(v), k) for k, v in (run.dimensions if run else {}).items() if v and k in DIMENSIONS]
    if not scored or min(scored)[0] >= 100:
        return ""
    value, code = min(scored)
    if not value:
        return parts.Badge(label=_("%(dimension)s 0 分") % {"dimension": DIMENSIONS[code]}, tone="bad")
    return _("%(dimension)s %(score)s") % {"dimension": DIMENSIONS[code], "score": f"{value:.2f}"}


def _change(runs: list[CheckRun]) -> str:
    if len(runs) < 2 or runs[-1].score is None or runs[-2].score is None:
        return ""
    moved = runs[-1].score - runs[-2].score
    if not moved:
        return _("持平")
    return (_("升 %(n)s") if moved > 0 else _("降 %(n)s")) % {"n": abs(moved)}


def _outcome(mount: Any) -> parts.Badge:
    if not mount.run:
        return parts.Badge(label=_("还没有检查"), tone="idle")
    if mount.run_error:
        return parts.Badge(label=_("检查未完成"), tone="bad")
    return (
        parts.Badge(label=_("有问题行"), tone="warn") if mount.broken else parts.Badge(label=_("全部符合"), tone="good")
    )


def table_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one table: its score, dimensions, rules with what they found, and its runs."""
    actor = require_actor(request)
    mount = find(queries.checked_tables(actor=actor), pk)
    runs = list(queries.runs_of(actor=actor, mount=mount)[:RUNS])
    busy = bool(runs) and runs[0].finished_at is None
    last = next((run for run in runs if run.finished_at and not run.error), None)
    names = item_names(mount.entry, actor=actor)
    inner = (
        *_verdict(runs, last),
        *((dimensions_part(last),) if last else ()),
        *_over_time(actor, mount),
        _rules(mount, last, actor, names),
        _runs(runs),
    )
    part = measures.Live(id="quality", inner=inner, every=3 if busy else 0, at=timezone.localtime() if busy else None)
    header = parts.Header(
        title=mount.entry.known_name,
        badge=_outcome(mount),
        crumbs=(QUALITY, parts.Link(title=mount.entry.known_name, current=True)),
        lead=_("提供方：%(body)s") % {"body": mount.entry.body.name},
        **_buttons(mount, actor, rules=queries.rules_of(actor=actor, mount=mount).exists(), busy=busy),
    )

    def whole() -> HttpResponse:
        return pages.page(request, "ui/detail.html", header=header, sections=(part,))

    return live.answer(request, part, whole)


def _buttons(mount: Mount, actor: Actor, *, rules: bool, busy: bool) -> dict[str, Any]:
    base, body = f"/quality/{mount.pk}/", str(mount.entry.body_id)
    key = ((KEY, str(uuid7())),)
    further = [parts.Button(title=_("查看目录"), url=f"/catalog/{mount.entry_id}/?tab=quality", kind="plain")]
    if steps.may_begin(PROPOSE, actor, body=body):
        propose = parts.Button(title=_("由数据元生成规则"), url=f"{base}propose/", method="post", fields=key)
        further.append(parts.Button(title=_("编写规则"), url=f"{base}rules/new/", kind="plain"))
        if not rules:
            return {"action": propose, "further": tuple(further)}
        further.append(replace(propose, kind="plain"))
    # without a rule nothing could be checked
    may_run = (
        rules and mount.state == "active" and not busy and steps.may_begin(ASK, actor, **mount.policy_attributes())
    )
    run = parts.Button(title=_("检查数据质量"), url=f"{base}run/", method="post", fields=key) if may_run else None
    return {"action": run, "further": tuple(further)}


def _verdict(runs: list[CheckRun], last: CheckRun | None) -> tuple[parts.Part, ...]:
    found: list[parts.Part] = []
    if runs and runs[0].finished_at is None:
        text = _("一次扫描检查全部规则，通常几秒到几分钟；完成后本页自动更新。")
        found.append(parts.Notice(title=_("正在检查"), text=text))
    elif runs and runs[0].error:
        told = wording.fault_text(runs[0].error)
        found.append(parts.Notice(title=_("最近一次检查没有完成"), tone="bad", text=told))
    if last is not None:
        found.append(score_tiles(last))
    return tuple(found)


def _over_time(actor: Actor, mount: Mount) -> tuple[charts.Chart, ...]:
    """Draw the score of each finished check over time, with that of the worst dimension; two checks make a line."""
    runs = queries.scores_of(actor=actor, mounts=[mount.pk], each=60).get(mount.pk, [])
    if len(runs) < 2:
        return ()
    lowest = [min((float(v) for k, v in run.dimensions.items() if v and k in DIMENSIONS), default=None) for run in runs]
    return (
        charts.Chart(
            code="quality-over-time",
            title=_("得分变化"),
            kind="line",
            labels=[f"{timezone.localtime(run.created_at):%Y-%m-%d %H:%M}" for run in runs],
            series=(
                charts.Series(title=_("质量得分"), values=[run.score for run in runs]),
                charts.Series(title=_("最低的维度"), values=lowest),
            ),
            over=_("检查时间"),
            unit=_("分"),
            source=_("历次检查结果，至多最近 60 次"),
            at=timezone.localtime(runs[-1].finished_at),
        ),
    )


def _rules(mount: Mount, last: CheckRun | None, actor: Actor, names: dict[str, str]) -> parts.Table:
    results = {r.rule_id: r for r in queries.results_of(actor=actor, run=last)} if last else {}
    kept = list(queries.rules_of(actor=actor, mount=mount)[:500])
    kept.sort(key=lambda rule: -(results[rule.pk].failed if rule.pk in results else 0))
    sees, alters = queries.may_see_problems(actor, mount), steps.may_begin(PROPOSE, actor, **mount.policy_attributes())
    return parts.Table(
        caption=_("规则和结果"),
        show_caption=True,
        columns=(
            parts.Column(title=_("规则")),
            parts.Column(title=_("维度和依据")),
            parts.Column(title=_("来自")),
            parts.Column(title=_("检查数"), numeric=True),
            parts.Column(title=_("不符合"), numeric=True),
            parts.Column(title=_("合格率"), numeric=True),
            *((parts.Column(title=_("操作")),) if sees or alters else ()),
        ),
        rows=[_rule_line(rule, results.get(rule.pk), names, sees, alters) for rule in kept],
        empty=parts.Empty(
            title=_("还没有质量规则"),
            why=_("规则可由信息项的数据元、主键和更新周期生成，也可自行编写。"),
            todo=_("点“由数据元生成规则”开始。") if alters else _("由提供方生成。"),
        ),
    )


def _rule_line(
    rule: QualityRule, result: CheckResult | None, names: dict[str, str], sees: bool, alters: bool
) -> tuple[Any, ...]:
    said = sentence(rule.definition, names)
    shown = (
        said,
        dimension_of(rule.definition),
        _("数据元") if rule.origin == "element" else _("自行编写"),
        result.checked if result else None,
        result.failed if result else None,
        share_text(result.checked, result.failed) if result else None,
    )
    if not sees and not alters:
        return shown
    links = []
    if sees and result is not None and result.evidence_kept:
        links.append(parts.Link(title=_("看问题行"), url=f"/quality/results/{result.pk}/"))
    if alters:
        links.append(parts.Link(title=_("修改"), url=f"/quality/rules/{rule.pk}/"))
    return (*shown, measures.Links(items=tuple(links)) if links else "")


def _runs(runs: list[CheckRun]) -> parts.Table:
    def line(run: CheckRun) -> tuple[Any, ...]:
        if run.error:
            state = parts.Badge(label=_("未完成"), tone="bad")
        else:
            done = run.finished_at is not None
            state = parts.Badge(label=_("完成") if done else _("正在检查"), tone="good" if done else "running")
        return run.created_at, state, run.rows, score_meter(run.score, _("质量"))

    return parts.Table(
        caption=_("历次检查"),
        show_caption=True,
        columns=(
            parts.Column(title=_("时间")),
            parts.Column(title=_("结果")),
            parts.Column(title=_("行数"), numeric=True, unit=_("行")),
            parts.Column(title=_("得分")),
        ),
        rows=[line(run) for run in runs],
        empty=parts.Empty(title=_("还没有检查过"), why=_("有了规则，点“检查数据质量”即可。")),
    )


def run_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Ask for a run of all rules of a table."""
    return _begin(request, pk, ASK, _("正在检查，完成后本页自动更新。"))


def propose_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Make the rules that the elements of a table propose."""
    return _begin(request, pk, PROPOSE, _("规则已列在下面，可修改或停用。"))


def _begin(request: HttpRequest, pk: Any, action: str, next_step: Any) -> HttpResponse:
    mount = find(queries.checked_tables(actor=require_actor(request)), pk)
    base = f"/quality/{mount.pk}/"
    return steps.begin_page(
        request,
        action,
        crumbs=(QUALITY, parts.Link(title=mount.entry.known_name, url=base)),
        back=base,
        about=mount.policy_attributes(),
        fixed={"mount": mount.pk},
        lead=mount.entry.known_name,
        done=base,
        next_step=next_step,
    )


urlpatterns = [
    path("quality/", tables_page, name="quality"),
    path("quality/<uuid:pk>/", table_page, name="quality_table"),
    path("quality/<uuid:pk>/run/", run_page, name="quality_run"),
    path("quality/<uuid:pk>/propose/", propose_page, name="quality_propose"),
    path("quality/<uuid:pk>/rules/new/", rule_pages.new_rule_page, name="quality_rule_new"),
    path("quality/rules/<uuid:pk>/", rule_pages.rule_page, name="quality_rule"),
    path("quality/rules/<uuid:pk>/retire/", rule_pages.retire_page, name="quality_rule_retire"),
    path("quality/results/<uuid:pk>/", problem_pages.problems_page, name="quality_problems"),
    path("quality/results/<uuid:pk>/keys.csv", problem_pages.keys_file, name="quality_keys"),
]
