"""Measures of deliveries, for the monitor."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from jiangyuan.data.movement.state import DeliveryStatus
from jiangyuan.exchange.delivery.models import Delivery, Measure
from jiangyuan.resources.ingestion import gauge
from jiangyuan.resources.ingestion.gauge import EVERY as EVERY
from jiangyuan.resources.ingestion.gauge import quantile as quantile


class Gauge(gauge.Gauge):
    """Remembers what was last written of each delivery; only one that is current is measured."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(Measure, "delivery_id", _moved, now=now)


def _moved(status: DeliveryStatus, at: datetime) -> bool:
    return bool(Delivery.objects.filter(pk=status.subscription, state="current").update(last_applied_at=at))
