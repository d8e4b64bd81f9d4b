"""Every write of quality."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from django.utils.translation import gettext_lazy as _
from pydantic import StringConstraints

from jiangyuan.catalog.entries.models import DataItem
from jiangyuan.kernel import jobs, vault
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.errors import Conflict, NotFound
from jiangyuan.resources.ingestion.models import Mount
from jiangyuan.resources.quality import rules
from jiangyuan.resources.quality.models import CheckResult, CheckRun, QualityRule
from jiangyuan.standards.queries import checks

ELEMENT = "element"
"""The origin of a rule that a data element made, and nobody altered since."""


def _mount_attributes(values: dict) -> dict:
    mount = Mount.objects.select_related("entry").filter(pk=values["mount"]).first()
    return mount.policy_attributes() if mount else {"body": ""}


@action(
    "quality.rule.propose",
    on=None,
    event="quality.rules.proposed",
    title=_("由数据元生成规则"),
    about=_mount_attributes,
)
def propose(*, mount: UUID) -> int:
    """Make the rules that the data elements, key and update cycle of a mounted table propose; gives how many are new."""
    kept = Mount.objects.select_related("entry", "table").filter(pk=mount).first()
    if kept is None:
        raise NotFound(_("没有找到这项挂载"), where="mount")
    proposals = _proposals(kept)
    made, followed = _settle(kept, proposals)
    describe(mount=kept.pk, proposed=len(proposals), new=made, followed=followed)
    return made


def _proposals(mount: Mount) -> list[dict[str, Any]]:
    required = {c.name for c in mount.table.columns.all() if not c.nullable}
    items = [_described(item, required) for item in mount.entry.items.select_related("element__code_set")]
    changed = next((i["column"] for i in items if i["column"] in ("updated_at", "update_time", "modified_at")), "")
    found = rules.proposed(items, key=mount.key, cycle=mount.entry.update_cycle, changed=changed)
    return [rules.check_definition(definition) for definition in found]


def _settle(mount: Mount, proposals: list[dict[str, Any]]) -> tuple[int, int]:
    """Write what is new and put what the elements say now in the place of what they said; gives how many of each.

    A rule that was dropped stays dropped, and one that a person wrote or altered stays his.
    """
    written = QualityRule.objects.filter(mount=mount)
    known = {rule.name: rule for rule in written.order_by("active", "pk")}
    made = followed = 0
    for definition in proposals:
        old = known.get(definition["name"])
        if old is not None and (not old.active or old.origin != ELEMENT or old.definition == definition):
            continue
        if old is not None:
            QualityRule.objects.filter(pk=old.pk).update(active=False)
        QualityRule.objects.create(mount=mount, name=definition["name"], definition=definition, origin=ELEMENT)
        made, followed = made + (old is None), followed + (old is not None)
    demanded = {definition["name"] for definition in proposals}
    gone = [r.pk for r in known.values() if r.active and r.origin == ELEMENT and r.name not in demanded]
    QualityRule.objects.filter(pk__in=gone).update(active=False)
    return made, followed + len(gone)


def _described(item: Any, required: set[str]) -> dict[str, Any]:
    element = item.element
    return {
        "column": item.column,
        "element": element.code if element else "",
        "checks": checks(element, column=item.column, type=item.type) if element else [],
        "required": item.column in required,
    }


@action(
    "quality.rule.follow",
    on=None,
    event="quality.rules.followed",
    title=_("规则随数据标准更新"),
    about=_mount_attributes,
)
def follow(*, mount: UUID, standard: Annotated[str, StringConstraints(max_length=120)]) -> int:
    """Let the rules of a mounted table follow its data elements as they were issued anew; gives how many changed.

    Only tables that have rules of elements already: nobody's table is checked because a standard was issued.
    """
    kept = Mount.objects.select_related("entry", "table").filter(pk=mount).first()
    if kept is None or not QualityRule.objects.filter(mount=kept, origin=ELEMENT).exists():
        return 0
    made, followed = _settle(kept, _proposals(kept))
    describe(mount=kept.pk, standard=standard, new=made, followed=followed)
    return made + followed


@action("quality.rule.write", on=None, event="quality.rule.written", title=_("编写规则"), about=_mount_attributes)
def write_rule(
    *, mount: UUID, name: Annotated[str, StringConstraints(min_length=1, max_length=200)], definition: dict[str, Any]
) -> QualityRule:
    """Write a rule by hand, in the JSON form of `data.checks`. Refuses one that cannot be run as written."""
    checked = rules.check_definition({**definition, "name": name})
    rules.require_columns(checked, set(DataItem.objects.filter(entry__mounts=mount).values_list("column", flat=True)))
    if QualityRule.objects.filter(mount_id=mount, name=name, active=True).exists():
        raise Conflict(_("该表已有同名规则"), where="name", mend=_("请更换名称，或停用原规则。"))
    describe(mount=mount, name=name, kind=checked["kind"])
    return QualityRule.objects.create(mount_id=mount, name=name, definition=checked)


@action("quality.rule.alter", on=QualityRule, event="quality.rule.altered", title=_("修改规则"))
def alter_rule(rule: QualityRule, *, definition: dict[str, Any]) -> QualityRule:
    """Put another definition in the place of a rule. What the old one found stays with the old one."""
    rules.require_active(rule.active)
    checked = rules.check_definition({**definition, "name": rule.name})
    items = DataItem.objects.filter(entry__mounts=rule.mount_id)
    rules.require_columns(checked, set(items.values_list("column", flat=True)))
    describe(mount=rule.mount_id, name=rule.name, kind=checked["kind"])
    rule.active = False
    QualityRule.objects.create(mount_id=rule.mount_id, name=rule.name, definition=checked)
    return rule


@action("quality.rule.retire", on=QualityRule, event="quality.rule.retired", title=_("停用规则"))
def retire_rule(rule: QualityRule) -> QualityRule:
    """Take a rule out of use; its results stay."""
    rules.require_active(rule.active)
    rule.active = False
    return rule


@action("quality.run.ask", on=None, event="quality.run.asked", title=_("检查数据质量"), about=_mount_attributes)
def ask_run(*, mount: UUID) -> CheckRun:
    """Ask for a run of all active rules of a mounted table in one scan."""
    if not Mount.objects.filter(pk=mount, state="active").exists():
        raise Conflict(_("该挂载已失效或解除"), where="mount", mend=_("请先修复挂载，再检查质量。"))
    if not QualityRule.objects.filter(mount_id=mount, active=True).exists():
        raise Conflict(_("该表还没有质量规则"), where="mount", mend=_("请先由数据元生成规则，或编写规则。"))
    run = CheckRun.objects.create(mount_id=mount)
    jobs.defer("quality.run", run=str(run.pk))
    return run


@action("quality.run.report", on=CheckRun, event="quality.run.finished", title=_("报告检查结果"))
def report_run(run: CheckRun, *, found: Any, now: datetime) -> CheckRun:
    """Record what a run found, per rule and per dimension (GB/T 36344); evidence keys are sealed. `found`: a
    `data.checks` run."""
    rules.require_unreported(run.finished_at is not None)
    # a rule retired while the run went on still has its result; one of the same name that is in use comes last and wins
    by_name = {rule.name: rule for rule in QualityRule.objects.filter(mount=run.mount).order_by("active", "pk")}
    for result in found.results:
        kept = CheckResult(
            run=run,
            rule=by_name[result.name],
            dimension=result.dimension,
            checked=result.checked,
            failed=result.violations,
            evidence_kept=len(result.evidence),
        )
        if result.evidence:
            kept.sealing_key, kept.sealed_evidence = vault.seal(
                orjson.dumps(result.evidence), subject=f"mount:{run.mount_id}", place=f"evidence:{kept.pk}"
            )
        kept.save()
    run.rows, run.finished_at = found.rows, now
    run.score = rules.total((score.passed, score.checked) for score in found.scores)
    scores = {s.dimension: rules.percent(s.passed, s.checked) for s in found.scores}
    run.dimensions = {code: "" if score is None else str(score) for code, score in scores.items()}
    describe(
        rows=run.rows,
        score="" if run.score is None else str(run.score),
        failed=sum(not r.passed for r in found.results),
    )
    return run


@action("quality.run.report_failed", on=CheckRun, event="quality.run.failed", title=_("报告检查未能完成"))
def report_run_failed(run: CheckRun, *, error: dict[str, str], now: datetime) -> CheckRun:
    """Record why a run could not be made."""
    rules.require_unreported(run.finished_at is not None)
    run.error, run.finished_at = error, now
    describe(code=error.get("code", ""))
    return run
