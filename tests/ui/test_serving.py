"""Pages are made by standing threads, whose database connections stay open."""

import asyncio
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path

from jiangyuan.ui.serving import PooledHandler

made_by: list[str] = []
gate = threading.Barrier(2)


def page(request: HttpRequest) -> HttpResponse:
    made_by.append(threading.current_thread().name)
    return HttpResponse(request.body + request.GET.get("q", "").encode())


def together(request: HttpRequest) -> HttpResponse:
    gate.wait(timeout=10)
    return HttpResponse("met")


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a fault of ours")


urlpatterns = [path("page/", page), path("together/", together), path("broken/", broken)]


@pytest.fixture(autouse=True)
def routes() -> Iterator[None]:
    made_by.clear()
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=["django.middleware.common.CommonMiddleware"]):
        yield


async def ask(handler: PooledHandler, where: str, body: bytes = b"", query: bytes = b"") -> SimpleNamespace:
    waiting = [{"type": "http.request", "body": body, "more_body": False}]
    told: list[Any] = []

    async def receive() -> Any:
        if waiting:
            return waiting.pop()
        await asyncio.sleep(60)

    async def send(message: Any) -> None:
        told.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": where,
        "query_string": query,
        "headers": [(b"host", b"localhost")],
    }
    await handler(scope, receive, send)
    return SimpleNamespace(status=told[0]["status"], body=b"".join(m.get("body", b"") for m in told[1:]))


@pytest.mark.asyncio
async def test_one_standing_thread_makes_every_page() -> None:
    handler = PooledHandler(threads=1)
    answers = [await ask(handler, "/page/", b"typed", b"q=%E6%B2%B3") for _ in range(3)]
    assert [(a.status, a.body.decode()) for a in answers] == [(200, "typed河")] * 3
    assert len(set(made_by)) == 1


@pytest.mark.asyncio
async def test_two_pages_are_made_at_once() -> None:
    handler = PooledHandler(threads=2)
    answers = await asyncio.gather(ask(handler, "/together/"), ask(handler, "/together/"))
    assert [a.body for a in answers] == [b"met", b"met"]


@pytest.mark.asyncio
async def test_a_fault_is_a_page_and_the_thread_goes_on() -> None:
    handler = PooledHandler(threads=1)
    assert (await ask(handler, "/nowhere/")).status == 404
    assert (await ask(handler, "/broken/")).status == 500
    assert (await ask(handler, "/page/")).status == 200
