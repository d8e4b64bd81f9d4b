"""What happens elsewhere and concerns a census: a scan that ended brings the check of open reports up to date."""

from __future__ import annotations

from jiangyuan.catalog.census.models import Report
from jiangyuan.catalog.census.states import OPEN
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import service_actor
from jiangyuan.kernel.errors import Conflict
from jiangyuan.kernel.events import handler
from jiangyuan.kernel.models import Event
from jiangyuan.sources.models import Source

SERVICE = service_actor("census")


@handler("sources.scan.finished", name="census.check")
def check_after_scan(event: Event) -> None:
    """Check the open reports of the body whose source was scanned."""
    source = Source.objects.filter(pk=event.payload.get("source")).first()
    if source is None:
        return
    opened = Report.objects.filter(body=source.body_id, state__in=OPEN, campaign__state="open")
    for report in opened.filter(campaign__kinds__contains=["database"]):
        try:
            act("census.report.check", report.pk, actor=SERVICE)
        except Conflict:  # it was submitted meanwhile, and is checked then
            continue
