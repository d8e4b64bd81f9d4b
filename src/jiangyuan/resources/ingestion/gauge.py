"""What a flow moved and how long it took, written at most once in ten seconds for each; ingests here, deliveries above.

No act and no event: each batch is in the access memory already; this is what monitors show, kept for a few days.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Model
from django.utils import timezone

from jiangyuan.data.movement.state import DeliveryStatus

EVERY = 10.0
"""Seconds between two measures of one flow, at the least."""
KEPT = timedelta(days=3)
SWEEP = 360
"""After so many measures of one flow its old ones are taken away."""


@dataclass(slots=True)
class _Last:
    at: float
    rows: int
    batches: int
    written: int = 0


class Gauge:
    """Remembers what was last written of each flow. Used by one thread; `now` counts seconds.

    `measure`: the model of the measures, whose field `of` names the flow. `move`: notes on the flow itself that it
    moved, and tells whether it is one that is measured now.
    """

    def __init__(
        self,
        measure: type[Model],
        of: str,
        move: Callable[[DeliveryStatus, datetime], bool],
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._measure, self._of, self._move, self._now = measure, of, move, now
        self._known: dict[UUID, _Last] = {}

    def moved(self, status: DeliveryStatus) -> None:
        """Write what was moved since the last measure, when that is long enough ago and there is anything to write."""
        now, kept = self._now(), self._known.get(status.subscription)
        if kept is None or status.batches < kept.batches:  # it began anew: what it moved before was measured before
            kept = self._known[status.subscription] = _Last(now - EVERY, 0, 0)
        rows, batches = status.rows - kept.rows, status.batches - kept.batches
        if now - kept.at < EVERY or batches <= 0:
            return
        kept.at, kept.rows, kept.batches, kept.written = now, status.rows, status.batches, kept.written + 1
        self._write(status, rows, batches)
        if kept.written % SWEEP == 1:
            old = {self._of: status.subscription, "at__lt": timezone.now() - KEPT}
            self._measure._default_manager.filter(**old).delete()

    def _write(self, status: DeliveryStatus, rows: int, batches: int) -> None:
        at = status.last_commit or timezone.now()
        if not self._move(status, at):
            return
        lags = sorted(status.lags[-batches:])
        told = {"typical": quantile(lags, 0.5), "slowest": quantile(lags, 0.95)}
        measured = {self._of: status.subscription, "at": at, "rows": rows, "batches": batches, **told}
        self._measure._default_manager.create(**measured)


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Give the value under which a share of ordered values lies; None of nothing."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None
