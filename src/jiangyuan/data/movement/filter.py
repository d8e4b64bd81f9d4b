"""The plan, applied to rows in flight on the source's side: condition, masks, tokens, pseudonym keys.

Conditions and expression masks run in one persistent DuckDB connection. Where DuckDB cannot hold a value exactly (a
`numeric` of more than 38 digits, NaN in a numeric, a date before Christ), the row is judged by the source's own
PostgreSQL, with the expression that the snapshot uses: one answer for one row, whichever way it travels.
"""

import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import duckdb
import orjson
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from jiangyuan.data.column_types import base_type, duckdb_type, precision_of
from jiangyuan.data.masking import mask_kind, mask_tree, tokenize
from jiangyuan.data.movement.sessions import fragment
from jiangyuan.data.movement.shape import PSEUDONYM, Shape
from jiangyuan.data.movement.state import Delta, MovementRefused, Subscription

if TYPE_CHECKING:
    from jiangyuan.data.relations import Column

_compute: Any = pc
_PASS = "_jy_pass"
_DOUBT = "_jy_doubt"


class Tokens:
    """HMAC-SM3 under the key of one grant; tokens and row keys are kept apart by their first byte."""

    def __init__(self, *, key: bytes, subscription: Subscription) -> None:
        if len(key) < 16:
            raise MovementRefused(
                _("授权含令牌或以令牌为主键，但没有令牌密钥"),
                code="movement.token_key",
                where=str(subscription.id),
                mend=_("请为该授权生成令牌密钥后恢复同步"),
            )
        self._key = key

    def token(self, value: bytes) -> bytes:
        """Return the digest that a granted token is cut from."""
        return hmac.digest(self._key, value, "sm3")

    def row_key(self, table: pa.Table) -> pa.Array:
        """Return one pseudonym per row, over the key columns of the source in their order."""
        rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
        made = [hmac.digest(self._key, b"\0row" + orjson.dumps(row), "sm3").hex() for row in rows]
        return pa.array(made, pa.string())


class PlanFilter:
    """Applies one subscription's plan to Arrow tables of text. Used by one thread.

    `source` opens a session on the source; it is only called for rows that DuckDB cannot judge.
    """

    def __init__(self, *, subscription: Subscription, shape: Shape, source: Callable[[], psycopg.Connection]) -> None:
        grant = subscription.grant
        self._shape = shape
        self._source = source
        self._subject, self._pseudonym = subscription.subject, subscription.pseudonym
        self._condition = grant.condition
        self._columns: dict[str, Column] = {column.name: column for column in grant.columns}
        self._computed = [c for c in grant.columns if mask_kind(c) not in ("none", "redact", "token")]
        asked = {field.name for field in grant.condition.fields()} if grant.condition is not None else set()
        inputs = asked | {column.name for column in self._computed}
        self._inputs = [column for column in shape.needed if column.name in inputs]
        needs_key = shape.pseudonym or any(mask_kind(c) == "token" for c in grant.columns)
        self.tokens = Tokens(key=subscription.token_key, subscription=subscription) if needs_key else None
        self._duckdb = self._open() if self._inputs else None
        self._statement = self._duckdb_statement() if self._inputs else ""
        self._fallback = self._postgres_statement() if self._inputs else sql.SQL("")

    def close(self) -> None:
        """Free the DuckDB connection."""
        if self._duckdb is not None:
            self._duckdb.close()

    def apply_plan(self, batch: pa.Table, *, absent: pa.Table, cleared: bool = False) -> Delta:
        """Return what leaves for the target.

        `batch` holds standing rows (text, the shape's needed columns), `absent` the keys of rows that are gone. A row
        that does not fulfil the condition leaves as a deletion by key: it may have fulfilled it before.
        """
        passing, computed = self._judge(batch)
        outside = batch.filter(_compute.invert(passing)).select(list(self._shape.source_key))
        inside = batch.filter(passing)
        shown = {name: column.filter(passing) for name, column in computed.items()}
        gone = pa.concat_tables([absent, outside])
        upserts, deletes = self.dress(inside, shown), self._target_key(gone)
        return Delta(upserts=upserts, deletes=deletes, cleared=cleared, subjects=self._concerned(inside))

    def _concerned(self, rows: pa.Table) -> tuple[bytes, ...]:
        if not self._subject or self._pseudonym is None:
            return ()
        values = _compute.unique(rows[self._subject]).to_pylist()
        return tuple(sorted({self._pseudonym(value) for value in values if value}))

    def dress(self, rows: pa.Table, computed: dict[str, Any]) -> pa.Table:
        """Put the target's columns together: clear values, computed masks, tokens, nulls and the pseudonym key."""
        columns: list[Any] = []
        for name in self._shape.names:
            if name == PSEUDONYM and self._shape.pseudonym:
                assert self.tokens is not None
                columns.append(self.tokens.row_key(rows.select(list(self._shape.source_key))))
                continue
            kind = mask_kind(self._columns[name])
            if kind == "none":
                columns.append(rows[name])
            elif kind == "redact":
                columns.append(pa.nulls(rows.num_rows, pa.string()))
            elif kind == "token":
                assert self.tokens is not None
                columns.append(tokenize(rows[name], hmac=self.tokens.token))
            else:
                columns.append(computed[name])
        return pa.Table.from_arrays(columns, names=list(self._shape.names))

    def _target_key(self, keys: pa.Table) -> pa.Table:
        if not self._shape.pseudonym:
            return keys
        assert self.tokens is not None
        return pa.Table.from_arrays([self.tokens.row_key(keys)], names=[PSEUDONYM])

    # judging

    def _judge(self, batch: pa.Table) -> tuple[Any, dict[str, Any]]:
        """Say for each row whether it belongs to the grant, and compute the masks of all rows."""
        if self._duckdb is None or batch.num_rows == 0:
            empty = {column.name: pa.array([], pa.string()) for column in self._computed}
            return pa.array([True] * batch.num_rows, pa.bool_()), empty
        asked = batch.select([column.name for column in self._inputs])
        self._duckdb.register("batch", asked)
        answer = self._duckdb.execute(self._statement).to_arrow_table()
        if _compute.any(answer[_DOUBT]).as_py():
            return self._judged_by_source(asked)
        return answer[_PASS], {column.name: answer[column.name] for column in self._computed}

    def _judged_by_source(self, asked: pa.Table) -> tuple[Any, dict[str, Any]]:
        arrays = [column.to_pylist() for column in asked.columns]
        rows = self._source().execute(self._fallback, arrays).fetchall()
        columns = list(zip(*rows, strict=True))
        computed = {c.name: pa.array(columns[n + 1], pa.string()) for n, c in enumerate(self._computed)}
        return pa.array(columns[0], pa.bool_()), computed

    def _open(self) -> duckdb.DuckDBPyConnection:
        settings = {"threads": 1, "memory_limit": "512MB", "enable_external_access": "false"}
        connection = duckdb.connect(":memory:", config=cast(Any, settings))
        connection.execute("SET TimeZone = 'UTC'; SET lock_configuration = true")
        return connection

    def _duckdb_statement(self) -> str:
        typed, doubts = [], ["false"]
        for column in self._inputs:
            name = _quoted(column.name)
            typed.append(f"{_read(name, column.type)} AS {name}")
            doubts.append(_doubtful(name, column.type))
        passing = f"coalesce({self._condition.sql('duckdb')}, false)" if self._condition is not None else "true"
        masks = [
            f"CAST({mask_tree(c, dialect='duckdb').sql(dialect='duckdb')} AS VARCHAR) AS {_quoted(c.name)}"
            for c in self._computed
        ]
        # The outer names would hide the typed inputs inside the condition, so each stage has its own query.
        return (
            f"WITH typed AS (SELECT {', '.join(typed)}, ({' OR '.join(doubts)}) AS {_DOUBT} FROM batch) "
            f"SELECT {', '.join([f'{passing} AS {_PASS}', _DOUBT, *masks])} FROM typed"
        )

    def _postgres_statement(self) -> sql.Composed:
        names = [column.name for column in self._inputs]
        given = sql.SQL(", ").join([sql.SQL("%s::text[]")] * len(names))
        listed = sql.SQL(", ").join(map(sql.Identifier, names))
        casts = sql.SQL(", ").join(
            sql.SQL("u.{0}::{1} AS {0}").format(sql.Identifier(c.name), fragment(c.type)) for c in self._inputs
        )
        return sql.SQL(
            "SELECT {} FROM (SELECT u._jy_number, {} FROM unnest({}) WITH ORDINALITY AS u({}, _jy_number)) t "
            "ORDER BY _jy_number"
        ).format(sql.SQL(", ").join([passing(self._condition), *map(masked, self._computed)]), casts, given, listed)


def passing(condition: Any) -> sql.Composed:
    """Give a condition as PostgreSQL text that is true or false, never null."""
    text = condition.sql("postgres") if condition is not None else "true"
    return sql.SQL("coalesce({}, false)").format(_literal_sql(text))


def masked(column: "Column") -> sql.Composed:
    """Give a masked column as PostgreSQL text of type text."""
    return sql.SQL("({})::text").format(_literal_sql(mask_tree(column, dialect="postgres").sql(dialect="postgres")))


def _literal_sql(text: str) -> sql.SQL:
    # A per cent sign in generated SQL is no placeholder; these texts are always executed with parameters.
    return fragment(text.replace("%", "%%"))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _read(name: str, kind: str) -> str:
    """The typed value of a text column; fixed-length text is compared without its padding, as PostgreSQL does."""
    if base_type(kind) == "character":
        return f"rtrim({name}, ' ')"
    return f"TRY_CAST({name} AS {duckdb_type(kind)})"


def _doubtful(name: str, kind: str) -> str:
    """Whether DuckDB cannot hold the value, or only rounded."""
    doubt = f"({name} IS NOT NULL AND {_read(name, kind)} IS NULL)"
    if base_type(kind) != "numeric":
        return doubt
    declared = precision_of(kind)
    if declared is None or declared[0] > 38:
        return f"({doubt} OR regexp_matches({name}, '[.][0-9]{{13}}'))"
    return doubt
