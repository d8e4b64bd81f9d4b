"""Composition root of the web process: Django as ASGI with bounded bodies, live events, readiness and metrics beside it.

Readiness stands outside Django's own chain: the supervisor asks by an address that no host list or redirect to HTTPS
knows of. Metrics are for the machine itself and the network behind the proxy, never for who comes through it.
"""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import MutableMapping
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiangyuan.settings")

import django
from asgiref.sync import sync_to_async

from jiangyuan.kernel.config import settings
from jiangyuan.ui.middleware import Application, BoundedBody, Receive, Send

_INSIDE = tuple(
    map(ipaddress.ip_network, ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
)


def _readiness() -> tuple[bool, dict[str, Any]]:
    from django.db import close_old_connections

    from jiangyuan.portal.home.health import readiness

    close_old_connections()
    return readiness()


def _metrics() -> str:
    from django.db import close_old_connections

    from jiangyuan.portal.home.health import metrics

    close_old_connections()
    return metrics()


def _from_inside(scope: MutableMapping[str, Any]) -> bool:
    """Tell whether a request comes straight from this machine or its network, not through the proxy."""
    if any(name in (b"x-forwarded-for", b"forwarded") for name, _value in scope.get("headers", ())):
        return False
    client = scope.get("client")
    try:
        address = ipaddress.ip_address(client[0]) if client is not None else None
    except ValueError:
        return False
    return address is not None and any(address in network for network in _INSIDE)


async def _answer(send: Send, status: int, kind: str, body: str) -> None:
    headers = [(b"content-type", kind.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})


class Beside:
    """Answers /ready and /metrics itself and hands everything else on."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope.get("path") if scope["type"] == "http" else None
        if path == "/ready":
            ready, said = await sync_to_async(_readiness)()
            await _answer(send, 200 if ready else 503, "application/json", json.dumps(said))
        elif path == "/metrics" and _from_inside(scope):
            await _answer(send, 200, "text/plain; version=0.0.4; charset=utf-8", await sync_to_async(_metrics)())
        else:
            await self._application(scope, receive, send)


def _composed() -> Application:
    django.setup(set_prefix=False)
    # these need the apps, which are loaded by now; the chain of middleware would hold a thread for each open page
    from jiangyuan.portal.notices.live import Live
    from jiangyuan.ui.serving import PooledHandler

    portal = PooledHandler(threads=settings().web_threads)
    return Beside(Live(BoundedBody(portal, limit=settings().upload_bytes)))


application = _composed()
