"""Measures of deliveries, for the monitor."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from jiangyuan.data.movement.state import DeliveryStatus, Phase
from jiangyuan.exchange.delivery.models import Delivery, Measure
from jiangyuan.resources.ingestion import gauge
from jiangyuan.resources.ingestion.gauge import EVERY as EVERY
from jiangyuan.resources.ingestion.gauge import quantile as quantile

COPYING = 2.0
"""Seconds between two notes of how far one first copy is."""


class Gauge(gauge.Gauge):
    """Remembers what was last written of each delivery; only one that is current is measured.

    Of a first copy the rows read so far are noted, for the page on which people wait for it.
    """

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(Measure, "delivery_id", _moved, now=now)
        self._copied: dict[UUID, tuple[float, int]] = {}

    def moved(self, status: DeliveryStatus) -> None:
        """Note how far a copy is, or measure what was moved since."""
        if status.phase != Phase.SNAPSHOT:
            self._copied.pop(status.subscription, None)
            super().moved(status)
            return
        now, (at, rows) = self._now(), self._copied.get(status.subscription, (-COPYING, 0))
        if status.copied != rows and now - at >= COPYING:
            self._copied[status.subscription] = (now, status.copied)
            Delivery.objects.filter(pk=status.subscription, state="running").update(rows=status.copied)


def _moved(status: DeliveryStatus, at: datetime) -> bool:
    return bool(Delivery.objects.filter(pk=status.subscription, state="current").update(last_applied_at=at))
