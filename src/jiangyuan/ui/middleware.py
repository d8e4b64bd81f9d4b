"""What stands around every request: its number, its language, its limits, its headers, its errors."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin

from jiangyuan.kernel.config import settings as platform
from jiangyuan.kernel.errors import JiangyuanError
from jiangyuan.ui import errors

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""Nothing inline, nothing from elsewhere: text that slips through escaping still runs no script."""

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
LONGEST_QUERY = 16 * 1024
"""Characters of an address's query: pages repeat it in their links, and no page makes a longer one."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


def request_id_of(request: HttpRequest) -> str:
    """Give the request's number: the one the proxy gave it, when well formed, else a new one."""
    given = request.headers.get("X-Request-ID", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid4().hex


def language_of(request: HttpRequest) -> str:
    """Give the language: a page's is what the person chose, else Chinese; an API's what the program asks for."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen in dict(settings.LANGUAGES):
        return chosen
    if request.path.startswith("/api/"):
        return translation.get_language_from_request(request)
    return settings.LANGUAGE_CODE


class PlatformMiddleware(MiddlewareMixin):
    """Number, language, limits, security headers; errors of the platform become pages or JSON."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Prepare the request; answer at once when its body is larger than allowed."""
        request.request_id = request_id_of(request)  # type: ignore[attr-defined]
        translation.activate(language_of(request))
        request.LANGUAGE_CODE = translation.get_language()  # type: ignore[attr-defined]
        query = request.META.get("QUERY_STRING", "")
        if len(query) > LONGEST_QUERY:
            request.META["QUERY_STRING"] = ""  # the page that says so must not repeat it
            return errors.answer(request, errors.problem(414))
        if "%00" in query.replace("%25", "") or "\x00" in request.path:
            return errors.answer(request, errors.problem(400))  # no text of the database can hold it
        length = str(request.META.get("CONTENT_LENGTH") or "0")
        if not length.isdigit() or int(length) > platform().upload_bytes:
            return errors.answer(request, errors.problem(413 if length.isdigit() else 400))
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn an error of the platform into its answer; others go to Django's handlers."""
        return errors.answer_error(request, exception) if isinstance(exception, JiangyuanError) else None

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Put the headers on; a page for somebody is not kept by anybody else's cache."""
        for name, text in HEADERS.items():
            response.headers.setdefault(name, text)
        response["X-Request-ID"] = getattr(request, "request_id", "")
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


class TooLarge(Exception):
    """A body without a declared length has grown past the limit."""


class BoundedBody:
    """An ASGI application whose request bodies are bounded, also those that declare no length.

    Django reads a body wholly before its middleware runs, so this stands outside of it.
    """

    def __init__(self, application: Application, *, limit: int) -> None:
        self._application = application
        self._limit = limit

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Pass the request on, counting its bytes; answer 413 when there are too many."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        seen, started = 0, False

        async def counted() -> MutableMapping[str, Any]:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise TooLarge
            return message

        async def watched(message: MutableMapping[str, Any]) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._application(scope, counted, watched)
        except TooLarge:
            if started:
                raise
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 413, "headers": headers})
            text = str(errors.problem(413).todo).encode()
            await send({"type": "http.response.body", "body": text})
