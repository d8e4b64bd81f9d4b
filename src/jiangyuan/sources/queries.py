"""Every read of the sources room's own tables."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiangyuan.data.connections import ConnectionSpec
from jiangyuan.kernel import vault
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Broken
from jiangyuan.sources.models import Scan, ScannedTable, Source


def sources(*, actor: Actor) -> QuerySet[Source]:
    """Give the sources the actor may know of, with their bodies, newest first."""
    return Source.visible_to(actor).select_related("body").order_by("-created_at")


def tables(*, actor: Actor, source: Source) -> QuerySet[ScannedTable]:
    """Give the tables of a source that the last scan saw."""
    visible = ScannedTable.visible_to(actor).filter(source=source, gone_at__isnull=True)
    return visible.prefetch_related("columns").order_by("schema", "name")


def scans(*, actor: Actor, source: Source) -> QuerySet[Scan]:
    """Give the scans of a source, newest first."""
    return Scan.visible_to(actor).filter(source=source).order_by("-created_at")


def connection_of(source: Source) -> ConnectionSpec:
    """Open the connection details of a source for the data plane. Only services call it; the password never leaves
    the process. Raises `Broken` where its key was destroyed."""
    password = ""
    if source.sealed_password is not None:
        opened = vault.unseal(bytes(source.sealed_password), place=f"source:{source.pk}")
        if opened is None:
            raise Broken(_("数据源口令的密钥已销毁"), code="source.key", where=source.alias, mend=_("请重新登记口令。"))
        password = opened.decode()
    return ConnectionSpec(
        kind=source.kind,  # type: ignore[arg-type]
        host=source.host,
        port=source.port or 0,
        database=source.database,
        user=source.username,
        password=password,
        path=source.path,
    )
