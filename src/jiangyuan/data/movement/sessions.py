"""Database sessions of movement: pinned to one spelling of values, bounded in waiting, opened through egress."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, LiteralString, cast

import psycopg
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from jiangyuan.data.column_types import written_type
from jiangyuan.data.movement.state import MovementRefused, Place, SourceUnavailable, TargetUnavailable
from jiangyuan.kernel.egress import check_database

if TYPE_CHECKING:
    from jiangyuan.data.connections import ConnectionSpec

# The text of a value must not depend on anybody's settings: both ends, the stream and the snapshot speak alike.
_SPELLING = (
    "-c datestyle=ISO,YMD -c timezone=UTC -c intervalstyle=postgres -c extra_float_digits=3 -c bytea_output=hex "
    "-c standard_conforming_strings=on -c lc_monetary=C -c search_path=pg_catalog"
)
# Nothing may be waited for without end: a silent peer, a forgotten lock, an open transaction at the source.
_PATIENCE = "-c lock_timeout=20s -c idle_in_transaction_session_timeout=10min"
_STREAM = "-c wal_sender_timeout=15s"
_WIRE = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "application_name": "jiangyuan-movement",
    "client_encoding": "UTF8",
}

DEFAULT_PORT = 5432

# What only a person can mend: wrong password, no such database, missing right, no such table.
_REFUSALS = ("28", "3D", "42501", "42P01", "3F000", "0A000", "22", "42")


def parameters(spec: "ConnectionSpec", *, options: str) -> dict[str, Any]:
    """Assemble libpq's parameters from the typed fields of a connection; never from a string of somebody's.

    Raises `EgressRefused` and `Unreachable`: the address must be one that may be dialled.
    """
    port = spec.port or DEFAULT_PORT
    judged = check_database(spec.host, port)
    return {
        **_WIRE,
        # The address that was judged is the one dialled; the name stays for the certificate.
        "host": judged.host,
        "hostaddr": judged.address,
        "port": port,
        "dbname": spec.database,
        "user": spec.user,
        "password": spec.password,
        "options": options,
    }


def connect(spec: "ConnectionSpec", *, autocommit: bool = True) -> psycopg.Connection:
    """Open an ordinary session; values are spelled in ISO and UTC. Raises psycopg's errors."""
    options = f"{_SPELLING} {_PATIENCE}"
    return psycopg.connect(**parameters(spec, options=options), autocommit=autocommit, prepare_threshold=2)


def connect_stream(spec: "ConnectionSpec") -> psycopg.Connection:
    """Open a replication session; the server drops it after 15 s of silence, so that a new reader can follow."""
    options = f"{_SPELLING} -c lock_timeout=60s {_STREAM}"
    return psycopg.connect(**parameters(spec, options=options), replication="database", autocommit=True)


def identifier(place: Place) -> sql.Identifier:
    """Quote a table's full name."""
    return sql.Identifier(place.schema, place.table)


def fragment(text: str) -> sql.SQL:
    """Take text as SQL that was generated here, or is given back to the server that it came from; never a user's."""
    return sql.SQL(cast(LiteralString, text))


def type_name(text: str) -> sql.SQL:
    """Take a type's name that one server told as SQL for another. Raises `UnknownType` for what is more than a name."""
    return fragment(written_type(text))


def _is_refusal(state: str | None) -> bool:
    return bool(state) and state.startswith(_REFUSALS)


def _told(error: psycopg.Error, where: str, *, code: str) -> dict[str, Any]:
    return {"code": code, "where": f"{where} SQLSTATE {error.sqlstate}" if error.sqlstate else where}


@contextmanager
def source_errors(where: str) -> Iterator[None]:
    """Turn driver errors into `SourceUnavailable` (tried again) or `MovementRefused` (to be mended at the source).

    The server's own text stays behind: it may quote values of rows.
    """
    try:
        yield
    except psycopg.Error as error:
        if _is_refusal(error.sqlstate) or "password authentication failed" in str(error):
            raise MovementRefused(
                _("来源库拒绝了同步所需的读取"),
                mend=_("请核对来源库的账号、口令、复制权限与表名后恢复同步"),
                **_told(error, where, code="movement.source_refused"),
            ) from error
        raise SourceUnavailable(
            _("来源库暂时不可用"), **_told(error, where, code="movement.source_unavailable")
        ) from error
    except OSError as error:
        raise SourceUnavailable(_("来源库暂时不可用"), code="movement.source_unavailable", where=where) from error


@contextmanager
def target_errors(where: str) -> Iterator[None]:
    """Turn driver errors into `TargetUnavailable` (tried again) or `MovementRefused` (to be mended at the target)."""
    try:
        yield
    except psycopg.Error as error:
        if _is_refusal(error.sqlstate) or "password authentication failed" in str(error):
            raise MovementRefused(
                _("接收库拒绝了写入"),
                mend=_("请核对接收库的账号、权限与表结构后恢复同步"),
                **_told(error, where, code="movement.target_refused"),
            ) from error
        raise TargetUnavailable(
            _("接收库暂时不可用"), **_told(error, where, code="movement.target_unavailable")
        ) from error
    except OSError as error:
        raise TargetUnavailable(_("接收库暂时不可用"), code="movement.target_unavailable", where=where) from error
