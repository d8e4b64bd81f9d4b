"""REST of interchange: files handed in, their checks, the template, exports."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePath
from typing import Annotated, Any, cast
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Field, Router, Schema
from ninja.files import UploadedFile
from ninja.params import functions as param_functions

from jiangyuan.catalog.interchange import checking, dcat, queries, workbook
from jiangyuan.catalog.interchange.files import exported, kind_of
from jiangyuan.catalog.interchange.wording import told
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Refused
from jiangyuan.ui.objects import find
from jiangyuan.ui.rest import api, expose, faults, listing
from jiangyuan.ui.session import scene_of

_FAULTS = faults(400, 401, 403, 404, 409, 422)


class BatchOut(Schema):
    """A file handed in and what checking it found; `counts`: [how, field, reason, rows]."""

    id: UUID
    version: int
    name: str
    body_id: UUID
    state: str
    encoding: str
    digest: str
    rows: int
    good: int
    guessed: int
    refused: int
    drafted: int
    created_at: datetime
    counts: list[list[Any]] = Field(default=[])
    error: dict[str, str] | None = None


class RowOut(Schema):
    """A row that was not read as it stands: its sheet (0 entries, 1 data items), number, verdict and what was said of it."""

    sheet: int
    number: int
    verdict: str
    messages: list[str]
    entry: UUID | None = None


class RowsOut(Schema):
    """Rows in the file's order; `next` is the place to go on from, 0 at the end."""

    items: list[RowOut]
    next: int = 0


router = Router(tags=["catalog"])
listing(
    router,
    "/batches",
    item=BatchOut,
    rows=lambda actor: queries.batches(actor=actor),
    allowed=("-created_at",),
    title=_("导入记录"),
    filters=("state",),
)
expose(router, "catalog.batch.proceed", "/batches/{id}/proceed")
expose(router, "catalog.batch.discard", "/batches/{id}/discard")


@router.post(
    "/batches",
    response={200: BatchOut},
    openapi_extra=_FAULTS,
    summary=str(_("导入目录")),
    operation_id="catalog.batch.upload",
)
def upload(
    request: HttpRequest,
    file: Annotated[UploadedFile, param_functions.File(...)],
    otherwise: Annotated[UUID | None, param_functions.Form(None)] = None,
) -> Any:
    """Hand in a file (xlsx, xls, ods, csv or json) of entries; it is checked in the background."""
    actor = cast(Any, request).auth
    if not file.size or file.size > checking.MOST_BYTES:
        mend = _("请拆成几个文件，每个不超过 %(size)s MB。") % {"size": checking.MOST_BYTES // 2**20}
        raise Refused(_("文件是空的或太大"), where="file", mend=mend)
    name = PurePath(str(file.name)).name[:200]
    given = {"body": actor.body, "name": name, "kind": kind_of(name), "content": file.read()}
    if otherwise is not None:
        given["otherwise"] = otherwise
    return act("catalog.batch.upload", actor=actor, scene=scene_of(request, channel="rest"), **given)


@router.get(
    "/batches/{id}",
    response={200: BatchOut},
    openapi_extra=_FAULTS,
    summary=str(_("核对结果")),
    operation_id="catalog.batch.read",
)
def read_batch(request: HttpRequest, id: UUID) -> Any:
    """Give one file handed in."""
    return find(queries.batches(actor=cast(Any, request).auth), id)


@router.get(
    "/batches/{id}/rows",
    response={200: RowsOut},
    openapi_extra=_FAULTS,
    summary=str(_("核对结果的各行")),
    operation_id="catalog.batch.rows",
)
def read_rows(request: HttpRequest, id: UUID, verdict: str = "refused", after: int = 0, size: int = 100) -> Any:
    """Give the rows of one verdict (good, guessed or refused) with what was said of them, by key."""
    batch = find(queries.batches(actor=cast(Any, request).auth), id)
    most = min(max(size, 1), 500)
    found = queries.rows(batch, verdict=verdict).order_by("id").filter(id__gt=max(after, 0)).defer("raw", "content")
    kept = list(found[: most + 1])
    titles = dict(batch.columns)
    shown = kept[:most]
    items = [
        {
            "sheet": row.sheet,
            "number": row.number,
            "verdict": row.verdict,
            "messages": [told(note, titles) for note in row.notes],
            "entry": row.entry if batch.state == "drafted" and row.verdict in batch.wanted else None,
        }
        for row in shown
    ]
    return {"items": items, "next": shown[-1].pk if len(kept) > most else 0}


@router.get(
    "/export",
    summary=str(_("导出目录")),
    operation_id="catalog.export.record",
    response={200: None},
    openapi_extra=_FAULTS,
)
def export(request: HttpRequest, format: str = "json") -> Any:
    """Give the entries that the query asks for (q, body, share_type, grade, state) as xlsx, csv or json; it is remembered."""
    actor = cast(Any, request).auth
    file, _count = exported(request, actor, format, scene_of(request, channel="rest"))
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"catalog.{format}", content_type=workbook.FORMATS[format])


class HarvestOut(Schema):
    """A catalogue elsewhere that is harvested."""

    id: UUID
    version: int
    name: str
    kind: str
    address: str
    node: str
    body_id: UUID
    active: bool
    since: str


class HarvestRunOut(Schema):
    """One run over a source; `refusals`: [remote id, code, detail], `problems`: [code, detail]."""

    id: UUID
    created_at: datetime
    finished_at: datetime | None
    whole: bool
    pages: int
    claimed: int | None
    created: int
    updated: int
    waiting: int
    unchanged: int
    gone: int
    refused: int
    refusals: list[list[str]]
    problems: list[list[str]]


class DockingOut(Schema):
    """A catalogue elsewhere that is told of published entries."""

    id: UUID
    version: int
    name: str
    profile: str
    address: str
    active: bool
    last_run_at: datetime | None


class PushOut(Schema):
    """One version told, and what was answered."""

    id: UUID
    entry_id: UUID
    number: int
    status: str
    attempts: int
    receipt_number: str
    receipt: Any = None
    error: dict[str, str] | None


_lists: tuple[tuple[str, type[Schema], Any, Any], ...] = (
    ("/harvests", HarvestOut, queries.harvest_sources, _("采集来源")),
    ("/dockings", DockingOut, queries.dockings, _("对接目录")),
)
for _path, _item, _rows, _title in _lists:
    listing(
        router,
        _path,
        item=_item,
        rows=lambda actor, rows=_rows: rows(actor=actor),
        allowed=("-created_at",),
        title=_title,
    )
expose(router, "catalog.harvest.register", "/harvests")
expose(router, "catalog.docking.register", "/dockings")
for _kind, _verbs in (("harvest", ("start", "stop", "resume")), ("docking", ("push", "stop"))):
    for _verb in _verbs:
        expose(router, f"catalog.{_kind}.{_verb}", f"/{_kind}s/{{id}}/{_verb}")


@router.get(
    "/harvests/{id}/runs",
    response={200: list[HarvestRunOut]},
    openapi_extra=_FAULTS,
    summary=str(_("采集记录")),
    operation_id="catalog.harvest.runs",
)
def read_runs(request: HttpRequest, id: UUID) -> Any:
    """Give the last fifty runs over a source."""
    actor = cast(Any, request).auth
    source = find(queries.harvest_sources(actor=actor), id)
    return list(queries.harvest_runs(actor=actor, source=source)[:50])


@router.get(
    "/dockings/{id}/pushes",
    response={200: list[PushOut]},
    openapi_extra=_FAULTS,
    summary=str(_("推送和回执")),
    operation_id="catalog.docking.pushes",
)
def read_pushes(request: HttpRequest, id: UUID, status: str = "") -> Any:
    """Give the last two hundred things a docked catalogue was told, with the receipts."""
    actor = cast(Any, request).auth
    found = queries.pushes(actor=actor, docking=find(queries.dockings(actor=actor), id))
    return list((found.filter(status=status) if status else found)[:200])


_RDF = {"turtle": "ttl", "ld+json": "jsonld", "rdf+xml": "rdf"}


def _wanted(request: HttpRequest, format: str) -> str:
    """Give the format that is asked for, by name or by what the asker accepts."""
    if not format:
        accepts = request.headers.get("Accept", "")
        return next((name for kind, name in _RDF.items() if kind in accepts), "jsonld")
    if format not in dcat.FORMATS:
        raise Refused(_("没有这种格式"), where="format", mend=_("可用 ttl、jsonld 或 rdf。"))
    return format


@router.get(
    "/dcat",
    summary=str(_("DCAT-AP 目录")),
    operation_id="catalog.dcat.read",
    response={200: None},
    openapi_extra=_FAULTS,
)
def read_dcat(request: HttpRequest, format: str = "", after: UUID | None = None, size: int = 100) -> Any:
    """Give published entries as a DCAT-AP catalogue (Turtle, JSON-LD or RDF/XML), by page: `hydra:next` leads on."""
    chosen = _wanted(request, format)
    base = request.build_absolute_uri("/").rstrip("/")
    page = dcat.page(cast(Any, request).auth, base=base, after=after, size=size, format=chosen)
    return HttpResponse(dcat.serialised(page, chosen), content_type=dcat.FORMATS[chosen][1])


@router.get(
    "/dcat/whole.ttl",
    summary=str(_("完整的 DCAT-AP 目录")),
    operation_id="catalog.dcat.whole",
    response={200: None},
    openapi_extra=_FAULTS,
)
def read_whole_dcat(request: HttpRequest) -> Any:
    """Give all published entries as one Turtle document, written page by page as it is read."""
    base = request.build_absolute_uri("/").rstrip("/")
    parts = dcat.whole(cast(Any, request).auth, base=base)
    return StreamingHttpResponse(parts, content_type=dcat.FORMATS["ttl"][1])


@router.get(
    "/entries/{id}/dcat",
    summary=str(_("一条目录的 DCAT-AP")),
    operation_id="catalog.dcat.entry",
    response={200: None},
    openapi_extra=_FAULTS,
)
def read_entry_dcat(request: HttpRequest, id: UUID, format: str = "") -> Any:
    """Give one published entry as DCAT-AP."""
    chosen = _wanted(request, format)
    base = request.build_absolute_uri("/").rstrip("/")
    page = dcat.page(cast(Any, request).auth, base=base, only=id, format=chosen)
    return HttpResponse(dcat.serialised(page, chosen), content_type=dcat.FORMATS[chosen][1])


api.add_router("/catalog", router)
