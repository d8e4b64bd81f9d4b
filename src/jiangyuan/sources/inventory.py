"""Keeps the scanned tables and columns in step with what a scan found, and tells what differs.

A province's source may have thousands of tables: the inventory is read in two queries, and only what differs is written.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model

from jiangyuan.data.connectors import Scan as Found
from jiangyuan.data.connectors import ScannedColumn as FoundColumn
from jiangyuan.data.connectors import ScannedTable as FoundTable
from jiangyuan.sources.models import ScannedColumn, ScannedTable, Source

Difference = dict[str, list[str]]

_BATCH = 2_000
_LONGEST_NAME = 200
_TABLE_FIELDS = ("comment", "key", "row_estimate", "bytes", "report", "gone_at")
_COLUMN_FIELDS = ("position", "type", "nullable", "comment", "profile", "gone_at")
_PROFILE = ("filled", "distinct", "width")
_STAMPS = ("version", "updated_at")


@dataclass(slots=True)
class _Inventory:
    """What is to be written, gathered before anything is."""

    now: datetime
    new_tables: list[ScannedTable] = field(default_factory=list)
    tables: list[ScannedTable] = field(default_factory=list)
    new_columns: list[ScannedColumn] = field(default_factory=list)
    columns: list[ScannedColumn] = field(default_factory=list)
    difference: Difference = field(default_factory=lambda: {"new": [], "gone": [], "changed": []})

    def write(self) -> None:
        """Write what was gathered, tables before the columns that point to them."""
        ScannedTable.objects.bulk_create(self.new_tables, batch_size=_BATCH)
        _rewrite(ScannedTable, self.tables, _TABLE_FIELDS)
        ScannedColumn.objects.bulk_create(self.new_columns, batch_size=_BATCH)
        _rewrite(ScannedColumn, self.columns, _COLUMN_FIELDS)

    def change(self, row: ScannedTable | ScannedColumn, facts: dict[str, Any]) -> bool:
        """Put facts into a row; give whether any of them differs."""
        differs = any(getattr(row, name) != value for name, value in facts.items())
        if differs:
            for name, value in facts.items():
                setattr(row, name, value)
            row.version, row.updated_at = row.version + 1, self.now
        return differs


def _rewrite(model: type[Model], rows: list[Any], fields: tuple[str, ...]) -> None:
    """Write rows that are there already: an upsert by the key, since an UPDATE of so many rows by CASE takes minutes."""
    model._default_manager.bulk_create(
        rows, batch_size=_BATCH, update_conflicts=True, unique_fields=["id"], update_fields=[*fields, *_STAMPS]
    )


def record_scan(source: Source, found: Found, *, now: datetime) -> Difference:
    """Write the inventory and give the difference: new, gone and changed tables and columns, by name.

    A scan that was cut short (`found.truncated`) takes nothing away: what it did not reach may still be there.
    """
    inventory = _Inventory(now)
    known = {(t.schema, t.name): t for t in ScannedTable.objects.filter(source=source)}
    columns: dict[UUID, dict[str, ScannedColumn]] = defaultdict(dict)
    for column in ScannedColumn.objects.filter(table__source=source):
        columns[column.table_id][column.name] = column
    for table in found.tables:
        if unkeepable(table):
            continue
        kept = known.pop((table.schema, table.name), None)
        _keep_table(inventory, source, kept, table, columns)
    for missing in known.values():
        if missing.gone_at is None and not found.truncated:
            inventory.change(missing, {"gone_at": now})
            inventory.tables.append(missing)
            inventory.difference["gone"].append(_name(missing))
    inventory.write()
    return inventory.difference


def unkeepable(table: FoundTable) -> bool:
    """Tell whether the inventory has no room for a table's own name or a column's."""
    return any(len(name) > _LONGEST_NAME for name in (table.name, *(column.name for column in table.columns)))


def _name(table: ScannedTable | FoundTable) -> str:
    return f"{table.schema}.{table.name}".lstrip(".")


def _keep_table(
    inventory: _Inventory,
    source: Source,
    kept: ScannedTable | None,
    table: FoundTable,
    columns: dict[UUID, dict[str, ScannedColumn]],
) -> None:
    facts = _table_facts(table)
    name = _name(table)
    returned = kept is not None and kept.gone_at is not None
    key_changed = kept is not None and kept.key != facts["key"] and not returned
    if kept is None:
        kept = ScannedTable(source=source, schema=table.schema, name=table.name, version=1, **facts)
        inventory.new_tables.append(kept)
    elif inventory.change(kept, facts):
        inventory.tables.append(kept)
    changed = _keep_columns(inventory, kept, table, columns.get(kept.pk, {}))
    if returned or kept._state.adding:
        inventory.difference["new"].append(name)
        return
    if key_changed:
        inventory.difference["changed"].append(name)
    inventory.difference["changed"] += [f"{name}.{column}" for column in changed]


def _table_facts(table: FoundTable) -> dict[str, Any]:
    return {
        "comment": table.comment[:1000],
        "key": list(table.key),
        "row_estimate": table.rows,
        "bytes": table.size,
        "gone_at": None,
        "report": {
            "kind": table.kind,
            "findings": [{"level": f.level, "code": f.code, "message": str(f.message)} for f in table.findings],
            "references": [
                {"columns": list(own), "table": target, "foreign": list(foreign)}
                for own, target, foreign in table.references
            ],
        },
    }


def _keep_columns(
    inventory: _Inventory, kept: ScannedTable, table: FoundTable, known: dict[str, ScannedColumn]
) -> list[str]:
    """Gather the columns of one table; give the names of those that came, went, or changed type or nullability."""
    changed: list[str] = []
    for position, column in enumerate(table.columns):
        row = known.pop(column.name, None)
        facts = _column_facts(column, position)
        if row is None:
            made = ScannedColumn(table=kept, name=column.name, version=1, **facts)
            inventory.new_columns.append(made)
            changed.append(column.name)
            continue
        matters = (row.type, row.nullable) != (facts["type"], facts["nullable"]) or row.gone_at is not None
        if inventory.change(row, facts):
            inventory.columns.append(row)
        if matters:
            changed.append(column.name)
    for gone in known.values():
        if gone.gone_at is None:
            inventory.change(gone, {"gone_at": inventory.now})
            inventory.columns.append(gone)
            changed.append(gone.name)
    return changed


def _column_facts(column: FoundColumn, position: int) -> dict[str, Any]:
    return {
        "position": position,
        "type": column.type[:200],
        "nullable": column.nullable,
        "comment": column.comment[:1000],
        "profile": {name: value for name in _PROFILE if (value := getattr(column, name)) is not None},
        "gone_at": None,
    }
