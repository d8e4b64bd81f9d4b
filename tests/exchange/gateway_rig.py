"""A gateway in this process, over a landed table, with signed callers: what its tests and attacks stand on.

The gateway runs on a thread with a loop of its own, so that a test acts on the platform as the portal does, and calls
the gateway as a department's system does.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import httpx
import orjson
import psycopg
from tests.exchange import factories as make

from jiangyuan.data import plan as door_two
from jiangyuan.exchange.delivery.client import Credentials, Occasion, sign_request
from jiangyuan.exchange.delivery.gateway.definitions import resolve
from jiangyuan.exchange.delivery.gateway.process import Gateway
from jiangyuan.exchange.sharing import jobs
from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.identifiers import make_citizen_id
from jiangyuan.organization.models import ApplicationSystem

ZHANG = make_citizen_id(division="630102", birth=date(1980, 1, 1), sequence=1)
DROLMA = make_citizen_id(division="632701", birth=date(1990, 2, 2), sequence=2)
MA = make_citizen_id(division="630121", birth=date(1975, 3, 3), sequence=3)
ROWS = [
    (ZHANG, "张三", "1980-01-01", "1", "13897000001", "1200.50", "630102", "城东区", "无"),
    (DROLMA, "卓玛", "1990-02-02", "2", "13897000002", "3400.00", "632701", "玉树市", "高血压"),
    (MA, "马六", "1975-03-03", "1", "13897000003", "900.00", "630121", "大通县", None),
]
CASE = "JZ2026-0001"


@dataclass
class Running:
    """A gateway on its own thread."""

    gateway: Gateway
    loop: asyncio.AbstractEventLoop

    def run(self, work: Any, timeout: float = 20) -> Any:
        """Run a coroutine on the gateway's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout)

    def send(self, method: str, target: str, headers: dict[str, str], body: bytes | None = None) -> httpx.Response:
        """Send exactly this."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.gateway, raise_app_exceptions=True)
            async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
                return await client.request(method, target, headers=headers, content=body)

        return self.run(ask())


@contextmanager
def running() -> Iterator[Running]:
    """Start a gateway; door two is asked by it alone meanwhile."""
    kept = list(door_two._resolvers)
    door_two._resolvers[:] = [resolve]
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    made = Running(Gateway(settings()), loop)
    try:
        made.run(made.gateway.start())
        made.run(made.gateway.ready())
        yield made
        made.run(made.gateway.stop())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
        door_two._resolvers[:] = kept


@dataclass
class Rig:
    """A consumer's road with rows in the store, a running gateway, and the credentials of the consumer's system."""

    way: make.Road
    urls: dict[str, str]
    at: Running
    credentials: Credentials
    occasion: Occasion = field(default_factory=lambda: Occasion(make.PURPOSE, CASE, "经办员甲"))

    def grant(self, **changes: Any) -> Grant:
        """Walk a request to its grant and build what serves it."""
        fields: dict[str, Any] = {"forms": ["match", "query"], "case_bound": True, **changes}
        made = make.grant(self.way, ready=False, **fields)
        jobs.materialize(str(made.pk), made.epoch)
        made.refresh_from_db()
        assert made.active
        return made

    def call(
        self,
        service: object,
        verb: str = "match",
        *,
        subject: str = "",
        content: Any = None,
        query: str = "",
        credentials: Credentials | None = None,
        occasion: Occasion | None = None,
        language: str = "zh-CN",
        accept: str = "application/json",
        **signing: Any,
    ) -> httpx.Response:
        """Sign and send a call; `subject` or `content` make it a POST."""
        if subject and content is None:
            content = {"subject": subject}
        body = b"" if content is None else orjson.dumps(content)
        method = "POST" if content is not None else "GET"
        target = f"/v1/{service}/{verb}" + (f"?{query}" if query else "")
        headers = sign_request(
            credentials or self.credentials,
            occasion or self.occasion,
            method=method,
            target=target,
            body=body,
            **signing,
        )
        headers |= {"Accept-Language": language, "Accept": accept}
        return self.at.send(method, target, headers, body or None)

    def traces(self, phase: str = "") -> list[dict[str, Any]]:
        """Read the access memory, oldest first."""
        with psycopg.connect(self.urls["owner_url"]) as owner:
            rows = owner.execute("SELECT phase, subjects, canonical FROM kernel_access ORDER BY at, id").fetchall()
        found = [orjson.loads(content) | {"raw_subjects": subjects} for _phase, subjects, content in rows]
        return [one for one in found if one["phase"] == (phase or one["phase"])]

    def owner(self, sql: str, *values: Any) -> None:
        """Run SQL as the owner, as the worker does."""
        with psycopg.connect(self.urls["owner_url"]) as owner:
            owner.execute(sql.encode(), values)


def credentials_of(system: ApplicationSystem, *, public_key: str = "", private_key: str = "") -> Credentials:
    """Issue a key to a system."""
    issued = act(
        "organization.key.issue",
        system.pk,
        actor=make.SETUP,
        scene=make.SCENE,
        expires_on=make.in_days(60),
        public_key=public_key,
    )
    return Credentials(system.code, issued["key_id"], secret=issued["secret"], private_key=private_key)


@contextmanager
def rigged(urls: dict[str, str]) -> Iterator[Rig]:
    """Everything needed to call a gateway: no grant yet, and one open case that lists Zhang and Drolma."""
    way = make.road()
    table = way.mount.store_table
    columns = ", ".join(f"{name} {kind}" for name, kind, _comment in make.PEOPLE)
    with psycopg.connect(urls["owner_url"]) as owner:
        owner.execute(f"CREATE TABLE store.{table} ({columns}, PRIMARY KEY (citizen_id))".encode())
        marks = ", ".join(["%s"] * len(make.PEOPLE))
        with owner.cursor() as cursor:
            cursor.executemany(f"INSERT INTO store.{table} VALUES ({marks})".encode(), ROWS)
    credentials = credentials_of(way.system)
    make.case(way.system, [ZHANG, DROLMA], number=CASE)
    try:
        with running() as at:
            yield Rig(way, urls, at, credentials)
    finally:
        with psycopg.connect(urls["owner_url"]) as owner:
            owner.execute(f"DROP TABLE store.{table} CASCADE".encode())
