"""A code set from a sheet: read in the limited process, held against the rules, then shown as a draft to be completed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jiangyuan.data import uploads
from jiangyuan.kernel.errors import Forbidden, Refused
from jiangyuan.standards.library import rules
from jiangyuan.ui import pages, parts, steps
from jiangyuan.ui.forms import form_for
from jiangyuan.ui.session import require_actor

DRAFT = "standards.standard.draft_code_set"
STANDARDS = parts.Link(title=gettext_lazy("标准库"), url="/standards/library/")


def upload_page(request: HttpRequest) -> HttpResponse:
    """Upload a sheet of codes. What is wrong with it is said by row; what is right stands in the form of the draft."""
    if not steps.may_begin(DRAFT, require_actor(request)):
        raise Forbidden(_("您当前的身份不能进行这项操作"), mend=_("请切换到有相应职责的身份，或返回上一页。"))
    if request.method != "POST":
        return _draw(request)
    sent = request.FILES.get("file")
    try:
        if sent is not None and sent.size and sent.size > uploads.LARGEST:
            raise uploads.Unreadable(_("文件超过 8 MB"), where="file", mend=_("请拆成几个文件，分次导入。"))
        name = (sent.name or "") if sent is not None else ""
        lines = rules.lines_of_sheet(uploads.sheet(name, sent.read() if sent is not None else b""))
    except Refused as refusal:
        return _draw(request, str(refusal), refusal.status)
    form = form_for(DRAFT, initial={"lines": lines})
    form.url, form.cancel_url = f"{STANDARDS.url}new/?kind=code_set", STANDARDS.url
    lead = ngettext(
        "已读入 %(n)s 个值，请核对后填写编号和名称。", "已读入 %(n)s 个值，请核对后填写编号和名称。", len(lines)
    ) % {"n": len(lines)}
    title = _("起草代码集")
    header = parts.Header(title=title, lead=lead, crumbs=(STANDARDS, parts.Link(title=title, current=True)))
    return pages.form_page(request, form, header=header)


def _draw(request: HttpRequest, error: str = "", status: int = 200) -> HttpResponse:
    title = _("上传代码表")
    lead = _(
        "上传 Excel 或 CSV：第一行是列名，至少有“代码”和“名称”两列；上级代码、起用日期、停用日期、接替代码、说明可有可无。"
    )
    header = parts.Header(title=title, lead=lead, crumbs=(STANDARDS, parts.Link(title=title, current=True)))
    return pages.page(request, "library/upload.html", status=status, header=header, error=error)
