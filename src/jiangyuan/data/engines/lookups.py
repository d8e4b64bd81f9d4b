"""Prepared text for the gateway: one row by its key, and many identifiers at once (核验).

The statement reads the grant's lookup view, which carries the grant's state, row condition and masks; a withdrawn
grant therefore answers nothing at the very next call, whatever is still prepared or cached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from jiangyuan.data.column_types import written_type
from jiangyuan.data.engines.barrier import key_column, lookup_view, quote
from jiangyuan.data.plan import Plan, PlanRefused
from jiangyuan.data.relations import RelationGrant
from jiangyuan.kernel.texts import listed

MAX_MATCHES = 1_000


def _relation(plan: Plan, key_columns: Sequence[str]) -> RelationGrant:
    plan.verify()
    relation = plan.relations[0]
    if len(plan.relations) != 1 or relation.location.kind != "serving" or not relation.grant:
        raise PlanRefused(
            _("按主键读取只支持一张已落地的表"), code="data.lookup", mend=_("请改用查询方式，或先将数据落地")
        )
    if not key_columns or any(name not in relation.lookups for name in key_columns):
        raise PlanRefused(
            _("只能按登记的主键或主体标识读取"),
            code="data.lookup.key",
            where=relation.alias,
            mend=_("可用的主键：%(names)s") % {"names": listed(relation.lookups)},
        )
    return relation


def _columns(relation: RelationGrant) -> str:
    return ", ".join(f"l.{quote(c.name)}" for c in relation.columns if c.name not in relation.tokens) or "1 AS found"


def _types(relation: RelationGrant, keys: Sequence[str], types: Mapping[str, str]) -> list[str]:
    granted = {column.name: column.type for column in relation.columns}
    found = [types.get(name) or granted.get(name, "") for name in keys]
    return [written_type(kind) if kind else "" for kind in found]


def _source(relation: RelationGrant) -> str:
    return f"{quote(relation.role)}.{quote(lookup_view(relation))} AS l"


def point_statement(
    plan: Plan, key_columns: Sequence[str], *, types: Mapping[str, str] | None = None
) -> tuple[str, tuple[str, ...]]:
    """Give (SQL, parameter types) that read the rows of one key: `$1`, `$2` … are the key's values, in order.

    Each row is one text: a JSON object of the granted columns, masked. A type is "" where the grant does not show the
    key; PostgreSQL then infers it from the column. Raises `PlanRefused` for what is not a key of a landed table.
    """
    relation = _relation(plan, key_columns)
    keys = " AND ".join(f"l.{quote(key_column(name))} = ${i}" for i, name in enumerate(key_columns, 1))
    inner = f'SELECT {_columns(relation)} FROM {_source(relation)} WHERE {keys} AND l."$epoch" = {relation.epoch}'
    sql = f"SELECT row_to_json(r)::text AS row FROM ({inner} LIMIT {plan.limits.rows}) AS r"
    return sql, tuple(_types(relation, key_columns, types or {}))


def gathered_statement(plan: Plan, key: str) -> str:
    """Give the SQL that reads many keys at once, each as `point_statement` reads one, with the state of the grant.

    `$1` is an array of texts, so the key's column must be one of text. Each row is (live, data_version, place of the
    key in the array from 1, one JSON text or NULL); no row at all says that the grant has another epoch by now.
    """
    relation = _relation(plan, [key])
    test = f'l.{quote(key_column(key))} = q.key AND l."$epoch" = {relation.epoch}'
    inner = f"SELECT {_columns(relation)} FROM {_source(relation)} WHERE {test} LIMIT {plan.limits.rows}"
    return (
        "SELECT s.live, s.data_version, q.place, p.row FROM public.gateway_state AS s"
        " CROSS JOIN unnest($1::text[]) WITH ORDINALITY AS q(key, place)"
        f" LEFT JOIN LATERAL (SELECT row_to_json(r)::text AS row FROM ({inner}) AS r) AS p ON true"
        f" WHERE s.grant_id = '{relation.grant}'::uuid AND s.epoch = {relation.epoch}"
    )


def match_statement(
    plan: Plan, key_columns: Sequence[str], *, types: Mapping[str, str] | None = None, fields: bool = True
) -> tuple[str, tuple[str, ...]]:
    """Give (SQL, parameter types) that check many identifiers: each parameter is an array, one per key column.

    Answers one row per row found: `key` (text array, as the consumer sent it) and `row`, the masked JSON text, or
    NULL without `fields`, when only yes or no is granted. Identifiers not found give no row. At most 1,000 rows.
    Several key columns need their types, from the grant or from `types`.
    """
    relation = _relation(plan, key_columns)
    found = _types(relation, key_columns, types or {})
    names = [f"l.{quote(key_column(name))}" for name in key_columns]
    if len(names) == 1:
        test = f"{names[0]} = ANY ($1)"
    elif all(found):
        arrays = ", ".join(f"${i}::{kind}[]" for i, kind in enumerate(found, 1))
        test = f"({', '.join(names)}) IN (SELECT * FROM unnest({arrays}))"
    else:
        raise PlanRefused(_("缺少主键字段的类型"), code="data.lookup.type", where=relation.alias)
    key = f"ARRAY[{', '.join(f'{name}::text' for name in names)}] AS key"
    where = f'FROM {_source(relation)} WHERE {test} AND l."$epoch" = {relation.epoch}'
    rows = min(plan.limits.rows, MAX_MATCHES)
    types_given = tuple(f"{kind}[]" if kind else "" for kind in found)
    if not fields:
        return f"SELECT DISTINCT {key}, NULL::text AS row {where} LIMIT {rows}", types_given
    row = f"(SELECT row_to_json(r)::text FROM (SELECT {_columns(relation)}) AS r) AS row"
    return f"SELECT {key}, {row} {where} LIMIT {rows}", types_given
