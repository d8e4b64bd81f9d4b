"""Background work of the sources room: tests and scans, each reporting by an act of the `sources` service."""

from __future__ import annotations

import time

from jiangyuan.data.connectors import Progress, Report, connector
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import service_actor
from jiangyuan.kernel.errors import JiangyuanError
from jiangyuan.kernel.jobs import job
from jiangyuan.sources.models import Scan, Source
from jiangyuan.sources.queries import connection_of

SERVICE = service_actor("sources")


def report_json(report: Report) -> list[dict[str, str]]:
    """Give a test report as JSON, its texts in the platform's first language."""
    return [
        {
            "name": check.name,
            "label": str(check.label),
            "state": check.state,
            "detail": str(check.detail),
            "mend": str(check.mend),
        }
        for check in report.checks
    ]


@job("sources.test")
def test_source(source: str) -> None:
    """Test a source and report what was found."""
    kept = Source.objects.get(pk=source)
    if kept.state == "retired":  # it was asked for before
        return
    kind, spec = connector(kept.kind), connection_of(kept)
    report = kind.test_target(spec) if kept.receives else kind.test(spec)
    verdict = "report_connected" if report.usable else "report_failing"
    act(f"sources.source.{verdict}", kept.pk, actor=SERVICE, report=report_json(report))


EVERY_SECONDS = 0.5


def _hearing(scan: Scan) -> Progress:
    """Give what keeps how far a scan is, at most twice a second within a phase: a source may have thousands of tables."""
    seen: dict[str, int] = {}
    told = time.monotonic() - EVERY_SECONDS

    def hear(phase: str, done: int) -> None:
        nonlocal told
        fresh = phase not in seen
        seen[phase] = done
        if fresh or time.monotonic() - told >= EVERY_SECONDS:
            told = time.monotonic()
            Scan.objects.filter(pk=scan.pk, finished_at__isnull=True).update(phase=phase, seen=seen)

    return hear


@job("sources.scan")
def scan_source(scan: str) -> None:
    """Scan a source and report its inventory, or why it could not be made."""
    kept = Scan.objects.select_related("source").get(pk=scan)
    if kept.finished_at is not None:  # the job ran before and was interrupted after its report
        return
    heard = _hearing(kept)
    try:
        found = connector(kept.source.kind).scan(connection_of(kept.source), progress=heard)
        heard("recording", len(found.tables))
    except JiangyuanError as error:
        act("sources.scan.report_failed", kept.pk, actor=SERVICE, error=error.as_dict())
        return
    act("sources.scan.report", kept.pk, actor=SERVICE, found=found)
