"""An SQLite file as a source: read-only, under the file root, never through a link.

SQLite lets any value stand in any column, so rows are read as texts and cast to the declared types: a value that does not
fit is refused instead of being changed silently. Polling is eventual (`polling`); there is no log to capture from.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote as url_quote

import pyarrow as pa
from django.utils.translation import gettext_lazy as _

from jiangyuan.data.column_types import duckdb_type
from jiangyuan.data.connectors.extension import load_extension
from jiangyuan.data.connectors.folder.root import file_root, opened
from jiangyuan.data.connectors.interface import (
    MOST_SAMPLE_ROWS,
    MOST_TABLES,
    Capabilities,
    Check,
    Progress,
    Report,
    Scan,
    ScannedColumn,
    ScannedTable,
    SourceRefused,
    SourceUnavailable,
    quietly,
    receives_nothing,
)

if TYPE_CHECKING:
    import duckdb

    from jiangyuan.data.conditions import Condition
    from jiangyuan.data.connections import ConnectionSpec
    from jiangyuan.data.relations import Column

LOCK_SECONDS = 5
COUNT_STEPS = 20_000_000  # virtual machine steps that counting the rows of one table may take
_MAGIC = b"SQLite format 3\0"


class SqliteConnector:
    """Reads an SQLite file; see the package."""

    capabilities = Capabilities(
        kind="sqlite",
        snapshot=True,
        capture="none",
        polling="eventual",
        query_in_place=False,
        types=(
            "bigint",
            "double precision",
            "numeric",
            "text",
            "boolean",
            "date",
            "timestamp without time zone",
            "bytea",
        ),
        limits=(("tables", MOST_TABLES),),
        needs=(_("平台文件根目录之下的一个 SQLite 文件"),),
    )

    def test_target(self, spec: ConnectionSpec) -> Report:
        """Say that nothing is delivered into this kind."""
        return receives_nothing()

    def test(self, spec: ConnectionSpec) -> Report:
        """Check that the file is there, is SQLite, and can be read."""
        try:
            with _open(spec) as connection:
                broken = connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok"
                (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema WHERE type = 'table'").fetchone()
        except (SourceRefused, SourceUnavailable) as refusal:
            return Report((Check("reachable", _("文件可以打开"), "failed", refusal.message, refusal.mend),))
        checks = [Check("reachable", _("文件可以打开"), "ok")]
        mend = _("请用 SQLite 的 .recover 修复，或重新导出。")
        checks.append(Check("intact", _("文件完整"), "failed" if broken else "ok", mend=mend if broken else ""))
        state = "ok" if tables else "failed"
        checks.append(Check("rights", _("有可读取的表"), state, str(tables), "" if tables else _("文件中没有表。")))
        return Report(tuple(checks))

    def scan(self, spec: ConnectionSpec, *, progress: Progress = quietly) -> Scan:
        """Read tables, views, columns, keys and row numbers (exact where counting is quick)."""
        progress("connecting", 0)
        with _open(spec) as connection:
            names = connection.execute(
                "SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%'"
                " ESCAPE '\\' ORDER BY name LIMIT ?",
                (MOST_TABLES + 1,),
            ).fetchall()
            progress("tables", len(names[:MOST_TABLES]))
            found: list[ScannedTable] = []
            columns = 0
            for name, kind in names[:MOST_TABLES]:  # rows are counted table by table, which is what takes the time
                found.append(_scanned(connection, name, kind))
                columns += len(found[-1].columns)
                progress("columns", columns)
        return Scan(tuple(found), truncated=len(names) > MOST_TABLES)

    def sample(self, spec: ConnectionSpec, table: str, *, schema: str = "", rows: int = 100) -> pa.Table:
        """Read the first rows of a table as texts."""
        with _open(spec) as connection:
            columns = [name for name, *_rest in _columns(connection, table)]
            shown = ", ".join(f"substr(CAST({_quote(name)} AS TEXT), 1, 1000)" for name in columns)
            query = f"SELECT {shown} FROM {_quote(table)} LIMIT ?"
            found = connection.execute(query, (max(0, min(rows, MOST_SAMPLE_ROWS)),)).fetchall()
        return pa.table(
            [pa.array([row[place] for row in found], pa.string()) for place in range(len(columns))], names=columns
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
        """Make the view `name` over the table, every value cast to its declared type."""
        with _open(spec) as connection:
            present = {column for column, *_rest in _columns(connection, table)}
        needed = {column.name: column.type for column in columns}
        needed |= {field.name: field.type for field in condition.fields()} if condition else {}
        for column in needed:
            if column not in present:
                raise SourceRefused(
                    _("来源表“%(table)s”中没有字段“%(column)s”") % {"table": table, "column": column},
                    code="source.renamed_column",
                    where=f"{table}.{column}",
                    mend=_("该字段可能已改名或删除：请重新扫描该来源后更新目录。"),
                )
        load_extension(engine, "sqlite_scanner")
        engine.execute("SET sqlite_all_varchar = true")
        path = str(file_root() / spec.path).replace("'", "''")
        engine.execute(f"ATTACH '{path}' AS source_file (TYPE sqlite, READ_ONLY)")
        made = ", ".join(f"{_quote(c)}::{duckdb_type(kind)} AS {_quote(c)}" for c, kind in needed.items())
        where = f" WHERE {condition.sql('duckdb')}" if condition else ""
        shown = ", ".join(_quote(column.name) for column in columns)
        inner = f"SELECT {made} FROM source_file.{_quote(table)}"
        engine.execute(f"CREATE TEMP VIEW {_quote(name)} AS SELECT {shown} FROM ({inner}){where}")


@contextmanager
def _open(spec: ConnectionSpec) -> Iterator[sqlite3.Connection]:
    with opened(spec.path) as descriptor:
        with open(descriptor, "rb", closefd=False) as stream:
            if stream.read(len(_MAGIC)) != _MAGIC:
                raise _not_sqlite(spec.path)
        # By its path and not by the descriptor, as a write-ahead log beside the file belongs to its content.
        address = f"file:{url_quote(str((file_root() / spec.path).absolute()))}?mode=ro"
        try:
            connection = sqlite3.connect(address, uri=True, timeout=LOCK_SECONDS)
            connection.execute("PRAGMA query_only = 1")
            connection.execute("PRAGMA trusted_schema = 0")
        except sqlite3.Error as error:
            raise _told(error, spec.path) from error
        try:
            yield connection
        except sqlite3.Error as error:
            raise _told(error, spec.path) from error
        finally:
            connection.close()


def _told(error: sqlite3.Error, path: str) -> SourceRefused | SourceUnavailable:
    text = str(error)
    if "locked" in text or "busy" in text:
        return SourceUnavailable(_("SQLite 文件正被写入"), code="source.locked", where=path)
    if "no such table" in text or "no such column" in text:
        return SourceRefused(
            _("来源中的表或字段已不存在"),
            code="source.absent",
            where=path,
            mend=_("可能已改名或删除：请重新扫描该来源后更新目录。"),
        )
    return _not_sqlite(path)


def _not_sqlite(path: str) -> SourceRefused:
    return SourceRefused(
        _("不是完整的 SQLite 3 文件，或文件已加密"),
        code="source.file.broken",
        where=path,
        mend=_("请用 SQLite 重新导出；加密的文件请先解密。"),
    )


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _columns(connection: sqlite3.Connection, table: str) -> list[tuple[str, str, int, Any, int]]:
    found = connection.execute(
        'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)', (table,)
    ).fetchall()
    if not found:
        raise SourceRefused(
            _("来源中没有表“%(table)s”") % {"table": table},
            code="source.absent",
            where=table,
            mend=_("该表可能已改名或删除：请重新扫描该来源后更新目录。"),
        )
    return found


def _type(native: str) -> str:
    """Give the PostgreSQL type of a declared SQLite type, by SQLite's own rules of affinity."""
    declared = native.upper()
    for word, kind in (
        ("BOOL", "boolean"),
        ("TIMESTAMP", "timestamp without time zone"),
        ("DATETIME", "timestamp without time zone"),
        ("DATE", "date"),
        ("INT", "bigint"),
        ("CHAR", "text"),
        ("CLOB", "text"),
        ("TEXT", "text"),
        ("BLOB", "bytea"),
        ("REAL", "double precision"),
        ("FLOA", "double precision"),
        ("DOUB", "double precision"),
    ):
        if word in declared:
            return kind
    scaled = re.search(r"\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)", declared)
    if scaled and 0 < int(scaled.group(1)) <= 38 and int(scaled.group(2)) <= int(scaled.group(1)):
        return f"numeric({int(scaled.group(1))},{int(scaled.group(2))})"
    return "numeric" if declared else "text"


def _scanned(connection: sqlite3.Connection, name: str, kind: str) -> ScannedTable:
    columns = tuple(
        ScannedColumn(name=c, type=_type(t), nullable=not required, key=key, native_type=t, default=str(default or ""))
        for c, t, required, default, key in _columns(connection, name)
    )
    steps = 0

    def spend() -> int:
        nonlocal steps
        steps += 100_000
        return int(steps > COUNT_STEPS)

    rows = None
    if kind == "table":
        connection.set_progress_handler(spend, 100_000)
        try:
            (rows,) = connection.execute(f"SELECT count(*) FROM {_quote(name)}").fetchone()
        except sqlite3.OperationalError:
            rows = None
        finally:
            connection.set_progress_handler(None, 0)
    return ScannedTable(
        schema="",
        name=name,
        columns=columns,
        kind="view" if kind == "view" else "table",
        rows=rows,
        exact=rows is not None,
    )


CONNECTOR = SqliteConnector()
