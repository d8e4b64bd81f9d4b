"""Readiness and metrics, asked as the supervisor and a monitor ask them."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync

from jiangyuan.portal.home.health import metrics, readiness
from jiangyuan.server import Beside


def _ask(path: str, *, client: str = "127.0.0.1", headers: tuple[tuple[bytes, bytes], ...] = ()) -> int:
    sent: list[Any] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 299, "headers": []})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    scope = {"type": "http", "path": path, "client": (client, 1), "headers": headers}
    async_to_sync(Beside(inner))(scope, receive, send)
    return sent[0]["status"]


def test_a_migrated_database_is_ready(db) -> None:
    ready, said = readiness()
    assert ready and said == {"ready": True, "database": "ok", "migrations": "applied"}


def test_metrics_tell_the_log_the_handlers_and_the_jobs(db) -> None:
    told = metrics()
    for name in ("jiangyuan_log_lag", "jiangyuan_handler_lag", "jiangyuan_log_signed_leaves", "jiangyuan_jobs"):
        assert f"# TYPE {name} " in told
    assert 'jiangyuan_log_lag{kind="event"}' in told


@pytest.mark.parametrize(
    ("client", "headers"), [("203.0.113.9", ()), ("127.0.0.1", ((b"x-forwarded-for", b"203.0.113.9"),))]
)
def test_metrics_are_not_for_who_comes_through_the_proxy(client: str, headers: Any) -> None:
    assert _ask("/metrics", client=client, headers=headers) == 299
