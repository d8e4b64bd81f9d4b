"""The publication and the replication slot on a source: made, watched, bounded, replaced when lost."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from jiangyuan.data.movement.pgoutput import parse_lsn
from jiangyuan.data.movement.sessions import connect_stream
from jiangyuan.data.movement.state import MovementRefused, System

if TYPE_CHECKING:
    from jiangyuan.data.connections import ConnectionSpec

_SLOT = """
SELECT to_jsonb(s) ->> 'wal_status', confirmed_flush_lsn::text, active_pid,
       pg_wal_lsn_diff(pg_current_wal_insert_lsn(), restart_lsn)::bigint, pg_current_wal_insert_lsn()::text
  FROM pg_replication_slots s WHERE slot_name = %s AND database = current_database() AND plugin = 'pgoutput'
"""
_PUBLISHED = "SELECT schemaname::text, tablename::text FROM pg_publication_tables WHERE pubname = ANY(%s)"
_NARROWED = """
SELECT count(*) FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
 WHERE p.pubname = %s AND coalesce(to_jsonb(r) ->> 'prqual', to_jsonb(r) ->> 'prattrs') IS NOT NULL
"""
# With a publication of our own, others are listened to only where the role does not own what they publish.
_WHOLE = """
SELECT p.pubname::text FROM pg_publication p
 WHERE p.pubname <> %(own)s AND p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate
   AND NOT EXISTS (SELECT 1 FROM pg_publication_rel r WHERE r.prpubid = p.oid
                      AND coalesce(to_jsonb(r) ->> 'prqual', to_jsonb(r) ->> 'prattrs') IS NOT NULL)
   AND p.pubname NOT LIKE 'jiangyuan\\_%%\\_________'
   AND (NOT %(needed)s OR EXISTS (
        SELECT 1 FROM pg_publication_tables t JOIN pg_class c ON c.relname = t.tablename
          JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = t.schemaname
         WHERE t.pubname = p.pubname AND NOT pg_has_role(c.relowner, 'MEMBER')))
 ORDER BY p.puballtables DESC, p.pubname
"""


@dataclass(frozen=True, slots=True)
class SlotState:
    """A slot as the source reports it; positions are log positions, `held_bytes` the log it keeps from being removed."""

    lost: bool
    confirmed: int
    active_pid: int | None
    held_bytes: int
    current: int


def read_slot(connection: psycopg.Connection, name: str) -> SlotState | None:
    """Read the state of a slot of this database, None when there is none."""
    row = connection.execute(_SLOT, [name]).fetchone()
    if row is None:
        return None
    status, confirmed, pid, held, current = row
    lost = status == "lost" or confirmed is None
    return SlotState(lost, parse_lsn(confirmed) if confirmed else 0, pid, held or 0, parse_lsn(current))


def check_bounded(connection: psycopg.Connection, *, owner_accepts_unbounded: bool) -> None:
    """Refuse a source whose slots may fill its disk, unless its owner has signed that he accepts it."""
    level, limit = connection.execute(
        "SELECT current_setting('wal_level'), current_setting('max_slot_wal_keep_size', true)"
    ).fetchone() or ("", None)
    if level != "logical":
        raise MovementRefused(
            _("来源库没有开启逻辑复制，不能持续捕获变化"),
            code="movement.wal_level",
            where="wal_level",
            mend=_("请来源库管理员设置 wal_level = logical 并重启，或改用定时同步"),
        )
    if limit in (None, "-1") and not owner_accepts_unbounded:
        raise MovementRefused(
            _("来源库没有限制复制槽保留的日志量，交换中断时可能写满其磁盘"),
            code="movement.unbounded_slot",
            where="max_slot_wal_keep_size",
            mend=_("请来源库管理员设置 max_slot_wal_keep_size（建议 10GB），或由数据提供方书面同意后继续"),
        )


def open_publications(connection: psycopg.Connection, own: str) -> tuple[str, ...]:
    """Name what may be listened to: our own publication, made where the role may, and the department's whole ones.

    A reading role often may not publish; then the department does it once (`CREATE PUBLICATION … FOR ALL TABLES`).
    One that narrows rows or columns, or leaves a kind of change out, is passed over: a row filter or a column list can
    make the department's own UPDATE fail. Raises `MovementRefused` where nothing can be listened to.
    """
    if not _exists(connection, own) and _may_create(connection):
        connection.execute(
            sql.SQL("CREATE PUBLICATION {} WITH (publish_via_partition_root = true)").format(sql.Identifier(own))
        )
    if _exists(connection, own):
        _refuse_narrowed(connection, own)
        return (own, *_usable(connection, own, needed=True))
    usable = _usable(connection, own, needed=False)
    if not usable:
        raise _unpublished(own)
    return usable


def publish_table(connection: psycopg.Connection, own: str, place: tuple[str, str]) -> bool:
    """See to it that a whole table is published; return whether it was added now.

    Everything the log holds of an added table from before is not to be relied on. Raises `MovementRefused`, with the
    statement the department is to run, where the table is not published and the role may not publish it.
    """
    names = open_publications(connection, own)
    if place in read_published(connection, names):
        return False
    if own in names:
        order = sql.SQL("ALTER PUBLICATION {} ADD TABLE {}")
        try:
            connection.execute(order.format(sql.Identifier(own), sql.Identifier(*place)))
        except psycopg.errors.InsufficientPrivilege:
            pass
        else:
            return True
    raise _unpublished(".".join(place))


def _unpublished(where: str) -> MovementRefused:
    return MovementRefused(
        _("来源库没有完整发布这张表，平台账户也无权发布"),
        code="movement.unpublished",
        where=where,
        mend=_(
            "请来源库管理员执行 CREATE PUBLICATION jiangyuan FOR ALL TABLES WITH (publish_via_partition_root = true)"
            "（不加行过滤和列清单），然后重新归集。"
        ),
    )


def _exists(connection: psycopg.Connection, name: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_publication WHERE pubname = %s", [name]).fetchone() is not None


def _may_create(connection: psycopg.Connection) -> bool:
    row = connection.execute("SELECT has_database_privilege(current_database(), 'CREATE')").fetchone()
    return bool(row and row[0])


def _refuse_narrowed(connection: psycopg.Connection, name: str) -> None:
    narrowed = connection.execute(_NARROWED, [name]).fetchone()
    if narrowed is not None and narrowed[0]:
        raise MovementRefused(
            _("来源库的发布被加上了行过滤或列清单，会使来源部门自己的更新失败"),
            code="movement.narrowed_publication",
            where=name,
            mend=_("请来源库管理员删除该发布，系统将重新建立"),
        )


def _usable(connection: psycopg.Connection, own: str, *, needed: bool) -> tuple[str, ...]:
    """Name the department's whole publications; beside one of our own only those with tables that ours may not hold."""
    found = connection.execute(_WHOLE, {"own": own, "needed": needed}).fetchall()
    return tuple(name for (name,) in found)


def ensure_slot(connection: psycopg.Connection, name: str) -> SlotState:
    """Return the slot, made or remade where it is missing or lost.

    A new slot begins later than any cursor stands, by which everybody notices that a new snapshot is due.
    """
    state = read_slot(connection, name)
    if state is not None and state.lost:
        connection.execute("SELECT pg_drop_replication_slot(%s)", [name])
        state = None
    if state is None:
        connection.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", [name])
        state = read_slot(connection, name)
    if state is None:
        raise MovementRefused(
            _("来源库中已有同名但用途不同的复制槽"),
            code="movement.foreign_slot",
            where=name,
            mend=_("请为该来源另取同步名称"),
        )
    return state


def read_published(connection: psycopg.Connection, names: Iterable[str]) -> set[tuple[str, str]]:
    """Read which tables (schema, table) the publications hold."""
    return set(connection.execute(_PUBLISHED, [list(names)]).fetchall())


def drop_slot(connection: psycopg.Connection, name: str) -> None:
    """Remove a slot, which lets the source forget its log; idempotent. psycopg's `ObjectInUse` while it is read."""
    connection.execute(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s", [name]
    )


def drop_capture(connection: psycopg.Connection, name: str) -> None:
    """Take slot and publication away again, when a source is no longer captured; idempotent."""
    drop_slot(connection, name)
    connection.execute(sql.SQL("DROP PUBLICATION IF EXISTS {}").format(sql.Identifier(name)))


def identify(spec: "ConnectionSpec") -> System:
    """Ask a server which history it writes: its identifier and timeline."""
    with connect_stream(spec) as connection:
        row = connection.execute("IDENTIFY_SYSTEM").fetchone()
    assert row is not None
    return System(str(row[0]), int(row[1]))
