"""What keeps callers within bounds: nonces that may be used once, and rates that may not be exceeded.

Both live in one process. A replay is refused by the process that saw the first call, within the time that a signature
holds; a process that has just started refuses signatures older than itself, so that a restart forgets nothing that
still counts. With N gateway processes, route calls by `X-Jiangyuan-System` to keep this exact (otherwise each process
would take one replay, and the agreed rate, for itself).
"""

from __future__ import annotations

import time
from collections import deque

from jiangyuan.exchange.delivery.gateway import refusals

SKEW_SECONDS = 300
MOST_NONCES = 2_000_000
MOST_BUCKETS = 20_000


class Nonces:
    """The nonces used by each key as long as their signatures hold. Full, it refuses; it never forgets early."""

    def __init__(self, *, limit: int = MOST_NONCES, seconds: float = 2 * SKEW_SECONDS) -> None:
        self._limit, self._seconds = limit, seconds
        self._used: set[tuple[str, str]] = set()
        self._order: deque[tuple[float, tuple[str, str]]] = deque()

    def check(self, key: str, nonce: str) -> None:
        """Refuse a nonce that the key has used. Raises a refusal."""
        if (key, nonce) in self._used:
            raise refusals.replayed()

    def use(self, key: str, nonce: str) -> None:
        """Take a nonce. Raises a refusal when as many are held as memory is meant for."""
        now = time.monotonic()
        order = self._order
        while order and order[0][0] < now:
            self._used.discard(order.popleft()[1])
        if len(order) >= self._limit:
            raise refusals.overloaded()
        mark = (key, nonce)
        self._used.add(mark)
        order.append((now + self._seconds, mark))

    def __len__(self) -> int:
        return len(self._used)


class Rates:
    """Token buckets: each holds one minute's worth and refills evenly."""

    def __init__(self) -> None:
        self._buckets: dict[object, list[float]] = {}

    def take(self, name: object, *, per_minute: int, count: int = 1, probes: bool = False) -> None:
        """Take `count` from the bucket of `name`, all or nothing. Raises a refusal that says when to come again."""
        now = time.monotonic()
        bucket = self._buckets.get(name)
        if bucket is None:
            if len(self._buckets) >= MOST_BUCKETS:
                self._forget_full(now)
            bucket = self._buckets[name] = [float(per_minute), now]
        rate = per_minute / 60
        held = min(float(per_minute), bucket[0] + (now - bucket[1]) * rate)
        bucket[1] = now
        if held < count:
            bucket[0] = held
            raise refusals.over_quota((count - held) / rate if rate and count <= per_minute else 3600, probes=probes)
        bucket[0] = held - count

    def _forget_full(self, now: float) -> None:
        # a bucket untouched for a minute is full again, which is what a new one would be
        self._buckets = {name: bucket for name, bucket in self._buckets.items() if bucket[1] > now - 60}
