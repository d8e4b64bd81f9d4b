"""What counties and townships bring: a SQLite register and office files, registered, catalogued and polled."""

from __future__ import annotations

from pathlib import Path

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.demo.cast import SCENE, Cast
from jiangyuan.demo.files import WrittenFiles
from jiangyuan.demo.road import publish, wait_for
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Broken
from jiangyuan.resources.ingestion.models import Ingest, Mount
from jiangyuan.sources.models import ScannedTable, Source

BODY = "civil_affairs"
REGISTER, FOLDER = "county_register", "township_files"
TABLES = (
    (REGISTER, "disabled_person", "县残联持证残疾人登记", ["certificate_number"]),
    (FOLDER, "耕地地力保护补贴发放清册", "乡镇耕地地力保护补贴发放清册", ["序号"]),
)
"""Alias of the source, how the table's name begins, the entry's summary, and the key."""


def bring_in(cast: Cast, files: WrittenFiles, root: Path) -> int:
    """Register the county's file and the township's folder, publish their entries and poll them; gives the rows."""
    register = _source(cast, REGISTER, "sqlite", "县残疾人和退役军人登记库", files.database.relative_to(root))
    folder = _source(cast, FOLDER, "folder", "乡镇报送文件夹", files.subsidy_list.parent.relative_to(root))
    _connected([register, folder])
    for source in (register, folder):
        if source.last_scanned_at is None:
            act("sources.source.scan", source.pk, actor=cast.at(BODY, "handler"), scene=SCENE)
    wait_for("县乡文件扫描", lambda: True if _scanned([register, folder]) else None)
    mounts = [_mounted(cast, *table) for table in TABLES]

    def complete() -> int | None:
        ingests = list(Ingest.objects.filter(mount__in=mounts))
        failed = next((one for one in ingests if one.state == "failed"), None)
        if failed is not None:
            raise Broken(f"县乡文件归集失败：{failed.error}", code="demo.files")
        done = all(one.state == "current" for one in ingests)
        return sum(one.rows or 0 for one in ingests) if done else None

    return wait_for("县乡文件归集", complete, seconds=120)


def _source(cast: Cast, alias: str, kind: str, name: str, path: Path) -> Source:
    return Source.objects.filter(alias=alias).first() or act(
        "sources.source.register",
        actor=cast.at(BODY, "handler"),
        scene=SCENE,
        body=cast.bodies[BODY].pk,
        name=name,
        alias=alias,
        kind=kind,
        path=str(path),
    )


def _connected(sources: list[Source]) -> None:
    def settled() -> list[Source] | None:
        found = list(Source.objects.filter(pk__in=[s.pk for s in sources]).exclude(state="registered"))
        return found if len(found) == len(sources) else None

    failing = next((s for s in wait_for("县乡文件连接测试", settled) if s.state != "connected"), None)
    if failing is not None:
        raise Broken(f"{failing.name} 不可用：{failing.last_test}", code="demo.files")


def _scanned(sources: list[Source]) -> bool:
    return not Source.objects.filter(pk__in=[s.pk for s in sources], last_scanned_at__isnull=True).exists()


def _mounted(cast: Cast, alias: str, begins: str, summary: str, key: list[str]) -> Mount:
    table = ScannedTable.objects.filter(source__alias=alias, name__startswith=begins, gone_at__isnull=True).first()
    if table is None:
        raise Broken(f"扫描中没有 {begins}", code="demo.files", where=begins)
    held = Mount.objects.filter(table=table).first()
    if held is not None:
        return held
    entry: Entry = publish(cast, body=BODY, table=table, summary=summary, name=summary)
    handler = cast.at(BODY, "handler")
    return act("resources.mount.tie", actor=handler, scene=SCENE, entry=entry.pk, table=table.pk, key=key)
