"""Reads by key that travel together: calls which wait for the same statement are answered by one run of it.

While a read is under way, those that come for the same grant wait a moment and go as one array; a quiet gateway reads
at once, a busy one asks the store seldom. Each key is answered as if it had been read alone, under the state of the
grant in that very snapshot: what was withdrawn before the run began is not read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from jiangyuan.data.serving import BadValue, Lanes

MOST_KEYS = 128
AT_ONCE = 4
NEXT_AT = 32
"""A further run begins beside those under way once so many keys wait for each of them."""

Found = tuple[bool, str, list[str]]
"""Whether the grant holds, the version of the data, and the rows of one key."""
_Call = tuple[str, asyncio.Future[Found | None]]


class _Waiting:
    __slots__ = ("calls", "running")

    def __init__(self) -> None:
        self.calls: list[_Call] = []
        self.running = 0


class Gathering:
    """The reads by key of one process, over `lanes`."""

    def __init__(self, lanes: Lanes) -> None:
        self.lanes = lanes
        self._waiting: dict[str, _Waiting] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def read(self, statement: str, key: str) -> asyncio.Future[Found | None]:
        """Read one key by a `gathered_statement`; None where the grant has another epoch. Raises as `Lanes.fetch`."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Found | None] = loop.create_future()
        waiting = self._waiting.get(statement)
        if waiting is None:
            waiting = self._waiting[statement] = _Waiting()
        waiting.calls.append((key, future))
        if waiting.running < AT_ONCE and len(waiting.calls) > waiting.running * NEXT_AT:
            waiting.running += 1
            task = loop.create_task(self._run(statement, waiting))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return future

    async def _run(self, statement: str, waiting: _Waiting) -> None:
        try:
            while waiting.calls:
                batch, waiting.calls = waiting.calls[:MOST_KEYS], waiting.calls[MOST_KEYS:]
                await self._answer(statement, batch)
        finally:
            waiting.running -= 1
            if not waiting.running:
                self._waiting.pop(statement, None)

    async def _answer(self, statement: str, batch: Sequence[_Call]) -> None:
        try:
            rows = await self.lanes.fetch(statement, ([key for key, _future in batch],))
        except BadValue as error:
            # one caller's value is no reason to refuse the others
            if len(batch) == 1:
                _fail(batch, error)
                return
            for one in batch:
                await self._answer(statement, (one,))
        except Exception as error:
            _fail(batch, error)
        except BaseException:
            _fail(batch, asyncio.CancelledError())
            raise
        else:
            _tell(batch, rows)


def _tell(batch: Sequence[_Call], rows: Sequence[Any]) -> None:
    found: list[Found | None] = [None] * len(batch)
    for live, version, place, row in rows:
        kept = found[place - 1]
        if kept is None:
            found[place - 1] = (live, version, [] if row is None else [row])
        else:
            kept[2].append(row)
    for (_key, future), one in zip(batch, found, strict=True):
        if not future.done():
            future.set_result(one)


def _fail(batch: Sequence[_Call], error: BaseException) -> None:
    for _key, future in batch:
        if not future.done():
            future.set_exception(error)
