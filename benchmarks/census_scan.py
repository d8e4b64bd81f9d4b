"""The inventory of a large database: 2,000 tables and 40,000 columns found, kept and compared, beside what others read.

The database has keys, foreign keys, comments and statistics. Measured is the platform's own way: the connector's
catalogue queries, then the inventory written into the platform's tables; scanned again, with nothing changed and with
one table in ten changed. Peers read the same database in the same run: `information_schema` asked table by table, as
inspectors that go through a driver's metadata do; DuckDB's attachment, which reads tables, columns and types alone; and
SQLAlchemy's reflection where it is installed, table by table and in its set-based form. No peer keeps anything.
"""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from _bench import arguments, report, say, seconds
from psycopg.conninfo import conninfo_to_dict

from jiangyuan.data.connections import ConnectionSpec
from jiangyuan.data.connectors import connector
from jiangyuan.supervisor.cluster import FAST_SETTINGS, Cluster
from jiangyuan.supervisor.roles import bootstrap

GOAL = 60.0
_KEYS = (
    "SELECT kc.column_name FROM information_schema.table_constraints tc JOIN information_schema.key_column_usage kc"
    " USING (constraint_schema, constraint_name) WHERE tc.table_schema = %s AND tc.table_name = %s"
    " AND tc.constraint_type = %s"
)
_FIELDS = (
    "SELECT column_name, data_type, is_nullable, col_description((quote_ident(table_schema) || '.' ||"
    " quote_ident(table_name))::regclass, ordinal_position::int) FROM information_schema.columns"
    " WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position"
)


def fill(dsn: str, tables: int, columns: int) -> None:
    """Make the tables in eight schemas, each with a key, comments, and a foreign key to the one before it."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for schema in range(8):
            connection.execute(f"CREATE SCHEMA s{schema}".encode())
        for first in range(0, tables, 100):
            with connection.transaction():
                for n in range(first, min(tables, first + 100)):
                    connection.execute("".join(_orders(n, columns)).encode())
        connection.execute("ANALYZE")


def _orders(n: int, columns: int) -> list[str]:
    name = f"s{n % 8}.t{n:05}"
    fields = ["id bigint PRIMARY KEY", f"before bigint REFERENCES s{(n - 1) % 8}.t{n - 1:05}" if n else "before bigint"]
    fields += [f"c{c:03} {('text', 'numeric(18,2)', 'timestamptz', 'varchar(64)')[c % 4]}" for c in range(2, columns)]
    commented = [f"COMMENT ON COLUMN {name}.c{c:03} IS '第{c}个字段';" for c in range(2, columns)]
    row = f"INSERT INTO {name} (id, c004) SELECT g, 'x' FROM generate_series(1, 20) g;"
    return [f"CREATE TABLE {name} ({', '.join(fields)});", f"COMMENT ON TABLE {name} IS '第{n}张表';", *commented, row]


def one_by_one(dsn: str) -> int:
    """Read columns, keys, foreign keys and comments table by table; gives the number of columns."""
    found = 0
    with psycopg.connect(dsn, autocommit=True) as connection:
        names = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables"
            " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for name in names:
            found += len(connection.execute(_FIELDS, name).fetchall())
            for kind in ("PRIMARY KEY", "FOREIGN KEY"):
                connection.execute(_KEYS, (*name, kind)).fetchall()
    return found


def attached(dsn: str) -> int:
    """Let DuckDB read the catalogue of the database it attaches; gives the number of columns."""
    with duckdb.connect() as engine:
        from jiangyuan.data.connectors.extension import load_extension

        load_extension(engine, "postgres_scanner")
        engine.execute(f"ATTACH '{dsn}' AS d (TYPE postgres, READ_ONLY)")
        row = engine.execute("SELECT count(*) FROM duckdb_columns() WHERE database_name = 'd'").fetchone()
        return int(row[0]) if row else 0


def reflected(dsn: str) -> dict[str, float]:
    """Let SQLAlchemy reflect the database in both of its ways; nothing where it is not installed."""
    try:
        import sqlalchemy  # pyright: ignore[reportMissingImports]
    except ImportError:
        say("SQLAlchemy is not installed: left out")
        return {}
    engine = sqlalchemy.create_engine(dsn.replace("postgresql://", "postgresql+psycopg://"))
    schemas = [f"s{n}" for n in range(8)]

    def whole() -> None:
        inspector = sqlalchemy.inspect(engine)
        for schema in schemas:
            inspector.get_multi_columns(schema=schema)
            inspector.get_multi_pk_constraint(schema=schema)
            inspector.get_multi_foreign_keys(schema=schema)
            inspector.get_multi_table_comment(schema=schema)

    def single() -> None:
        inspector = sqlalchemy.inspect(engine)
        for schema in schemas:
            for table in inspector.get_table_names(schema=schema):
                inspector.get_columns(table, schema=schema)
                inspector.get_pk_constraint(table, schema=schema)
                inspector.get_foreign_keys(table, schema=schema)
                inspector.get_table_comment(table, schema=schema)

    return {"sqlalchemy_set_based": round(seconds(whole), 2), "sqlalchemy_table_by_table": round(seconds(single), 2)}


def platform(urls: dict[str, str], home: Path) -> None:
    """Set this process up as the platform over a migrated database."""
    os.environ.update({f"JIANGYUAN_{name.upper()}": url for name, url in urls.items()})
    os.environ.update(JIANGYUAN_HOME=str(home / "platform"), JIANGYUAN_EGRESS_ALLOW="127.0.0.0/8,::1/128")
    os.environ["DJANGO_SETTINGS_MODULE"] = "jiangyuan.settings"
    import django
    from django.core.management import call_command
    from django.db import connections

    from jiangyuan.kernel.config import database_options

    django.setup()
    connections["default"].settings_dict.update(database_options(urls["owner_url"]))
    call_command("migrate", verbosity=0)
    connections["default"].close()
    connections["default"].settings_dict.update(database_options(urls["database_url"]))


def measured(spec: ConnectionSpec, dsn: str, tables: int) -> dict[str, Any]:
    """Scan and keep: the first time, again with nothing changed, and after one table in ten was changed."""
    from django.db import transaction
    from django.utils import timezone

    from jiangyuan.organization.models import Body, Jurisdiction
    from jiangyuan.sources.inventory import record_scan
    from jiangyuan.sources.models import ScannedColumn, Source

    place = Jurisdiction.objects.create(code="630000", name="青海省", level="province")
    body = Body.objects.create(name="青海省大数据局", short_name="大数据局", alias="bigdata", jurisdiction=place)
    source = Source.objects.create(body=body, name="前置库", alias="front", kind="postgres")
    figures: dict[str, Any] = {}

    def once(label: str) -> dict[str, list[str]]:
        begun = time.perf_counter()
        found = connector("postgres").scan(spec)
        read = time.perf_counter()
        with transaction.atomic():
            difference = record_scan(source, found, now=timezone.now())
        done = time.perf_counter()
        figures[label] = {
            "seconds": round(done - begun, 2),
            "reading": round(read - begun, 2),
            "keeping": round(done - read, 2),
        }
        say(f"{label}: {figures[label]}, " + ", ".join(f"{k} {len(v)}" for k, v in difference.items()))
        return difference

    once("first")
    figures["tables"] = source.tables.count()  # pyright: ignore
    figures["columns"] = ScannedColumn.objects.filter(table__source=source).count()
    once("again")
    with psycopg.connect(dsn, autocommit=True) as connection:
        for n in range(0, tables, 10):
            connection.execute(f"ALTER TABLE s{n % 8}.t{n:05} ADD COLUMN added integer".encode())
    figures["changes_told"] = len(once("changed")["changed"])
    return figures


def main() -> int:
    """Measure."""
    given = arguments(__doc__ or "", tables=2000, columns=20)
    home = Path(tempfile.mkdtemp(prefix="jiangyuan-bench-"))
    home.chmod(0o711)
    try:
        with Cluster(home, options={**FAST_SETTINGS, "max_locks_per_transaction": "1024"}) as cluster:
            platform(bootstrap(cluster, home=home), home)
            dsn = cluster.create_database("front")
            at = conninfo_to_dict(dsn)
            fill(dsn, given.tables, given.columns)
            say("the database is filled")
            spec = ConnectionSpec(
                kind="postgres",
                host=str(at["host"]),
                port=int(str(at["port"])),
                database=str(at["dbname"]),
                user=str(at["user"]),
                password=str(at.get("password") or ""),
            )
            figures = measured(spec, dsn, given.tables)
            peers: dict[str, Any] = {
                "duckdb_attach": round(seconds(lambda: attached(dsn)), 2),
                "information_schema_table_by_table": round(seconds(lambda: one_by_one(dsn)), 2),
                **reflected(dsn),
            }
            slowest = max(figures[name]["seconds"] for name in ("first", "again", "changed"))
            met = slowest < GOAL and figures["columns"] == given.tables * given.columns
            met = met and figures["changes_told"] == len(range(0, given.tables, 10))
            return report(
                bench="census_scan",
                figures=figures,
                peers=peers,
                goal=f"{given.tables} tables and {given.tables * given.columns} columns inventoried < {GOAL:g} s",
                met=met,
                distributions=("psycopg", "duckdb", "sqlalchemy"),
            )
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
