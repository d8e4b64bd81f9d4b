"""Folding of changes: what a run of inserts, updates and deletes leaves of each row, by key.

Pure but for the re-reading of values that the stream left out (unchanged TOAST), which is handed in as a function.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import pyarrow as pa

from jiangyuan.data.movement.pgoutput import UNCHANGED, Delete, Insert, Relation, Row, Truncate, Update, Value
from jiangyuan.data.movement.shape import Shape

Change: TypeAlias = Insert | Update | Delete | Truncate
Key: TypeAlias = tuple[Value, ...]
Reread: TypeAlias = Callable[[Sequence[Key]], dict[Key, Row]]
"""Reads the needed columns of the rows with the given keys, as they stand now; rows that went are left out."""


@dataclass(slots=True)
class Folded:
    """Rows that stand after a run of changes, and keys that are gone. With `cleared` nothing older remains."""

    names: tuple[str, ...]
    key_names: tuple[str, ...]
    rows: dict[Key, Row | None] = field(default_factory=dict)
    cleared: bool = False

    def present(self) -> pa.Table:
        """Return the standing rows: one text column per needed source column."""
        standing = [row for row in self.rows.values() if row is not None]
        return text_table(self.names, standing)

    def absent(self) -> pa.Table:
        """Return the keys that are gone: one text column per key column."""
        return text_table(self.key_names, [key for key, row in self.rows.items() if row is None])


def text_table(names: Sequence[str], rows: Sequence[Row]) -> pa.Table:
    """Turn rows of text into an Arrow table of text columns."""
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return pa.Table.from_arrays([pa.array(column, pa.string()) for column in columns], names=list(names))


class Folder:
    """Folds the changes of one table for one shape; made anew for each `Relation` message."""

    def __init__(self, *, relation: Relation, shape: Shape) -> None:
        position = {column.name: number for number, column in enumerate(relation.columns)}
        self._shape = shape
        self._names = tuple(column.name for column in shape.needed)
        self._needed = [position[name] for name in self._names]
        self._key = [position[name] for name in shape.source_key]

    def start(self) -> Folded:
        """Return an empty result to fold into."""
        return Folded(self._names, self._shape.source_key)

    def fold(self, changes: Iterable[Change], *, into: Folded) -> None:
        """Apply changes in their order to what is known of the rows so far."""
        rows = into.rows
        for change in changes:
            if isinstance(change, Insert):
                rows[self._key_of(change.new)] = self._row_of(change.new)
            elif isinstance(change, Update):
                self._update(change, rows)
            elif isinstance(change, Delete):
                rows[self._key_of(change.key or change.old or ())] = None
            else:
                rows.clear()
                into.cleared = True

    def _update(self, change: Update, rows: dict[Key, Row | None]) -> None:
        before = change.key or change.old
        key = self._key_of(change.new)
        old_key = self._key_of(before) if before is not None else key
        if UNCHANGED in key:
            # An unchanged TOASTed key column is left out of the new row, but then the old identity is the new one.
            key = tuple(o if n is UNCHANGED else n for n, o in zip(key, old_key, strict=True))
        row = self._row_of(change.new)
        if UNCHANGED in row:
            row = self._completed(row, change, rows.get(old_key))
        if old_key != key:
            rows[old_key] = None
        rows[key] = row

    def _completed(self, row: Row, change: Update, known: Row | None) -> Row:
        """Fill in what the stream left out from the old row it gave or from an earlier change of the same run."""
        old = self._row_of(change.old) if change.old is not None else known
        if old is None:
            return row
        return tuple(o if n is UNCHANGED else n for n, o in zip(row, old, strict=True))

    def _key_of(self, row: Row) -> Key:
        return tuple([row[number] for number in self._key])

    def _row_of(self, row: Row) -> Row:
        return tuple([row[number] for number in self._needed])


def complete(folded: Folded, *, reread: Reread) -> None:
    """Read again, by key, the rows that still lack an unchanged TOASTed value.

    The source may be ahead of the stream by then. That is no loss: whatever it did later follows in the stream, and a
    row that it no longer has is left alone, for its deletion follows too.
    """
    lacking = [key for key, row in folded.rows.items() if row is not None and UNCHANGED in row]
    if not lacking:
        return
    found = reread(lacking)
    for key in lacking:
        if key in found:
            folded.rows[key] = found[key]
        else:
            del folded.rows[key]
