"""Pages of interchange: files handed in and their checks, exports; harvesting and docking stand beside."""

from __future__ import annotations

import tempfile
from pathlib import PurePath
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.entries.wording import field_value
from jiangyuan.catalog.interchange import checking, docking_pages, harvest_pages, queries, workbook
from jiangyuan.catalog.interchange.files import exported, kind_of
from jiangyuan.catalog.interchange.models import ImportBatch
from jiangyuan.catalog.interchange.states import BATCH
from jiangyuan.catalog.interchange.wording import HOWS, NAMES, VERDICTS, reason_text, told
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Refused
from jiangyuan.organization.queries import bodies
from jiangyuan.ui import listing, lists, live, measures, pages, parts, states, steps
from jiangyuan.ui.objects import find
from jiangyuan.ui.parts import Tone
from jiangyuan.ui.session import require_actor, scene_of

CATALOG = parts.Link(title=gettext_lazy("数据目录"), url="/catalog/")
IMPORT = parts.Link(title=gettext_lazy("导入目录"), url="/catalog/import/")
UPLOAD = "catalog.batch.upload"
ACTS = ("catalog.batch.proceed", "catalog.batch.discard")
_TONES: dict[str, Tone] = {"good": "good", "guessed": "warn", "refused": "bad", "mapped": "running"}


def _may_import(actor: Actor) -> bool:
    return steps.may_begin(UPLOAD, actor, body=str(actor.body or ""))


def imports_page(request: HttpRequest) -> HttpResponse:
    """List the files handed in, with the way to hand in another."""
    actor = require_actor(request)
    filters = listing.Filters(facets=(listing.facet(request, "state", _("状态"), BATCH.states.items(), many=True),))
    may = _may_import(actor)
    new = parts.Button(title=_("导入文件"), url="/catalog/import/new/", icon="plus") if may else None
    table = listing.table_of(
        request,
        filters.narrow(queries.batches(actor=actor)),
        caption=_("导入记录"),
        columns=(
            parts.Column(title=_("文件")),
            parts.Column(title=_("部门")),
            parts.Column(title=_("行数"), numeric=True, unit=_("行")),
            parts.Column(title=_("未通过"), numeric=True, unit=_("行")),
            parts.Column(title=_("草稿"), numeric=True, unit=_("条")),
            parts.Column(title=_("提交时间")),
            parts.Column(title=_("状态")),
        ),
        row=lambda batch: (
            parts.Link(title=batch.name, url=f"/catalog/import/{batch.pk}/"),
            str(batch.body),
            batch.rows,
            batch.refused,
            batch.drafted,
            batch.created_at,
            states.state_badge(batch),
        ),
        order=("-created_at",),
        filters=filters,
        empty=parts.Empty(
            title=_("还没有导入过"),
            why=_("已有的目录可用 Excel、CSV 或 JSON 文件成批导入，导入后是草稿。"),
            todo=_("先下载模板，填好后提交。") if may else _("由部门的业务处室或数据共享工作机构导入。"),
            action=new,
        ),
    )
    template = parts.Button(title=_("下载模板"), url="/catalog/import/template.xlsx", kind="plain", icon="download")
    header = parts.Header(
        title=_("导入目录"),
        lead=_("提交文件后先核对，确认后生成草稿；草稿仍须评估、提交和审核。"),
        crumbs=(CATALOG, parts.Link(title=_("导入目录"), current=True)),
        action=new,
        further=(template,),
    )
    return lists.list_page(request, header=header, filters=filters, table=table)


def new_import_page(request: HttpRequest) -> HttpResponse:
    """Hand in a file."""
    actor = require_actor(request)
    if not _may_import(actor):
        return pages.redirect(request, "/catalog/import/")
    refusal: Refused | None = None
    if request.method == "POST":
        try:
            batch = _hand_in(request, actor)
        except Refused as error:
            refusal = error
        else:
            pages.flash(request, _("文件已提交，正在核对。"), next_step=_("核对完成后请确认导入。"))
            return pages.redirect(request, f"/catalog/import/{batch.pk}/")
    wide = actor.capacity == "authority_handler"
    choices = [(str(body.pk), body.name) for body in bodies(actor=actor)[:500]] if wide else []
    header = parts.Header(
        title=_("导入文件"),
        lead=_("支持 Excel（xlsx、xls、ods）、CSV 和 JSON；编码自动识别。一次最多 %(rows)s 行、%(size)s MB。")
        % {"rows": f"{checking.MOST_ROWS:,}", "size": checking.MOST_BYTES // 2**20},
        crumbs=(CATALOG, IMPORT, parts.Link(title=_("导入文件"), current=True)),
    )
    notice = parts.Notice(title=refusal.message, tone="bad", text=refusal.mend) if refusal else None
    context = {"header": header, "notice": notice, "choices": choices, "chosen": request.POST.get("otherwise", "")}
    return pages.page(request, "interchange/upload.html", status=refusal.status if refusal else 200, **context)


def _hand_in(request: HttpRequest, actor: Actor) -> ImportBatch:
    sent = request.FILES.get("file")
    if sent is None or not sent.size:
        raise Refused(_("没有选择文件"), where="file", mend=_("请选择填好的模板或目录文件。"))
    if sent.size > checking.MOST_BYTES:
        mend = _("请拆成几个文件，每个不超过 %(size)s MB。") % {"size": checking.MOST_BYTES // 2**20}
        raise Refused(_("文件太大"), where="file", mend=mend)
    name = PurePath(str(sent.name)).name[:200]
    given = {"body": actor.body, "name": name, "kind": kind_of(name), "content": sent.read()}
    if chosen := request.POST.get("otherwise"):
        given["otherwise"] = chosen
    return act(UPLOAD, actor=actor, scene=scene_of(request), **given)


def batch_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one file handed in: what checking found, by count, by spelling and by row."""
    actor = require_actor(request)
    batch = find(queries.batches(actor=actor), pk)
    base = f"/catalog/import/{batch.pk}/"
    busy = batch.state in ("uploaded", "drafting")
    inner = _findings(request, batch) if batch.checked_at and not batch.error else _waiting(batch)
    part = measures.Live(id="jy-batch", inner=inner, every=3 if busy else 0, at=timezone.localtime() if busy else None)
    if live.asked_again(request, part.id):
        return live.alone(request, part)
    found = steps.steps(batch, actor)
    made = steps.buttons(batch, found, base, main=ACTS[0], danger=(ACTS[1],))
    if batch.rows and batch.state != "discarded":
        report = parts.Button(title=_("下载核对结果"), url=f"{base}report.xlsx", kind="plain", icon="download")
        made["further"] = (report, *made["further"])
    header = parts.Header(
        title=batch.name,
        badge=states.state_badge(batch),
        crumbs=(CATALOG, IMPORT, parts.Link(title=batch.name, current=True)),
        **made,
    )
    return pages.page(request, "ui/detail.html", header=header, sections=(part, _about(batch)))


def _waiting(batch: ImportBatch) -> tuple[parts.Part, ...]:
    if batch.error:
        text = batch.error.get("mend", "")
        return (parts.Notice(title=batch.error.get("message", ""), tone="bad", text=text),)
    text = _("正在逐行核对，通常几秒到一分钟；完成后本页自动更新。")
    return (parts.Notice(title=_("核对中"), text=text),)


def _about(batch: ImportBatch) -> parts.Definitions:
    named = [f"{title} → {NAMES[field]}" for title, field in batch.columns if field]
    ignored = [title for title, field in batch.columns if title and not field]
    rows = [
        parts.Definition(term=_("提交部门"), value=str(batch.body)),
        parts.Definition(term=_("编码"), value=batch.encoding or None),
        parts.Definition(term=_("识别的列"), value=named or None),
        parts.Definition(term=_("没有用到的列"), value=ignored or None),
        parts.Definition(term=_("文件摘要（SM3）"), value=parts.Code(text=batch.digest, shown=f"{batch.digest[:16]}…")),
    ]
    return parts.Definitions(rows=tuple(row for row in rows if row.value is not None), title=_("关于这个文件"))


def _findings(request: HttpRequest, batch: ImportBatch) -> tuple[parts.Part, ...]:
    tiles = measures.Tiles(
        label=_("核对结果"),
        items=(
            measures.Tile(title=_("可导入"), value=batch.good, unit=_("行"), tone="good"),
            measures.Tile(title=_("可导入，有推断"), value=batch.guessed, unit=_("行"), tone="warn"),
            measures.Tile(
                title=_("未通过"), value=batch.refused, unit=_("行"), tone="bad" if batch.refused else "idle"
            ),
            measures.Tile(title=_("已生成草稿"), value=batch.drafted, unit=_("条")),
        ),
    )
    return (tiles, _reasons(batch), _rows(batch), _spellings(batch))


def _how(how: str) -> parts.Badge:
    return parts.Badge(label=HOWS[how], tone=_TONES[how])


def _reasons(batch: ImportBatch) -> parts.Table:
    order = {"refused": 0, "guessed": 1, "mapped": 2}
    counted = sorted(batch.counts, key=lambda one: (order[one[0]], -one[3]))
    return parts.Table(
        caption=_("按原因统计"),
        show_caption=True,
        columns=(
            parts.Column(title=_("处理")),
            parts.Column(title=_("原因")),
            parts.Column(title=_("行数"), numeric=True, unit=_("行")),
        ),
        rows=[(_how(how), reason_text(name, reason), count) for how, name, reason, count in counted],
        empty=parts.Empty(title=_("每一行都照原样读取"), why=_("没有对照、推断或未通过的内容。")),
    )


def _rows(batch: ImportBatch) -> parts.Table:
    titles = dict(batch.columns)

    def row(line: Any) -> tuple[Any, ...]:
        sheet = _("信息项") if line.sheet else _("目录")
        said = [told(note, titles) for note in line.notes if note[0] == "refused"]
        return sheet, line.number, line.content.get("name", ""), " ".join(said)

    found = queries.rows(batch, verdict="refused").only("sheet", "number", "content", "notes")[:100]
    return parts.Table(
        caption=_("未通过的行（前 100 行，全部见核对结果文件）"),
        show_caption=True,
        columns=(
            parts.Column(title=_("表")),
            parts.Column(title=_("行号"), numeric=True),
            parts.Column(title=_("目录名称")),
            parts.Column(title=_("原因和怎样处理")),
        ),
        rows=[row(line) for line in found],
        empty=parts.Empty(title=_("没有未通过的行"), why=str(VERDICTS["good"])),
    )


def _spellings(batch: ImportBatch) -> parts.Table:
    rows = [
        (_how(how), NAMES.get(name, name), given or _("空"), field_value(name, taken) or taken or "—", count)
        for name, given, taken, how, count in batch.spellings[:60]
    ]
    return parts.Table(
        caption=_("写法对照（最常见的 60 种）"),
        show_caption=True,
        columns=(
            parts.Column(title=_("处理")),
            parts.Column(title=_("列")),
            parts.Column(title=_("文件中的写法")),
            parts.Column(title=_("读作")),
            parts.Column(title=_("行数"), numeric=True, unit=_("行")),
        ),
        rows=rows,
        empty=parts.Empty(title=_("写法都与平台一致"), why=""),
    )


def batch_step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Let a batch go on, or give it up."""
    batch = find(queries.batches(actor=require_actor(request)), pk)
    lead = {
        ACTS[0]: _("可导入 %(good)s 行，有推断 %(guessed)s 行；未通过的 %(refused)s 行不导入，可改正后另行提交。")
        % {"good": batch.good, "guessed": batch.guessed, "refused": batch.refused},
        ACTS[1]: _("放弃后核对结果一并清除，可重新提交文件。"),
    }
    return steps.step_page(
        request,
        batch,
        verb,
        allowed=ACTS,
        base=f"/catalog/import/{batch.pk}/",
        crumbs=(CATALOG, IMPORT),
        initial={"with_guessed": True},
        danger=(ACTS[1],),
        lead=lead,
        next_step=_("草稿正在生成，完成后可在数据目录中逐条完善。") if verb == "proceed" else "",
    )


def _file(file: Any, name: str, kind: str) -> FileResponse:
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=workbook.FORMATS[kind])


def template_file(request: HttpRequest) -> FileResponse:
    """Give the template."""
    require_actor(request)
    file = tempfile.SpooledTemporaryFile(max_size=2**20)  # noqa: SIM115 - the response closes it
    workbook.template(file)
    return _file(file, _("目录导入模板.xlsx"), "xlsx")


def report_file(request: HttpRequest, pk: Any) -> FileResponse:
    """Give the file handed in with what was found beside each row."""
    batch = find(queries.batches(actor=require_actor(request)), pk)
    file = tempfile.SpooledTemporaryFile(max_size=2**22)  # noqa: SIM115 - the response closes it
    workbook.marked(file, batch)
    return _file(file, _("核对结果-%(name)s.xlsx") % {"name": PurePath(batch.name).stem}, "xlsx")


def export_file(request: HttpRequest) -> HttpResponse:
    """Give entries as a file that can be read in again; what is taken is remembered."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    actor = require_actor(request)
    kind = request.GET.get("format", "xlsx")
    file, _count = exported(request, actor, kind, scene_of(request))
    return _file(file, _("数据目录-%(day)s.%(kind)s") % {"day": timezone.localdate(), "kind": kind}, kind)


urlpatterns = [
    path("catalog/import/", imports_page, name="entry_imports"),
    path("catalog/import/new/", new_import_page, name="entry_import_new"),
    path("catalog/import/template.xlsx", template_file, name="entry_import_template"),
    path("catalog/import/<uuid:pk>/", batch_page, name="entry_import"),
    path("catalog/import/<uuid:pk>/report.xlsx", report_file, name="entry_import_report"),
    path("catalog/import/<uuid:pk>/<slug:verb>/", batch_step_page, name="entry_import_step"),
    path("catalog/export/", export_file, name="entry_export"),
    *harvest_pages.urlpatterns,
    *docking_pages.urlpatterns,
]
