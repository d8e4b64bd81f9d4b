"""Opening a PostgreSQL source: typed fields only, the address that egress pinned, and nothing waited for without end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from django.utils.translation import gettext_lazy as _
from psycopg.conninfo import make_conninfo

from jiangyuan.data.connectors.interface import SourceRefused, SourceUnavailable

if TYPE_CHECKING:
    from jiangyuan.data.connections import ConnectionSpec

DEFAULT_PORT = 5432
CONNECT_SECONDS = 5
SCAN_SECONDS = 60
READ_SECONDS = 3600
_WIRE = {"keepalives_idle": 10, "keepalives_interval": 3, "keepalives_count": 3, "tcp_user_timeout": 20_000}

PASSWORD = ("28P01", "28000")


def parameters(spec: ConnectionSpec, *, seconds: int) -> dict[str, Any]:
    """Assemble libpq's parameters from the typed fields; `hostaddr` is the address that egress allowed and pinned."""
    from jiangyuan.kernel import egress

    port = spec.port or DEFAULT_PORT
    address = egress.check_database(spec.host, port)
    tls = dict(spec.options).get("sslmode", "prefer")
    return {
        **_WIRE,
        "host": spec.host,
        "hostaddr": str(getattr(address, "address", address)),
        "port": port,
        "dbname": spec.database,
        "user": spec.user,
        "password": spec.password,
        "sslmode": tls if tls in ("disable", "prefer", "require", "verify-ca", "verify-full") else "prefer",
        "connect_timeout": CONNECT_SECONDS,
        "client_encoding": "UTF8",
        "application_name": "jiangyuan-source",
        "options": f"-c statement_timeout={seconds}s -c lock_timeout=5s -c default_transaction_read_only=on"
        " -c timezone=UTC -c datestyle=ISO -c idle_in_transaction_session_timeout=1h",
    }


def conninfo(spec: ConnectionSpec, *, seconds: int) -> str:
    """Give libpq's own spelling of `parameters`, every value escaped by libpq's rules."""
    return make_conninfo("", **parameters(spec, seconds=seconds))


@contextmanager
def session(spec: ConnectionSpec, *, seconds: int = SCAN_SECONDS) -> Iterator[psycopg.Connection]:
    """Open a read-only session. Raises `SourceRefused` or `SourceUnavailable`, never the driver's own text."""
    with told(spec):
        connection = psycopg.connect(**parameters(spec, seconds=seconds), autocommit=True)
    with connection, told(spec):
        yield connection


@contextmanager
def told(spec: ConnectionSpec) -> Iterator[None]:
    """Turn psycopg's errors into the source's own; the server's text may quote credentials or values."""
    try:
        yield
    except psycopg.Error as error:
        raise explained(error, where=f"{spec.host}/{spec.database}") from error


def explained(error: psycopg.Error, *, where: str) -> SourceRefused | SourceUnavailable:
    """Say what a driver's error means and how to mend it."""
    state = error.sqlstate or ""
    text = str(error)
    if (
        state in PASSWORD
        or "password authentication failed" in text
        or "no password supplied" in text
        or "pg_hba" in text
    ):
        return SourceRefused(
            _("来源数据库不接受该用户名或口令"),
            code="source.credentials",
            where=where,
            mend=_("请向来源单位核对只读账户的用户名、口令，以及是否允许平台地址登录。"),
        )
    if state == "3D000" or ('database "' in text and "does not exist" in text):
        return SourceRefused(
            _("来源服务器上没有该数据库"), code="source.database", where=where, mend=_("请核对数据库名称。")
        )
    if state == "42501":
        return SourceRefused(
            _("账户没有读取该对象的权限"),
            code="source.rights",
            where=where,
            mend=_("请由来源单位执行 GRANT USAGE ON SCHEMA 与 GRANT SELECT ON TABLE 授予只读权限。"),
        )
    if state in ("42P01", "3F000", "42703"):
        return SourceRefused(
            _("来源中的表或字段已不存在"),
            code="source.renamed_column" if state == "42703" else "source.absent",
            where=where,
            mend=_("可能已改名或删除：请重新扫描该来源后更新目录。"),
        )
    if state == "57014":
        return SourceUnavailable(_("来源数据库查询超时"), code="source.timeout", where=where)
    return SourceUnavailable(
        _("连不上来源数据库"),
        code="source.unreachable",
        where=where,
        mend=_("请核对主机、端口与网络策略；数据库恢复后平台会自动重试。"),
    )
