"""Counting goes on beside the work, once a minute and only when something was remembered since."""

from __future__ import annotations

from jiangyuan.kernel.jobs import RETRY, blueprint
from jiangyuan.portal.figures.counts import refresh


def _refresh(timestamp: int) -> None:
    refresh()


blueprint.periodic(cron="* * * * *", periodic_id="figures.refresh")(
    blueprint.task(name="figures.refresh", queue="default", retry=RETRY)(_refresh)
)
