"""The peer of `service_point`: one row by key from a bare ASGI handler on asyncpg, without anything around it.

No signature, quota, grant, mask or trace. The pool's reset between requests is left out: it would cost the peer a
round trip that the gateway does not make. The collector is set as the gateway sets it.
"""

import gc
import os
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

SQL = os.environ.get("BARE_SQL", "")
STATE: dict[str, Any] = {}
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)


async def _no_reset(_connection: Any) -> None:
    return None


async def application(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Answer `?citizen_id=…`."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] == "lifespan.startup":
            STATE["pool"] = await asyncpg.create_pool(os.environ["BARE_URL"], min_size=8, max_size=8, reset=_no_reset)
            await send({"type": "lifespan.startup.complete"})
        STATE["pool"].terminate()
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["path"] == "/ready":
        body = b"{}"
    else:
        key = scope["query_string"].partition(b"citizen_id=")[2].partition(b"&")[0].decode()
        row = await STATE["pool"].fetchval(SQL, key)
        body = b'{"rows":[' + (row or "").encode() + b"]}"
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
