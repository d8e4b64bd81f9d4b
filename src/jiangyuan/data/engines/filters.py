"""Prepared text for the gateway beyond one key: rows found by equality, and values asserted by a consumer (核验).

Everything reads the grant's lookup view and therefore only what the grant shows. Filters compare whole values of
columns that the grant gives unmasked, or of the key and subject; an asserted value passes the column's own mask before it is
compared, so that a verification tells no more than the granted value would.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _
from sqlglot import exp

from jiangyuan.data.column_types import base_type, family
from jiangyuan.data.engines.barrier import key_column, lookup_view, quote
from jiangyuan.data.masking import mask_kind, mask_tree
from jiangyuan.data.plan import Plan, PlanRefused
from jiangyuan.data.relations import Column, RelationGrant
from jiangyuan.kernel.texts import listed


def _relation(plan: Plan) -> RelationGrant:
    plan.verify()
    relation = plan.relations[0]
    if len(plan.relations) != 1 or relation.location.kind != "serving" or not relation.grant:
        raise PlanRefused(_("只支持一张已落地的表"), code="data.lookup", mend=_("请改用查询方式，或先将数据落地"))
    return relation


def _source(relation: RelationGrant) -> str:
    return f"{quote(relation.role)}.{quote(lookup_view(relation))} AS l"


def filterable(relation: RelationGrant) -> tuple[str, ...]:
    """Name the columns that rows may be found by: the key, what names a person or enterprise, and what is granted unmasked."""
    clear = [column.name for column in relation.columns if mask_kind(column) == "none"]
    return tuple(dict.fromkeys((*relation.lookups, *clear)))


def assertable(relation: RelationGrant) -> tuple[str, ...]:
    """Name the columns whose value may be asserted: all but the redacted and the tokens, which nobody knows."""
    return tuple(column.name for column in relation.columns if mask_kind(column) not in ("redact", "token"))


def _operand(relation: RelationGrant, name: str) -> str:
    return f"l.{quote(key_column(name) if name in relation.lookups else name)}"


def rows_statement(plan: Plan, filters: Sequence[str], *, subject: str) -> str:
    """Give the SQL that finds rows by equality: `$1` … are the filters' values in order, the last one the row limit.

    Each row is (`subject` as text, one JSON text of the granted columns, masked); the subject is for the traces and
    never leaves. Raises `PlanRefused` for a filter on a column that is masked or not granted.
    """
    relation = _relation(plan)
    allowed = filterable(relation)
    for name in filters:
        if name not in allowed:
            raise PlanRefused(
                _("不能按字段“%(column)s”查询：未授权或已脱敏") % {"column": name[:80]},
                code="data.lookup.filter",
                where=name[:80],
                mend=_("可用的查询条件：%(names)s") % {"names": listed(allowed)},
            )
    shown = ", ".join(f"l.{quote(c.name)}" for c in relation.columns if c.name not in relation.tokens) or "1 AS found"
    tests = [f"{_operand(relation, name)} = ${i}" for i, name in enumerate(filters, 1)]
    where = " AND ".join([*tests, f'l."$epoch" = {relation.epoch}'])
    named = f"{_operand(relation, subject)}::text" if subject else "NULL::text"
    return (
        f"SELECT {named} AS subject, (SELECT row_to_json(r)::text FROM (SELECT {shown}) AS r) AS row"
        f" FROM {_source(relation)} WHERE {where} LIMIT ${len(filters) + 1}::bigint"
    )


def _plain_type(kind: str) -> str:
    # a length or precision would cut the asserted value until it fits
    return "text" if family(kind) == "text" else base_type(kind)


def _asserted(column: Column, number: int) -> str:
    kind = _plain_type(column.type)
    given = f"${number}::{kind}"
    masked = mask_tree(Column(column.name, kind, column.mask), dialect="postgres")
    stored = f"l.{quote(column.name)}"
    if family(column.type) == "text":
        stored = f"{stored}::text"
    text = exp.paren(masked).sql(dialect="postgres", identify=True)
    same = f"(SELECT {text} FROM (SELECT {given} AS {quote(column.name)}) AS a)"
    return f"coalesce(bool_or({stored} IS NOT DISTINCT FROM {same}), false)"


def assertion_statement(plan: Plan, key: str, asserted: Sequence[str]) -> str:
    """Give the SQL that compares asserted values with the rows of one key: `$1` the key, `$2` … the values in order.

    One row: `found`, and one boolean for each asserted column in its order, true where some row of the key has the
    asserted value, after the column's mask. Raises `PlanRefused` for a column that cannot be asserted.
    """
    relation = _relation(plan)
    if key not in relation.lookups:
        raise PlanRefused(_("只能按登记的主键核验"), code="data.lookup.key", where=relation.alias)
    allowed = assertable(relation)
    tests: list[str] = []
    for number, name in enumerate(asserted, 2):
        column = relation.column(name)
        if column is None or name not in allowed:
            raise PlanRefused(
                _("不能核验字段“%(column)s”：未授权或不可比对") % {"column": name[:80]},
                code="data.lookup.assert",
                where=name[:80],
                mend=_("可核验的字段：%(names)s") % {"names": listed(allowed)},
            )
        tests.append(_asserted(column, number))
    answers = ", ".join(["count(*) > 0 AS found", *tests])
    return (
        f"SELECT {answers} FROM {_source(relation)}"
        f' WHERE l.{quote(key_column(key))} = $1 AND l."$epoch" = {relation.epoch}'
    )


STATE = "SELECT live FROM public.gateway_state WHERE grant_id = $1 AND epoch = $2"
"""Asks whether a grant still holds: one row with `live`, or none once its epoch is over."""


def watched(statement: str, plan: Plan) -> str:
    """Join a statement with the state of its grant, in one snapshot: always one row at least while the epoch holds.

    Adds `live` and `data_version` before the statement's own columns, which are NULL where it gives no row; no row at
    all says that the grant has another epoch by now.
    """
    relation = _relation(plan)
    return (
        f"SELECT s.live, s.data_version, p.* FROM public.gateway_state AS s LEFT JOIN ({statement}) AS p ON true"
        f" WHERE s.grant_id = '{relation.grant}'::uuid AND s.epoch = {relation.epoch}"
    )
