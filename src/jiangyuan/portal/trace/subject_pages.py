"""Who looked at one person: the question with its case and purpose, and the answer on the same page, kept nowhere."""

from __future__ import annotations

import csv
import io
from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters

from jiangyuan.exchange.sharing import purposes
from jiangyuan.kernel.errors import Refused
from jiangyuan.kernel.models import Access
from jiangyuan.portal.trace import queries, subjects
from jiangyuan.ui import pages, parts, session, sheets
from jiangyuan.ui.session import require_actor

FILE = "_file"
_PERIODS = {
    7: gettext_lazy("最近七天"),
    30: gettext_lazy("最近三十天"),
    180: gettext_lazy("最近半年"),
    1096: gettext_lazy("最近三年"),
}


class Question(forms.Form):
    """What is asked: about whom, for which case, why, and how far back."""

    identifier = forms.CharField(
        label=gettext_lazy("公民身份号码或统一社会信用代码"),
        help_text=gettext_lazy("只用于本次比对，不保存、不写入日志和地址。"),
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off", "spellcheck": "false"}),
    )
    case_number = forms.CharField(
        label=gettext_lazy("办件编号"),
        help_text=gettext_lazy("投诉、举报、检查或本人申请的编号。"),
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
    purpose = forms.CharField(
        label=gettext_lazy("查问事由"),
        help_text=gettext_lazy("为什么要查，例如：本人投诉信息被不当查询。"),
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("时间"),
        coerce=int,
        choices=list(_PERIODS.items()),
        initial=30,
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for field in self.fields.values():
            field.error_messages["required"] = _("请填写%(label)s") % {"label": field.label}
            field.error_messages["invalid_choice"] = _("请从列出的选项中选择。")

    @property
    def fault_lines(self) -> list[dict[str, str]]:
        """Give the error summary: every fault with a link to its field."""
        return [
            {"anchor": bound.id_for_label, "label": str(bound.label), "message": str(message)}
            for bound in self
            for message in bound.errors
        ] + [{"anchor": "", "label": "", "message": str(message)} for message in self.non_field_errors()]


@sensitive_post_parameters("identifier")
def subject_page(request: HttpRequest) -> HttpResponse:
    """Ask who looked at somebody. For the auditor and the security administrator; raises `Forbidden` for others."""
    actor = require_actor(request)
    subjects.require_asker(actor)
    form = Question(request.POST if request.method == "POST" else None)
    answer, status = None, 200
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        scene = session.scene_of(request, purpose=asked["purpose"].strip(), case_number=asked["case_number"].strip())
        try:
            answer = subjects.who_read(asked["identifier"], days=asked["days"], actor=actor, scene=scene)
        except Refused as refusal:
            text = " ".join(t for t in (str(refusal.message), str(refusal.mend or "")) if t)
            form.add_error(refusal.where if refusal.where in form.fields else None, ValidationError(text))
            status = refusal.status
    elif request.method == "POST":
        status = 422
    if answer is not None and FILE in request.POST:
        return _file(answer, form.cleaned_data["case_number"])
    response = pages.page(
        request,
        "trace/subject.html",
        status=status,
        header=_header(),
        form=form,
        sections=_answered(answer, queries.is_auditor(actor)) if answer is not None else (),
        answered=answer is not None and bool(answer.reads),
    )
    response["Cache-Control"] = "no-store, private"
    return response


def _header() -> parts.Header:
    return parts.Header(
        title=_("谁看过某人的数据"),
        lead=_(
            "按身份标识查问：哪些部门、系统、经办人，在什么时候、为哪个办件读取过此人的记录。查问本身先留痕，再给结果。"
        ),
        crumbs=(parts.Link(title=_("谁看过某人的数据"), current=True),),
        further=(parts.Button(title=_("核验存证回执"), url="/trace/check/", kind="plain", icon="certificate"),),
    )


def _answered(answer: subjects.Answer, receipts: bool) -> tuple[parts.Part, ...]:
    told = ngettext("查到 %(n)s 次读取。", "查到 %(n)s 次读取。", len(answer.reads)) % {"n": f"{len(answer.reads):,}"}
    if not answer.whole:
        told += _("次数较多，只列出最近的 %(n)s 次；请缩短时间段分次查。") % {"n": f"{subjects.MOST:,}"}
    limits = _("整表首次复制不逐人留痕，收到整表的授权请在目录的“使用”中查看；来源部门在自己系统中的查看不经过本平台。")
    return (
        parts.Notice(title=told, tone="good" if answer.whole else "warn", text=limits),
        _table(answer.reads, receipts),
    )


def _titles() -> tuple[Any, ...]:
    return (
        _("时间"),
        _("人员或系统"),
        _("使用方"),
        _("授权"),
        _("经办人"),
        _("办件编号"),
        _("用途"),
        _("方式"),
        _("结果"),
    )


def _rows(reads: tuple[Access, ...]) -> list[tuple[Any, ...]]:
    wanted = {(r.actor_kind, str(r.actor_id)) for r in reads} | {("body", str(r.body)) for r in reads if r.body}
    names = session.names_of(wanted)
    grants = queries.grants_told({r.grant for r in reads if r.grant})
    rows = []
    for read in reads:
        content = read.content
        # a delivery reads for the holder of its grant
        entry, holder = grants.get(read.grant, ("", "")) if read.grant else ("", "")
        rows.append(
            (
                read.at,
                names.get((read.actor_kind, str(read.actor_id)), _("平台服务")),
                names.get(("body", str(read.body)), holder),
                entry,
                content.get("operator") or "",
                content.get("case_number") or "",
                purposes.drawn(str(content.get("purpose") or "")),
                str(queries.forms().get(read.form, _("其他"))),
                str(queries.phases().get(read.phase, "")),
            )
        )
    return rows


def _table(reads: tuple[Access, ...], receipts: bool) -> parts.Table:
    rows: list[Any] = _rows(reads)
    columns = [parts.Column(title=title) for title in _titles()]
    if receipts:
        link = partial(parts.Link, title=_("下载存证回执"))
        rows = [(*row, link(url=f"/trace/receipt/{read.pk}/")) for row, read in zip(rows, reads, strict=True)]
        columns.append(parts.Column(title=_("存证回执")))
    return parts.Table(
        caption=_("读取过此人记录的"),
        show_caption=True,
        columns=tuple(columns),
        rows=rows,
        empty=parts.Empty(
            title=_("这段时间没有人经平台读取过此人的记录"), why=_("可选择更长的时间段；标识写错一位也查不到。")
        ),
    )


def _file(answer: subjects.Answer, case_number: str) -> HttpResponse:
    """Give the answer as a file. It was asked anew, so the file too has its own question in the memory."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([sheets.neutral(str(title)) for title in _titles()])
    for row in _rows(answer.reads):
        writer.writerow([sheets.neutral(str(sheets.plain(cell))) for cell in row])
    response = HttpResponse(b"\xef\xbb\xbf" + text.getvalue().encode(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="who-read-{timezone.localdate()}.csv"'
    response["Cache-Control"] = "no-store, private"
    return response
