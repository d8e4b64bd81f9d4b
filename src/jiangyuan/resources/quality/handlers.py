"""What quality does when it hears that a data element or a code set was issued anew: rules follow what they were made of.

And of its own runs: the entries whose data were checked are scored anew.
"""

from __future__ import annotations

from jiangyuan.catalog.entries.actions_score import rejudge
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.events import handler
from jiangyuan.kernel.models import Event
from jiangyuan.resources.ingestion.models import Mount
from jiangyuan.resources.ingestion.queries import QUALITY
from jiangyuan.resources.quality.models import CheckRun


@handler("standards.element.changed", "standards.code_set.changed", name="quality.follow_standards")
def follow_standards(event: Event) -> None:
    """Let the rules of every live table whose items follow a changed element follow it too."""
    changed = event.payload.get("elements") or []
    if not changed:
        return
    mounts = Mount.objects.filter(entry__items__element__in=changed).exclude(state="removed").distinct()
    for mount in mounts.values_list("pk", flat=True):
        act("quality.rule.follow", actor=QUALITY, mount=mount, standard=event.payload["code"])


@handler("quality.run.finished", name="quality.score_entries")
def score_entry(event: Event) -> None:
    """Have the entry of a checked mount scored anew."""
    rejudge(CheckRun.objects.filter(pk=event.object_id).values_list("mount__entry_id", flat=True))
