"""What happens is told to open pages at once: server-sent events at `/live`, beside Django's own chain.

One listener per process hears the database's NOTIFY and fans out to the connections of this process. A connection is
told of its own person's notices, that something moved in its own body's work, and of the records that its page watches
as far as its person may see them. Nothing is told but that, and where to look: the page asks for the rest as always.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import orjson
from asgiref.sync import sync_to_async

from jiangyuan.portal.notices import reach
from jiangyuan.portal.notices.listening import Heard, listen
from jiangyuan.portal.notices.reach import Viewer
from jiangyuan.ui.middleware import Application, Receive, Send

log = logging.getLogger(__name__)

PATH = "/live"
MOST_OF_ONE, MOST_OF_ALL = 8, 2000
"""Connections of one person and of one process; a further one of a person ends his oldest."""
WAITING = 64
"""Messages that a slow connection may leave unread; then it is told only to look again."""
HEARTBEAT = 15.0
RECHECK = 60.0
"""Seconds after which a session is looked at again, so that one that ended elsewhere ends here."""
SETTLE = 0.1
"""What happens within this time is told together."""
AGAIN = 2000
"""Milliseconds after which a browser that lost the connection comes again."""


@dataclass(eq=False, slots=True)
class Line:
    """One open connection: who looks, and what waits to be told. `recheck` asks to look at the session again."""

    viewer: Viewer
    queue: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(WAITING))
    recheck: bool = False
    checked: float = field(default_factory=time.monotonic)

    def put(self, said: str) -> None:
        """Let something wait to be told; a full line is told to look again instead."""
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
            said = message("again", {})
        self.queue.put_nowait(said)


def message(event: str, data: Any, *, id: str = "") -> str:
    """Write one message of the stream."""
    first = f"id: {id}\n" if id else ""
    return f"{first}event: {event}\ndata: {orjson.dumps(data).decode()}\n\n"


class Exchange:
    """The connections of this process and their one listener, which runs while there is anybody to tell."""

    def __init__(self) -> None:
        self.lines: dict[UUID, list[Line]] = defaultdict(list)
        self._task: asyncio.Task[None] | None = None

    @property
    def count(self) -> int:
        """Count the open connections."""
        return sum(len(lines) for lines in self.lines.values())

    def join(self, line: Line) -> None:
        """Add a connection; the oldest one of a person who has too many is told to end."""
        lines = self.lines[line.viewer.person]
        lines.append(line)
        if len(lines) > MOST_OF_ONE:
            lines.pop(0).put("")
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())

    def leave(self, line: Line) -> None:
        """Take a connection away; with the last one the listener ends."""
        lines = self.lines.get(line.viewer.person, [])
        if line in lines:
            lines.remove(line)
        if not lines:
            self.lines.pop(line.viewer.person, None)
        if not self.lines and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _listen(self) -> None:
        async for heard in listen(settle=SETTLE):
            if heard is None:  # the database was away: whatever happened meanwhile is asked for
                self._everybody(message("again", {}))
                continue
            for notice, person in heard.notices:
                await self._tell_person(notice, person)
            self._tell_of_work(heard)

    def _everybody(self, said: str) -> None:
        for lines in self.lines.values():
            for line in lines:
                line.put(said)

    async def _tell_person(self, notice: UUID, person: UUID) -> None:
        for line in list(self.lines.get(person, ())):
            try:
                for one in await sync_to_async(reach.told)(line.viewer, [notice]):
                    line.put(message("notice", one, id=one["id"]))
            except Exception:
                log.exception("a notice could not be told")

    def _tell_of_work(self, heard: Heard) -> None:
        for person, lines in self.lines.items():
            for line in lines:
                line.recheck = line.recheck or person in heard.ended
                watched = sorted(line.viewer.watched & heard.things)
                if watched:
                    line.put(message("changed", {"things": watched}))
                if line.viewer.body in heard.bodies:
                    line.put(message("work", {}))
                elif line.recheck:
                    line.put("")


EXCHANGE = Exchange()


async def _refuse(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"cache-control", b"no-store")]})
    await send({"type": "http.response.body", "body": b""})


def _asked(scope: MutableMapping[str, Any]) -> tuple[dict[str, str], list[str], str]:
    """Read cookies, watched records and the last notice seen from the request; whatever is malformed is not there."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope.get("headers", ())}
    cookies: SimpleCookie = SimpleCookie()
    try:
        cookies.load(headers.get("cookie", "")[:8192])
    except CookieError:
        cookies = SimpleCookie()
    try:
        query = parse_qs(scope.get("query_string", b"").decode("latin-1")[:4096], max_num_fields=60)
    except ValueError:
        query = {}
    last = headers.get("last-event-id") or (query.get("since") or [""])[0]
    return {name: one.value for name, one in cookies.items()}, query.get("about", [])[:50], last[:64]


class Live:
    """An ASGI application that answers `/live` and hands everything else on."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope.get("path") != PATH:
            await self._application(scope, receive, send)
            return
        cookies, about, last = _asked(scope)
        if scope.get("method") != "GET":
            return await _refuse(send, 405)
        if EXCHANGE.count >= MOST_OF_ALL:
            return await _refuse(send, 503)
        viewer = await sync_to_async(reach.viewer_of)(cookies, about)
        if viewer is None:
            # 204 tells a browser not to come again
            return await _refuse(send, 204)
        await _serve(Line(viewer), cookies, last, receive, send)


async def _serve(line: Line, cookies: dict[str, str], last: str, receive: Receive, send: Send) -> None:
    headers = [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
    ]
    EXCHANGE.join(line)
    gone = asyncio.create_task(_until_gone(receive))
    try:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        first = f"retry: {AGAIN}\n\n" + message("hello", {"unread": await sync_to_async(reach.unread)(line.viewer)})
        missed = await sync_to_async(reach.since)(line.viewer, last) if last else []
        await _write(send, first + "".join(message("notice", one, id=one["id"]) for one in missed))
        while await _next(line, cookies, gone, send):
            pass
    except (ConnectionError, OSError):
        pass
    finally:
        gone.cancel()
        EXCHANGE.leave(line)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _next(line: Line, cookies: dict[str, str], gone: asyncio.Task[None], send: Send) -> bool:
    """Tell what comes next, or that the line is alive; False when the browser or the session has gone."""
    waiting = asyncio.create_task(line.queue.get())
    done, _pending = await asyncio.wait({waiting, gone}, timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
    if gone in done:
        waiting.cancel()
        return False
    if waiting not in done:
        waiting.cancel()
    if line.recheck or time.monotonic() - line.checked > RECHECK:
        line.recheck, line.checked = False, time.monotonic()
        now = await sync_to_async(reach.viewer_of)(cookies, [])
        if now is None or now.capacity != line.viewer.capacity or now.body != line.viewer.body:
            await _write(send, message("ended", {}))
            return False
    if line not in EXCHANGE.lines.get(line.viewer.person, ()):
        return False
    await _write(send, (waiting.result() or ": \n\n") if waiting in done else ": \n\n")
    return True


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
