"""What a PostgreSQL database holds, from its own catalogue in five queries, whatever the number of tables.

No row of any table is read. Of what columns hold, only what the database's own statistics (`pg_stats`, kept by ANALYZE)
say in figures is taken: how many rows have a value, how many values there are, how wide they are. Its lists of frequent
values are values, and are left where they are.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from jiangyuan.data.connectors.interface import (
    MOST_COLUMNS,
    MOST_TABLES,
    Progress,
    Scan,
    ScannedColumn,
    ScannedTable,
    quietly,
)
from jiangyuan.data.connectors.postgres.dial import session

if TYPE_CHECKING:
    from jiangyuan.data.connections import ConnectionSpec

_KINDS = {"r": "table", "v": "view", "m": "view", "p": "partitioned", "f": "foreign"}

# Partitions are left to their parent, extensions' own tables to their extension.
_CHOSEN = """
    SELECT c.oid, n.nspname, c.relname, c.relkind, c.reltuples, n.oid AS nspoid
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND NOT c.relispartition AND c.relpersistence <> 't'
      AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%%'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e'
                      AND d.classid = 'pg_catalog.pg_class'::regclass)
      AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
    ORDER BY n.nspname, c.relname LIMIT %(tables)s
"""
_TABLES = f"""
    WITH chosen AS ({_CHOSEN})
    SELECT t.oid, t.nspname, t.relname, t.relkind::text, t.reltuples::bigint,
        pg_catalog.obj_description(t.oid, 'pg_class'),
        CASE WHEN t.relkind = 'p' THEN (SELECT sum(greatest(k.reltuples, 0))::bigint FROM pg_catalog.pg_class k
             JOIN pg_catalog.pg_partition_tree(t.oid) p ON p.relid = k.oid WHERE p.isleaf) END
    FROM chosen t
"""
_SIZES = f"""
    WITH chosen AS ({_CHOSEN})
    SELECT t.oid, CASE WHEN t.relkind IN ('r', 'm') THEN pg_catalog.pg_relation_size(t.oid)
             WHEN t.relkind = 'p' THEN (SELECT sum(pg_catalog.pg_relation_size(p.relid))::bigint
                                        FROM pg_catalog.pg_partition_tree(t.oid) p) END
    FROM chosen t
"""
# one row a column: for a parent of partitions, that of all of them together
_STATISTICS = f"""
    WITH chosen AS ({_CHOSEN})
    SELECT DISTINCT ON (t.oid, s.attname) t.oid, s.attname, s.null_frac, s.n_distinct, s.avg_width
    FROM chosen t JOIN pg_catalog.pg_stats s ON s.schemaname = t.nspname AND s.tablename = t.relname
    ORDER BY t.oid, s.attname, s.inherited DESC LIMIT %(columns)s
"""
_COLUMNS = f"""
    WITH chosen AS ({_CHOSEN})
    SELECT a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
        pg_catalog.col_description(a.attrelid, a.attnum), pg_catalog.pg_get_expr(d.adbin, d.adrelid),
        coalesce(pg_catalog.array_position(k.conkey, a.attnum), 0)
    FROM chosen t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = a.attrelid AND k.contype = 'p'
    ORDER BY a.attrelid, a.attnum LIMIT %(columns)s
"""
_REFERENCES = f"""
    WITH chosen AS ({_CHOSEN})
    SELECT k.conrelid, fn.nspname || '.' || fc.relname,
        ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(n, i)
              JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n ORDER BY u.i),
        ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(n, i)
              JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n ORDER BY u.i)
    FROM chosen t JOIN pg_catalog.pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f'
    JOIN pg_catalog.pg_class fc ON fc.oid = k.confrelid JOIN pg_catalog.pg_namespace fn ON fn.oid = fc.relnamespace
"""


def scan(spec: ConnectionSpec, *, progress: Progress = quietly) -> Scan:
    """Read schemas, tables, columns, keys, comments, row estimates and sizes that the account may read."""
    bounds = {"tables": MOST_TABLES + 1, "columns": MOST_COLUMNS + 1}
    progress("connecting", 0)
    with session(spec) as connection:
        tables = connection.execute(_TABLES, bounds).fetchall()
        progress("tables", len(tables[:MOST_TABLES]))
        columns = connection.execute(_COLUMNS, bounds).fetchall()
        references = connection.execute(_REFERENCES, bounds).fetchall()
        progress("columns", len(columns[:MOST_COLUMNS]))
        sizes = dict(connection.execute(_SIZES, bounds).fetchall())
        known = {(oid, name): facts for oid, name, *facts in connection.execute(_STATISTICS, bounds).fetchall()}
        progress("sizes", len(sizes))
    truncated = len(tables) > MOST_TABLES or len(columns) > MOST_COLUMNS
    rows = {row[0]: _rows(row) for row in tables}
    of_table: dict[int, list[ScannedColumn]] = defaultdict(list)
    for oid, *facts in columns[:MOST_COLUMNS]:
        of_table[oid].append(_column(facts, known.get((oid, facts[0])), rows.get(oid)))
    pointing: dict[int, list[Any]] = defaultdict(list)
    for oid, target, own, foreign in references:
        pointing[oid].append((tuple(own), target, tuple(foreign)))
    found = tuple(
        _table(row, of_table[row[0]], pointing[row[0]], rows[row[0]], sizes.get(row[0])) for row in tables[:MOST_TABLES]
    )
    return Scan(found, truncated=truncated)


def _rows(row: tuple[Any, ...]) -> int | None:
    kind, estimate, below = row[3], row[4], row[6]
    rows = below if kind == "p" else estimate
    return rows if rows is not None and rows >= 0 and kind != "v" else None


def _column(facts: list[Any], statistics: list[Any] | None, rows: int | None) -> ScannedColumn:
    name, kind, nullable, comment, default, key = facts
    missing, distinct, width = statistics or (None, None, None)
    if distinct is not None and distinct < 0:  # a share of the rows: the values grow with the table
        distinct = None if rows is None else -distinct * rows
    return ScannedColumn(
        name=name,
        type=kind,
        nullable=nullable,
        comment=comment or "",
        key=key,
        native_type=kind,
        default=default or "",
        filled=None if missing is None else round(1 - missing, 4),
        distinct=None if distinct is None else round(distinct),
        width=width,
    )


def _table(
    row: tuple[Any, ...], columns: list[ScannedColumn], references: list[Any], rows: int | None, size: int | None
) -> ScannedTable:
    _oid, schema, name, kind, _estimate, comment, _below = row
    return ScannedTable(
        schema=schema,
        name=name,
        columns=tuple(columns),
        kind=_KINDS[kind],  # pyright: ignore[reportArgumentType]
        comment=comment or "",
        rows=rows,
        size=size,
        references=tuple(references),
    )
