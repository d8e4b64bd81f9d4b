"""The ASGI application of the gateway's process: its parts, their beginning and end, and what goes wrong."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import MutableMapping
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from jiangyuan.data.plan import register_resolver
from jiangyuan.data.serving import Lanes, StoreChanged, StoreDown, TraceWriter, execute, listen
from jiangyuan.exchange.delivery.gateway import refusals
from jiangyuan.exchange.delivery.gateway.answers import EpochOver
from jiangyuan.exchange.delivery.gateway.calls import (
    FORMS,
    METHODS,
    STREAM_SECONDS,
    Calls,
    Context,
    Send,
    send_whole,
    told,
)
from jiangyuan.exchange.delivery.gateway.definitions import Definitions, resolve
from jiangyuan.exchange.delivery.gateway.metrics import Metrics
from jiangyuan.exchange.delivery.gateway.request import Receive, language_of, read_body, read_head, route
from jiangyuan.exchange.delivery.gateway.traces import STRANGER, Traces
from jiangyuan.kernel.actor import Scene
from jiangyuan.kernel.config import Settings
from jiangyuan.kernel.errors import JiangyuanError, Refused, Transient
from jiangyuan.kernel.events import CHANNEL

log = logging.getLogger("jiangyuan.gateway")

LANES, STREAMS, WRITERS = 8, 2, 1
CALLS_AT_ONCE = 512


class Gateway:
    """The gateway of one process. An ASGI application; `start` and `stop` follow the server's lifespan."""

    def __init__(self, configured: Settings) -> None:
        self._settings = configured
        self.metrics = Metrics()
        self.calls: Calls | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._ready = False

    async def start(self) -> None:
        """Connect in the background, trying until the store is there: the process is up before it is ready."""
        known = self._settings
        url = known.gateway_url
        register_resolver(resolve)
        self.lanes = Lanes(url, size=LANES, seconds=5, waiting=CALLS_AT_ONCE)
        self.streams = Lanes(url, size=STREAMS, seconds=STREAM_SECONDS, waiting=8)
        self.writers = [TraceWriter(url) for _ in range(WRITERS)]
        self.traces = Traces(*(writer.append for writer in self.writers))
        self.definitions = Definitions(self.lanes, execute=partial(execute, url))
        self.calls = Calls(
            lanes=self.lanes,
            streams=self.streams,
            definitions=self.definitions,
            traces=self.traces,
            metrics=self.metrics,
            most_rows=known.query_rows,
            address=f"http://{known.gateway_host}:{known.gateway_port}",
        )
        self.traces.start()
        loop = asyncio.get_running_loop()
        heard, state = self.definitions.heard, self.definitions.listens
        self._tasks = [
            loop.create_task(listen(url, CHANNEL, heard=heard, state=state)),
            loop.create_task(self._prepare()),
            loop.create_task(self.calls.deadlines.watch()),
        ]

    async def _prepare(self) -> None:
        while not self._ready:
            try:
                await self.definitions.prepare()
                self._ready = True
            except Transient:
                await asyncio.sleep(0.2)
            except Exception:
                log.exception("the gateway cannot make itself ready")
                await asyncio.sleep(2)

    async def ready(self) -> None:
        """Wait until calls can be answered."""
        while not (self._ready and self.definitions.listening):
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Write the last traces and close everything."""
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self.traces.stop()
        for part in (self.lanes, self.streams, *self.writers):
            await part.close()

    # --- ASGI ---------------------------------------------------------------------------------------------------------

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one connection of the server."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _http(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["path"] in ("/ready", "/metrics"):
            await self._tended(scope["path"], send)
            return
        context = Context()
        metrics = self.metrics
        started = time.perf_counter()
        metrics.in_flight += 1
        try:
            if metrics.in_flight > CALLS_AT_ONCE:
                raise refusals.overloaded()
            call = context.call = read_head(scope)
            name, context.verb = route(call.path)
            if call.method != METHODS[context.verb]:
                raise refusals.wrong_method(METHODS[context.verb])
            if self.calls is None or not self._ready:
                raise refusals.overloaded()
            await read_body(call, receive)
            await self.calls.answer(context, call, name, send)
            metrics.answered(context.verb, time.perf_counter() - started)
        except JiangyuanError as error:
            await self._refuse(context, scope, error, send)
        except (TimeoutError, EpochOver):
            await self._refuse(context, scope, refusals.out_of_time(), send)
        except Exception:
            log.exception("a call failed")
            await self._refuse(context, scope, refusals.failed(), send)
        finally:
            metrics.in_flight -= 1

    async def _tended(self, path: str, send: Send) -> None:
        if path == "/ready":
            status = 200 if self._ready and self.definitions.listening else 503
            await send_whole(send, status, b'{"ready":true}' if status == 200 else b'{"ready":false}', [])
            return
        gauges = {
            "nonces": len(self.calls.admission.nonces) if self.calls else 0,
            "trace_batches": self.traces.batches if self.calls else 0,
            "trace_rows": self.traces.rows if self.calls else 0,
            "ready": int(self._ready),
        }
        text = self.metrics.text(**gauges).encode()
        await send_whole(send, 200, text, [], kind=b"text/plain; version=0.0.4; charset=utf-8")

    async def _refuse(
        self, context: Context, scope: MutableMapping[str, Any], error: JiangyuanError, send: Send
    ) -> None:
        """Tell a refusal, count it and record it folded."""
        call, caller, service = context.call, context.caller, context.service
        if not isinstance(error, Refused | StoreDown | StoreChanged):
            log.error("refused for a fault of ours: %s", error.code)
            error = refusals.failed()
        self.metrics.refused(context.verb or "none", error.code)
        if self.calls is not None:
            # a case number or operator is believed only of who has signed
            scene = context.scene or Scene(channel="gateway", network=call.network if call else "")
            grant: UUID | None = service.id if service else None
            actor = caller.actor if caller else STRANGER
            form = FORMS.get(context.verb, "")
            self.traces.refused(form=form, code=error.code, actor=actor, scene=scene, grant=grant)
        english = call.english if call else language_of(scope)
        headers: list[tuple[bytes, bytes]] = []
        wait = getattr(error, "retry_after", 0)
        if wait:
            headers.append((b"retry-after", str(wait).encode()))
        # what is left of an unread body would be taken for the next request
        if call is None or (call.method != "GET" and not call.body):
            headers.append((b"connection", b"close"))
        with suppress(RuntimeError):
            await send_whole(send, error.status, orjson.dumps(told(error, english=english)), headers)
