"""Background work of drafts: what has lived its time is forgotten."""

from __future__ import annotations

from django.utils import timezone

from jiangyuan.kernel.jobs import RETRY, blueprint
from jiangyuan.portal.drafts.shelf import forget_old


def _forget(timestamp: int) -> None:
    forget_old(timezone.now())


blueprint.periodic(cron="23 3 * * *", periodic_id="drafts.forget")(
    blueprint.task(name="drafts.forget", queue="default", retry=RETRY)(_forget)
)
