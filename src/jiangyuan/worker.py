"""The worker: background jobs, handlers of the memory, the sequencer, clocks, and everything that flows.

One process; a province runs several, of which one holds each advisory lock (sequencer, a source's slot) while the
others wait. Stops cleanly on SIGTERM; a `kill -9` at any point loses nothing, since every part resumes from its own
durable cursor.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import threading
import time
from collections.abc import Callable

import django
import psycopg

log = logging.getLogger("jiangyuan.worker")

DEAD_AFTER = 5.0
"""Seconds without a heartbeat (one a second) after which a worker is dead and its jobs are run by others."""

LONGEST_PAUSE = 1.0
"""Seconds until what failed is tried again, at the most."""


class Loop(threading.Thread):
    """Calls `step` again and again; an error is logged and waited out, never the end of the worker."""

    def __init__(self, name: str, step: Callable[[], object], *, pause: float, stop: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self._step, self._pause, self._halt = step, pause, stop
        self.wake = threading.Event()
        self.last = 0.0

    def run(self) -> None:
        from django.db import close_old_connections, connections

        delay = self._pause
        while not self._halt.is_set():
            try:
                close_old_connections()
                self._step()
                self.last, delay = time.monotonic(), self._pause
            except Exception:
                log.exception("%s stumbled", self.name)
                # a database that restarts is away for seconds, and must not be waited for any longer than that
                delay = min(max(delay, 0.1) * 2, LONGEST_PAUSE)
            self.wake.wait(delay)
            self.wake.clear()
        connections.close_all()


def _listen(url: str, loops: list[Loop], stop: threading.Event) -> None:
    """Wake the readers of the memory as soon as something is committed to it."""
    from jiangyuan.kernel.events import CHANNEL

    while not stop.is_set():
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"LISTEN {CHANNEL}")
                while not stop.is_set():
                    for _notice in connection.notifies(timeout=1.0, stop_after=1):
                        for loop in loops:
                            loop.wake.set()
        except psycopg.Error:
            stop.wait(0.5)


def _tend_partitions() -> None:
    from jiangyuan.kernel.config import settings

    with psycopg.connect(settings().owner_url, autocommit=True) as owner:
        owner.execute("SELECT kernel_ensure_partitions(3)")


def _take_up_stalled() -> int:
    """Let jobs run again whose worker died in the middle; what they lock would otherwise stand for ever."""
    from asgiref.sync import async_to_sync
    from procrastinate.contrib.django import app as queue

    async def take_up() -> int:
        await queue.job_manager.prune_stalled_workers(DEAD_AFTER)
        stalled = list(await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER))
        for job in stalled:
            await queue.job_manager.retry_job(job)
        return len(stalled)

    return async_to_sync(take_up)()


def _loops(stop: threading.Event) -> tuple[list[Loop], list[Loop], Callable[[], None]]:
    from jiangyuan.kernel import clockwork, evidence
    from jiangyuan.kernel.following import Follower as Handlers
    from jiangyuan.portal.search.following import Follower
    from jiangyuan.resources.ingestion.streams import Streams

    streams, follower = Streams(), Follower()
    readers = [
        Loop("handlers", Handlers().step, pause=1.0, stop=stop),
        Loop("sequencer", evidence.sequence_once, pause=1.0, stop=stop),
        Loop("search", follower.step, pause=1.0, stop=stop),
        Loop("streams", streams.reconcile, pause=0.5, stop=stop),
    ]
    tenders = [
        Loop("clocks", clockwork.tick, pause=60.0, stop=stop),
        Loop("stalled jobs", _take_up_stalled, pause=2.0, stop=stop),
        Loop("partitions", _tend_partitions, pause=3600.0, stop=stop),
    ]
    return readers, tenders, streams.stop


async def _run_jobs() -> None:
    """Run the jobs of the queue until cancelled; returns or raises when the database goes away."""
    from procrastinate import PsycopgConnector
    from procrastinate.contrib.django import app as queue
    from procrastinate.contrib.django.utils import connector_params

    fields = connector_params("default")
    # a pool waits longer after each failure, so it is opened only when there is something to connect to
    await (await psycopg.AsyncConnection.connect(**fields)).close()
    worker = queue.with_connector(PsycopgConnector(kwargs=fields, timeout=LONGEST_PAUSE))
    async with worker.open_async():
        await worker.run_worker_async(
            install_signal_handlers=False,
            listen_notify=True,
            fetch_job_polling_interval=1.0,
            concurrency=4,
            update_heartbeat_interval=1.0,
            stalled_worker_timeout=DEAD_AFTER,
        )


async def _work() -> None:
    """Run jobs until SIGTERM or SIGINT; a queue whose database went away is opened again, in the same process."""
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    ending = asyncio.create_task(asked.wait())
    while not asked.is_set():
        jobs = asyncio.create_task(_run_jobs())
        await asyncio.wait({jobs, ending}, return_when=asyncio.FIRST_COMPLETED)
        # asked to end, jobs in hand are finished first
        jobs.cancel()
        try:
            await jobs
        except asyncio.CancelledError:
            pass
        except Exception as error:
            log.warning("the queue is opened again: %s", type(error).__name__)
        await asyncio.wait({ending}, timeout=0.2)


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiangyuan.settings")
    # nothing that is loaded is rubbish; looking for it is a tenth of a start
    gc.disable()
    django.setup()
    from jiangyuan.kernel.config import settings

    stop = threading.Event()
    readers, tenders, stop_streams = _loops(stop)
    gc.freeze()
    gc.enable()
    listener = threading.Thread(target=_listen, args=(settings().owner_url, readers, stop), daemon=True)
    for thread in (*readers, *tenders, listener):
        thread.start()
    log.info("worker started")
    try:
        asyncio.run(_work())
    finally:
        stop.set()
        for loop in (*readers, *tenders):
            loop.wake.set()
        stop_streams()
        log.info("worker stopped")


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    main()
