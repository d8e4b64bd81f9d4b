"""Running a plan in the serving store: one read-only transaction in the grant's own role, bounded and watched.

Rows come in chunks through a cursor; before a chunk leaves, the grant is looked at again. Errors are told in our own
words: PostgreSQL's text may carry values.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Context, Decimal, InvalidOperation
from typing import Any

import psycopg
import pyarrow as pa
from django.utils.translation import gettext_lazy as _
from psycopg.types import datetime as pg_datetime
from psycopg.types.string import TextLoader

from jiangyuan.data.column_types import UNBOUNDED_SCALE
from jiangyuan.data.engines.barrier import LIVE_VIEW, quote
from jiangyuan.data.plan import Limits, Plan, PlanRefused, bind, withdrawn
from jiangyuan.data.relations import RelationGrant
from jiangyuan.kernel.errors import Refused, Transient

CHUNK_ROWS = 5_000
NO_PARAMETERS: Mapping[str, object] = {}
_ARROW = {
    16: pa.bool_(),
    17: pa.binary(),
    20: pa.int64(),
    21: pa.int16(),
    23: pa.int32(),
    700: pa.float32(),
    701: pa.float64(),
    1082: pa.date32(),
    1083: pa.time64("us"),
    1114: pa.timestamp("us"),
    1184: pa.timestamp("us", tz="UTC"),
}
_NUMERIC = 1700
_WIDE = Context(prec=60)
_GONE = (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName)


class ReadFailed(Refused):
    """The query could not be answered within its bounds, or an operation in it does not hold for the data."""

    default_code = "data.run"


class StoreUnavailable(Transient):
    """The serving store cannot be reached just now."""

    default_code = "data.run.store"


def _farthest(data: Any) -> datetime:
    """Give the earliest or latest moment that Python holds, for one that it does not."""
    early = bytes(data).startswith(b"-") or bytes(data).endswith(b"BC")
    edge = (1, 1, 1) if early else (9999, 12, 31, 23, 59, 59, 999_999)
    return datetime(*edge, tzinfo=UTC)


class _Date(pg_datetime.DateLoader):
    """Reads `infinity`, which Python cannot hold, as the farthest date."""

    def load(self, data: Any) -> date:
        """Give the date, clamped to what Python holds."""
        try:
            return super().load(data)
        except psycopg.DataError:
            return _farthest(data).date()


class _Timestamp(pg_datetime.TimestampLoader):
    """Reads `infinity` as the farthest moment."""

    def load(self, data: Any) -> datetime:
        """Give the moment, clamped to what Python holds."""
        try:
            return super().load(data)
        except psycopg.DataError:
            return _farthest(data).replace(tzinfo=None)


class _Instant(pg_datetime.TimestamptzLoader):
    """Reads `infinity` as the farthest instant."""

    def load(self, data: Any) -> datetime:
        """Give the instant, clamped to what Python holds."""
        try:
            return super().load(data)
        except psycopg.DataError:
            return _farthest(data)


def out_of_time() -> ReadFailed:
    """Make the refusal for a query that took too long."""
    return ReadFailed(
        _("查询超过了时间限制"), code="data.run.time", mend=_("请增加筛选条件，或避免没有连接条件的多表查询")
    )


def too_large() -> ReadFailed:
    """Make the refusal for an answer that is too large."""
    return ReadFailed(
        _("查询结果过大"), code="data.run.size", mend=_("请减少字段或行数，大批量数据请申请库表或文件方式")
    )


def not_computable() -> ReadFailed:
    """Make the refusal for an operation that does not hold for the data, without saying for which value."""
    return ReadFailed(
        _("查询中的某一步运算对数据不成立"),
        code="data.run.data",
        mend=_("请检查除数是否可能为零、转换的类型是否适合，并用 CASE 先行判断"),
    )


@contextmanager
def _neutral() -> Iterator[None]:
    """Turn the driver's errors into ours, which never carry its text."""
    try:
        yield
    except psycopg.errors.QueryCanceled:
        raise out_of_time() from None
    except psycopg.errors.TransactionTimeout:
        raise out_of_time() from None
    except _GONE:
        raise withdrawn() from None
    except (psycopg.errors.ConfigurationLimitExceeded, psycopg.errors.ProgramLimitExceeded, psycopg.errors.OutOfMemory):
        raise too_large() from None
    except psycopg.OperationalError:
        raise StoreUnavailable(_("数据服务暂时不可用，请稍后再试")) from None
    except (psycopg.Error, pa.ArrowException, InvalidOperation, OverflowError, ValueError):
        raise not_computable() from None


def _prepare(connection: psycopg.Connection, relations: tuple[RelationGrant, ...], limits: Limits) -> None:
    """Open the bounds of the transaction, then give up every right but those of the grant."""
    milliseconds = str(int(limits.seconds * 1000))
    settings = {
        "statement_timeout": milliseconds,
        "lock_timeout": "2000",
        "idle_in_transaction_session_timeout": str(int(limits.seconds * 1000) + 60_000),
        "work_mem": f"{max(limits.memory_bytes // 2**20 // 8, 4)}MB",
        "max_parallel_workers_per_gather": "0",
        "search_path": "",
        "TimeZone": "UTC",
        "jit": "off",
        "standard_conforming_strings": "on",
    }
    if connection.info.server_version >= 170_000:
        settings["transaction_timeout"] = milliseconds
    with connection.cursor() as cursor:
        for name, value in settings.items():
            cursor.execute("SELECT pg_catalog.set_config(%s, %s, true)", [name, value])
        _limit_temporary_files(cursor, limits)
        if relations[0].grant is not None:
            cursor.execute(f"SET LOCAL ROLE {quote(relations[0].role)}".encode())


def _limit_temporary_files(cursor: psycopg.Cursor, limits: Limits) -> None:
    """Bound temporary files, where the operator let the reader's role set that bound (PostgreSQL 15 and later)."""
    if cursor.connection.info.server_version < 150_000:
        return
    cursor.execute(
        "SELECT pg_catalog.set_config('temp_file_limit', %s, true)"
        " WHERE pg_catalog.has_parameter_privilege('temp_file_limit', 'SET')",
        [f"{limits.memory_bytes // 1024}kB"],
    )


def _check_live(connection: psycopg.Connection, relations: tuple[RelationGrant, ...]) -> None:
    relation = relations[0]
    if relation.grant is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT epoch FROM {quote(relation.role)}.{quote(LIVE_VIEW)}".encode())
        row = cursor.fetchone()
    if row is None or row[0] != relation.epoch:
        raise withdrawn()


def _field(column: psycopg.Column) -> pa.Field:
    if column.type_code == _NUMERIC:
        bounded = column.precision is not None and column.precision <= 38
        precision, scale = (column.precision, column.scale or 0) if bounded else (38, UNBOUNDED_SCALE)
        return pa.field(column.name, pa.decimal128(precision or 38, min(scale, 38)))
    return pa.field(column.name, _ARROW.get(column.type_code, pa.string()))


def _array(values: tuple[Any, ...], field: pa.Field) -> pa.Array:
    if pa.types.is_decimal(field.type):
        step = Decimal(1).scaleb(-field.type.scale)
        return pa.array([None if value is None else _fixed(value, step) for value in values], field.type)
    if pa.types.is_string(field.type):
        return pa.array([None if value is None else str(value) for value in values], field.type)
    return pa.array(values, field.type)


def _fixed(value: Decimal, step: Decimal) -> Decimal | None:
    return value.quantize(step, context=_WIDE) if value.is_finite() else None


def _batch(rows: list[tuple[Any, ...]], fields: list[pa.Field]) -> pa.RecordBatch:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(fields)
    arrays = [_array(values, field) for values, field in zip(columns, fields, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _chunks(
    connection: psycopg.Connection,
    relations: tuple[RelationGrant, ...],
    sql: str,
    values: tuple[object, ...],
    limits: Limits,
) -> Iterator[pa.RecordBatch]:
    deadline, total, first = time.monotonic() + limits.seconds, 0, True
    with psycopg.RawServerCursor(connection, "jiangyuan_read") as cursor:
        cursor.execute(sql.encode(), list(values))
        fields = [_field(column) for column in cursor.description or ()]
        while rows := cursor.fetchmany(CHUNK_ROWS):
            batch = _batch(rows, fields)
            total += batch.nbytes
            _check_live(connection, relations)
            if time.monotonic() > deadline:
                raise out_of_time()
            if total > limits.answer_bytes:
                raise too_large()
            yield batch
            first = False
        if first:
            _check_live(connection, relations)
            yield _batch([], fields)


def _read(
    url: str, relations: tuple[RelationGrant, ...], sql: str, values: tuple[object, ...], limits: Limits
) -> Iterator[pa.RecordBatch]:
    with _neutral(), psycopg.connect(url, connect_timeout=5) as connection:
        connection.read_only = True
        connection.adapters.register_loader("date", _Date)
        connection.adapters.register_loader("timestamp", _Timestamp)
        connection.adapters.register_loader("timestamptz", _Instant)
        for name in ("json", "jsonb"):
            connection.adapters.register_loader(name, TextLoader)
        try:
            _prepare(connection, relations, limits)
            yield from _chunks(connection, relations, sql, values, limits)
        finally:
            if not connection.closed:
                connection.rollback()


def run(
    plan: Plan, *, connection_url: str, parameters: Mapping[str, object] = NO_PARAMETERS
) -> Iterator[pa.RecordBatch]:
    """Run a plan's query in the serving store and give Arrow record batches; an empty answer is one empty batch.

    `connection_url` is of a role that may take the grant's role and owns nothing; `parameters` by name. `numeric`
    without a precision carries 12 digits after the point; uuid and json are text; infinite dates are clamped.
    Raises `PlanRefused` when the grant ends meanwhile, `ReadFailed` beyond the limits or where an operation does not
    hold, `StoreUnavailable`.
    """
    plan.verify()
    sql = plan.text("postgres")
    if not sql:
        raise PlanRefused(_("该查询不能在服务库中执行"), code="data.run.engine", mend=_("请改用联合查询引擎执行"))
    return _read(connection_url, plan.relations, sql, bind(plan, parameters), plan.limits)


def read_relation(plan: Plan, alias: str, *, connection_url: str) -> Iterator[pa.RecordBatch]:
    """Read the granted rows of one relation, the columns that the plan touches, filtered and masked by its view.

    Feeds the embedded engine where a plan spans several grants. Token columns are absent. Errors as of `run`.
    """
    plan.verify()
    relation = plan.relation(alias)
    names = [name for name in plan.columns_of(alias) if name not in relation.tokens]
    shown = ", ".join(quote(name) for name in names) or "1 AS present"
    sql = f"SELECT {shown} FROM {quote(relation.role)}.{quote(relation.view)}"
    return _read(connection_url, (relation,), sql, (), plan.limits)
