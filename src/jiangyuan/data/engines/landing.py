"""Applying a grant to raw Arrow batches in this process: condition, masks and tokens, before a byte leaves.

For sources read directly, for changes as they are captured, and for files. The text that runs is the platform's own;
consumers' SQL never comes here. Rows whose condition is false or unknown are dropped.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

import duckdb
import pyarrow as pa
from django.utils.translation import gettext_lazy as _
from sqlglot import exp

from jiangyuan.data.column_types import duckdb_type
from jiangyuan.data.conditions import Condition
from jiangyuan.data.masking import mask_tree, tokenize
from jiangyuan.data.relations import RelationGrant
from jiangyuan.kernel.errors import Broken

Hmac = Callable[[bytes], bytes]
"""HMAC-SM3 under the key of one grant."""
_local = threading.local()


class DriftedRows(Broken):
    """The rows are not of the types that the grant was made on."""

    default_code = "data.landing"


def _connection() -> duckdb.DuckDBPyConnection:
    """Give this thread's engine: nothing attached, nothing reachable; opening one costs more than a small batch."""
    if not hasattr(_local, "connection"):
        _local.connection = duckdb.connect(
            ":memory:",
            config={
                "enable_external_access": "false",
                "autoload_known_extensions": "false",
                "python_enable_replacements": "false",
                "temp_directory": "",
                "threads": "1",
            },
        )
        _local.connection.execute("SET TimeZone = 'UTC'")
        _local.connection.execute("SET lock_configuration = true")
    return _local.connection


def _typed(types: dict[str, str]) -> exp.Expr:
    """Give the batch with each column in the type the grant knows it by."""
    columns = [
        exp.alias_(
            exp.cast(
                exp.column(exp.to_identifier(name, quoted=True)),
                exp.DataType.build(duckdb_type(kind), dialect="duckdb"),
            ),
            name,
            quoted=True,
        )
        for name, kind in types.items()
    ]
    return exp.select(*columns).from_("feed").subquery("rows")


def _run(sql: str, batch: pa.RecordBatch | pa.Table) -> pa.Table:
    connection = _connection()
    connection.register("feed", pa.table(batch) if isinstance(batch, pa.RecordBatch) else batch)
    try:
        return connection.execute(sql).to_arrow_table()
    except duckdb.Error:
        raise DriftedRows(
            _("来源数据与授权时登记的类型不一致"), mend=_("请重新扫描来源表，核对字段类型后恢复")
        ) from None
    finally:
        connection.unregister("feed")


def holds(condition: Condition, batch: pa.RecordBatch | pa.Table) -> pa.Array:
    """Tell for each row of a batch whether it belongs to the condition; unknown counts as no. A boolean array."""
    types = {field.name: field.type for field in condition.fields()}
    test = exp.Is(this=exp.paren(condition.tree("duckdb")), expression=exp.true())
    query = exp.select(exp.alias_(test, "belongs", quoted=True)).from_(_typed(types))
    return _run(query.sql(dialect="duckdb", identify=True), batch).column("belongs").combine_chunks()


def shape_sql(relation: RelationGrant) -> str:
    """Give the DuckDB text that filters and masks raw rows called `feed`; tokens come out in clear, to be computed."""
    types = {column.name: column.type for column in relation.columns}
    condition = relation.condition
    if condition is not None:
        types.update({field.name: field.type for field in condition.fields()})
    shown = [
        exp.alias_(
            exp.column(exp.to_identifier(column.name, quoted=True))
            if column.name in relation.tokens
            else mask_tree(column, dialect="duckdb"),
            column.name,
            quoted=True,
        )
        for column in relation.columns
    ]
    query = exp.select(*shown).from_(_typed(types))
    query = query if condition is None else query.where(condition.tree("duckdb"))
    return query.sql(dialect="duckdb", identify=True, comments=False)


def shape_batches(
    relation: RelationGrant, batches: Iterable[pa.RecordBatch], *, hmac: Hmac | None = None
) -> Iterator[pa.RecordBatch]:
    """Filter, mask and tokenize raw batches as a grant shows them; the batches hold at least the columns it needs.

    `hmac` computes the tokens and is needed where the grant has token columns. Raises `DriftedRows` where the rows
    are of other types, `Broken` for a missing token key.
    """
    if relation.tokens and hmac is None:
        raise Broken(_("缺少令牌密钥"), code="data.landing.token", where=relation.alias)
    sql = shape_sql(relation)
    for batch in batches:
        shaped = _run(sql, batch)
        for name in relation.tokens:
            if hmac is not None:
                index = shaped.schema.get_field_index(name)
                shaped = shaped.set_column(index, name, tokenize(shaped.column(name), hmac=hmac))
        yield from shaped.to_batches() or [pa.RecordBatch.from_pylist([], schema=shaped.schema)]
