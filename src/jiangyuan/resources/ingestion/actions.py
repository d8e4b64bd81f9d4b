"""Every write of ingestion."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.data.connectors import connector
from jiangyuan.kernel import jobs
from jiangyuan.kernel.actions import act, action, describe, emit
from jiangyuan.kernel.actor import Actor, Scene
from jiangyuan.kernel.errors import Conflict, NotFound
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.kernel.texts import listed
from jiangyuan.organization.models import Body
from jiangyuan.resources.ingestion import rules
from jiangyuan.resources.ingestion.models import Ingest, Mount
from jiangyuan.resources.ingestion.queries import LIVE, misfit_of
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
    named, found = _pair(entry, table)
    items = {item.column for item in named.items.all()}
    _require_fitting(found, items)
    if Mount.objects.filter(entry=named, table=found).exclude(state="removed").exists():
        raise Conflict(_("该数据表已挂载到这项目录"), where="table", mend=_("请查看已有的挂载。"))
    chosen = rules.require_key(key or found.key, items)
    mount = Mount.objects.create(
        entry=named,
        table=found,
        alias=rules.alias_of(named.body.alias, found.name, set(Mount.objects.values_list("alias", flat=True))),
        key=chosen,
        mode=mode,
    )
    describe(entry=named.pk, table=found.pk, alias=mount.alias, mode=mode)
    if mode == "physical":
        _begin(mount, method, interval_seconds)
    return mount


def _pair(entry: UUID, table: UUID) -> tuple[Entry, ScannedTable]:
    """Give the published entry and the table of the same department, or refuse in words that tell nobody of others'."""
    named = Entry.objects.select_related("body").filter(pk=entry).first()
    found = ScannedTable.objects.select_related("source").filter(pk=table, gone_at__isnull=True).first()
    if named is None or found is None or found.source.body_id != named.body_id:
        raise NotFound(_("没有找到本部门的这项目录或数据表"), where="table", mend=_("请先登记并扫描数据源。"))
    if not named.live_version:
        raise Conflict(_("目录尚未发布，不能挂载"), where="entry", mend=_("请先完成目录审核发布。"))
    # Names are given one after another: two mounts of one department at once must not choose the same.
    Body.objects.select_for_update().get(pk=named.body_id)
    return named, found


def _require_fitting(found: ScannedTable, items: set[str]) -> None:
    lacking = sorted(items - {c.name for c in found.columns.all() if c.gone_at is None})
    if lacking:
        raise Conflict(
            _("数据表缺少目录中的信息项：%(columns)s") % {"columns": listed(lacking)},
            where="table",
            mend=_("请修订目录，或选择字段一致的数据表。"),
        )


def _begin(mount: Mount, wanted: str | None, interval_seconds: int) -> None:
    able = connector(mount.table.source.kind).capabilities
    method = rules.method_for(capture=able.capture, polling=able.polling, wanted=wanted)
    rules.require_followable(mount.key, method=method, table_key=mount.table.key)
    ingest = Ingest.objects.create(mount=mount, method=method, interval_seconds=interval_seconds)
    emit("resources.ingest.asked", ingest, mount=mount.pk, method=method)
    _poll(ingest)


@action("resources.mount.report_broken", on=Mount, event="resources.mount.broken", title=_("报告挂载失效"))
def report_broken(mount: Mount, *, error: dict[str, str]) -> Mount:
    """Record that the table no longer fits (dropped, renamed column, changed type), with how to mend it."""
    mount.error = error
    describe(code=error.get("code", ""), where=error.get("where", ""))
    return mount


@action("resources.mount.repair", on=Mount, event="resources.mount.repaired", title=_("重新挂载"))
def repair(mount: Mount, *, actor: Actor, scene: Scene) -> Mount:
    """Take a mount into use again after its table was mended; refused while the last scan still shows a misfit."""
    misfit = misfit_of(mount)
    if misfit is not None:
        raise Conflict(misfit["message"], code=misfit["code"], where=misfit["where"], mend=misfit["mend"])
    mount.error = None
    ingest = Ingest.objects.filter(mount=mount).first()
    if ingest is not None and ingest.state == "failed":
        act("resources.ingest.retry", ingest.pk, actor=actor, scene=scene)
    elif ingest is not None and ingest.state in LIVE:
        _poll(ingest)
    return mount


@action("resources.mount.remove", on=Mount, event="resources.mount.removed", title=_("解除挂载"))
def remove(mount: Mount, *, actor: Actor, scene: Scene) -> Mount:
    """Untie a mount; refused while grants live on it. Its copy is dropped by the worker."""
    rules.require_unused(mount.pk)
    ingest = Ingest.objects.filter(mount=mount).exclude(state="stopped").first()
    if ingest is not None:
        act("resources.ingest.stop", ingest.pk, actor=actor, scene=scene)
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
    """Record that the copy is complete and, where both were taken, the checksums of source and store; a polled table is
    polled again after its interval."""
    ingest.rows, ingest.data_version, ingest.last_applied_at, ingest.error = rows, data_version, now, None
    describe(rows=rows, data_version=data_version)
    if checksum_source:
        _compare(ingest, checksum_source, checksum_store, now)
    _poll(ingest, after=timedelta(seconds=ingest.interval_seconds))
    return ingest


def _compare(ingest: Ingest, source: str, store: str, now: datetime) -> None:
    ingest.checksum_source, ingest.checksum_store, ingest.verified_at = source, store, now
    describe(checksum_source=source, checksum_store=store, equal=source == store)


@action("resources.ingest.report_delayed", on=Ingest, event="resources.ingest.delayed", title=_("报告归集延迟"))
def report_delayed(ingest: Ingest, *, error: dict[str, str]) -> Ingest:
    """Record that source or store does not answer now; it is tried again by itself."""
    ingest.error = error
    describe(code=error.get("code", ""), where=error.get("where", ""))
    return ingest


@action("resources.ingest.report_failed", on=Ingest, event="resources.ingest.failed", title=_("报告归集失败"))
def report_failed(ingest: Ingest, *, error: dict[str, str]) -> Ingest:
    """Record why rows do not come in any more, and how to mend it."""
    ingest.error = error
    describe(code=error.get("code", ""), where=error.get("where", ""))
    return ingest


@action("resources.ingest.verify", on=Ingest, event="resources.ingest.verify_asked", title=_("核对校验和"))
def verify(ingest: Ingest) -> Ingest:
    """Ask for a comparison of source and copy, row by row, while both go on."""
    jobs.defer("ingestion.verify", lock=f"ingest:{ingest.pk}", ingest=str(ingest.pk))
    return ingest


@action("resources.ingest.report_verified", on=Ingest, event="resources.ingest.verified", title=_("报告核对结果"))
def report_verified(ingest: Ingest, *, rows: int, checksum_source: str, checksum_store: str, now: datetime) -> Ingest:
    """Record the checksums of a comparison; a copy that differs is copied anew by the worker."""
    ingest.rows = rows
    describe(rows=rows)
    _compare(ingest, checksum_source, checksum_store, now)
    return ingest


@action("resources.ingest.retry", on=Ingest, event="resources.ingest.retried", title=_("重新归集"))
def retry(ingest: Ingest) -> Ingest:
    """Try again after what stopped it was mended."""
    ingest.error = None
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
    """End the bringing-in of rows for good; the copy stays until the mount is removed, the source's log is let go."""
    if ingest.method == "capture":
        jobs.defer("ingestion.release", source=str(ingest.mount.table.source_id))
    return ingest


def _poll(ingest: Ingest, *, after: timedelta | None = None) -> None:
    """Let the worker poll: at once in a new chain, or `after` a while as the next of the same."""
    if ingest.method == "capture" or (after is not None and ingest.method == "once"):
        return
    if after is None:
        Ingest.objects.filter(pk=ingest.pk).update(turn=uuid7())
        ingest.refresh_from_db(fields=["turn"])
    jobs.defer("ingestion.poll", lock=f"ingest:{ingest.pk}", after=after, ingest=str(ingest.pk), turn=str(ingest.turn))
