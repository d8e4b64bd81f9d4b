"""From an allowed query and the grants found for it to text for each engine.

Names are qualified against the granted columns alone; each table becomes a view that filters and masks (PostgreSQL) or
a relation already filtered and masked (DuckDB), so that predicates, joins and groupings only ever see masked values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from sqlglot import exp
from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from jiangyuan.data.masking import mask_tree, masked_type
from jiangyuan.data.relations import RelationGrant
from jiangyuan.data.sql.allow import ParsedQuery, check_tree, refuse
from jiangyuan.data.sql.lineage import trace

MAX_OUTPUT_COLUMNS = 200


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """A column of the answer, its type as far as it is known beforehand, and the granted columns it comes from."""

    name: str
    type: str
    origins: tuple[tuple[UUID, str], ...]


@dataclass(frozen=True, slots=True)
class RewrittenQuery:
    """A query in the words of each engine. `used` names, by alias, the granted columns it touches anywhere.

    `postgres` is empty where the query cannot run in the serving store. Parameters are `$1`, `$2` … in the order of
    `parameters`.
    """

    postgres: str
    duckdb: str
    output: tuple[OutputColumn, ...]
    used: tuple[tuple[str, tuple[str, ...]], ...]
    parameters: tuple[str, ...]
    rows: int


def relation_tree(
    relation: RelationGrant, *, columns: Sequence[str], dialect: str, tokens_clear: bool = False
) -> exp.Select:
    """Give `SELECT masked columns FROM table WHERE condition` over the raw table, for the owner of the rows.

    A token column is left out, or read in clear with `tokens_clear` by what lands the rows and computes the tokens.
    """
    shown: list[exp.Expr] = []
    for name in columns:
        column = relation.column(name)
        if column is None or (name in relation.tokens and not tokens_clear):
            continue
        value = (
            exp.column(exp.to_identifier(name, quoted=True))
            if name in relation.tokens
            else mask_tree(column, dialect=dialect)
        )
        shown.append(exp.alias_(value, name, quoted=True))
    place = relation.location
    query = exp.select(*shown).from_(exp.table_(place.table, db=place.schema or None, quoted=True))
    return query if relation.condition is None else query.where(relation.condition.tree(dialect))


def relation_sql(
    relation: RelationGrant, *, dialect: str, columns: Sequence[str] = (), tokens_clear: bool = False
) -> str:
    """Give the same SELECT as text for `postgres` or `duckdb`; all granted columns where `columns` is empty."""
    names = columns or [column.name for column in relation.columns]
    tree = relation_tree(relation, columns=names, dialect=dialect, tokens_clear=tokens_clear)
    return tree.sql(dialect=dialect, identify=True, comments=False)


def _schema(relations: Mapping[str, RelationGrant]) -> MappingSchema:
    tables: dict[str, dict[str, dict[str, str]]] = {}
    for alias, relation in relations.items():
        department, table = alias.split(".", 1)
        types = {column.name: _plain(masked_type(column)) for column in relation.columns}
        tables.setdefault(department, {})[table] = types
    return MappingSchema(dict[str, object](tables), dialect=Postgres, normalize=False)


def _plain(type_name: str) -> str:
    return "text" if type_name.startswith(("json", "bytea")) else type_name


def _qualified(parsed: ParsedQuery, schema: MappingSchema) -> exp.Expr:
    try:
        tree = qualify(
            parsed.tree.copy(),
            dialect=Postgres,
            schema=schema,
            validate_qualify_columns=False,
            identify=True,
        )
        return annotate_types(tree, schema=schema, dialect=Postgres)
    except SqlglotError:
        raise refuse(
            _("字段或表的名称有歧义"),
            mend=_("请为每个表写明别名，并在字段前写上表的别名"),
            code="data.query.name",
        ) from None


def _bounded(tree: exp.Expr, rows: int) -> None:
    limit = tree.args.get("limit")
    asked = int(limit.expression.name) if isinstance(limit, exp.Limit) else rows
    tree.set("limit", exp.Limit(expression=exp.Literal.number(min(asked, rows))))


def _with_parameters(tree: exp.Expr, parameters: Sequence[str]) -> None:
    for node in list(tree.find_all(exp.Placeholder)):
        number = exp.Literal.number(parameters.index(str(node.this)) + 1)
        node.replace(exp.Parameter(this=number))


def _placed(tree: exp.Expr, targets: Mapping[str, exp.Expr], parameters: Sequence[str], dialect: str) -> str:
    """Put a target in place of every granted table, and give the text."""
    copy = tree.copy()
    _with_parameters(copy, parameters)
    for table in list(copy.find_all(exp.Table)):
        if table.db:
            target = targets[f"{table.db}.{table.name}"].copy()
            target.set("alias", table.args["alias"].copy())
            table.replace(target)
    return copy.sql(dialect=dialect, identify=True, comments=False)


def _check_text(tree: exp.Expr, dialect: type[Postgres]) -> None:
    """Hold the regenerated text against the allow-list again: what the engine reads must be what was judged."""
    again = dialect().parse(tree.sql(dialect=dialect, identify=True, comments=False))
    if len(again) != 1 or again[0] is None:
        raise refuse(_("查询的语法有误"), mend=_("请简化查询"), code="data.query.syntax")
    check_tree(again[0])


def _output(tree: exp.Expr, origins: Sequence[frozenset[tuple[UUID, str]]]) -> tuple[OutputColumn, ...]:
    names: list[str] = tree.named_selects  # type: ignore[attr-defined]
    if len(names) > MAX_OUTPUT_COLUMNS:
        raise refuse(_("输出字段过多"), mend=_("最多 %(most)s 个") % {"most": MAX_OUTPUT_COLUMNS})
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise refuse(
            _("输出字段“%(name)s”重名") % {"name": repeated[:60]},
            mend=_("请用 AS 为每个输出字段起不同的名称"),
            code="data.query.duplicate",
        )
    selects: list[exp.Expr] = tree.selects  # type: ignore[attr-defined]
    types = [select.type.sql(dialect="postgres").lower() if select.type else "unknown" for select in selects]
    return tuple(
        OutputColumn(name=name, type=kind, origins=tuple(sorted(found, key=lambda pair: (pair[0].hex, pair[1]))))
        for name, kind, found in zip(names, types, origins, strict=True)
    )


def _store_target(relation: RelationGrant, columns: Sequence[str]) -> exp.Expr:
    if relation.grant is not None:
        return exp.table_(relation.view, db=relation.role, quoted=True)
    return relation_tree(relation, columns=columns, dialect="postgres").subquery()


def _in_store(relations: Mapping[str, RelationGrant], used: Mapping[str, Sequence[str]]) -> bool:
    """Tell whether one role in the serving store can answer: one grant, rows landed, no token asked."""
    held = [relations[alias] for alias in relations]
    return (
        all(relation.location.kind == "serving" for relation in held)
        and len({relation.grant for relation in held}) == 1
        and not any(relation.tokens & set(used.get(relation.alias, ())) for relation in held)
    )


def rewrite(parsed: ParsedQuery, relations: Mapping[str, RelationGrant], *, rows: int) -> RewrittenQuery:
    """Rewrite a parsed query over the granted relations (by alias), at most `rows` rows; raises `QueryRefused`."""
    tree = _qualified(parsed, _schema(relations))
    check_tree(tree)
    lineage = trace(tree, relations)
    output = _output(tree, [found.origins for found in lineage.outputs])
    _bounded(tree, rows)
    _check_text(tree, Postgres)
    # a table that is only counted still needs a column, because a relation without columns has no rows
    used = {
        alias: tuple(lineage.used.get(alias) or [relation.columns[0].name]) for alias, relation in relations.items()
    }
    store = (
        {alias: _store_target(relation, used[alias]) for alias, relation in relations.items()}
        if _in_store(relations, used)
        else {}
    )
    local = {alias: exp.table_(f"r{number}", quoted=True) for number, alias in enumerate(relations)}
    return RewrittenQuery(
        postgres=_placed(tree, store, parsed.parameters, "postgres") if store else "",
        duckdb=_placed(tree, local, parsed.parameters, "duckdb"),
        output=output,
        used=tuple(used.items()),
        parameters=parsed.parameters,
        rows=int(tree.args["limit"].expression.name),
    )
