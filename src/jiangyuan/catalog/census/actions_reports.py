"""The road of a report: checked, submitted, signed, accepted or returned. Loaded with `actions`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints

from jiangyuan.catalog.census import rules
from jiangyuan.catalog.census.actions import Reason, Text
from jiangyuan.catalog.census.actions_registers import put, written
from jiangyuan.catalog.census.comparing import MOST_FINDINGS, column_types
from jiangyuan.catalog.census.models import Asset, Finding, Holding, Report
from jiangyuan.catalog.census.queries import differences_of, open_findings
from jiangyuan.kernel import clockwork
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.clocks import local_day
from jiangyuan.kernel.errors import NotFound, Refused
from jiangyuan.sources.models import ScannedTable, Source

AGAIN = 5
"""Working days to mend a report that the authority returned."""
Ids = Annotated[list[UUID], Field(max_length=MOST_FINDINGS)]


@action("census.report.check", on=Report, event="census.report.checked", title=_("与扫描结果核对"))
def check(report: Report, *, now: datetime) -> Report:
    """Compare the report with the scans of the body's sources and with its census before."""
    rules.require_open(report.state, report.campaign.state)
    compare(report, now)
    return report


def compare(report: Report, now: datetime) -> None:
    """Write the differences anew; what was explained before stays explained."""
    kept = Finding.objects.filter(report=report).exclude(explanation="")
    fields = ("against", "code", "kind", "parent", "thing", "explanation", "explained_by", "reported", "found")
    explained = {row[:5]: row[5:] for row in kept.values_list(*fields)}
    differences = differences_of(report, most=MOST_FINDINGS)
    Finding.objects.filter(report=report).delete()
    made = []
    for one in differences:
        explanation, by, reported, found = explained.get(one.key, ("", None, one.reported, one.found))
        # an explanation speaks of what stood there: with other numbers it must be given again
        same = (reported, found) == (one.reported, one.found)
        made.append(
            Finding(
                report=report, against=one.against, code=one.code, kind=one.kind, parent=one.parent, thing=one.thing[:300],
                name=one.name, reported=one.reported, found=one.found, table_id=one.table, source_id=one.source,
                explanation=explanation if same else "", explained_by=by if same else None,
            )
        )  # fmt: skip
    Finding.objects.bulk_create(made, batch_size=1000)
    report.checked_at = now
    report.differences = open_findings(report)
    describe(differences=len(made), open=sum(report.differences.values()))


@action("census.report.mend", on=Report, event="census.report.mended", title=_("按核对结果更正"))
def mend(report: Report, *, findings: Ids | None = None, actor: Actor, now: datetime) -> Report:
    """Let the report say what was found: unreported tables are added, missing ones taken out, numbers corrected.

    `findings`: these alone; by default every open difference. What is not asked for by the campaign is left.
    """
    rules.require_open(report.state, report.campaign.state)
    by_code = _to_settle(report, findings)
    if not by_code:
        raise NotFound(_("没有可以更正的差异"), where="findings", mend=_("请刷新页面，重新选择。"))
    described = {code: len(found) for code, found in by_code.items()}
    _settle(report, by_code)
    if findings is None and "unlisted" in by_code:
        # what lies within a database comes to light only when the database is registered
        compare(report, now)
        within = {code: found for code, found in _to_settle(report, None).items() if code == "unreported"}
        _settle(report, within)
        described["unreported"] = described.get("unreported", 0) + len(within.get("unreported", []))
    written(report, actor)
    describe(**described)
    compare(report, now)
    return report


def _to_settle(report: Report, chosen: list[UUID] | None) -> dict[str, list[Finding]]:
    """Give the open differences from the scan by what they are, all of them or the chosen ones."""
    rows = Finding.objects.filter(report=report, against="scan", code__in=Finding.SETTLED, explanation="")
    by_code: dict[str, list[Finding]] = {}
    for one in (rows if chosen is None else rows.filter(pk__in=chosen)).order_by("code", "parent", "thing"):
        by_code.setdefault(one.code, []).append(one)
    return by_code


def _settle(report: Report, by_code: dict[str, list[Finding]]) -> None:
    _add_databases(report, by_code.get("unlisted", []))
    _add_tables(report, by_code.get("unreported", []))
    for one in by_code.get("missing", []):
        Asset.objects.filter(report=report, kind="table", parent=one.parent, code=one.thing).delete()
    _correct(report, [*by_code.get("rows", []), *by_code.get("columns", [])])
    _retype(report, by_code.get("types", []))


_ENGINES = {"postgres": "postgres", "sqlite": "sqlite", "folder": "files"}


def _add_databases(report: Report, findings: list[Finding]) -> None:
    sources = Source.objects.filter(pk__in=[one.source_id for one in findings]).order_by("alias")
    rows = (
        ("database", "", one.alias, one.name, {"engine": _ENGINES.get(one.kind, "other"), "source": one.alias})
        for one in sources
    )
    put(report, rows, replace=False)


def _add_tables(report: Report, findings: list[Finding]) -> None:
    tables = _tables(findings)
    rows = (
        ("table", one.parent, one.thing, one.name or one.thing[:200], _facts(tables[one.table_id]))
        for one in findings
        if one.table_id in tables
    )
    put(report, rows, replace=False)


def _tables(findings: list[Finding]) -> dict[Any, ScannedTable]:
    from django.db.models import Count, Q

    live = Count("columns", filter=Q(columns__gone_at__isnull=True))
    rows = ScannedTable.objects.filter(pk__in=[one.table_id for one in findings if one.table_id])
    return {one.pk: one for one in rows.annotate(n=live)}


def _facts(table: Any) -> dict[str, Any]:
    return {"columns": table.n, "rows": table.row_estimate}


def _types(table: ScannedTable, reported: str) -> str:
    """Give the types that a report names, as they were found; a column that is not there is taken out."""
    there = {c.name.lower(): c for c in table.columns.all() if c.gone_at is None}
    named = [there[name.lower()] for name, _type in column_types(reported) if name.lower() in there]
    return "；".join(f"{c.name} {c.type}" for c in named)  # i18n: a separator, not a text


def _correct(report: Report, findings: list[Finding]) -> None:
    tables = _tables(findings)
    found = {(one.parent, one.thing): _facts(tables[one.table_id]) for one in findings if one.table_id in tables}
    rows = Asset.objects.filter(report=report, kind="table", code__in=[code for _parent, code in found])
    changed = [one for one in rows if (one.parent, one.code) in found]
    for one in changed:
        one.facts = {**one.facts, **found[one.parent, one.code]}
    put(report, ((o.kind, o.parent, o.code, o.name, o.facts) for o in changed), replace=True)


def _retype(report: Report, findings: list[Finding]) -> None:
    tables = {(one.parent, one.thing): one.table for one in findings if one.table is not None}
    rows = Asset.objects.filter(report=report, kind="table", code__in=[code for _parent, code in tables])
    changed = [(one, tables[one.parent, one.code]) for one in rows if (one.parent, one.code) in tables]
    given = ((o.kind, o.parent, o.code, o.name, {**o.facts, "types": _types(t, o.facts["types"])}) for o, t in changed)
    put(report, given, replace=True)


@action("census.finding.explain", on=Finding, event="census.finding.explained", title=_("说明差异"))
def explain(
    finding: Finding,
    *,
    explanation: Annotated[str, StringConstraints(min_length=2, max_length=500)],
    actor: Actor,
) -> Finding:
    """Say why the report is right although the scan found otherwise; whoever signs and accepts reads it."""
    report = Report.objects.select_for_update(of=("self",)).select_related("campaign").get(pk=finding.report_id)
    rules.require_open(report.state, report.campaign.state)
    if finding.against != "scan" or finding.code not in Finding.SETTLED:
        raise Refused(_("这项差异不需要说明"), where="finding")
    finding.explanation, finding.explained_by = explanation, actor.id
    finding.save()
    written(report, actor, counts=False)
    report.zero = report.zero and not report.total
    report.differences = open_findings(report)
    report.save()
    describe(report=report.pk, code=finding.code, thing=finding.thing)
    return finding


@action("census.report.submit", on=Report, event="census.report.submitted", title=_("报送"))
def submit(report: Report, *, zero: bool = False, note: Text = "", actor: Actor, now: datetime) -> Report:
    """Submit the report to the department's head. Checks it once more: open differences must be mended or explained.

    `zero`: the department has nothing to register, which is a report too.
    """
    rules.require_open(report.state, report.campaign.state)
    compare(report, now)
    rules.require_submittable(zero=zero, total=report.total, differences=report.differences)
    report.zero, report.note, report.submitted_by, report.submitted_at = zero, note, actor.id, now
    report.reason = ""
    describe(zero=zero, things=report.total)
    return report


@action("census.report.sign", on=Report, event="census.report.signed", title=_("签发"), approves=True)
def sign(report: Report, *, actor: Actor, now: datetime) -> Report:
    """The department's head signs; nobody who wrote in the report may. Its clock stops."""
    report.signed_by, report.signed_at = actor.id, now
    clockwork.meet(report, on=local_day(now))
    describe(zero=report.zero, things=report.total, counts=report.counts)
    return report


@action("census.report.send_back", on=Report, event="census.report.sent_back", title=_("退回填报人"), approves=True)
def send_back(report: Report, *, reason: Reason) -> Report:
    """The department's head gives the report back to those who filled it in."""
    report.reason = reason
    describe(reason=reason)
    return report


@action("census.report.accept", on=Report, event="census.report.accepted", title=_("接收"), approves=True)
def accept(report: Report, *, now: datetime) -> Report:
    """Accept a signed report: it becomes what the general ledger says of the department, for the kinds asked."""
    kinds = report.campaign.kinds
    Asset.objects.filter(body=report.body_id, current=True, kind__in=kinds).update(current=False)
    Asset.objects.filter(report=report).update(current=True)
    Holding.objects.filter(body=report.body_id, kind__in=kinds).delete()
    Holding.objects.bulk_create(
        Holding(body_id=report.body_id, kind=kind, things=things) for kind, things in report.counts.items()
    )
    report.filed_at = now
    describe(zero=report.zero, things=report.total)
    return report


@action("census.report.return", on=Report, event="census.report.returned", title=_("退回修改"), approves=True)
def return_report(report: Report, *, reason: Reason, now: datetime) -> Report:
    """Return a report to the department with the reason; it has five working days to mend it."""
    report.reason, report.signed_by, report.signed_at = reason, None, None
    clockwork.start_together("census.report", [(report, report.body_id)], days=AGAIN, on=local_day(now))
    describe(reason=reason)
    return report


@action("census.report.lapse", on=Report, event="census.report.lapsed", title=_("记为未报送"))
def lapse(report: Report, *, now: datetime) -> Report:
    """Count a report as missed when its campaign is closed; its clock stops, as overdue as it was."""
    clockwork.meet(report, on=local_day(now))
    describe(counts=report.counts)
    return report
