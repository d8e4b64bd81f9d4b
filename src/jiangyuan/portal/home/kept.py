"""What was worked out from the memory stays true until the memory grows: the workbench is not worked out anew before.

Every change of state passes `act` and leaves an event in the same transaction, so while the newest event is the same
(and no older transaction is still running that may put one before it), a query of state tables gives the same rows.
Kept in the process, a few hundred answers, the oldest used goes first.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from django.utils import timezone, translation

from jiangyuan.kernel.following import newest_event

T = TypeVar("T")
MOST = 400
_kept: OrderedDict[Hashable, tuple[Hashable, float, Any]] = OrderedDict()
_lock = Lock()


class Kept:
    """The answers for one request: the newest event is asked once."""

    def __init__(self) -> None:
        self._newest = newest_event()

    def get(self, name: str, key: Hashable, work_out: Callable[[], T], *, seconds: float | None = None) -> T:
        """Give the kept answer where the memory has not grown since, else work it out and keep it.

        `key` holds all that the answer depends on beside state, language and day; `seconds` bounds the age of an
        answer that also depends on time or on figures that no act writes.
        """
        if self._newest is None:
            return work_out()
        place = (name, key, translation.get_language(), timezone.localdate())
        with _lock:
            newest, at, answer = _kept.get(place, (None, 0.0, None))
            if newest == self._newest and (seconds is None or time.monotonic() - at < seconds):
                _kept.move_to_end(place)
                return answer
        at, worked_out = time.monotonic(), work_out()
        with _lock:
            _kept[place] = (self._newest, at, worked_out)
            _kept.move_to_end(place)
            while len(_kept) > MOST:
                _kept.popitem(last=False)
        return worked_out


def forget() -> None:
    """Forget every answer (a database that begins anew counts its events from one again)."""
    with _lock:
        _kept.clear()
