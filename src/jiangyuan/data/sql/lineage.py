"""Where each output column comes from, through subqueries, CTEs and set operations; and how large a value can grow.

The same walk proves that every column resolves to a granted one: what resolves nowhere is refused, whether it does not
exist in the table or is not granted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from sqlglot import exp
from sqlglot.optimizer.scope import Scope, build_scope

from jiangyuan.data.relations import RelationGrant
from jiangyuan.data.sql.allow import QueryRefused, refuse
from jiangyuan.kernel.texts import listed

MAX_WIDTH = 4_096
"""Most input values that may flow into one output value: a chain of concatenations doubles at every step."""

Origins = frozenset[tuple[UUID, str]]


@dataclass(frozen=True, slots=True)
class Trace:
    """What flows into a value: its origins (resource, column), and how many input values at most."""

    origins: Origins
    width: int


@dataclass(slots=True)
class Lineage:
    """The lineage of one qualified query: origins by output column, in order, and the columns used of each table."""

    outputs: list[Trace] = field(default_factory=list)
    used: dict[str, dict[str, None]] = field(default_factory=dict)


def unknown_column(node: exp.Column, relation: RelationGrant | None) -> QueryRefused:
    """Make the refusal for a column, the same whether it does not exist or is not granted."""
    names = listed(column.name for column in relation.columns[:30]) if relation else ""
    mend = _("该表可以查询的字段：%(names)s") % {"names": names} if names else _("请核对字段名及其前面的表名")
    return refuse(
        _("没有可用的字段“%(name)s”") % {"name": node.name[:80]}, mend=mend, node=node, code="data.query.column"
    )


def _enclosing(node: exp.Expr) -> exp.Expr | None:
    current = node.parent
    while current is not None and not isinstance(current, (exp.Select, exp.SetOperation)):
        current = current.parent
    return current


def _names_output(node: exp.Column) -> bool:
    """Tell whether a bare name is an output column in ORDER BY."""
    ordered = node.parent
    order = ordered.parent if isinstance(ordered, exp.Ordered) else None
    query = order.parent if isinstance(order, exp.Order) else None
    return isinstance(query, (exp.Select, exp.SetOperation)) and query.named_selects.count(node.name) == 1


def _query(scope: Scope) -> exp.Query:
    if not isinstance(scope.expression, exp.Query):
        raise refuse(_("查询的语法有误"), mend=_("请简化查询"), code="data.query.syntax")
    return scope.expression


class _Walk:
    """One walk over the scopes of a query."""

    def __init__(self, root: Scope, relations: Mapping[str, RelationGrant]) -> None:
        self.relations = relations
        self.scopes = {id(scope.expression): scope for scope in root.traverse()}
        self.known: dict[tuple[int, str], Trace] = {}
        self.lineage = Lineage()
        self.only = next(iter(relations.values())) if len(relations) == 1 else None

    def source(self, column: exp.Column) -> exp.Expr | Scope:
        """Find what a qualified column stands on, in the nearest scope that knows the name."""
        query = _enclosing(column)
        scope = self.scopes.get(id(query))
        while scope is not None:
            if column.table in scope.sources:
                return scope.sources[column.table]
            scope = scope.parent
        raise unknown_column(column, self.only)

    def column(self, column: exp.Column) -> Trace:
        """Trace one column reference, noting which granted column it uses."""
        source = self.source(column)
        if isinstance(source, Scope):
            return self.output(source, column)
        alias = f"{source.args['db'].name}.{source.name}" if isinstance(source, exp.Table) and source.db else ""
        relation = self.relations.get(alias)
        if relation is None or relation.column(column.name) is None:
            raise unknown_column(column, relation or self.only)
        self.lineage.used.setdefault(alias, {})[column.name] = None
        return Trace(frozenset({(relation.resource, column.name)}), 1)

    def output(self, scope: Scope, column: exp.Column) -> Trace:
        """Trace an output column of a subquery or CTE."""
        names = _query(scope).named_selects
        if names.count(column.name) != 1:
            raise unknown_column(column, None)
        return self.position(scope, names.index(column.name))

    def position(self, scope: Scope, index: int) -> Trace:
        """Trace the output column of a scope at a position; a set operation joins those of its sides."""
        key = (id(scope), str(index))
        if key in self.known:
            return self.known[key]
        if isinstance(scope.expression, exp.SetOperation):
            sides = [self.position(side, index) for side in scope.set_operation_scopes]
            trace = Trace(frozenset().union(*(side.origins for side in sides)), max(side.width for side in sides))
        else:
            selects = _query(scope).selects
            if index >= len(selects):
                raise refuse(_("合并的各部分字段数不同"), mend=_("请让每个部分的字段数相同"), code="data.query.union")
            trace = self.expression(selects[index])
        self.known[key] = trace
        return trace

    def expression(self, node: exp.Expr) -> Trace:
        """Trace an expression over all columns in it."""
        traces = [self.column(column) for column in node.find_all(exp.Column) if column.table]
        literals = sum(1 + len(literal.name) // 100 for literal in node.find_all(exp.Literal))
        width = sum(trace.width for trace in traces) + literals
        if width > MAX_WIDTH:
            raise refuse(_("查询的计算过于复杂"), mend=_("请减少逐层重复的拼接和计算"), code="data.query.size")
        return Trace(frozenset().union(*(trace.origins for trace in traces)), width)


def trace(tree: exp.Expr, relations: Mapping[str, RelationGrant]) -> Lineage:
    """Trace a qualified query; `relations` by alias `dept.table`. Raises `QueryRefused` for a column it may not use."""
    root = build_scope(tree)
    if root is None:
        raise refuse(_("查询的语法有误"), mend=_("请简化查询"), code="data.query.syntax")
    walk = _Walk(root, relations)
    for column in tree.find_all(exp.Column):
        if column.table:
            walk.column(column)
        elif not _names_output(column):
            raise unknown_column(column, walk.only)
    walk.lineage.outputs = [walk.position(root, index) for index in range(len(tree.selects))]  # type: ignore[attr-defined]
    return walk.lineage
