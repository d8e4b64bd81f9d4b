"""Reads that travel together are answered as if each had gone alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from typing import Any

import pytest

from jiangyuan.data.gathering import AT_ONCE, MOST_KEYS, Gathering
from jiangyuan.data.serving import BadValue, StoreDown


class Store:
    """Rows by key, read as the lanes read them; `gate` holds a run back."""

    def __init__(self, rows: dict[str, list[str]]) -> None:
        self.rows, self.live, self.epoch_over = rows, True, False
        self.batches: list[list[str]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None
        self.under_way = self.most_under_way = 0

    async def fetch(self, _sql: str, values: Sequence[Any]) -> list[Any]:
        keys = list(values[0])
        self.batches.append(keys)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await self.gate.wait()
        self.under_way -= 1
        if self.error is not None:
            raise self.error
        if "bad" in keys:
            raise BadValue("bad")
        if self.epoch_over:
            return []
        return [
            (self.live, "7", place, row)
            for place, key in enumerate(keys, 1)
            for row in (self.rows.get(key) or [None] if self.live else [None])
        ]


def on_a_loop(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    async def whole() -> None:
        await test()

    @wraps(test)
    def run() -> None:
        asyncio.run(whole())

    return run


def gathering(store: Store) -> Gathering:
    return Gathering(store)  # type: ignore[arg-type]


@on_a_loop
async def test_a_quiet_gateway_reads_at_once_and_a_busy_one_reads_together() -> None:
    store = Store({"a": ["1"], "b": ["2", "3"]})
    reads = gathering(store)
    assert await reads.read("s", "a") == (True, "7", ["1"])
    store.gate.clear()
    first = reads.read("s", "a")
    await asyncio.sleep(0)
    others = [reads.read("s", key) for key in ("b", "none", "a", "b")]
    await asyncio.sleep(0)
    store.gate.set()
    assert await first == (True, "7", ["1"])
    found = await asyncio.gather(*others)
    assert found == [(True, "7", ["2", "3"]), (True, "7", []), (True, "7", ["1"]), (True, "7", ["2", "3"])]
    assert store.batches == [["a"], ["a"], ["b", "none", "a", "b"]]
    await asyncio.sleep(0)
    assert not reads._waiting and not reads._tasks


@on_a_loop
async def test_batches_and_runs_are_bounded_and_statements_never_mix() -> None:
    store = Store({str(n): [str(n)] for n in range(5000)})
    reads = gathering(store)
    store.gate.clear()
    asked = [reads.read("s", str(n)) for n in range(2000)]
    other = reads.read("t", "1")
    await asyncio.sleep(0)
    store.gate.set()
    assert await asyncio.gather(*asked) == [(True, "7", [str(n)]) for n in range(2000)]
    assert await other == (True, "7", ["1"])
    assert ["1"] in store.batches and max(map(len, store.batches)) == MOST_KEYS
    assert store.most_under_way <= AT_ONCE + 1


@on_a_loop
async def test_a_withdrawn_grant_and_an_epoch_gone_by_reach_every_caller() -> None:
    store = Store({"a": ["1"]})
    reads = gathering(store)
    store.live = False
    assert await asyncio.gather(*(reads.read("s", "a") for _ in range(3))) == [(False, "7", [])] * 3
    store.epoch_over = True
    assert await asyncio.gather(*(reads.read("s", "a") for _ in range(3))) == [None] * 3


@on_a_loop
async def test_a_bad_value_is_its_callers_alone_and_a_fault_is_everybodys() -> None:
    store = Store({"a": ["1"]})
    reads = gathering(store)
    asked = [reads.read("s", key) for key in ("a", "bad", "a")]
    one, two, three = await asyncio.gather(*asked, return_exceptions=True)
    assert one == three == (True, "7", ["1"]) and isinstance(two, BadValue)
    store.error = StoreDown("down")
    found = await asyncio.gather(*(reads.read("s", "a") for _ in range(3)), return_exceptions=True)
    assert all(isinstance(each, StoreDown) for each in found)
    store.error = None
    assert await reads.read("s", "a") == (True, "7", ["1"])


@on_a_loop
async def test_a_caller_who_gives_up_takes_nobody_with_him() -> None:
    store = Store({"a": ["1"], "b": ["2"]})
    reads = gathering(store)
    store.gate.clear()

    async def ask(key: str) -> Any:
        return await reads.read("s", key)

    leaving, staying = asyncio.ensure_future(ask("a")), asyncio.ensure_future(ask("b"))
    await asyncio.sleep(0.01)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    store.gate.set()
    assert await staying == (True, "7", ["2"])
