"""A folder of files as offices make them: CSV, Excel and JSON, under one root, each sheet or stacked table a table.

A table is named by its file's path in the folder; `#` and the sheet's name or the table's number follow where a file
holds several. Parsing runs in a limited process; what was recognised, guessed and normalised is told per file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
from django.utils.translation import gettext_lazy as _

from jiangyuan.data.column_types import base_type, duckdb_type, family
from jiangyuan.data.connectors.folder.limited import LARGEST_FILE, ParsedTable, parsed
from jiangyuan.data.connectors.folder.messages import files as counted
from jiangyuan.data.connectors.folder.messages import finding, problem
from jiangyuan.data.connectors.folder.root import listing, opened
from jiangyuan.data.connectors.interface import (
    MOST_SAMPLE_ROWS,
    Capabilities,
    Check,
    Finding,
    Progress,
    Report,
    Scan,
    ScannedColumn,
    ScannedTable,
    SourceRefused,
    quietly,
    receives_nothing,
)
from jiangyuan.kernel.texts import listed

if TYPE_CHECKING:
    import duckdb

    from jiangyuan.data.conditions import Condition
    from jiangyuan.data.connections import ConnectionSpec
    from jiangyuan.data.relations import Column

MOST_FILES = 1_000
ENDINGS = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".xls", ".xlsx", ".xlsm", ".xlsb", ".ods")


class FolderConnector:
    """Reads a folder of files; see the package."""

    capabilities = Capabilities(
        kind="folder",
        snapshot=True,
        capture="none",
        polling="eventual",
        query_in_place=False,
        types=("text", "bigint", "numeric", "double precision", "date", "timestamp without time zone"),
        limits=(("files", MOST_FILES), ("bytes", LARGEST_FILE)),
        needs=(_("平台文件根目录之下的一个文件夹，不含符号链接"),),
    )

    def test_target(self, spec: ConnectionSpec) -> Report:
        """Say that nothing is delivered into this kind."""
        return receives_nothing()

    def test(self, spec: ConnectionSpec) -> Report:
        """Check that the folder is there, can be read, and holds files of a known kind."""
        try:
            files = self._files(spec)
        except SourceRefused as refusal:
            return Report((Check("reachable", _("文件夹可以打开"), "failed", refusal.message, refusal.mend),))
        known = [path for path, kind, _size in files if kind == "file" and _known(path)]
        links = [path for path, kind, _size in files if kind == "link"]
        checks = [
            Check("reachable", _("文件夹可以打开"), "ok"),
            Check("files", _("有可读的文件"), "ok", counted(len(known)) % {"count": len(known)})
            if known
            else Check("files", _("有可读的文件"), "failed", mend=_("请放入 CSV、Excel 或 JSON 文件。")),
        ]
        if links:
            detail = listed(links[:5])
            checks.append(Check("links", _("没有符号链接"), "warning", detail, _("符号链接会被略过，请复制文件本身。")))
        return Report(tuple(checks))

    def scan(self, spec: ConnectionSpec, *, progress: Progress = quietly) -> Scan:
        """Parse every file and tell its tables; files that cannot be read are named with the reason."""
        found: list[ScannedTable] = []
        problems: list[Finding] = []
        progress("connecting", 0)
        files = self._files(spec)
        for path, kind, size in files:
            code = {"link": "symlink", "deep": "deep"}.get(kind) or ("" if _known(path) else "unknown_format")
            if code:
                refusal = problem(code, {}, path)
                problems.append(Finding("warning", code, str(refusal)))
                continue
            try:
                with parsed(_join(spec.path, path)) as tables:
                    found.extend(_scanned(path, table, size) for table in tables)
                progress("tables", len(found))
            except SourceRefused as refusal:
                problems.append(Finding("warning", refusal.code.rpartition(".")[2], str(refusal)))
        return Scan(tuple(found), truncated=len(files) == MOST_FILES, problems=tuple(problems))

    def sample(self, spec: ConnectionSpec, table: str, *, schema: str = "", rows: int = 100) -> pa.Table:
        """Read the first rows of one table."""
        path, part = _split(table)
        with parsed(_join(spec.path, path), part=part) as tables:
            return _only(tables, table, "").slice(0, min(rows, MOST_SAMPLE_ROWS)).combine_chunks()

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
        """Make the view `name` over one table of a file, its columns cast to their declared types."""
        path, part = _split(table)
        with parsed(_join(spec.path, path), part=part) as tables:
            data = _only(tables, table, table)
            types = dict(tables[0].columns)
            needed = {column.name: column.type for column in columns}
            needed |= {field.name: field.type for field in condition.fields()} if condition else {}
            for column, declared in needed.items():
                _check_column(table, column, declared, types, data)
            engine.register("parsed_file", data.select([c for c in data.column_names if c in needed]))
            made = ", ".join(f"{_quote(c)}::{duckdb_type(kind)} AS {_quote(c)}" for c, kind in needed.items())
            engine.execute(f"CREATE TEMP TABLE parsed_rows AS SELECT {made} FROM parsed_file")
            engine.unregister("parsed_file")
        where = f" WHERE {condition.sql('duckdb')}" if condition else ""
        shown = ", ".join(_quote(column.name) for column in columns)
        engine.execute(f"CREATE TEMP VIEW {_quote(name)} AS SELECT {shown} FROM parsed_rows{where}")

    def _files(self, spec: ConnectionSpec) -> list[tuple[str, str, int]]:
        with opened(spec.path, folder=True) as descriptor:
            return list(listing(descriptor, most=MOST_FILES))


def _known(path: str) -> bool:
    return path.lower().removesuffix(".gz").endswith(ENDINGS)


def _join(folder: str, path: str) -> str:
    return f"{folder.rstrip('/')}/{path}" if folder.strip("./") else path


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _split(table: str) -> tuple[str, str | None]:
    """Take a table's name apart into path and part; a `#` inside a file's own name is kept."""
    lower = table.lower()
    for ending in sorted((*ENDINGS, *(f"{e}.gz" for e in ENDINGS)), key=len, reverse=True):
        place = lower.find(f"{ending}#")
        if place >= 0:
            return table[: place + len(ending)], table[place + len(ending) + 1 :]
    return table, None


def _scanned(path: str, table: ParsedTable, size: int) -> ScannedTable:
    columns = tuple(ScannedColumn(name=name, type=kind) for name, kind in table.columns)
    findings = tuple(finding(level, code, params) for level, code, params in table.notes)
    name = f"{path}#{table.part}" if table.part else path
    titles = [params["text"] for _level, code, params in table.notes if code == "title"]
    return ScannedTable(
        schema="",
        name=name,
        columns=columns,
        kind="sheet" if table.part else "file",
        comment=" ".join(titles)[:500],
        rows=table.rows,
        exact=True,
        size=size,
        findings=findings,
    )


def _only(tables: tuple[ParsedTable, ...], name: str, where: str) -> pa.Table:
    if len(tables) != 1:
        raise SourceRefused(
            _("文件中没有表“%(table)s”，或有多张表") % {"table": name},
            code="source.absent",
            where=where or name,
            mend=_("工作表可能已改名：请重新扫描该来源后选择其中一张表。"),
        )
    with pa.memory_map(str(tables[0].file)) as source:
        return pa.ipc.open_stream(source).read_all()


def _check_column(table: str, column: str, declared: str, types: dict[str, str], data: pa.Table) -> None:
    if column not in types:
        raise SourceRefused(
            _("文件“%(table)s”中没有列“%(column)s”") % {"table": table, "column": column},
            code="source.renamed_column",
            where=f"{table}.{column}",
            mend=_("表头可能已改：请恢复原列名，或重新扫描后更新目录。"),
        )
    found, wanted = family(types[column]), family(declared)
    empty = data.column(column).null_count == data.num_rows
    widens = {
        ("integer", "number"),
        ("integer", "float"),
        ("number", "float"),
        ("date", "timestamp"),
        ("date", "instant"),
    }
    if found != wanted and wanted != "text" and not empty and (found, wanted) not in widens:
        raise SourceRefused(
            _("列“%(column)s”登记为 %(declared)s，文件中现为 %(found)s")
            % {"column": column, "declared": base_type(declared), "found": base_type(types[column])},
            code="source.changed_type",
            where=f"{table}.{column}",
            mend=_("请检查该列是否混入了其他内容，改正文件；或重新扫描后更新目录。"),
        )


CONNECTOR = FolderConnector()
