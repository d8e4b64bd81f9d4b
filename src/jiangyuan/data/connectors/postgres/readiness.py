"""What a PostgreSQL source must have: to be read, and to be captured from its log."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, LiteralString

import psycopg
from django.utils.translation import gettext_lazy as _

from jiangyuan.data.connectors.interface import Check, Report
from jiangyuan.data.connectors.postgres.dial import SCAN_SECONDS, explained, parameters
from jiangyuan.kernel.errors import JiangyuanError

if TYPE_CHECKING:
    from jiangyuan.data.connections import ConnectionSpec

OLDEST_VERSION = 140_000

_FACTS = """
    SELECT current_setting('server_version_num')::int, current_setting('server_version'),
        current_setting('server_encoding'), pg_is_in_recovery(), current_setting('wal_level'),
        current_setting('max_replication_slots')::int, (SELECT count(*) FROM pg_replication_slots)::int,
        current_setting('max_wal_senders')::int, coalesce(current_setting('max_slot_wal_keep_size', true), '-1'),
        (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user),
        (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
        (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
           AND n.nspname NOT LIKE 'pg\\_%' AND has_schema_privilege(n.oid, 'USAGE')
           AND has_table_privilege(c.oid, 'SELECT'))::int,
        (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
           AND n.nspname NOT LIKE 'pg\\_%' AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE'))::int,
        has_database_privilege(current_database(), 'CREATE')
"""


_TARGET_FACTS = """
    SELECT current_setting('server_version_num')::int, current_setting('server_version'),
        current_setting('server_encoding'), pg_is_in_recovery(),
        has_database_privilege(current_database(), 'CREATE'),
        (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
"""


def test(spec: ConnectionSpec) -> Report:
    """Check the source by name: reachable, credentials, version, encoding, rights, and what capture needs."""
    return _asked(spec, _FACTS, _checks)


def test_target(spec: ConnectionSpec) -> Report:
    """Check a database that receives deliveries: reachable, credentials, version, encoding, and the right to write."""
    return _asked(spec, _TARGET_FACTS, _target_checks)


def _asked(spec: ConnectionSpec, facts: LiteralString, judge: Callable[[tuple], tuple[Check, ...]]) -> Report:
    try:
        with psycopg.connect(**parameters(spec, seconds=SCAN_SECONDS), autocommit=True) as connection:
            row = connection.execute(facts).fetchone()
    except JiangyuanError as refusal:
        return Report((Check("reachable", _("可以连接"), "failed", refusal.message, refusal.mend),))
    except psycopg.Error as error:
        return Report(_failed(error, spec))
    return Report(judge(row or ()))


def _failed(error: psycopg.Error, spec: ConnectionSpec) -> tuple[Check, ...]:
    told = explained(error, where=spec.host)
    if told.code in ("source.unreachable", "source.timeout"):
        return (Check("reachable", _("可以连接"), "failed", told.message, told.mend),)
    reachable = Check("reachable", _("可以连接"), "ok")
    name = {"source.credentials": "credentials", "source.database": "database"}.get(told.code, "rights")
    return (reachable, Check(name, _("账户可用"), "failed", told.message, told.mend))


def _checks(row: tuple) -> tuple[Check, ...]:
    (
        number,
        version,
        encoding,
        standby,
        wal,
        most,
        used,
        senders,
        keep,
        replicates,
        superuser,
        readable,
        writes,
        creates,
    ) = row
    return (
        Check("reachable", _("可以连接"), "ok"),
        Check("credentials", _("账户可用"), "ok"),
        _check("version", _("版本不低于 14"), number >= OLDEST_VERSION, version, _("请由来源单位升级，或改用轮询。"), "warning"),
        _check("encoding", _("编码为 UTF-8"), encoding == "UTF8", encoding, _("请核对转码后的中文是否正确。"), "warning"),
        _check("rights", _("有可读取的表"), readable > 0, readable, _("请授予只读账户 USAGE 与 SELECT 权限。"), "failed"),
        _check(
            "least_rights",
            _("账户只能读取"),
            not superuser and writes == 0,
            "",
            _("建议改用只读账户：平台只需 SELECT，采集变更另需 REPLICATION。"),
            "warning",
        ),
        _check("wal_level", _("日志级别为 logical（采集变更所需）"), wal == "logical", wal, _("请设置 wal_level = logical 并重启，否则只能快照。"), "warning"),
        _check("primary", _("是主库（采集变更所需）"), not standby, "", _("请填写主库地址。"), "warning"),
        _check("replication", _("账户可以复制（采集变更所需）"), bool(replicates), "", _("请执行 ALTER ROLE … REPLICATION。"), "warning"),
        _check("publication", _("可以建立发布（采集变更所需）"), bool(creates), "", _("请授予数据库的 CREATE 权限，或由来源单位代建发布。"), "warning"),
        _check("slots", _("有空闲的复制槽"), most - used > 0, f"{used}/{most}", _("请增大 max_replication_slots，或清理不用的复制槽。"), "warning"),
        _check("senders", _("有日志发送进程"), senders > 0, senders, _("请增大 max_wal_senders。"), "warning"),
        _check(
            "bounded_slots",
            _("复制槽保留的日志有上限"),
            keep not in ("-1", ""),
            keep,
            _("请设置 max_slot_wal_keep_size（如 10GB）：没有上限时，平台停机会占满来源磁盘；须来源单位签字方可采集。"),
            "warning",
        ),
    )  # fmt: skip


def _target_checks(row: tuple) -> tuple[Check, ...]:
    number, version, encoding, standby, creates, superuser = row
    return (
        Check("reachable", _("可以连接"), "ok"),
        Check("credentials", _("账户可用"), "ok"),
        _check("version", _("版本不低于 14"), number >= OLDEST_VERSION, version, _("请升级接收库。"), "warning"),
        _check("encoding", _("编码为 UTF-8"), encoding == "UTF8", encoding, _("接收库应使用 UTF-8 编码。"), "failed"),
        _check("primary", _("是主库（可以写入）"), not standby, "", _("请填写主库地址。"), "failed"),
        _check("creates", _("可以在接收库中建模式和表"), bool(creates), "", _("请授予写入账户该数据库的 CREATE 权限。"), "failed"),
        _check("least_rights", _("账户不是超级用户"), not superuser, "", _("建议改用只能写接收模式的账户。"), "warning"),
    )  # fmt: skip


def _check(name: str, label: object, holds: bool, detail: object, mend: object, otherwise: str) -> Check:
    state = "ok" if holds else otherwise
    return Check(name, label, state, str(detail), "" if holds else mend)  # pyright: ignore[reportArgumentType]
