"""PostgreSQL (14 and later, and the domestic databases of its family) as a source.

Structure comes from the catalogue by psycopg; rows by DuckDB's reader, with the condition in the source's own SELECT, so
that nothing outside a grant crosses the network. Types DuckDB does not know travel as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import psycopg
import pyarrow as pa
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from jiangyuan.data.column_types import UnknownType, duckdb_type, family, precision_of
from jiangyuan.data.connectors.extension import load_extension
from jiangyuan.data.connectors.interface import (
    MOST_COLUMNS,
    MOST_SAMPLE_ROWS,
    MOST_TABLES,
    Capabilities,
    Progress,
    Report,
    Scan,
    SourceRefused,
    quietly,
)
from jiangyuan.data.connectors.postgres import catalog, readiness
from jiangyuan.data.connectors.postgres.dial import READ_SECONDS, SCAN_SECONDS, conninfo, explained, session
from jiangyuan.data.relations import Column

if TYPE_CHECKING:
    import duckdb

    from jiangyuan.data.conditions import Condition
    from jiangyuan.data.connections import ConnectionSpec

TYPES = (
    "smallint", "integer", "bigint", "numeric", "real", "double precision", "boolean", "text", "character varying",
    "character", "date", "timestamp without time zone", "timestamp with time zone", "time", "uuid", "bytea", "json", "jsonb",
)  # fmt: skip


class PostgresConnector:
    """Reads PostgreSQL; see the package."""

    capabilities = Capabilities(
        kind="postgres",
        snapshot=True,
        capture="log",
        polling="none",
        query_in_place=True,
        types=TYPES,
        limits=(("tables", MOST_TABLES), ("columns", MOST_COLUMNS), ("seconds", READ_SECONDS)),
        needs=(_("只读账户"), _("采集变更另需 wal_level = logical、REPLICATION 权限和有上限的复制槽")),
    )

    def test(self, spec: ConnectionSpec) -> Report:
        """Check the source by name; see `readiness`."""
        return readiness.test(spec)

    def test_target(self, spec: ConnectionSpec) -> Report:
        """Check the database as a receiver; see `readiness`."""
        return readiness.test_target(spec)

    def scan(self, spec: ConnectionSpec, *, progress: Progress = quietly) -> Scan:
        """Read the structure; see `catalog`."""
        return catalog.scan(spec, progress=progress)

    def sample(self, spec: ConnectionSpec, table: str, *, schema: str = "public", rows: int = 100) -> pa.Table:
        """Read the first rows of a table as texts and numbers."""
        most = max(0, min(rows, MOST_SAMPLE_ROWS))
        with session(spec, seconds=SCAN_SECONDS) as connection:
            types = _types(connection, schema or "public", table)
            shown = sql.SQL(", ").join(sql.SQL("left({}::text, 1000)").format(sql.Identifier(name)) for name in types)
            query = sql.SQL("SELECT {} FROM {} LIMIT {}").format(shown, sql.Identifier(schema or "public", table), most)
            found = connection.execute(query).fetchall()
        return pa.table(
            [pa.array([row[place] for row in found], pa.string()) for place in range(len(types))], names=list(types)
        )

    def attach(
        self,
        engine: duckdb.DuckDBPyConnection,
        spec: ConnectionSpec,
        *,
        name: str,
        table: str,
        schema: str = "",
        columns: Sequence[Column],
        condition: Condition | None = None,
    ) -> None:
        """Make the view `name` over the source's own answer to columns and condition."""
        schema = schema or "public"
        with session(spec) as connection:
            types = _types(connection, schema, table)
            _require(types, columns, f"{schema}.{table}")
            selected = _select(columns, schema, table, condition)
            query = selected.as_string(connection)
            try:
                connection.execute(sql.SQL("EXPLAIN ") + selected)
            except psycopg.Error as error:
                raise explained(error, where=f"{schema}.{table}") from error
        load_extension(engine, "postgres_scanner")
        engine.execute(
            f"ATTACH {_text(conninfo(spec, seconds=READ_SECONDS))} AS source_database (TYPE postgres, READ_ONLY)"
        )
        made = ", ".join(f"{_quote(c.name)}::{duckdb_type(c.type)} AS {_quote(c.name)}" for c in columns)
        engine.execute(
            f"CREATE TEMP VIEW {_quote(name)} AS SELECT {made} FROM postgres_query('source_database', {_text(query)})"
        )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _types(connection: psycopg.Connection, schema: str, table: str) -> dict[str, str]:
    found = connection.execute(
        "SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute a"
        " JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
        (schema, table),
    ).fetchall()
    if not found:
        raise SourceRefused(
            _("来源中没有表“%(table)s”") % {"table": f"{schema}.{table}"},
            code="source.absent",
            where=f"{schema}.{table}",
            mend=_("该表可能已改名或删除：请重新扫描该来源后更新目录。"),
        )
    return dict(found)


def _require(types: dict[str, str], columns: Sequence[Column], where: str) -> None:
    for column in columns:
        if column.name not in types:
            raise SourceRefused(
                _("来源表“%(table)s”中没有字段“%(column)s”") % {"table": where, "column": column.name},
                code="source.renamed_column",
                where=f"{where}.{column.name}",
                mend=_("该字段可能已改名或删除：请重新扫描该来源后更新目录。"),
            )
        if not _same(types[column.name], column.type):
            raise SourceRefused(
                _("字段“%(column)s”登记为 %(declared)s，来源中现为 %(found)s")
                % {"column": column.name, "declared": column.type, "found": types[column.name]},
                code="source.changed_type",
                where=f"{where}.{column.name}",
                mend=_("请重新扫描该来源，核对字段类型后更新目录。"),
            )


def _same(found: str, declared: str) -> bool:
    """Tell whether a column as found still fits its declared type; text takes everything, numbers may be narrower."""
    wanted = family(declared)
    if wanted == "text":
        return True
    try:
        kind = family(found)
    except UnknownType:
        return False
    return kind == wanted or (kind, wanted) in {("integer", "number"), ("integer", "float"), ("number", "float")}


def _select(columns: Sequence[Column], schema: str, table: str, condition: Condition | None) -> sql.Composed:
    shown = sql.SQL(", ").join(_shown(column) for column in columns)
    query = sql.SQL("SELECT {} FROM {}").format(shown, sql.Identifier(schema, table))
    if condition is not None:
        query += sql.SQL(" WHERE ") + sql.SQL(condition.sql("postgres"))  # pyright: ignore[reportArgumentType]
    return query


def _shown(column: Column) -> sql.Composable:
    """The column as DuckDB's reader takes it exactly: a numeric of no scale, and what it does not know, as text."""
    name = sql.Identifier(column.name)
    kind = family(column.type)
    bare = kind == "number" and precision_of(column.type) is None
    if bare or kind in ("text", "json", "uuid"):
        return sql.SQL("{0}::text AS {0}").format(name)
    return sql.SQL("{0}::{1} AS {0}").format(name, sql.SQL(column.type))  # pyright: ignore[reportArgumentType]


CONNECTOR = PostgresConnector()
