"""Every write of the sources room."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints

from jiangyuan.kernel import jobs, vault
from jiangyuan.kernel.actions import action, describe
from jiangyuan.kernel.errors import Conflict, NotFound
from jiangyuan.organization.models import Body
from jiangyuan.sources import rules
from jiangyuan.sources.inventory import record_scan, unkeepable
from jiangyuan.sources.models import Scan, Source

Alias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,38}$")]
FILES = ("sqlite", "folder")
Short = Annotated[str, StringConstraints(max_length=253)]


@action(
    "sources.source.register",
    on=None,
    event="sources.source.registered",
    title=_("登记数据源"),
    about=lambda values: {"body": str(values["body"])},
)
def register(
    *,
    body: UUID,
    name: Annotated[str, StringConstraints(min_length=1, max_length=120)],
    alias: Alias,
    kind: Literal["postgres", "sqlite", "folder"],
    host: Short = "",
    port: Annotated[int, Field(ge=0, le=65535)] = 0,
    database: Annotated[str, StringConstraints(max_length=63)] = "",
    username: Annotated[str, StringConstraints(max_length=63)] = "",
    password: Annotated[str, Field(max_length=500)] = "",
    path: Annotated[str, StringConstraints(max_length=400)] = "",
    receives: bool = False,
    accepts_unbounded_slot: bool = False,
) -> Source:
    """Register a department's front-end database or folder, and have it tested in the background.

    The password is sealed under the source's own key. Refuses an alias in use and fields that do not fit the kind.
    """
    if not Body.objects.filter(pk=body, active=True).exists():
        raise NotFound(_("没有这个部门"), where="body")
    rules.require_fields(kind, host=host, database=database, username=username, path=path)
    if kind in FILES:
        others = Source.objects.filter(kind__in=FILES).exclude(body_id=body).exclude(state="retired")
        rules.require_own_place(path, others.values_list("path", flat=True))
    source = Source(
        body_id=body,
        name=name,
        alias=alias,
        kind=kind,
        host=host,
        port=port or None,
        database=database,
        username=username,
        path=path,
        receives=receives,
        accepts_unbounded_slot=accepts_unbounded_slot,
    )
    _seal_password(source, password)
    try:
        with transaction.atomic():  # two may ask for the same alias at once: the database decides
            source.save()
    except IntegrityError as error:
        raise Conflict(_("数据源别名已被使用"), where="alias", mend=_("请更换别名。")) from error
    describe(alias=alias, kind=kind, host=host, database=database, receives=receives)
    jobs.defer("sources.test", source=str(source.pk))
    return source


def _seal_password(source: Source, password: str) -> None:
    if password:
        source.sealing_key, source.sealed_password = vault.seal(
            password.encode(), subject=f"source:{source.pk}", place=f"source:{source.pk}"
        )


@action("sources.source.change_password", on=Source, event="sources.source.password_changed", title=_("更换口令"))
def change_password(source: Source, *, password: Annotated[str, Field(min_length=1, max_length=500)]) -> Source:
    """Put another password in place and test again; what flows from the source takes it up by itself."""
    rules.require_in_use(source.state)
    _seal_password(source, password)
    jobs.defer("sources.test", source=str(source.pk))
    return source


@action("sources.source.test", on=Source, event="sources.source.test_asked", title=_("测试连接"))
def test(source: Source) -> Source:
    """Ask for a connection test; the worker makes it and reports."""
    rules.require_in_use(source.state)
    jobs.defer("sources.test", source=str(source.pk))
    return source


@action("sources.source.report_connected", on=Source, event="sources.source.connected", title=_("报告连接正常"))
def report_connected(source: Source, *, report: list[dict[str, str]], now: datetime) -> Source:
    """Record a test that found the source usable."""
    source.last_test, source.last_tested_at = report, now
    describe(warnings=[c["name"] for c in report if c["state"] == "warning"])
    return source


@action("sources.source.report_failing", on=Source, event="sources.source.failed", title=_("报告连接异常"))
def report_failing(source: Source, *, report: list[dict[str, str]], now: datetime) -> Source:
    """Record a test that found the source unusable, with what its owner must mend."""
    source.last_test, source.last_tested_at = report, now
    describe(failed=[c["name"] for c in report if c["state"] == "failed"])
    return source


@action("sources.source.scan", on=Source, event="sources.source.scan_asked", title=_("扫描结构"))
def scan(source: Source) -> Scan:
    """Ask for a scan of tables and columns; the worker makes it and reports the difference to the last one."""
    rules.require_scannable(source.state)
    asked = Scan.objects.create(source=source)
    jobs.defer("sources.scan", scan=str(asked.pk))
    return asked


@action("sources.scan.report", on=Scan, event="sources.scan.finished", title=_("报告扫描结果"))
def report_scan(scan: Scan, *, found: Any, now: datetime) -> Scan:
    """Record what a scan found: new, changed and gone tables and columns. `found`: a `data.connectors.Scan`."""
    rules.require_unreported(scan.finished_at is not None)
    scan.difference = record_scan(scan.source, found, now=now)
    scan.tables = len(found.tables)
    scan.columns = sum(len(table.columns) for table in found.tables)
    scan.truncated = found.truncated
    scan.problems = _problems(found)
    scan.finished_at = now
    Source.objects.filter(pk=scan.source_id).update(last_scanned_at=now)
    describe(source=scan.source_id, tables=scan.tables, columns=scan.columns, problems=len(scan.problems))
    describe(truncated=scan.truncated, **{kind: len(names) for kind, names in scan.difference.items()})
    return scan


def _problems(found: Any) -> list[dict[str, str]]:
    told = [{"code": problem.code, "message": str(problem.message)} for problem in found.problems]
    for table in found.tables:
        if unkeepable(table):
            message = _("“%(table)s…”的表名或字段名超过 200 个字，未登记") % {"table": table.name[:60]}
            told.append({"code": "long_name", "message": message})
    return told


@action("sources.scan.report_failed", on=Scan, event="sources.scan.failed", title=_("报告扫描失败"))
def report_scan_failed(scan: Scan, *, error: dict[str, str], now: datetime) -> Scan:
    """Record why a scan could not be made, and how to mend it."""
    rules.require_unreported(scan.finished_at is not None)
    scan.error, scan.finished_at = error, now
    describe(source=scan.source_id, code=error.get("code", ""))
    return scan


@action("sources.source.retire", on=Source, event="sources.source.retired", title=_("停用数据源"))
def retire(source: Source) -> Source:
    """Take a source out of use. Refuses while tables of it are in use above (asked by `rules.USES`)."""
    rules.require_unused(source.pk)
    return source
