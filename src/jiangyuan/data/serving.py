"""The gateway's way into the serving store: prepared reads, bounded streams, and traces copied in batches (asyncpg).

Rows are read by lanes: connections that keep their prepared statements, are read-only, and are handed out last in,
first out, since the one used last is the warmest. Traces have a connection of their own, so that no reader waits for
another's disk. The driver's texts stay here: they may carry values.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import asyncpg
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.config import connection_fields
from jiangyuan.kernel.errors import Broken, Refused, Transient

log = logging.getLogger(__name__)

ACCESS_TABLE = "kernel_access"
ACCESS_COLUMNS = (
    "id", "at", "read", "phase", "form", "grant_id", "entry_id",
    "actor_kind", "actor_id", "body", "row_count", "subjects", "canonical",
)  # fmt: skip
"""Columns of the access memory in the order of `kernel.events.access_row`."""

STATEMENTS_PER_LANE = 500
_SETTINGS = {
    "application_name": "jiangyuan-gateway",
    "search_path": "",
    "TimeZone": "UTC",
    "jit": "off",
    "lock_timeout": "2000",
}
_CHANGED = (
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.InvalidSchemaNameError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.UndefinedObjectError,
)
_CONNECTION = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)


class StoreChanged(Transient):
    """What was prepared no longer fits the store: the grant's views were rebuilt or taken away."""

    default_code = "data.serving.changed"


class StoreDown(Transient):
    """The store cannot be reached, or did not answer in time."""

    default_code = "data.serving"


class BadValue(Refused):
    """A value is not of the type of the column that it is compared with."""

    default_code = "data.value"
    status = 400


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false", "t", "f", "1", "0"):
        raise ValueError
    return text.lower() in ("true", "t", "1")


def _number(text: str) -> Decimal:
    found = Decimal(text)
    # an exponent of a billion would be written out digit by digit
    if not found.is_finite() or abs(found.adjusted()) > 400:
        raise ValueError
    return found


_READERS: dict[str, Callable[[str], Any]] = {
    "int2": int,
    "int4": int,
    "int8": int,
    "float4": float,
    "float8": float,
    "numeric": _number,
    "bool": _boolean,
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
    "timestamptz": datetime.fromisoformat,
    "time": time.fromisoformat,
    "uuid": UUID,
}
_RANGES = {"int2": 2**15, "int4": 2**31, "int8": 2**63}


def _read(kind: str, value: Any) -> Any:
    """Read a text as a value of a PostgreSQL type; what is no text already is taken as it is."""
    if not isinstance(value, str):
        return value
    if "\x00" in value:
        raise ValueError
    reader = _READERS.get(kind)
    if reader is None:
        return value
    found = reader(value.strip())
    if kind in _RANGES and not -_RANGES[kind] <= found < _RANGES[kind]:
        raise ValueError
    return found


class _Prepared:
    """A prepared statement of one lane with the types of its parameters."""

    __slots__ = ("fetch", "plain", "statement", "types")

    def __init__(self, statement: Any) -> None:
        self.statement = statement
        self.fetch = statement.fetch
        self.types = tuple(parameter.name for parameter in statement.get_parameters())
        self.plain = all(kind not in _READERS and not kind.endswith("]") for kind in self.types)

    def values(self, given: Sequence[Any]) -> Sequence[Any]:
        """Give the values in the types that PostgreSQL expects. Raises `BadValue`."""
        try:
            return [
                [_read(kind.removesuffix("[]"), one) for one in value] if kind.endswith("[]") else _read(kind, value)
                for kind, value in zip(self.types, given, strict=True)
            ]
        except (ValueError, TypeError, OverflowError, InvalidOperation):
            raise BadValue(
                _("查询值的格式与字段类型不符"), mend=_("日期写作 2026-01-31，数值只写数字和小数点。")
            ) from None


class _Lane:
    __slots__ = ("connection", "statements")

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.statements: dict[str, _Prepared] = {}

    async def prepared(self, sql: str) -> _Prepared:
        found = self.statements.get(sql)
        if found is None:
            if len(self.statements) >= STATEMENTS_PER_LANE:
                self.statements.pop(next(iter(self.statements)))
            found = self.statements[sql] = _Prepared(await self.connection.prepare(sql))
        return found


class Lanes:
    """A few read-only connections, each with its prepared statements."""

    def __init__(self, url: str, *, size: int, seconds: float, waiting: int) -> None:
        self._fields = connection_fields(url)
        self._size, self._seconds, self._bound = size, seconds, waiting
        self._free: list[_Lane] = []
        self._waiting: deque[asyncio.Future[_Lane | None]] = deque()
        self._open = 0
        self._closed = False

    async def _connect(self) -> _Lane:
        settings = {
            **_SETTINGS,
            "default_transaction_read_only": "on",
            # a statement that joins the grant's views takes ten times longer to plan than to run
            "plan_cache_mode": "force_generic_plan",
            "statement_timeout": str(int(self._seconds * 1000)),
        }
        try:
            # the driver's cache stays on: without it, it parses even a prepared statement anew each time
            connection = await asyncpg.connect(**self._fields, server_settings=settings, timeout=5)
        except (asyncpg.PostgresError, *_CONNECTION, TimeoutError):
            raise StoreDown(_("数据服务暂时不可用，请稍后再试")) from None
        return _Lane(connection)

    async def _take(self) -> _Lane:
        while True:
            while self._free:
                lane = self._free.pop()
                if not lane.connection.is_closed():
                    return lane
                self._open -= 1
            if self._open < self._size:
                return await self._opened()
            found = await self._wait()
            if found is not None:
                return found

    async def _opened(self) -> _Lane:
        self._open += 1
        try:
            return await self._connect()
        except BaseException:
            self._open -= 1
            self._hand_on(None)
            raise

    async def _wait(self) -> _Lane | None:
        """Wait for a lane; None when one was lost and another may be opened."""
        if len(self._waiting) >= self._bound:
            raise StoreDown(_("数据服务繁忙，请稍后再试"))
        future: asyncio.Future[_Lane | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                lane = future.result()
                if lane is None:
                    self._hand_on(None)
                else:
                    self._give(lane)
            raise

    def _give(self, lane: _Lane) -> None:
        if lane.connection.is_closed() or self._closed:
            self._open -= 1
            self._hand_on(None)
            return
        if not self._hand_on(lane):
            self._free.append(lane)

    def _hand_on(self, lane: _Lane | None) -> bool:
        while self._waiting:
            future = self._waiting.popleft()
            if future.done():
                continue
            future.set_result(lane)
            return True
        return False

    async def fetch(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Run a statement by the next free lane and give its rows (by position or name).

        Texts are read as the parameters' types. Raises `BadValue`, `StoreChanged`, `StoreDown`.
        """
        lane = await self._take()
        try:
            statement = lane.statements.get(sql) or await lane.prepared(sql)
            return await statement.fetch(*(values if statement.plain else statement.values(values)))
        except _CHANGED:
            lane.statements.pop(sql, None)
            raise StoreChanged(_("数据服务正在更新，请稍后再试")) from None
        except asyncpg.DataError:
            raise BadValue(_("查询值的格式与字段类型不符")) from None
        except (asyncpg.PostgresError, *_CONNECTION):
            raise StoreDown(_("数据服务暂时不可用，请稍后再试")) from None
        finally:
            self._give(lane)

    @asynccontextmanager
    async def cursor(self, sql: str, values: Sequence[Any] = ()) -> AsyncIterator[tuple[Any, Any]]:
        """Open a cursor in a transaction of its own, and give (read, ask): `await read(n)` the next rows, and
        `await ask(sql, values)` the rows of another statement as they are committed now. Raises as `fetch`.
        """
        lane = await self._take()
        try:
            async with lane.connection.transaction(readonly=True):
                statement = await lane.prepared(sql)
                cursor = await statement.statement.cursor(*statement.values(values))

                async def ask(other: str, given: Sequence[Any] = ()) -> list[Any]:
                    question = await lane.prepared(other)
                    return await question.fetch(*question.values(given))

                yield cursor.fetch, ask
        except _CHANGED:
            lane.statements.clear()
            raise StoreChanged(_("数据服务正在更新，请稍后再试")) from None
        except asyncpg.DataError:
            raise BadValue(_("查询值的格式与字段类型不符")) from None
        except (asyncpg.PostgresError, *_CONNECTION):
            raise StoreDown(_("数据服务暂时不可用，请稍后再试")) from None
        finally:
            self._give(lane)

    async def close(self) -> None:
        """Close the free lanes; those in use are closed when they are given back."""
        self._closed = True
        for lane in self._free:
            with suppress(Exception):
                await lane.connection.close(timeout=2)
        self._free.clear()


class TraceWriter:
    """Copies access rows into the memory, one committed batch at a time; returns when the batch is on the disk."""

    def __init__(self, url: str) -> None:
        self._fields = connection_fields(url)
        self._connection: Any = None

    async def append(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write a batch, all of it or nothing. Raises `StoreDown` when it is not known to be durable.

        After a broken connection the batch is written once more; that its ids are there already is then the answer.
        """
        for attempt in (1, 2):
            try:
                if self._connection is None or self._connection.is_closed():
                    self._connection = await asyncpg.connect(
                        **self._fields, timeout=5, server_settings={**_SETTINGS, "statement_timeout": "10000"}
                    )
                await self._connection.copy_records_to_table(
                    ACCESS_TABLE, schema_name="public", records=rows, columns=ACCESS_COLUMNS, timeout=12
                )
                return
            except asyncpg.UniqueViolationError:
                if attempt == 2:
                    return
                raise Broken("an access row was written twice", code="access") from None
            except (asyncpg.PostgresError, *_CONNECTION, TimeoutError) as error:
                log.warning("traces not written (%s), attempt %s", type(error).__name__, attempt)
                await self._drop()
        raise StoreDown(_("使用痕迹暂时无法写入，本次未提供数据，请稍后再试"))

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.terminate()

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            with suppress(Exception):
                await self._connection.close(timeout=2)


async def execute(url: str, sql: str, *values: Any) -> list[Any]:
    """Run one statement on a connection of its own. Raises `StoreDown`."""
    try:
        connection = await asyncpg.connect(**connection_fields(url), timeout=5, server_settings=_SETTINGS)
        try:
            return await connection.fetch(sql, *values, timeout=10)
        finally:
            await connection.close(timeout=2)
    except (asyncpg.PostgresError, *_CONNECTION, TimeoutError):
        raise StoreDown(_("数据服务暂时不可用，请稍后再试")) from None


async def listen(url: str, channel: str, *, heard: Callable[[], None], state: Callable[[bool], None]) -> None:
    """Call `heard` at each notice on the channel, for ever; `state` tells when listening begins and when it breaks."""
    while True:
        connection = None
        try:
            connection = await asyncpg.connect(**connection_fields(url), timeout=5, server_settings=_SETTINGS)
            ended = asyncio.Event()
            connection.add_termination_listener(lambda _connection, ended=ended: ended.set())
            await connection.add_listener(channel, lambda *_notice: heard())
            state(True)
            while not ended.is_set():
                # a connection cut without a word is noticed by asking
                with suppress(TimeoutError):
                    async with asyncio.timeout(15):
                        await ended.wait()
                if not ended.is_set():
                    await connection.fetchval("SELECT 1", timeout=5)
        except (asyncpg.PostgresError, *_CONNECTION, TimeoutError):
            log.warning("not listening to %s", channel)
        finally:
            state(False)
            if connection is not None:
                connection.terminate()
        await asyncio.sleep(0.5)
