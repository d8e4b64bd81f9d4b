"""The shape of a delivered table: read from the source's catalogue, narrowed by the grant, built at the target."""

import hashlib
from dataclasses import dataclass

import orjson
import psycopg
from django.utils.translation import gettext_lazy as _

from jiangyuan.data.column_types import family
from jiangyuan.data.masking import check_mask, mask_kind, masked_type
from jiangyuan.data.movement.pgoutput import Relation
from jiangyuan.data.movement.state import MovementRefused, Place
from jiangyuan.data.relations import Column, RelationGrant

PSEUDONYM = "_jy_key"
"""The key of a delivered table whose natural key is not granted in clear."""

# A domain is delivered as what it stands on. A type that the target may not know (enumerations, composites,
# extensions), whose bytes mean nothing elsewhere (reg*) or whose binary form PostgreSQL itself does not always read
# back (an empty tsquery) is delivered in its text form.
_OID = "SELECT to_regclass(format('%%I.%%I', %s::text, %s::text))::oid::bigint"
_COLUMNS = """
WITH RECURSIVE base AS (
    SELECT a.attnum, a.attname, a.atttypid, a.atttypmod, a.attgenerated, t.oid AS type, a.atttypmod AS modifier,
           t.typtype, t.typbasetype, t.typtypmod, t.typname, t.typnamespace
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid = %(table)s AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT b.attnum, b.attname, b.atttypid, b.atttypmod, b.attgenerated, t.oid, b.typtypmod,
           t.typtype, t.typbasetype, t.typtypmod, t.typname, t.typnamespace
      FROM base b JOIN pg_type t ON t.oid = b.typbasetype WHERE b.typtype = 'd'
)
SELECT attname, atttypid::bigint, atttypmod, attgenerated::text, format_type(atttypid, atttypmod),
       CASE WHEN typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm') AND typname !~ '^_?(reg|tsquery)'
            THEN format_type(type, modifier) ELSE 'text' END
  FROM base WHERE typtype <> 'd' ORDER BY attnum
"""
_IDENTITY = """
SELECT c.relreplident::text, array_agg(a.attname::text) FILTER (WHERE a.attname IS NOT NULL)
  FROM pg_class c
  LEFT JOIN pg_index i ON i.indrelid = c.oid
       AND CASE WHEN c.relreplident = 'i' THEN i.indisreplident ELSE i.indisprimary END
  LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
 WHERE c.oid = %(table)s GROUP BY c.relreplident
"""


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column as the stream will announce it, its `own` type at the source, and the `type` it is delivered in."""

    name: str
    type_oid: int
    modifier: int
    own: str
    type: str


@dataclass(frozen=True, slots=True)
class Shape:
    """What a subscription reads and what it builds.

    `needed` are all source columns the plan touches (granted, key, condition); `columns` (name, type) are the target's,
    in order; `key` names its primary key, which is `PSEUDONYM` alone where `pseudonym` is set.
    """

    needed: tuple[SourceColumn, ...]
    source_key: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    pseudonym: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The target's column names."""
        return tuple(name for name, _type in self.columns)

    @property
    def types(self) -> dict[str, str]:
        """The target's column types by name."""
        return dict(self.columns)

    def fingerprint(self) -> str:
        """Return a digest that changes exactly when the target's columns, types or key change."""
        return hashlib.sha256(orjson.dumps([self.columns, self.key])).hexdigest()


def _refuse(column: str, place: Place, message: object, mend: object) -> MovementRefused:
    return MovementRefused(message, code="movement.shape", where=f"{place.name}.{column}", mend=mend)


def _columns(connection: psycopg.Connection, table: int) -> dict[str, SourceColumn]:
    """The columns of a table that the stream carries: a generated one could be delivered once and never updated."""
    found = connection.execute(_COLUMNS, {"table": table}).fetchall()
    return {
        name: SourceColumn(name, oid, modifier, own, kind)
        for name, oid, modifier, generated, own, kind in found
        if not generated
    }


def _identity(connection: psycopg.Connection, table: int) -> frozenset[str] | None:
    """The columns that identify a row in the stream; None where the whole old row is there (identity full)."""
    row = connection.execute(_IDENTITY, {"table": table}).fetchone()
    kind, names = row if row is not None else ("n", None)
    if kind == "f":
        return None
    return frozenset() if kind == "n" else frozenset(names or ())


def _table(connection: psycopg.Connection, place: Place) -> int:
    """The oid of the source table; `MovementRefused` when there is no such table."""
    row = connection.execute(_OID, [place.schema, place.table]).fetchone()
    if row is None or row[0] is None:
        raise _refuse("*", place, _("来源库中没有这张表"), _("表可能已被删除或改名，请在目录中更正挂载的表后恢复同步"))
    return row[0]


def _present(columns: dict[str, SourceColumn], names: list[str], place: Place) -> None:
    for name in names:
        if name not in columns:
            raise _refuse(
                name,
                place,
                _("来源表中没有授权所需的列，或该列是生成列"),
                _("请提供方恢复该列，或按新的表结构重新授权"),
            )


def _same_family(declared: str, actual: SourceColumn, place: Place) -> None:
    """A mask or condition is written for a family of types; on another it would mean something else."""
    if family(declared) != family(actual.type):
        raise _refuse(
            actual.name,
            place,
            _("来源表的列类型与目录登记的不一致，脱敏或行条件不能照原样执行"),
            _("请在目录中更正该列的类型并重新核定授权"),
        )


def _delivered_type(column: Column, actual: SourceColumn) -> str:
    kind = mask_kind(column)
    return actual.type if kind in ("none", "redact") else masked_type(column)


def make_shape(connection: psycopg.Connection, *, place: Place, grant: RelationGrant) -> Shape:
    """Work out what a grant reads and builds.

    Raises `MovementRefused` naming the column that is missing, generated, of another type than the grant was given
    for, or no part of the key; `BadMask` for a mask that does not suit its column.
    """
    table = _table(connection, place)
    columns = _columns(connection, table)
    granted = {column.name: column for column in grant.columns}
    fields = {field.name: field for field in grant.condition.fields()} if grant.condition is not None else {}
    _present(columns, [*granted, *grant.key, *fields], place)
    for field in fields.values():
        _same_family(field.type, columns[field.name], place)
    for column in grant.columns:
        check_mask(column)
        if mask_kind(column) not in ("none", "redact"):
            _same_family(column.type, columns[column.name], place)
    identity = _identity(connection, table)
    if not grant.key or (identity is not None and identity != set(grant.key)):
        raise _refuse(
            ", ".join(grant.key) or "*",
            place,
            _("授权的主键与来源表的复制标识不一致，删除与改键无法辨认"),
            _("请为来源表设置主键，并在目录中登记相同的主键"),
        )
    clear = all(name in granted and mask_kind(granted[name]) == "none" for name in grant.key)
    built = [(column.name, _delivered_type(column, columns[column.name])) for column in grant.columns]
    return Shape(
        needed=tuple(columns[name] for name in dict.fromkeys([*granted, *grant.key, *fields])),
        source_key=tuple(grant.key),
        columns=tuple(built if clear else [(PSEUDONYM, "text"), *built]),
        key=tuple(grant.key) if clear else (PSEUDONYM,),
        pseudonym=not clear,
    )


def check_drift(relation: Relation, shape: Shape, *, place: Place) -> None:
    """Compare the stream's present shape of the table with what the subscription was built on.

    Additional columns are ignored. Raises `MovementRefused` naming the column that went, changed its type, or no
    longer belongs to the key.
    """
    present = {column.name: column for column in relation.columns}
    for column in shape.needed:
        seen = present.get(column.name)
        if seen is None:
            raise _refuse(
                column.name,
                place,
                _("来源表的列已被删除或改名，同步已暂停"),
                _("请提供方恢复该列，或按新的表结构变更授权后恢复同步"),
            )
        if (seen.type_oid, seen.modifier) != (column.type_oid, column.modifier):
            raise _refuse(
                column.name,
                place,
                _("来源表的列类型已变更，同步已暂停"),
                _("请核对新类型后恢复同步：接收表将按新类型重建并重新全量"),
            )
    if relation.replica_identity != "f":
        identity = {column.name for column in relation.columns if column.identity}
        if identity != set(shape.source_key):
            raise _refuse(
                ", ".join(sorted(identity ^ set(shape.source_key))),
                place,
                _("来源表的主键已变更，同步已暂停"),
                _("请在目录中更正主键并变更授权后恢复同步"),
            )
