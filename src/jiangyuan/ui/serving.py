"""Django under ASGI, each page made whole by one thread of a small standing pool.

Django's own handler gives each request a thread of its own, with a hop between threads for every middleware; a thread
that ends takes its database connection with it, so each page began by opening one, and two hundred people opened two
hundred. Here a page takes a thread that stands, with a connection that is open; more people wait for a thread, not for
PostgreSQL. No view of the portal is asynchronous: what stays open (`/live`) stands beside this.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.db import close_old_connections
from django.http.response import HttpResponseBase


class PooledHandler(ASGIHandler):
    """Django's handler for ASGI with `threads` threads that make pages."""

    def __init__(self, *, threads: int) -> None:
        # not ASGIHandler's own: that loads the middleware for hopping between threads
        self.load_middleware(is_async=False)  # pyright: ignore[reportCallIssue]
        self._threads = ThreadPoolExecutor(max_workers=max(1, threads), thread_name_prefix="page")

    async def get_response_async(self, request: ASGIRequest) -> HttpResponseBase:
        """Let the next free thread make the answer."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, copy_context().run, self._answer, request)

    def _answer(self, request: ASGIRequest) -> HttpResponseBase:
        # Django's signals at the beginning and end of a request do this, but in the thread they run in
        close_old_connections()
        try:
            return self.get_response(request)
        finally:
            close_old_connections()
