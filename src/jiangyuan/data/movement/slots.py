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
_PUBLISHED = "SELECT schemaname::text, tablename::text FROM pg_publication_tables WHERE pubname = %s"
_NARROWED = """
SELECT count(*) FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
 WHERE p.pubname = %s AND coalesce(to_jsonb(r) ->> 'prqual', to_jsonb(r) ->> 'prattrs') IS NOT NULL
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


def ensure_publication(
    connection: psycopg.Connection, name: str, tables: Iterable[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Publish whole tables (no row filter, no column list: those can make the owner's own UPDATE fail).

    Returns the tables that had to be added. Everything the log holds of them from before is not to be relied on.
    """
    wanted = set(tables)
    found = connection.execute("SELECT 1 FROM pg_publication WHERE pubname = %s", [name]).fetchone()
    if found is None:
        connection.execute(
            sql.SQL("CREATE PUBLICATION {} WITH (publish_via_partition_root = true)").format(sql.Identifier(name))
        )
    narrowed = connection.execute(_NARROWED, [name]).fetchone()
    if narrowed is not None and narrowed[0]:
        raise MovementRefused(
            _("来源库的发布被加上了行过滤或列清单，会使来源部门自己的更新失败"),
            code="movement.narrowed_publication",
            where=name,
            mend=_("请来源库管理员删除该发布，系统将重新建立"),
        )
    missing = wanted - read_published(connection, name)
    for schema, table in sorted(missing):
        connection.execute(
            sql.SQL("ALTER PUBLICATION {} ADD TABLE {}").format(sql.Identifier(name), sql.Identifier(schema, table))
        )
    return missing


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


def read_published(connection: psycopg.Connection, name: str) -> set[tuple[str, str]]:
    """Read which tables (schema, table) a publication holds."""
    return set(connection.execute(_PUBLISHED, [name]).fetchall())


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
