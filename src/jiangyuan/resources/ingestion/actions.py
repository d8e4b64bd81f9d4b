"""Every write of ingestion."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.data.connectors import connector
from jiangyuan.kernel import jobs
from jiangyuan.kernel.actions import action, describe, emit
from jiangyuan.kernel.errors import Conflict, NotFound
from jiangyuan.resources.ingestion import rules
from jiangyuan.resources.ingestion.models import Ingest, Mount
from jiangyuan.sources.models import ScannedTable


def _entry_attributes(values: dict) -> dict:
    entry = Entry.objects.filter(pk=values["entry"]).first()
    return {"body": str(entry.body_id) if entry else ""}


@action(
    "resources.mount.tie",
    on=None,
    event="resources.mount.tied",
    title=_("挂载数据表"),
    about=_entry_attributes,
)
def tie(
    *,
    entry: UUID,
    table: UUID,
    mode: Literal["physical", "logical"] = "physical",
    key: list[str] | None = None,
    method: Literal["capture", "polling", "once"] | None = None,
    interval_seconds: Annotated[int, Field(ge=5, le=86_400)] = 60,
) -> Mount:
    """Tie a published entry to a table of the same department and, when physical, begin to bring its rows in.

    Refuses a table of another department, a table that lacks the entry's columns, and a table without a key.
    """
    named = Entry.objects.select_related("body").filter(pk=entry).first()
    found = ScannedTable.objects.select_related("source").filter(pk=table, gone_at__isnull=True).first()
    if named is None or found is None or found.source.body_id != named.body_id:
        raise NotFound(_("没有找到本部门的这项目录或数据表"), where="table", mend=_("请先登记并扫描数据源。"))
    if not named.live_version:
        raise Conflict(_("目录尚未发布，不能挂载"), where="entry", mend=_("请先完成目录审核发布。"))
    columns = {c.name for c in found.columns.all() if c.gone_at is None}
    lacking = sorted({item.column for item in named.items.all()} - columns)
    if lacking:
        raise Conflict(
            _("数据表缺少目录中的信息项：%(columns)s") % {"columns": "、".join(lacking)},
            where="table",
            mend=_("请修订目录，或选择字段一致的数据表。"),
        )
    if Mount.objects.filter(entry=named, table=found).exclude(state="removed").exists():
        raise Conflict(_("该数据表已挂载到这项目录"), where="table")
    mount = Mount.objects.create(
        entry=named,
        table=found,
        alias=rules.alias_of(named.body.alias, found.name, set(Mount.objects.values_list("alias", flat=True))),
        key=rules.require_key(key or found.key, columns),
        mode=mode,
    )
    describe(entry=named.pk, table=found.pk, alias=mount.alias, mode=mode)
    if mode == "physical":
        able = connector(found.source.kind).capabilities
        chosen = rules.method_for(capture=able.capture, polling=able.polling, wanted=method)
        ingest = Ingest.objects.create(mount=mount, method=chosen, interval_seconds=interval_seconds)
        emit("resources.ingest.asked", ingest, method=chosen)
        if chosen != "capture":
            jobs.defer("ingestion.poll", lock=f"ingest:{ingest.pk}", ingest=str(ingest.pk))
    return mount


@action("resources.mount.report_broken", on=Mount, event="resources.mount.broken", title=_("报告挂载失效"))
def report_broken(mount: Mount, *, error: dict[str, str]) -> Mount:
    """Record that the table no longer fits (dropped, renamed column, changed type), with how to mend it."""
    describe(code=error.get("code", ""), where=error.get("where", ""))
    return mount


@action("resources.mount.repair", on=Mount, event="resources.mount.repaired", title=_("重新挂载"))
def repair(mount: Mount) -> Mount:
    """Take a mount into use again after its table was mended."""
    return mount


@action("resources.mount.remove", on=Mount, event="resources.mount.removed", title=_("解除挂载"))
def remove(mount: Mount) -> Mount:
    """Untie a mount; refused while grants live on it. Its copy is dropped by the worker."""
    rules.require_unused(mount.pk)
    jobs.defer("ingestion.drop", mount=str(mount.pk))
    return mount


@action("resources.ingest.report_started", on=Ingest, event="resources.ingest.started", title=_("报告开始归集"))
def report_started(ingest: Ingest) -> Ingest:
    """Record that the first copy begins."""
    ingest.error = None
    return ingest


@action("resources.ingest.report_current", on=Ingest, event="resources.ingest.current", title=_("报告归集完成"))
def report_current(
    ingest: Ingest, *, rows: int, data_version: str, now: datetime, checksum_source: str = "", checksum_store: str = ""
) -> Ingest:
    """Record that the copy is complete and, where both were taken, that source and store have the same checksum."""
    ingest.rows, ingest.data_version, ingest.last_applied_at, ingest.error = rows, data_version, now, None
    if checksum_source:
        ingest.checksum_source, ingest.checksum_store = checksum_source, checksum_store
    describe(rows=rows, data_version=data_version, checksum=checksum_source, equal=checksum_source == checksum_store)
    return ingest


@action("resources.ingest.report_failed", on=Ingest, event="resources.ingest.failed", title=_("报告归集失败"))
def report_failed(ingest: Ingest, *, error: dict[str, str]) -> Ingest:
    """Record why rows do not come in any more, and how to mend it."""
    ingest.error = error
    describe(code=error.get("code", ""), where=error.get("where", ""))
    return ingest


@action("resources.ingest.retry", on=Ingest, event="resources.ingest.retried", title=_("重新归集"))
def retry(ingest: Ingest) -> Ingest:
    """Try again after what stopped it was mended."""
    _poll(ingest)
    return ingest


@action("resources.ingest.pause", on=Ingest, event="resources.ingest.paused", title=_("暂停归集"))
def pause(ingest: Ingest) -> Ingest:
    """Let the copy stand as it is."""
    return ingest


@action("resources.ingest.resume", on=Ingest, event="resources.ingest.resumed", title=_("恢复归集"))
def resume(ingest: Ingest) -> Ingest:
    """Go on from where it stood."""
    _poll(ingest)
    return ingest


@action("resources.ingest.stop", on=Ingest, event="resources.ingest.stopped", title=_("停止归集"))
def stop(ingest: Ingest) -> Ingest:
    """End the bringing-in of rows for good; the copy stays until the mount is removed."""
    return ingest


def _poll(ingest: Ingest) -> None:
    if ingest.method != "capture":
        jobs.defer("ingestion.poll", lock=f"ingest:{ingest.pk}", ingest=str(ingest.pk))
