"""Time limits for many calls at once: one task looks once a second and ends what is overdue.

A timer of its own for every call would cost a tenth of the call.
"""

from __future__ import annotations

import asyncio
from typing import Any

EVERY_SECONDS = 1.0


class Deadlines:
    """The time limits of one process, kept by `watch`."""

    def __init__(self) -> None:
        self._until: dict[asyncio.Task[Any], float] = {}
        self._over: set[asyncio.Task[Any]] = set()

    def begin(self, seconds: float) -> asyncio.Task[Any]:
        """Give the running task so many seconds from now, or so many anew. Returns the task, for `end`."""
        task = asyncio.current_task()
        assert task is not None
        self._until[task] = asyncio.get_running_loop().time() + seconds
        return task

    def end(self, task: asyncio.Task[Any]) -> bool:
        """Take the limit away; tells whether it was reached (the cancellation is then ours, and taken back)."""
        self._until.pop(task, None)
        if task in self._over:
            self._over.discard(task)
            task.uncancel()
            return True
        return False

    async def watch(self) -> None:
        """End what is overdue, for ever."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            now = asyncio.get_running_loop().time()
            for task in [task for task, until in self._until.items() if until < now and task not in self._over]:
                self._over.add(task)
                task.cancel()
