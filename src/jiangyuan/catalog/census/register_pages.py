"""What a department writes into its report: a form for each kind, a template to fill in, and what became of a sheet."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from jiangyuan.catalog.census import queries
from jiangyuan.catalog.census.kinds import KINDS, PARENT, Kind
from jiangyuan.catalog.census.models import Asset, Report, Upload
from jiangyuan.catalog.census.report_pages import CENSUS, may_write
from jiangyuan.catalog.census.rows import MOST_FAULTS, MOST_ROWS
from jiangyuan.data.uploads import LARGEST, sheet
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Forbidden, NotFound, Refused
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.ui import pages, parts, sheets, states, steps
from jiangyuan.ui.forms import KEY, ActionForm, form_for
from jiangyuan.ui.measures import Tile, Tiles
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor, scene_of

CHOSEN = 500
"""From more things than these on, what something lies within is typed instead of chosen."""


def _kind(code: str) -> Kind:
    if code not in KINDS:
        raise NotFound(_("没有这类普查内容"))
    return KINDS[code]


def _report(request: HttpRequest, pk: Any) -> Report:
    """Give a report that the actor may write in now. Raises `NotFound` or `Forbidden`."""
    actor = require_actor(request)
    report = find(queries.reports(actor=actor), pk)
    if not may_write(report, actor):
        raise Forbidden(_("这份报告现在不能由您修改"), mend=_("报告由本部门业务处室或共享经办人在填报期间修改。"))
    return report


def _crumbs(report: Report) -> tuple[parts.Link, ...]:
    return (CENSUS, parts.Link(title=str(report.body), url=f"/census/reports/{report.pk}/"))


def record_page(request: HttpRequest, pk: Any, kind: str) -> HttpResponse:
    """Register one thing of a kind, or change one (`?thing=`)."""
    of = _kind(kind)
    report = _report(request, pk)
    asked = request.GET.get("thing", "")
    kept = find(Asset.objects.filter(report=report, kind=kind), asked) if asked else None
    action, base = f"census.{kind}.record", f"/census/reports/{report.pk}/"
    fixed: dict[str, Any] = {}
    choices: dict[str, Any] = {}
    if kept is not None:
        fixed = {"code": kept.code, **({PARENT: kept.parent} if of.within else {})}
    elif of.within:
        known = queries.parents_of(report, kind, most=CHOSEN + 1)
        if len(known) <= CHOSEN:
            choices[PARENT] = [(code, f"{name}（{code}）") for code, name in known.items()]  # i18n: a name and its code

    def draw(form: ActionForm) -> HttpResponse:
        form.cancel_url = base
        return _form_page(request, form, report, of, kept)

    if request.method == "POST":
        done = f"{base}?tab=items&kind={kind}"
        return pages.act_from_form(request, action, report.pk, done=done, again=draw, choices=choices, fixed=fixed)
    initial = {**kept.facts, "name": kept.name} if kept else {}
    return draw(form_for(action, initial=initial, choices=choices, fixed=fixed, url=request.get_full_path()))


def _form_page(request: HttpRequest, form: ActionForm, report: Report, of: Kind, kept: Asset | None) -> HttpResponse:
    further = ()
    if kept is not None:
        base = f"/census/reports/{report.pk}/remove/?thing={kept.pk}"
        further = (parts.Button(title=_("删除这一项"), url=base, kind="danger", method="post", fields=_sent()),)
    header = parts.Header(
        title=kept.name if kept else of.act,
        code=parts.Code(text=kept.code) if kept else None,
        crumbs=(*_crumbs(report), parts.Link(title=of.title, current=True)),
        further=further,
    )
    return pages.form_page(request, form, header=header)


def _sent() -> tuple[tuple[str, str], ...]:
    return ((KEY, str(uuid7())),)


def template_file(request: HttpRequest, kind: str) -> FileResponse:
    """Give the template of a kind: the headings to keep, and a second sheet that says how each column is written."""
    require_actor(request)
    of = _kind(kind)
    headings = [str(label) for label in of.headings.values()]
    told = [[_("列"), _("是否必填"), _("怎样填写")]]
    needed = {"code", "name", *(one.name for one in of.facts if one.required), *([PARENT] if of.bound else [])}
    for name, label in of.headings.items():
        told.append([str(label), _("必填") if name in needed else _("可不填"), _how(of, name)])
    file = io.BytesIO()
    sheets.write_xlsx(file, ((str(of.title), [headings]), (_("填写说明"), told)))
    file.seek(0)
    name = _("普查模板-%(kind)s.xlsx") % {"kind": of.title}
    return FileResponse(file, as_attachment=True, filename=name, content_type=sheets.FORMATS["xlsx"])


def _how(of: Kind, name: str) -> str:
    one = of.fact(name)
    if one is None:
        return str(of.code_help) if name == "code" else ""
    if one.choices:
        return _("、").join(str(label) for _code, label in one.choices)
    hints = {"count": _("整数"), "number": _("数字"), "day": _("日期，如 2026-11-22"), "flag": _("是或否")}
    return _("，").join(t for t in (hints.get(one.type, _("文字")), str(one.unit), str(one.help)) if t)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileForm(parts.Part):
    """The form that gives a file: where it is sent, what is wrong with it, what it may be."""

    template: ClassVar[str] = "census/upload.html"
    template_url: str
    cancel_url: str
    key: str
    most_rows: str
    fault: str = ""


def upload_page(request: HttpRequest, pk: Any, kind: str) -> HttpResponse:
    """Take a sheet, check it, and lead to what was found in it; nothing reaches the report yet."""
    of = _kind(kind)
    report = _report(request, pk)
    fault, status = "", 200
    if request.method == "POST":
        try:
            made = _uploaded(request, report, of)
            return pages.redirect(request, f"/census/uploads/{made.pk}/")
        except Refused as refusal:
            fault, status = " ".join(str(t) for t in (refusal.message, refusal.mend) if t), refusal.status
    form = FileForm(
        template_url=f"/census/template/{kind}.xlsx",
        cancel_url=f"/census/reports/{report.pk}/",
        key=str(uuid7()),
        most_rows=f"{MOST_ROWS:,}",
        fault=fault,
    )
    title = _("用表格导入：%(kind)s") % {"kind": of.title}
    lead = _("下载模板填写后上传。平台先逐行核对并告诉您哪里要改，正确的行可以先行导入。")
    header = parts.Header(title=title, crumbs=(*_crumbs(report), parts.Link(title=title, current=True)), lead=lead)
    return pages.page(request, "ui/detail.html", status=status, header=header, sections=(form,))


def _uploaded(request: HttpRequest, report: Report, of: Kind) -> Upload:
    given = request.FILES.get("file")
    if given is None:
        raise Refused(_("请选择文件"), where="file", mend=_("可上传 XLSX 或 CSV 文件。"))
    if (given.size or 0) > LARGEST:
        raise Refused(_("文件过大"), where="file", mend=_("请减小到 8 MB 以内，或分成几个文件。"))
    name = str(given.name or "").strip()[:200] or "file"
    lines = sheet(name, given.read(), most=MOST_ROWS)
    return act(
        "census.report.upload",
        report.pk,
        actor=require_actor(request),
        scene=scene_of(request),
        idempotency_key=request.POST.get(KEY) or None,
        kind=of.code,
        file_name=name,
        lines=lines,
    )


def upload_result_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show what a sheet came to: its good rows and its faults by row, column, reason and mend."""
    actor = require_actor(request)
    upload = find(Upload.visible_to(actor).select_related(*Upload.policy_relations), pk)
    report, base = upload.report, f"/census/uploads/{upload.pk}/"
    found = steps.steps(upload, actor, without=() if upload.good else ("census.upload.apply",))
    header = parts.Header(
        title=upload.file_name,
        badge=states.state_badge(upload),
        crumbs=(*_crumbs(report), parts.Link(title=upload.file_name, current=True)),
        **steps.buttons(upload, found, base, main="census.upload.apply", danger=("census.upload.drop",)),
    )
    right = upload.rows - upload.faulty
    tiles = Tiles(
        label=_("核对结果"),
        items=(
            Tile(title=_("共有"), value=upload.rows, unit=_("行")),
            Tile(title=_("正确"), value=right, unit=_("行"), tone="good" if right else None),
            Tile(title=_("需要改正"), value=upload.faulty, unit=_("行"), tone="warn" if upload.faulty else None),
        ),
    )
    sections: list[parts.Part] = [tiles]
    if len(upload.faults) >= MOST_FAULTS:
        text = _("只列出最前面的 %(n)s 处。同样的问题往往整列都有，请先改正这些再重新导入。") % {"n": MOST_FAULTS}
        sections.append(parts.Notice(title=_("需要改正的较多"), tone="warn", text=text))
    sections.append(_faults(upload))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _faults(upload: Upload) -> parts.Table:
    return parts.Table(
        caption=_("需要改正的内容"),
        show_caption=True,
        columns=(
            parts.Column(title=_("行"), numeric=True),
            parts.Column(title=_("列")),
            parts.Column(title=_("问题")),
            parts.Column(title=_("怎样改正")),
        ),
        rows=[(one["row"], one["column"], one["reason"], one["mend"]) for one in upload.faults],
        empty=parts.Empty(title=_("没有发现问题"), why=_("每一行都符合要求。")),
    )


def upload_step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Take the good rows over, or give the sheet up."""
    upload = find(Upload.visible_to(require_actor(request)).select_related(*Upload.policy_relations), pk)
    left = _("有问题的行没有导入，改正后可再次上传。") if upload.faulty and verb == "apply" else ""
    return steps.step_page(
        request,
        upload,
        verb,
        allowed=("census.upload.apply", "census.upload.drop"),
        base=f"/census/uploads/{upload.pk}/",
        done=f"/census/reports/{upload.report_id}/?tab=items&kind={upload.kind}",
        next_step=left,
    )
