"""What every connector offers and answers, whatever stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.errors import Refused, Transient

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from jiangyuan.data.conditions import Condition
    from jiangyuan.data.connections import ConnectionSpec
    from jiangyuan.data.relations import Column

MOST_TABLES = 10_000
MOST_COLUMNS = 200_000
MOST_SAMPLE_ROWS = 1_000


PHASES = ("connecting", "tables", "columns", "sizes")
"""What a scan does, in this order; keeping what was found comes after, and is not the connector's."""
Progress = Callable[[str, int], None]
"""Is told the phase a scan is in, and how many things of it are done."""


def quietly(phase: str, done: int) -> None:
    """Tell nobody how far a scan is."""


class SourceRefused(Refused):
    """The source cannot be used as it is; the message says what its owner must mend."""

    default_code = "source"


class SourceUnavailable(Transient):
    """The source does not answer now; the same request may succeed later."""

    default_code = "source.unavailable"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a kind of source can do, declared, so that callers need not branch on its name.

    `capture` is `log` where changes are read from the source's own log; `polling` is `eventual` where changes are found
    by comparing, later and not each one; `query_in_place` tells whether a condition is answered by the source itself.
    `types` are the PostgreSQL type names its columns come as, `limits` the bounds it works within, `needs` what the
    owner must provide.
    """

    kind: str
    snapshot: bool
    capture: Literal["none", "log"]
    polling: Literal["none", "eventual"]
    query_in_place: bool
    types: tuple[str, ...]
    limits: tuple[tuple[str, int], ...]
    needs: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a source by name: `state` ok, warning (works with less) or failed; `mend` says what to do."""

    name: str
    label: object
    state: Literal["ok", "warning", "failed"]
    detail: object = ""
    mend: object = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Every check of a source, in the order they were made; later ones are left out after a failure they build on."""

    checks: tuple[Check, ...]

    @property
    def usable(self) -> bool:
        """Whether the source can be scanned and read."""
        return all(check.state != "failed" for check in self.checks)

    def check(self, name: str) -> Check | None:
        """Give the check of that name, or None where it was not reached."""
        return next((check for check in self.checks if check.name == name), None)


@dataclass(frozen=True, slots=True)
class ScannedColumn:
    """A column as found: `type` is a PostgreSQL type name, `native_type` the source's own; `key` its place in the key.

    `filled` (share of rows with a value), `distinct` (values) and `width` (bytes on average) are what the source's own
    statistics estimate, None where it keeps none. No value of any row is among them.
    """

    name: str
    type: str
    nullable: bool = True
    comment: str = ""
    key: int = 0
    native_type: str = ""
    default: str = ""
    filled: float | None = None
    distinct: int | None = None
    width: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a reader of files recognised, guessed or normalised; `code` is stable, `message` is for people."""

    level: Literal["recognised", "guessed", "normalised", "warning"]
    code: str
    message: object


@dataclass(frozen=True, slots=True)
class ScannedTable:
    """A table, view or sheet as found. `rows` is an estimate unless `exact`; `size` is in bytes; None is unknown."""

    schema: str
    name: str
    columns: tuple[ScannedColumn, ...]
    kind: Literal["table", "view", "partitioned", "foreign", "file", "sheet"] = "table"
    comment: str = ""
    rows: int | None = None
    exact: bool = False
    size: int | None = None
    references: tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of the primary key, in its order; empty where there is none."""
        return tuple(column.name for column in sorted(self.columns, key=lambda c: c.key) if column.key)


@dataclass(frozen=True, slots=True)
class Scan:
    """Everything found in a source. `truncated` tells that a bound was reached; `problems` name files left out and why."""

    tables: tuple[ScannedTable, ...]
    truncated: bool = False
    problems: tuple[Finding, ...] = ()

    def table(self, name: str, *, schema: str | None = None) -> ScannedTable | None:
        """Give the table of that name, in that schema where one is named, or None."""
        found = (t for t in self.tables if t.name == name and schema in (None, t.schema))
        return next(found, None)


def receives_nothing() -> Report:
    """Give the report of a kind of source into which nothing can be delivered."""
    mend = _("请登记 PostgreSQL 数据库作为接收库。")
    return Report((Check("receives", _("可以接收交换的数据"), "failed", _("这类数据源只能读取"), mend),))


class Connector(Protocol):
    """A kind of source. Every method keeps to time and size bounds and raises `SourceRefused` or `SourceUnavailable`."""

    capabilities: Capabilities

    def test(self, spec: ConnectionSpec) -> Report:
        """Check the source by named checks; never raises for what a check can report."""
        ...

    def test_target(self, spec: ConnectionSpec) -> Report:
        """Check the source as a place that receives deliveries; a kind that cannot receive says so in a failed check."""
        ...

    def scan(self, spec: ConnectionSpec, *, progress: Progress = quietly) -> Scan:
        """Read the structure: schemas, tables, columns, keys, comments, sizes; system schemas left out.

        `progress` is told each phase of `PHASES` as it goes on.
        """
        ...

    def sample(self, spec: ConnectionSpec, table: str, *, schema: str = "", rows: int = 100) -> pa.Table:
        """Read the first rows of a table (at most 1,000), for the person who registers the source."""
        ...

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
        """Make the view `name` in `engine` over the columns (of their declared types) and rows that `condition` admits.

        Only the data plane calls this, with a relation of a verified `Plan`. Raises `SourceRefused` where a table or
        column is gone or changed its type.
        """
        ...
