"""The shapes of door two: masks, columns, locations, and what a grant gives of one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from jiangyuan.data.conditions import Condition
from jiangyuan.data.connections import ConnectionSpec
from jiangyuan.kernel.errors import Broken

FORMS = frozenset({"query", "table", "match", "file"})
"""The forms of delivery that a grant may name: 查询、库表、核验、文件."""


@dataclass(frozen=True, slots=True)
class Mask:
    """How a column is shown. `data.masking` lists the kinds and their parameters."""

    kind: str = "none"
    params: tuple[tuple[str, str | int], ...] = ()

    def number(self, name: str, default: int = 0) -> int:
        """Give a whole-number parameter."""
        return int(dict(self.params).get(name, default))


@dataclass(frozen=True, slots=True)
class Column:
    """A granted column: its name and PostgreSQL type in the table, its mask, and what it means.

    `meaning` is the data element behind it (citizen_id, birth_date, division, sex, name, phone …), by which masks
    are judged together; where it is empty, `data.disclosure` reads it from the name.
    """

    name: str
    type: str
    mask: Mask | None = None
    meaning: str = ""


def mask_of(form: Mapping[str, Any] | None) -> Mask | None:
    """Read a mask from its JSON form, {"kind": …, parameters}; None where nothing is masked."""
    if not form or form.get("kind", "none") == "none":
        return None
    params = tuple(sorted((key, value) for key, value in form.items() if key != "kind"))
    return Mask(kind=str(form["kind"]), params=params)


def mask_form(mask: Mask | None) -> dict[str, str | int]:
    """Give a mask as JSON."""
    return {"kind": "none"} if mask is None else {"kind": mask.kind, **dict(mask.params)}


def column_of(item: Mapping[str, Any]) -> Column:
    """Read a granted column from the JSON form that grants keep: {"column", "type", "mask", "meaning"?}."""
    return Column(item["column"], item["type"], mask_of(item["mask"]), item.get("meaning", ""))


def columns_of(items: Sequence[Mapping[str, Any]]) -> tuple[Column, ...]:
    """Read all granted columns, in their order."""
    return tuple(column_of(item) for item in items)


@dataclass(frozen=True, slots=True)
class Location:
    """Where the rows stand: in the serving store (schema and table of the platform's database) or in a source."""

    kind: Literal["serving", "source"]
    schema: str
    table: str
    connection: ConnectionSpec | None = None


@dataclass(frozen=True, slots=True)
class RelationGrant:
    """What a resolver answers for one table: the columns, rows, forms and term that one grant gives.

    `alias` is `dept.table`; `key` the columns that name a row; `until` the last day, included, in Asia/Shanghai;
    `grant` is None only for the platform's own services, and for the people of `owner`, the body whose own rows they are
    (a person who acts for another body is refused it, whatever a resolver says; so is everybody in a form other than query,
    without a condition that names the rows, or without a bound on them).
    """

    resource: UUID
    entry: UUID
    alias: str
    location: Location
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    condition: Condition | None
    grant: UUID | None
    epoch: int
    until: date
    forms: frozenset[str]
    token_key_id: str | None = None
    row_limit: int | None = None
    data_version: str = ""
    subjects: tuple[str, ...] = ()
    owner: UUID | None = None

    @property
    def lookups(self) -> tuple[str, ...]:
        """The columns by whose value a row may be asked for: the key, and those that name a person or enterprise."""
        return tuple(dict.fromkeys((*self.key, *self.subjects)))

    @property
    def role(self) -> str:
        """Name the schema and the NOLOGIN role that hold the grant's views in the serving store."""
        if self.grant is None:
            raise Broken(_("平台服务的读取没有授权视图"), code="data.grant.none", where=self.alias)
        return f"g_{self.grant.hex}"

    @property
    def view(self) -> str:
        """Name the view of this table in the grant's schema: the table part of the alias, where it is short enough."""
        table = self.alias.split(".", 1)[-1]
        return table if len(table.encode()) <= 55 else f"t_{self.resource.hex}"

    @property
    def tokens(self) -> frozenset[str]:
        """The columns given as tokens, which no engine can compute and only landing does."""
        return frozenset(column.name for column in self.columns if column.mask and column.mask.kind == "token")

    def column(self, name: str) -> Column | None:
        """Give the granted column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)
