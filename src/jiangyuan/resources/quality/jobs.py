"""Background work of quality: one scan for all rules of a table, reported by an act of the `quality` service."""

from __future__ import annotations

from django.utils import timezone

from jiangyuan.data.checks.rules import rule_from_json
from jiangyuan.data.checks.run import check_relation
from jiangyuan.data.connectors.reading import open_relation
from jiangyuan.data.plan import authorize
from jiangyuan.kernel import events
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Scene
from jiangyuan.kernel.errors import JiangyuanError
from jiangyuan.kernel.jobs import job
from jiangyuan.resources.ingestion.queries import QUALITY
from jiangyuan.resources.quality.models import CheckRun, QualityRule


@job("quality.run")
def run_checks(run: str) -> None:
    """Run the active rules of a mounted table, the reading of it remembered like any other."""
    kept = CheckRun.objects.select_related("mount__entry").get(pk=run)
    if kept.finished_at is not None:  # the job ran before and was interrupted after its report
        return
    mount = kept.mount
    rules = [rule_from_json(r.definition) for r in QualityRule.objects.filter(mount=mount, active=True).order_by("pk")]
    scene = Scene(purpose="quality", channel="worker")
    reading = events.Reading(
        form="check", actor=QUALITY, scene=scene, entry=mount.entry_id, query=f"rules:{len(rules)}"
    )
    try:
        plan = authorize([mount.pk], actor=QUALITY, scene=scene, form="table")
        read = events.start_access(reading)
        with open_relation(plan, alias=mount.alias) as (connection, relation):
            found = check_relation(connection, relation, rules, now=timezone.now(), key=mount.key)
    except JiangyuanError as error:
        act("quality.run.report_failed", kept.pk, actor=QUALITY, error=error.as_dict())
        return
    events.finish_access(reading, read, rows=found.rows, digest="")
    act("quality.run.report", kept.pk, actor=QUALITY, found=found)
