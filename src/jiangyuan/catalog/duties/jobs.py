"""What time itself changes: obligations come into force and end, excuses run out; systems nobody told of are followed."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from jiangyuan.catalog.duties import counts
from jiangyuan.catalog.duties.handlers import COVERAGE
from jiangyuan.catalog.duties.models import Excuse, Obligation
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.jobs import RETRY, blueprint
from jiangyuan.organization.models import ApplicationSystem


def turn() -> int:
    """Bring everything up to today; gives how many obligations, excuses and systems were touched. Idempotent."""
    today, touched = timezone.localdate(), 0
    begun = Q(in_force=False, valid_from__lte=today) & (Q(valid_to__isnull=True) | Q(valid_to__gte=today))
    ended = Q(in_force=True) & (Q(valid_to__lt=today) | Q(valid_from__gt=today))
    with transaction.atomic():
        moved = list(Obligation.objects.select_for_update().filter(begun | ended)[:20_000])
        for obligation in moved:
            counts.settle(obligation)
        counts.recount(obligation.body_id for obligation in moved)
    touched += len(moved)
    for excuse in Excuse.objects.filter(state="accepted", until__lt=today)[:5_000]:
        act("catalog.excuse.expire", excuse.pk, actor=COVERAGE)
        touched += 1
    unknown = ApplicationSystem.objects.filter(obligation__isnull=True)
    gone = ApplicationSystem.objects.filter(active=False, obligation__valid_to__isnull=True, obligation__isnull=False)
    for system in [*unknown[:2_000], *gone[:2_000]]:
        act("catalog.obligation.follow", actor=COVERAGE, system=system.pk)
        touched += 1
    return touched


def _turn(timestamp: int) -> None:
    turn()


blueprint.periodic(cron="9 * * * *", periodic_id="duties.turn")(
    blueprint.task(name="duties.turn", queue="default", retry=RETRY)(_turn)
)
