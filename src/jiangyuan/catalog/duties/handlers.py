"""What coverage does when it hears that an entry was published or withdrawn, or a system registered."""

from __future__ import annotations

from jiangyuan.catalog.duties import counts
from jiangyuan.catalog.duties.models import Obligation
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import service_actor
from jiangyuan.kernel.events import handler
from jiangyuan.kernel.models import Event
from jiangyuan.organization.models import ApplicationSystem

COVERAGE = service_actor("coverage")


@handler("catalog.entry.published", "catalog.entry.withdrawn", name="duties.judge_again")
def judge_again(event: Event) -> None:
    """Judge what an entry covers, now that it is published or gone, and count its body's figures."""
    found = list(Obligation.objects.filter(covers__entry_id=event.object_id))
    for obligation in found:
        counts.settle(obligation)
    counts.recount(obligation.body_id for obligation in found)


@handler("organization.system.registered", name="duties.follow_systems")
def follow_systems(event: Event) -> None:
    """A system that is registered is something the catalogue must cover."""
    if ApplicationSystem.objects.filter(pk=event.object_id).exists():
        act("catalog.obligation.follow", actor=COVERAGE, system=event.object_id)
