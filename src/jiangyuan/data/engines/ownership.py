"""Running the owner's statements on the serving store: all of them in one transaction, or none."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from django.utils.translation import gettext_lazy as _

from jiangyuan.kernel.errors import Broken, Transient

_LOCK = 0x6A79_6772  # one after another: roles and schemas of grants are rows of the same catalogue tables


class NotYetBuilt(Transient):
    """What the statements stand on is not there yet, or another process holds it."""

    default_code = "data.store.not_yet"


def run_as_owner(url: str, statements: Sequence[str]) -> None:
    """Run statements of `barrier` as the store's owner. Raises `NotYetBuilt` (try again) or `Broken`."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            connection.execute("SET LOCAL lock_timeout = '5s'")
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            for statement in statements:
                connection.execute(statement.encode())
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.OperationalError) as exc:
        raise NotYetBuilt(_("数据尚未归集到服务库，稍后自动重试")) from exc
    except psycopg.Error as exc:
        raise Broken(
            _("服务库中的授权视图未能建立"), code="data.store.views", mend=_("请核对挂载表的字段与目录是否一致")
        ) from exc
