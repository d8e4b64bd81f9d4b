"""Keeps the scanned tables and columns in step with what a scan found, and tells what differs."""

from __future__ import annotations

from datetime import datetime

from jiangyuan.data.connectors import Scan as Found
from jiangyuan.data.connectors import ScannedTable as FoundTable
from jiangyuan.sources.models import ScannedColumn, ScannedTable, Source

Difference = dict[str, list[str]]


def record_scan(source: Source, found: Found, *, now: datetime) -> Difference:
    """Write the inventory and give the difference: new, gone and changed tables and columns, by name."""
    difference: Difference = {"new": [], "gone": [], "changed": []}
    known = {(t.schema, t.name): t for t in ScannedTable.objects.filter(source=source)}
    for table in found.tables:
        kept = known.pop((table.schema, table.name), None)
        name = f"{table.schema}.{table.name}".lstrip(".")
        if kept is None or kept.gone_at is not None:
            difference["new"].append(name)
        kept = _write_table(source, kept, table)
        difference["changed"] += [f"{name}.{c}" for c in _write_columns(kept, table, now=now)]
    for gone in known.values():
        if gone.gone_at is None:
            gone.gone_at = now
            gone.save()
            difference["gone"].append(f"{gone.schema}.{gone.name}".lstrip("."))
    return difference


def _write_table(source: Source, kept: ScannedTable | None, table: FoundTable) -> ScannedTable:
    kept = kept or ScannedTable(source=source, schema=table.schema, name=table.name)
    kept.comment, kept.key = table.comment[:1000], list(table.key)
    kept.row_estimate, kept.bytes, kept.gone_at = table.rows, table.size, None
    kept.report = {
        "kind": table.kind,
        "findings": [{"level": f.level, "code": f.code, "message": str(f.message)} for f in table.findings],
        "references": [list(map(list, (r[0], [r[1]], r[2]))) for r in table.references],
    }
    kept.save()
    return kept


def _write_columns(kept: ScannedTable, table: FoundTable, *, now: datetime) -> list[str]:
    known = {c.name: c for c in kept.columns.all()}
    fresh = not known
    changed: list[str] = []
    for position, column in enumerate(table.columns):
        row = known.pop(column.name, None)
        if row is None:
            row = ScannedColumn(table=kept, name=column.name)
            changed += [] if fresh else [column.name]
        elif (row.type, row.nullable) != (column.type, column.nullable) or row.gone_at is not None:
            changed.append(column.name)
        row.position, row.type, row.nullable = position, column.type, column.nullable
        row.comment, row.gone_at = column.comment[:1000], None
        row.save()
    for gone in known.values():
        if gone.gone_at is None:
            gone.gone_at = now
            gone.save()
            changed.append(gone.name)
    return changed
