"""Reading governed rows from a source: the one road, and it takes a sealed `Plan`.

The condition and the masks of the grant are part of the query that reads, so that what it does not give never leaves
the reading engine. Rows stream as Arrow batches; none becomes a Python object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
from django.utils.translation import gettext_lazy as _
from sqlglot import exp

from jiangyuan.data.connectors import connector
from jiangyuan.data.connectors.interface import SourceRefused, SourceUnavailable
from jiangyuan.data.masking import mask_kind, mask_tree, tokenize
from jiangyuan.data.relations import Column, RelationGrant
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import Broken, JiangyuanError

if TYPE_CHECKING:
    from jiangyuan.data.plan import Plan

BATCH_ROWS = 61_440


def _relation(plan: Plan, alias: str) -> RelationGrant:
    plan.verify()
    for relation in plan.relations:
        if relation.alias == alias and relation.location.kind == "source":
            return relation
    raise Broken(_("读取计划中没有来源表 %(alias)s") % {"alias": alias}, code="plan.relation", where=alias)


@contextmanager
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a private in-memory engine with bounded memory, in UTC, that writes no file and installs no extension."""
    configured = {"memory_limit": settings().embedded_engine_memory, "autoinstall_known_extensions": False}
    connection = duckdb.connect(config=configured)
    try:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turn the engine's errors into the source's: its own text may quote values or credentials and stays behind."""
    try:
        yield
    except (
        duckdb.ConversionException,
        duckdb.InvalidInputException,
        duckdb.BinderException,
        UnicodeDecodeError,  # binary values in a column read as text: the engine's message cannot even be decoded
    ) as error:
        raise SourceRefused(
            _("来源表“%(table)s”的字段类型已改变，数据无法按登记的类型读取") % {"table": where},
            code="source.changed_type",
            where=where,
            mend=_("请重新扫描该来源，核对字段类型后更新目录；或由来源单位恢复原类型。"),
        ) from error
    except (duckdb.IOException, duckdb.OperationalError) as error:
        raise SourceUnavailable(_("读取来源“%(table)s”时连接中断或超时") % {"table": where}, where=where) from error
    except duckdb.Error as error:
        raise Broken(
            _("读取来源“%(table)s”时引擎出错") % {"table": where}, code="source.engine", where=where
        ) from error


@contextmanager
def open_relation(plan: Plan, *, alias: str, name: str = "source") -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    """Open one source table of a plan as a view over exactly the granted rows and masked columns.

    Yields the engine and the view's name, for profiles and quality rules. Tokens are not computed by an engine: a
    relation with token columns is refused here and must be read by `read`.
    """
    relation = _relation(plan, alias)
    with engine() as connection, told(alias):
        _attach(connection, relation, relation.columns)
        shown = ", ".join(_shown(column) for column in relation.columns)
        connection.execute(f'CREATE TEMP VIEW "{name}" AS SELECT {shown} FROM granted{_limit(relation)}')
        yield connection, name


def read(
    plan: Plan, *, alias: str, tokens: Callable[[bytes], bytes] | None = None, batch_rows: int = BATCH_ROWS
) -> Iterator[pa.RecordBatch]:
    """Read one source table of a plan as Arrow batches: the granted rows and columns, masked.

    `tokens` is HMAC-SM3 under the grant's key, needed where a column's mask is a token. Raises `SourceRefused`,
    `SourceUnavailable`, and whatever `plan.verify()` raises for a plan that was tampered with.
    """
    relation = _relation(plan, alias)
    if tokens is None and any(mask_kind(column) == "token" for column in relation.columns):
        raise Broken(_("读取含令牌字段的表须提供授权密钥"), code="plan.tokens", where=alias)
    with engine() as connection, told(alias):
        _attach(connection, relation, relation.columns)
        shown = ", ".join(
            f"{_name(column)}::VARCHAR AS {_name(column)}" if mask_kind(column) == "token" else _shown(column)
            for column in relation.columns
        )
        reader = connection.execute(f"SELECT {shown} FROM granted{_limit(relation)}").to_arrow_reader(batch_rows)
        for batch in _batches(reader, alias):
            yield _tokenized(batch, relation, tokens) if tokens else batch


def _batches(reader: pa.RecordBatchReader, where: str) -> Iterator[pa.RecordBatch]:
    while True:
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            return
        except JiangyuanError:
            raise
        except Exception as error:  # a failing stream surfaces as whatever Arrow makes of the engine's text
            if "Conversion" in str(error) or "Mismatch" in str(error):
                raise duckdb.ConversionException("column type") from error
            raise SourceUnavailable(_("读取来源“%(table)s”时连接中断") % {"table": where}, where=where) from error
        if batch.num_rows:
            yield batch


def _attach(connection: duckdb.DuckDBPyConnection, relation: RelationGrant, columns: tuple[Column, ...]) -> None:
    location = relation.location
    if location.connection is None:
        raise Broken(_("来源表没有连接"), code="plan.location", where=relation.alias)
    connector(location.connection.kind).attach(
        connection,
        location.connection,
        name="granted",
        schema=location.schema,
        table=location.table,
        columns=columns,
        condition=relation.condition,
    )


def _name(column: Column) -> str:
    return exp.to_identifier(column.name, quoted=True).sql(dialect="duckdb")


def _shown(column: Column) -> str:
    return f"{mask_tree(column, dialect='duckdb').sql(dialect='duckdb', comments=False)} AS {_name(column)}"


def _limit(relation: RelationGrant) -> str:
    return f" LIMIT {int(relation.row_limit)}" if relation.row_limit is not None else ""


def _tokenized(batch: pa.RecordBatch, relation: RelationGrant, tokens: Callable[[bytes], bytes]) -> pa.RecordBatch:
    arrays = [
        tokenize(batch.column(place), hmac=tokens) if mask_kind(column) == "token" else batch.column(place)
        for place, column in enumerate(relation.columns)
    ]
    return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in relation.columns])
