"""The receiving side: builds the delivered table, and writes rows and cursor in one transaction.

Beside the delivered tables stands `jiangyuan.delivery` with one row per subscription: how far its table is. The row is
locked and compared before anything is written, so that a runner that was believed dead cannot write an older batch
over a newer one.
"""

from collections.abc import Iterable, Iterator

import psycopg
import pyarrow as pa
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from jiangyuan.data.movement.pgoutput import format_lsn, parse_lsn
from jiangyuan.data.movement.sessions import connect, fragment, identifier, target_errors, type_name
from jiangyuan.data.movement.shape import Shape
from jiangyuan.data.movement.state import Cursor, Delta, MovementRefused, Subscription, TargetUnavailable

_ROWS_PER_STATEMENT = 5_000
_REGISTER = """
CREATE SCHEMA IF NOT EXISTS jiangyuan;
CREATE TABLE IF NOT EXISTS jiangyuan.delivery (
    subscription uuid PRIMARY KEY,
    target_schema text NOT NULL,
    target_table text NOT NULL,
    entry uuid,
    grant_id uuid,
    shape text NOT NULL,
    source_system text NOT NULL DEFAULT '',
    lsn pg_lsn,
    rows bigint NOT NULL DEFAULT 0,
    digest text NOT NULL DEFAULT '',
    withdrawn_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (target_schema, target_table)
);
"""
_OWNER = """
SELECT d.subscription, d.shape, d.grant_id, d.withdrawn_at IS NOT NULL, c.oid IS NOT NULL, obj_description(c.oid, 'pg_class')
  FROM (SELECT to_regclass(format('%%I.%%I', %(schema)s::text, %(table)s::text))::oid AS oid) c
  LEFT JOIN jiangyuan.delivery d ON d.target_schema = %(schema)s AND d.target_table = %(table)s
"""
_CURSOR = "SELECT lsn::text, source_system, rows, digest FROM jiangyuan.delivery WHERE subscription = %s"
_MOVE = """
UPDATE jiangyuan.delivery
   SET lsn = %s::pg_lsn, source_system = %s, rows = rows + %s, digest = %s, withdrawn_at = NULL, updated_at = now()
 WHERE subscription = %s
"""
_ADVANCE = "UPDATE jiangyuan.delivery SET lsn = %s::pg_lsn WHERE subscription = %s"


def mark(subscription: Subscription) -> str:
    """Return the comment that tells whose a delivered table is, and under which grant it stands there."""
    grant = subscription.grant
    return f"江源 目录 {grant.entry} 授权 {grant.grant} 订阅 {subscription.id}"  # i18n: kept in the table's comment


class Target:
    """The target table of one subscription, through one session. Used by one thread.

    Every method raises `TargetUnavailable` (try again) or `MovementRefused` (somebody must mend the target).
    """

    def __init__(self, *, subscription: Subscription, shape: Shape) -> None:
        self.subscription = subscription
        self.shape = shape
        self._where = subscription.target.name
        self._table = identifier(subscription.target)
        self._expected: str | None = None
        self._writing = False
        with target_errors(self._where):
            self._connection = connect(subscription.target.connection, autocommit=False)
        try:
            with target_errors(self._where):
                self._prepare()
        except BaseException:
            self.close()
            raise
        self._upsert, self._delete = self._statements()

    def close(self) -> None:
        """End the session; an open transaction is rolled back."""
        self._connection.close()

    # the table

    def _prepare(self) -> None:
        """Register the subscription and build its table, both or neither."""
        run = self._connection.execute
        run("SELECT pg_advisory_xact_lock(hashtext('jiangyuan.delivery'))")
        run(_REGISTER)
        place = self.subscription.target
        owner, shape, grant, withdrawn, exists, comment = self._owner()
        mine = owner == self.subscription.id
        if exists and not (owner and comment and comment.startswith("江源 ") and (mine or withdrawn)):  # i18n: as kept
            raise MovementRefused(
                _("接收库中已有同名的表，未作任何改动"),
                code="movement.foreign_table",
                where=self._where,
                mend=_("请为本次交付另取表名，或由接收方将原表改名后恢复同步"),
            )
        # another grant may give other rows or mask them otherwise, so nothing of an earlier one stays
        if not (mine and exists and shape == self.shape.fingerprint() and grant == self.subscription.grant.grant):
            run("DELETE FROM jiangyuan.delivery WHERE subscription IN (%s, %s)", [owner, self.subscription.id])
            run(sql.SQL("DROP TABLE IF EXISTS {}").format(self._table))
            self._build()
            run(
                "INSERT INTO jiangyuan.delivery (subscription, target_schema, target_table, entry, grant_id, shape) "
                "VALUES (%s, %s, %s, %s, %s, %s)",
                [self.subscription.id, place.schema, place.table, *self._names(), self.shape.fingerprint()],
            )
        self._connection.commit()

    def _owner(self) -> tuple:
        place = self.subscription.target
        row = self._connection.execute(_OWNER, {"schema": place.schema, "table": place.table}).fetchone()
        assert row is not None
        return row

    def _names(self) -> tuple:
        return self.subscription.grant.entry, self.subscription.grant.grant

    def _build(self) -> None:
        place = self.subscription.target
        columns = [sql.SQL("{} {}").format(sql.Identifier(name), type_name(kind)) for name, kind in self.shape.columns]
        key = sql.SQL(", ").join(map(sql.Identifier, self.shape.key))
        run = self._connection.execute
        run(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(place.schema)))
        run(sql.SQL("CREATE TABLE {} ({}, PRIMARY KEY ({}))").format(self._table, sql.SQL(", ").join(columns), key))
        run(sql.SQL("COMMENT ON TABLE {} IS {}").format(self._table, sql.Literal(mark(self.subscription))))

    # the cursor

    def cursor(self) -> Cursor:
        """Read how far the table is; from here on only a writer that saw this position may write."""
        with target_errors(self._where):
            row = self._connection.execute(_CURSOR, [self.subscription.id]).fetchone()
            self._connection.commit()
        if row is None:
            raise self._overtaken()
        self._expected = row[0]
        return Cursor(parse_lsn(row[0]) if row[0] else None, row[1], row[2], row[3])

    def _overtaken(self) -> TargetUnavailable:
        return TargetUnavailable(_("另一进程正在向同一张表交付"), code="movement.overtaken", where=self._where)

    def _begin(self) -> None:
        """Open the transaction with the cursor row locked, and make sure that nobody moved it meanwhile."""
        if self._writing:
            return
        row = self._connection.execute(_CURSOR + " FOR UPDATE", [self.subscription.id]).fetchone()
        if row is None or row[0] != self._expected:
            self._connection.rollback()
            raise self._overtaken()
        self._writing = True

    def rollback(self) -> None:
        """Forget what was written since the last commit; harmless when nothing was or the session is gone."""
        self._writing = False
        try:
            self._connection.rollback()
        except psycopg.Error:
            self._connection.close()

    def commit(self, *, lsn: int, system: str, rows: int, digest: str) -> None:
        """Commit what was written together with the new cursor position."""
        with target_errors(self._where):
            self._begin()
            written = format_lsn(lsn)
            self._connection.execute(_MOVE, [written, system, rows, digest, self.subscription.id])
            self._connection.commit()
            self._writing = False
            self._expected = written

    def advance(self, *, lsn: int) -> None:
        """Move the cursor over log that held nothing for this table, so that the source may let it go."""
        with target_errors(self._where):
            self._begin()
            written = format_lsn(lsn)
            self._connection.execute(_ADVANCE, [written, self.subscription.id])
            self._connection.commit()
            self._writing = False
            self._expected = written

    # rows

    def write(self, delta: Delta) -> None:
        """Write a batch into the open transaction (`commit` ends it); keys of deletions and upserts are disjoint."""
        with target_errors(self._where):
            self._begin()
            if delta.cleared:
                self._connection.execute(sql.SQL("DELETE FROM {}").format(self._table))
            for columns in _slices(delta.deletes):
                self._connection.execute(self._delete, columns)
            for columns in _slices(delta.upserts):
                self._connection.execute(self._upsert, columns)

    def load(self, blocks: Iterable[bytes], *, form: str) -> int:
        """Replace all rows by a COPY stream of the given format, in the open transaction; return how many came.

        Readers keep seeing the old rows until `commit`. An error of `blocks` passes through.
        """
        names = sql.SQL(", ").join(map(sql.Identifier, self.shape.names))
        order = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT {})").format(self._table, names, fragment(form))
        with target_errors(self._where):
            self._begin()
            self._connection.execute(sql.SQL("DELETE FROM {}").format(self._table))
            with self._connection.cursor() as cursor:
                with cursor.copy(order) as copy:
                    for block in blocks:
                        copy.write(block)
                return max(cursor.rowcount, 0)

    def reconcile(self, rows: Iterable[pa.Table]) -> int:
        """Make the table hold exactly the given rows (text columns in the target's order), in the open transaction.

        For sources that can only be read whole. Rows that are equal are not touched; returns how many were.
        """
        names = sql.SQL(", ").join(map(sql.Identifier, self.shape.names))
        staged = sql.Identifier("pg_temp", "jy_present")
        run = self._connection.execute
        with target_errors(self._where):
            self._begin()
            run(sql.SQL("CREATE TEMP TABLE jy_present (LIKE {} INCLUDING INDEXES) ON COMMIT DROP").format(self._table))
            insert = self._insert(staged)
            for table in rows:
                for columns in _slices(table):
                    run(insert, columns)
            same = sql.SQL(" AND ").join(
                sql.SQL("p.{0} = t.{0}").format(sql.Identifier(name)) for name in self.shape.key
            )
            gone = run(
                sql.SQL("DELETE FROM {} t WHERE NOT EXISTS (SELECT 1 FROM {} p WHERE {})").format(
                    self._table, staged, same
                )
            ).rowcount
            came = run(
                sql.SQL("INSERT INTO {} AS t ({}) SELECT {} FROM {} {} WHERE ROW({})::text <> ROW({})::text").format(
                    self._table,
                    names,
                    names,
                    staged,
                    self._conflict(),
                    _listed("t.{}", self.shape.names),
                    _listed("EXCLUDED.{}", self.shape.names),
                )
                if len(self.shape.names) > len(self.shape.key)
                else sql.SQL("INSERT INTO {} AS t ({}) SELECT {} FROM {} {}").format(
                    self._table, names, names, staged, self._conflict()
                )
            ).rowcount
        return gone + came

    def withdraw(self) -> None:
        """Note that the grant ended, and empty the table where the agreement says so."""
        self.rollback()
        with target_errors(self._where):
            run = self._connection.execute
            if self.subscription.empties_on_withdrawal:
                run(sql.SQL("DELETE FROM {}").format(self._table))
            run(
                "UPDATE jiangyuan.delivery SET withdrawn_at = coalesce(withdrawn_at, now()), lsn = NULL "
                "WHERE subscription = %s",
                [self.subscription.id],
            )
            self._connection.commit()

    # statements

    def _statements(self) -> tuple[sql.Composed, sql.Composed]:
        types = self.shape.types
        same = sql.SQL(" AND ").join(
            sql.SQL("t.{0} = u.{0}::{1}").format(sql.Identifier(name), type_name(types[name]))
            for name in self.shape.key
        )
        delete = sql.SQL("DELETE FROM {} t USING {} WHERE {}").format(self._table, _given(self.shape.key), same)
        return sql.SQL("{} {}").format(self._insert(self._table), self._conflict()), delete

    def _insert(self, table: sql.Composable) -> sql.Composed:
        casts = [sql.SQL("u.{}::{}").format(sql.Identifier(name), type_name(kind)) for name, kind in self.shape.columns]
        return sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}").format(
            table,
            _listed("{}", self.shape.names),
            sql.SQL(", ").join(casts),
            _given(self.shape.names),
        )

    def _conflict(self) -> sql.Composed:
        key = _listed("{}", self.shape.key)
        rest = [name for name in self.shape.names if name not in self.shape.key]
        if not rest:
            return sql.SQL("ON CONFLICT ({}) DO NOTHING").format(key)
        return sql.SQL("ON CONFLICT ({}) DO UPDATE SET {}").format(key, _listed("{0} = EXCLUDED.{0}", rest))


def _listed(pattern: str, names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(fragment(pattern).format(sql.Identifier(name)) for name in names)


def _given(names: Iterable[str]) -> sql.Composed:
    """Rows handed over as one text array per column: exact for every type, and one statement for any number of rows."""
    names = list(names)
    arrays = sql.SQL(", ").join([sql.SQL("%s::text[]")] * len(names))
    return sql.SQL("unnest({}) AS u({})").format(arrays, _listed("{}", names))


def _slices(table: pa.Table) -> Iterator[list[list[str | None]]]:
    for start in range(0, table.num_rows, _ROWS_PER_STATEMENT):
        yield [column.to_pylist() for column in table.slice(start, _ROWS_PER_STATEMENT).columns]
