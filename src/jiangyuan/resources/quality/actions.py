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
    required = {c.name for c in kept.table.columns.all() if not c.nullable}
    items = [_described(item, required) for item in kept.entry.items.select_related("element__code_set")]
    changed = next((i["column"] for i in items if i["column"] in ("updated_at", "update_time", "modified_at")), "")
    proposals = rules.proposed(items, key=kept.key, cycle=kept.entry.update_cycle, changed=changed)
    made = 0
    for definition in proposals:
        _rule, new = QualityRule.objects.get_or_create(
            mount=kept,
            name=definition["name"],
            defaults={"definition": rules.check_definition(definition), "origin": "element"},
        )
        made += new
    describe(mount=kept.pk, proposed=len(proposals), new=made)
    return made


def _described(item: Any, required: set[str]) -> dict[str, Any]:
    element = item.element
    codes = [c.code for c in element.code_set.codes.all()] if element and element.code_set else []
    return {
        "column": item.column,
        "element": element.code if element else "",
        "check": element.check_function if element else "",
        "pattern": element.pattern if element else "",
        "codes": codes,
        "required": item.column in required,
    }


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


@action("quality.rule.retire", on=QualityRule, event="quality.rule.retired", title=_("停用规则"))
def retire_rule(rule: QualityRule) -> QualityRule:
    """Take a rule out of use; its results stay."""
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
    checked = sum(score.checked for score in found.scores)
    run.rows, run.finished_at = found.rows, now
    run.score = rules.percent(sum(score.passed for score in found.scores), checked)
    run.dimensions = {s.dimension: str(rules.percent(s.passed, s.checked) or "") for s in found.scores}
    describe(rows=run.rows, score=str(run.score or ""), failed=sum(not r.passed for r in found.results))
    return run


@action("quality.run.report_failed", on=CheckRun, event="quality.run.failed", title=_("报告检查未能完成"))
def report_run_failed(run: CheckRun, *, error: dict[str, str], now: datetime) -> CheckRun:
    """Record why a run could not be made."""
    rules.require_unreported(run.finished_at is not None)
    run.error, run.finished_at = error, now
    describe(code=error.get("code", ""))
    return run
