"""What a consumer may ask: exactly one SELECT, built from a list of syntax-tree nodes and functions.

The list is of what is allowed. Whatever it does not name is refused: table functions, functions unknown to the
parser, EXPLAIN, recursion, data-modifying CTEs, SELECT INTO, row locks, LATERAL, system catalogues and columns, casts to
object identifiers, arrays, regular expressions, and every function whose output can be far larger than its input.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import gettext_lazy as _
from sqlglot import exp, tokenize
from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers
from sqlglot.tokenizer_core import TokenType

from jiangyuan.kernel.errors import Refused

# the parser would write what it cannot read, which may hold personal data, into the log
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

MAX_CHARACTERS = 20_000
MAX_TOKENS = 4_000
MAX_DEPTH = 100
MAX_NESTING = 24
MAX_TABLES = 12
MAX_LITERAL = 2_000
MAX_PARAMETERS = 50
IDENTIFIER_BYTES = 63
"""PostgreSQL cuts longer names silently, so that two names could become one."""

FUNCTIONS = (
    "count、sum、avg、min、max、row_number、rank、dense_rank、lag、lead、abs、round、floor、ceil、mod、coalesce、nullif、greatest、"
    "least、lower、upper、trim、length、substring、left、right、concat、position、starts_with、extract、cast、case"
)

_QUERY_ARGS = frozenset({"this", "expression", "expressions", "from", "from_", "joins", "where", "group", "having"})
_SELECT = _QUERY_ARGS | {"order", "limit", "offset", "distinct", "with", "with_", "alias"}
_ONE = frozenset({"this"})
_TWO = frozenset({"this", "expression"})
_MANY = frozenset({"expressions"})
_NODES: dict[str, frozenset[str]] = {
    "Select": _SELECT,
    "Union": _SELECT,
    "Intersect": _SELECT,
    "Except": _SELECT,
    "Subquery": frozenset({"this", "alias"}),
    "With": _MANY,
    "CTE": frozenset({"this", "alias"}),
    "Table": frozenset({"this", "db", "alias"}),
    "TableAlias": frozenset({"this", "columns"}),
    "Identifier": frozenset({"this", "quoted"}),
    "Column": frozenset({"this", "table"}),
    "Star": frozenset(),
    "Alias": frozenset({"this", "alias"}),
    "From": _ONE,
    "Join": frozenset({"this", "on", "using", "side", "kind"}),
    "Where": _ONE,
    "Group": _MANY,
    "Having": _ONE,
    "Order": _MANY,
    "Ordered": frozenset({"this", "desc", "nulls_first"}),
    "Limit": frozenset({"expression"}),
    "Offset": frozenset({"expression"}),
    "Distinct": _MANY,
    "Literal": frozenset({"this", "is_string"}),
    "Boolean": _ONE,
    "Null": frozenset(),
    "Paren": _ONE,
    "Placeholder": _ONE,
    "Var": _ONE,
    "DataTypeParam": _ONE,
    "DataType": frozenset({"this", "expressions", "nested"}),
    "Cast": frozenset({"this", "to"}),
    "Case": frozenset({"this", "ifs", "default"}),
    "If": frozenset({"this", "true", "false"}),
    "Between": frozenset({"this", "low", "high"}),
    "In": frozenset({"this", "expressions", "query"}),
    "Exists": _ONE,
    "Not": _ONE,
    "Neg": _ONE,
    "Filter": _TWO,
    "Interval": frozenset({"this", "unit"}),
    "Window": frozenset({"this", "partition_by", "order", "spec", "over"}),
    "WindowSpec": frozenset({"kind", "start", "start_side", "end", "end_side"}),
    "Count": frozenset({"this", "big_int"}),
    "Coalesce": frozenset({"this", "expressions"}),
    "Greatest": frozenset({"this", "expressions", "ignore_nulls"}),
    "Least": frozenset({"this", "expressions", "ignore_nulls"}),
    "Concat": frozenset({"expressions", "safe", "coalesce"}),
    "Substring": frozenset({"this", "start", "length"}),
    "StrPosition": frozenset({"this", "substr"}),
    "Round": frozenset({"this", "decimals"}),
    "Lag": frozenset({"this", "offset", "default"}),
    "Lead": frozenset({"this", "offset", "default"}),
    "Div": frozenset({"this", "expression", "typed", "safe"}),
    "DPipe": frozenset({"this", "expression", "safe"}),
    "Rank": frozenset(),
    "DenseRank": frozenset(),
    "RowNumber": frozenset(),
    **dict.fromkeys(("Is", "Like", "ILike"), frozenset({"this", "expression", "negate"})),
    **dict.fromkeys(("EQ", "NEQ", "LT", "LTE", "GT", "GTE", "And", "Or", "NullSafeEQ", "NullSafeNEQ"), _TWO),
    **dict.fromkeys(("Add", "Sub", "Mul", "Mod", "Nullif", "Left", "Right", "StartsWith", "Extract"), _TWO),
    **dict.fromkeys(("Sum", "Avg", "Min", "Max", "Abs", "Floor", "Ceil", "Lower", "Upper", "Trim", "Length"), _ONE),
}
_NUMBERS = ("SMALLINT", "INT", "BIGINT", "DECIMAL", "FLOAT", "DOUBLE")
_OTHERS = ("BOOLEAN", "TEXT", "VARCHAR", "CHAR", "DATE", "TIMESTAMP", "TIMESTAMPTZ", "TIME", "UUID")
_TYPES = frozenset({*_NUMBERS, *_OTHERS})
_UNITS = frozenset({"YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"})
_OPENING = frozenset({TokenType.L_PAREN, TokenType.CASE, TokenType.L_BRACKET, TokenType.L_BRACE})
_CLOSING = frozenset({TokenType.R_PAREN, TokenType.END, TokenType.R_BRACKET, TokenType.R_BRACE})
_QUERIES = (exp.Select, exp.SetOperation)


class QueryRefused(Refused):
    """The SQL asks for something that may not be asked; `where` is "line:column" in the text as it was sent."""

    default_code = "data.query"


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A query that passed the allow-list: its tree (never to be changed in place), table names and parameters.

    `tables` are normalised `dept.table` names in order of appearance; `parameters` the names after `:`.
    """

    tree: exp.Expr
    tables: tuple[str, ...]
    parameters: tuple[str, ...]


def place(node: exp.Expr | None) -> str:
    """Give "line:column" of a node in the consumer's text, empty where it is not known."""
    current = node
    while current is not None:
        for found in (current, *current.find_all(exp.Identifier)):
            if "line" in found.meta:
                return f"{found.meta['line']}:{found.meta['col']}"
        current = current.parent
    return ""


def refuse(message: object, *, mend: object, node: exp.Expr | None = None, code: str = "") -> QueryRefused:
    """Make a refusal that points at a node."""
    return QueryRefused(message, mend=mend, where=place(node), code=code)


def _construct(node: exp.Expr) -> QueryRefused:
    name = str(node.this) if isinstance(node, exp.Anonymous) else type(node).__name__
    if isinstance(node, exp.Func):
        return refuse(
            _("不能使用函数“%(name)s”") % {"name": name[:40]},
            mend=_("可用的函数：%(names)s") % {"names": FUNCTIONS},
            node=node,
            code="data.query.function",
        )
    return refuse(
        _("查询中有不允许的写法（%(name)s）") % {"name": name[:40]},
        mend=_("请只用一条普通的 SELECT：字段、连接、条件、分组、排序和 LIMIT"),
        node=node,
        code="data.query.construct",
    )


def _children(node: exp.Expr) -> list[exp.Expr]:
    return list(node.iter_expressions())


def _check_tokens(sql: str) -> None:
    if len(sql) > MAX_CHARACTERS or "\x00" in sql:
        raise refuse(_("查询过长或含有无效字符"), mend=_("请缩短查询"), code="data.query.size")
    tokens = tokenize(sql, dialect=Postgres)
    depth = unary = 0
    for token in tokens:
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        unary = unary + 1 if token.token_type in (TokenType.NOT, TokenType.DASH, TokenType.PLUS) else 0
        if depth > MAX_NESTING or unary > MAX_NESTING:
            raise refuse(_("查询嵌套过深"), mend=_("请减少括号和子查询的层数"), code="data.query.size")
    if len(tokens) > MAX_TOKENS:
        raise refuse(_("查询过长或含有无效字符"), mend=_("请缩短查询"), code="data.query.size")


def _read(sql: str) -> exp.Expr:
    try:
        _check_tokens(sql)
        trees = [tree for tree in Postgres().parse(sql) if tree is not None]
    except SqlglotError as error:
        detail = getattr(error, "errors", None) or [{}]
        line, column = detail[0].get("line"), detail[0].get("col")
        raise QueryRefused(
            _("查询的语法有误"),
            where=f"{line}:{column}" if line else "",
            mend=_("请检查该处附近的括号、引号和关键字"),
            code="data.query.syntax",
        ) from None
    except (RecursionError, ValueError, TypeError, AttributeError, KeyError, IndexError):
        raise QueryRefused(_("查询的语法有误"), mend=_("请简化查询"), code="data.query.syntax") from None
    if len(trees) != 1 or not isinstance(trees[0], _QUERIES):
        raise refuse(_("只能执行一条 SELECT 查询"), mend=_("请只提交一条 SELECT 语句"), code="data.query.statement")
    return trees[0]


def _check_node(node: exp.Expr) -> None:
    allowed = _NODES.get(type(node).__name__)
    # the name alone is not enough: a subclass of the same name elsewhere would pass
    if allowed is None or type(node) is not getattr(exp, type(node).__name__, None):
        raise _construct(node)
    for name, value in node.args.items():
        if name not in allowed and value not in (None, False, [], ""):
            raise _construct(node)


def _check_identifier(node: exp.Identifier) -> None:
    name = str(node.this)
    if not name or len(name.encode("utf-8", "replace")) > IDENTIFIER_BYTES or not name.isprintable():
        raise refuse(
            _("名称过长或含有无效字符"), mend=_("名称最长 63 字节（约 21 个汉字）"), node=node, code="data.query.name"
        )


def _check_literal(node: exp.Literal) -> None:
    text = str(node.this)
    if len(text) > (MAX_LITERAL if node.is_string else 60):
        raise refuse(_("常量过长"), mend=_("请改用参数"), node=node.parent, code="data.query.size")


def _check_cast(node: exp.DataType) -> None:
    kind = getattr(node.this, "value", node.this)
    sizes = [int(parameter.name) for parameter in node.expressions if parameter.name.isdigit()]
    if kind not in _TYPES or len(sizes) != len(node.expressions) or any(size > 10_000 for size in sizes):
        raise refuse(
            _("不能转换为该类型"),
            mend=_("可转换为整数、数值、文本、日期、时间、逻辑值或 UUID"),
            node=node,
            code="data.query.cast",
        )


def _check_join(node: exp.Join) -> None:
    if str(node.args.get("kind") or "").upper() not in ("", "INNER", "OUTER", "CROSS"):
        raise _construct(node)
    if str(node.args.get("side") or "").upper() not in ("", "LEFT", "RIGHT", "FULL"):
        raise _construct(node)


def _check_unit(node: exp.Expr) -> None:
    unit = node.this if isinstance(node, exp.Extract) else node.args.get("unit")
    if not isinstance(unit, exp.Var) or str(unit.this).upper() not in _UNITS:
        raise _construct(node)
    if isinstance(node, exp.Interval):
        amount = node.this
        if not isinstance(amount, exp.Literal) or not str(amount.this).lstrip("-").isdigit() or len(amount.name) > 6:
            raise _construct(node)


def _check_placed(node: exp.Expr) -> None:
    """Check the nodes whose meaning depends on where they stand."""
    parent = node.parent
    if isinstance(node, exp.Var) and not isinstance(parent, (exp.Extract, exp.Interval)):
        raise _construct(node)
    if isinstance(node, exp.Star) and not isinstance(parent, (exp.Select, exp.Count, exp.Column)):
        raise _construct(node)
    if isinstance(node, exp.Column) and isinstance(node.this, exp.Star) and not isinstance(parent, exp.Select):
        raise _construct(node)
    if isinstance(node, (exp.Subquery, exp.CTE, exp.Exists)) and not isinstance(node.this, (*_QUERIES, exp.Subquery)):
        raise _construct(node)
    if isinstance(node, (exp.From, exp.Join)) and not isinstance(node.this, (exp.Table, exp.Subquery)):
        raise _construct(node)
    if isinstance(node, (exp.Limit, exp.Offset)):
        amount = node.expression
        if not isinstance(amount, exp.Literal) or not str(amount.this).isdigit() or len(amount.name) > 15:
            raise refuse(_("LIMIT 和 OFFSET 只能是整数"), mend=_("例如 LIMIT 100"), node=node, code="data.query.limit")
    if isinstance(node, exp.Placeholder) and not str(node.args.get("this") or "").isidentifier():
        raise refuse(_("参数须有名称"), mend=_("请写成 :name"), node=node, code="data.query.parameter")


def check_tree(tree: exp.Expr) -> None:
    """Hold every node of a tree against the allow-list and its bounds; raises `QueryRefused`."""
    pending = [(tree, 1)]
    while pending:
        node, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise refuse(_("查询嵌套过深"), mend=_("请减少括号和子查询的层数"), code="data.query.size")
        _check_node(node)
        if isinstance(node, exp.Identifier):
            _check_identifier(node)
        elif isinstance(node, exp.Literal):
            _check_literal(node)
        elif isinstance(node, exp.DataType):
            _check_cast(node)
        elif isinstance(node, exp.Join):
            _check_join(node)
        elif isinstance(node, (exp.Extract, exp.Interval)):
            _check_unit(node)
        _check_placed(node)
        pending.extend((child, depth + 1) for child in _children(node))


def unknown_table(node: exp.Expr | None, name: str) -> QueryRefused:
    """Make the refusal for a table, the same whether it does not exist or no grant names it."""
    return refuse(
        _("没有可用的授权表“%(name)s”") % {"name": name[:130]},
        mend=_("请核对“部门.表”名称，或在目录中申请该数据"),
        node=node,
        code="data.query.table",
    )


def _common_names(node: exp.Expr) -> set[str]:
    """Give the names of the CTEs that a table reference can see."""
    names: set[str] = set()
    current: exp.Expr | None = node
    while current is not None:
        block = current.args.get("with_") or current.args.get("with")
        if isinstance(block, exp.With):
            names.update(cte.alias for cte in block.expressions)
        current = current.parent
    return names


def _tables(tree: exp.Expr) -> tuple[str, ...]:
    found: dict[str, None] = {}
    count = 0
    for table in tree.find_all(exp.Table):
        count += 1
        if table.db:
            found[f"{table.db}.{table.name}"] = None
        elif table.name not in _common_names(table):
            raise unknown_table(table, table.name)
    if count > MAX_TABLES:
        raise refuse(_("一次查询最多引用 %(most)s 个表") % {"most": MAX_TABLES}, mend=_("请分成几次查询"))
    if not found:
        raise refuse(_("查询中没有表"), mend=_("请在 FROM 中写明“部门.表”"), code="data.query.table")
    return tuple(found)


@lru_cache(maxsize=512)
def parse_query(sql: str) -> ParsedQuery:
    """Parse one SELECT in PostgreSQL's dialect and hold it against the allow-list; raises `QueryRefused`.

    Answers are kept by text. The message never carries the parser's own words.
    """
    tree = _read(sql)
    check_tree(tree)
    normalize_identifiers(tree, dialect=Postgres)
    parameters = tuple(dict.fromkeys(str(node.this) for node in tree.find_all(exp.Placeholder)))
    if len(parameters) > MAX_PARAMETERS:
        raise refuse(_("参数过多"), mend=_("一次查询最多 %(most)s 个参数") % {"most": MAX_PARAMETERS})
    return ParsedQuery(tree=tree, tables=_tables(tree), parameters=parameters)
