"""Traces: every answer waits until its access row is on the disk; many rows share one commit.

Rows that arrive while a batch is being written make the next batch, so that a quiet gateway answers after one commit
and a busy one writes few. Refusals are recorded too, folded: the first of a kind at once, the rest as a count.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from jiangyuan.kernel.actor import Actor, Scene
from jiangyuan.kernel.errors import Transient
from jiangyuan.kernel.events import Reading, access_row
from jiangyuan.kernel.identifiers import uuid7

log = logging.getLogger(__name__)

WINDOW_SECONDS = 0.003
BUSY_ROWS = 24
"""From so many rows in the last batch on, the next one waits for more to share its commit; below, it goes at once."""
MOST_ROWS = 2_000
FOLD_SECONDS = 10.0
MOST_FOLDS = 1_000
STRANGER = Actor(kind="system", id=UUID(int=0), name="")
"""Stands for a caller who did not prove who he is."""

Append = Callable[[Sequence[tuple[Any, ...]]], Awaitable[None]]


class Traces:
    """The traces of one gateway process. Each of `appends` makes a batch durable or raises; they work side by side."""

    def __init__(self, *appends: Append) -> None:
        self._appends = list(appends)
        self._pending: list[tuple[tuple[Any, ...], asyncio.Future[None] | None]] = []
        self._wake = asyncio.Event()
        self._folds: dict[tuple[UUID, str, str, UUID | None], tuple[Reading, int]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._folded = time.monotonic()
        self._stopping = False
        self._last = 0
        self.batches = 0
        self.rows = 0

    def start(self) -> None:
        """Begin to write."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._run(place)) for place in range(len(self._appends))]

    async def stop(self) -> None:
        """Write what is waiting, then end."""
        self._flush_folds()
        self._stopping = True
        self._wake.set()
        await asyncio.gather(*self._tasks)

    async def whole(self, reading: Reading, *, read: UUID, rows: int, digest: str, subjects: bytes) -> None:
        """Make durable that an answer is about to leave: its rows, digest and subjects. Raises `StoreDown`."""
        await self._record(reading, read, "whole", rows, digest, subjects)

    async def started(self, reading: Reading, *, read: UUID) -> None:
        """Make durable that a stream begins. Raises `StoreDown`."""
        await self._record(reading, read, "started", None, "", b"")

    async def finished(self, reading: Reading, *, read: UUID, rows: int, digest: str, subjects: bytes) -> None:
        """Make durable how a stream ended. Raises `StoreDown`."""
        await self._record(reading, read, "finished", rows, digest, subjects)

    def _record(
        self, reading: Reading, read: UUID, phase: str, rows: int | None, digest: str, subjects: bytes
    ) -> asyncio.Future[None]:
        row = access_row(
            reading, read=read, phase=phase, at=datetime.now(UTC), rows=rows, digest=digest, subjects=subjects
        )
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending.append((row, future))
        if len(self._pending) == 1:
            self._wake.set()
        return future

    def refused(self, *, form: str, code: str, actor: Actor | None, scene: Scene, grant: UUID | None) -> None:
        """Record a refusal without waiting: the first of its kind at once, more of them as a count every 10 seconds."""
        who = actor or STRANGER
        key = (who.id, form, code, grant)
        kept = self._folds.get(key)
        if kept is not None:
            self._folds[key] = (kept[0], kept[1] + 1)
            return
        if len(self._folds) >= MOST_FOLDS:
            return
        reading = Reading(
            form=form or "gateway", actor=who, scene=scene, grants=((grant, 0),) if grant else (), query=code
        )
        self._folds[key] = (reading, 0)
        self._unwaited(reading, 1)

    def _unwaited(self, reading: Reading, count: int) -> None:
        row = access_row(
            reading, read=uuid7(), phase="refused", at=datetime.now(UTC), rows=count, digest="", subjects=b""
        )
        self._pending.append((row, None))
        self._wake.set()

    def _flush_folds(self) -> None:
        folds, self._folds = self._folds, {}
        self._folded = time.monotonic()
        for reading, count in folds.values():
            if count:
                self._unwaited(reading, count)

    async def _run(self, place: int) -> None:
        while self._pending or not self._stopping:
            with suppress(TimeoutError):
                async with asyncio.timeout(FOLD_SECONDS):
                    await self._wake.wait()
            if time.monotonic() - self._folded >= FOLD_SECONDS:
                self._flush_folds()
            if self._pending:
                await asyncio.sleep(WINDOW_SECONDS if self._last >= BUSY_ROWS else 0)
                await self._write(place)
            if not self._pending and not self._stopping:
                self._wake.clear()

    async def _write(self, place: int) -> None:
        # whoever comes first takes all that waits; the other writer's disk write may still be under way
        batch, self._pending = self._pending[:MOST_ROWS], self._pending[MOST_ROWS:]
        if not batch:
            return
        self._last = len(batch)
        try:
            await self._appends[place]([row for row, _future in batch])
        except Exception as error:
            if not isinstance(error, Transient):
                log.exception("traces were not written")
            for _row, future in batch:
                if future is not None and not future.done():
                    future.set_exception(error)
            return
        self.batches += 1
        self.rows += len(batch)
        for _row, future in batch:
            if future is not None and not future.done():
                future.set_result(None)
