"""Importing a register from a sheet: the template, the upload, and the report of every row that was not taken."""

from __future__ import annotations

import io
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from jiangyuan.catalog.duties import queries, rules
from jiangyuan.catalog.duties.models import Load
from jiangyuan.catalog.duties.obligation_pages import COVERAGE, REGISTER
from jiangyuan.catalog.duties.wording import KINDS
from jiangyuan.data import uploads
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Forbidden, NotFound, Refused
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.ui import measures, pages, parts, sheets, steps
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor, scene_of

LOAD = "catalog.obligation.load"
LOADED = ("duty", "matter")


def load_page(request: HttpRequest) -> HttpResponse:
    """Upload a sheet; the answer is the report."""
    actor = require_actor(request)
    if not steps.may_begin(LOAD, actor):
        raise Forbidden(_("您当前的身份不能导入清单"), mend=_("由部门数据共享经办人或主管部门导入。"))
    kind = request.POST.get("kind") or request.GET.get("kind", "duty")
    kind = kind if kind in LOADED else "duty"
    if request.method != "POST":
        return _draw(request, kind)
    sent = request.FILES.get("file")
    try:
        if sent is not None and sent.size and sent.size > uploads.LARGEST:
            raise uploads.Unreadable(_("文件超过 8 MB"), where="file", mend=_("请拆成几个文件，分次导入。"))
        name = (sent.name or "") if sent is not None else ""
        lines = uploads.sheet(name, sent.read() if sent is not None else b"")
        made = act(
            LOAD,
            actor=actor,
            scene=scene_of(request),
            idempotency_key=request.POST.get("_key", "")[:120] or None,
            kind=kind,
            source=name[:200] or _("上传的表格"),
            rows=rules.rows_of(kind, lines),
            partial="partial" in request.POST,
        )
    except Refused as refusal:
        return _draw(request, kind, str(refusal), refusal.status)
    return pages.redirect(request, f"/duties/loads/{made.pk}/")


def _draw(request: HttpRequest, kind: str, error: str = "", status: int = 200) -> HttpResponse:
    header = parts.Header(
        title=_("导入清单"),
        lead=_("每行一项，一次最多 5,000 行。编号已登记的，内容不同则更新并留下版本，相同则不动。"),
        crumbs=(COVERAGE, REGISTER, parts.Link(title=_("导入清单"), current=True)),
    )
    context = {"kinds": [(k, KINDS[k], k == kind) for k in LOADED], "error": error, "key": str(uuid7())}
    return pages.page(request, "duties/load.html", status=status, header=header, **context)


def template_page(request: HttpRequest, kind: str) -> FileResponse:
    """Give the sheet to be filled in, with an example and what each column means."""
    require_actor(request)
    if kind not in LOADED:
        raise NotFound(_("没有这种模板"))
    headings = rules.HEADINGS[kind]
    file = io.BytesIO()
    about = [[_("列名"), _("是否必填"), _("最多字数")]]
    about += [[h.title, _("必填") if h.required else _("可不填"), str(h.longest)] for h in headings]
    lines = [[h.title for h in headings], [h.example for h in headings]]
    sheets.write_xlsx(file, ((str(KINDS[kind]), lines), (_("填写说明"), about)))
    file.seek(0)
    name = _("%(kind)s导入模板.xlsx") % {"kind": KINDS[kind]}
    return FileResponse(file, as_attachment=True, filename=name, content_type=sheets.FORMATS["xlsx"])


def report_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Say what became of an import: figures, then each fault by row, column, reason and mend."""
    made = find(queries.loads(actor=require_actor(request)), pk)
    tone: parts.Tone = "good" if not made.wrong else "warn"
    told = (
        _("全部导入")
        if not made.wrong
        else _("正确的行已导入，其余需要改正")
        if made.taken
        else _("没有导入：有需要改正的行")
    )
    tiles = (
        measures.Tile(title=_("表格行数"), value=made.rows, unit=_("行")),
        measures.Tile(
            title=_("新增或更新"), value=made.taken, unit=_("项"), note=_("其中更新 %(n)s 项") % {"n": made.changed}
        ),
        measures.Tile(title=_("需要改正"), value=made.wrong, unit=_("行"), tone="warn" if made.wrong else None),
    )
    again = parts.Button(
        title=_("再次导入"), url=f"/duties/load/?kind={made.kind}", kind="plain" if not made.wrong else "primary"
    )
    show = parts.Button(title=_("查看清单"), url=f"/duties/list/?kind={made.kind}", kind="plain")
    header = parts.Header(
        title=_("导入结果：%(source)s") % {"source": made.source},
        badge=parts.Badge(label=told, tone=tone),
        crumbs=(COVERAGE, REGISTER, parts.Link(title=_("导入结果"), current=True)),
        action=again if made.wrong else None,
        further=(show,) if made.wrong else (show, again),
    )
    return pages.page(
        request,
        "ui/detail.html",
        header=header,
        sections=(measures.Tiles(label=_("导入结果"), items=tiles), _faults(made)),
    )


def _faults(made: Load) -> parts.Table:
    return parts.Table(
        caption=_("需要改正的内容"),
        show_caption=True,
        columns=(
            parts.Column(title=_("行"), numeric=True),
            parts.Column(title=_("列")),
            parts.Column(title=_("原因")),
            parts.Column(title=_("怎样改正")),
        ),
        rows=[(f["row"], f["column"], f["reason"], f["mend"]) for f in made.faults],
        empty=parts.Empty(title=_("没有需要改正的内容"), why=_("各行都符合要求。")),
    )
