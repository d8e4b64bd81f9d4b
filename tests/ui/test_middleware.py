"""Bodies are bounded also when they do not say how long they are."""

from collections.abc import MutableMapping
from typing import Any

import pytest

from jiangyuan.ui.middleware import BoundedBody


async def run(chunks: list[bytes], limit: int) -> list[MutableMapping[str, Any]]:
    waiting, answered = list(chunks), list[MutableMapping[str, Any]]()

    async def receive() -> MutableMapping[str, Any]:
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    async def send(message: MutableMapping[str, Any]) -> None:
        answered.append(message)

    async def application(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})

    await BoundedBody(application, limit=limit)({"type": "http"}, receive, send)
    return answered


@pytest.mark.asyncio
async def test_bodies_are_bounded() -> None:
    assert (await run([b"x" * 5, b"x" * 5], 10))[0]["status"] == 200
    assert (await run([b"x" * 5, b"x" * 6], 10))[0]["status"] == 413
