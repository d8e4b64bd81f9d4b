"""Who read what: reads of governed data by person, system, body, form, case and time; and a check of receipts."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiangyuan.exchange.delivery.services import why_refused
from jiangyuan.exchange.sharing import purposes
from jiangyuan.kernel import receipts, witness
from jiangyuan.kernel.models import Access
from jiangyuan.organization.queries import bodies
from jiangyuan.portal.trace import queries
from jiangyuan.ui import listing, lists, pages, parts, session
from jiangyuan.ui.session import require_actor
from jiangyuan.ui.timeline import event_title

USUAL = "30"
_OUTCOMES = (("provided", "whole"), (queries.REFUSED, queries.REFUSED), (queries.STARTED, queries.STARTED))
TONES: dict[str, parts.Tone] = {"started": "warn", "finished": "good", "whole": "good", queries.REFUSED: "closed"}
LARGEST = 256 * 1024
"""Bytes of a receipt that is checked on the page."""


def reads_page(request: HttpRequest) -> HttpResponse:
    """List reads of governed data: all of them for the auditor, for a body its own and those of its data."""
    actor = require_actor(request)
    text = listing.words_of(request)
    days = (("1", _("最近一天")), ("7", _("最近七天")), ("366", _("最近一年")))
    outcomes = [(code, queries.phases()[phase]) for code, phase in _OUTCOMES]
    filters = listing.Filters(
        text=text,
        words=_("经办人、办件编号或用途"),
        facets=(
            listing.facet(request, "days", _("时间"), days, unset=_("最近三十天")),
            listing.facet(request, "form", _("方式"), queries.forms().items()),
            listing.facet(request, "phase", _("结果"), outcomes),
            listing.facet(request, "body", _("使用方"), [(b.pk, str(b)) for b in bodies(actor=actor)[:500]]),
        ),
    )
    period, form, phase, body = (facet.value for facet in filters.facets)
    since = timezone.now() - timedelta(days=int(period or USUAL))
    rows = queries.reads_seen(actor, since=since, form=form, body=body, text=text, phase=phase)
    header = parts.Header(
        title=_("数据使用留痕"),
        lead=_("每一次读取在送出前就已记录：谁、何时、凭哪份授权、为哪个办件；未提供的也记录，并写明原因。"),
        action=parts.Button(title=_("核验存证回执"), url=reverse("receipt_check"), kind="plain", icon="certificate"),
    )
    return lists.list_page(request, header=header, filters=filters, table=_table(request, rows, filters))


def _table(request: HttpRequest, rows: Any, filters: listing.Filters) -> listing.Listing:
    names: dict[tuple[str, str], str] = {}
    grants: dict[Any, str] = {}

    def prepare(found: list[Access]) -> None:
        wanted = {(r.actor_kind, str(r.actor_id)) for r in found} | {("body", str(r.body)) for r in found if r.body}
        names.update(session.names_of(wanted))
        grants.update(queries.grant_names({r.grant for r in found if r.grant}))

    def row(read: Access) -> tuple[Any, ...]:
        content = read.content
        grant = grants.get(read.grant, "")
        link = parts.Link(title=grant, url=f"/exchange/grants/{read.grant}/") if grant else ""
        refused = read.phase == queries.REFUSED
        purpose = purposes.said(str(content.get("purpose") or ""))
        form = queries.forms().get(read.form, "" if refused else _("其他"))
        return (
            read.at,
            link,
            parts.Stack(first=_who(read, names), second=names.get(("body", str(read.body)), "")),
            parts.Stack(first=content.get("operator"), second=content.get("case_number")) if _asked(content) else "",
            parts.Stack(first=purpose or form, second=form if purpose else ""),
            outcome(read),
            None if refused else read.rows,
            parts.Link(title=_("回执"), icon="certificate", url=reverse("receipt", args=(read.pk,))),
        )

    titles = (_("数据"), _("使用方"), _("经办人和办件"), _("用途和方式"), _("结果"))
    return listing.table_of(
        request,
        rows,
        caption=_("数据使用"),
        columns=(
            parts.Column(title=_("时间"), order="at"),
            *(parts.Column(title=title) for title in titles),
            parts.Column(title=_("返回行数"), numeric=True),
            parts.Column(title=_("存证回执")),
        ),
        row=row,
        order=("-at",),
        prepare=prepare,
        filters=filters,
        empty=parts.Empty(title=_("这段时间没有数据使用"), why=_("应用系统或工作人员按授权读取数据后，会列在这里。")),
    )


def _who(read: Access, names: dict[tuple[str, str], str]) -> str:
    """Name who read; nobody is named by a call that did not prove whose it is."""
    if not read.actor_id.int:
        return _("身份未能核实")
    return names.get((read.actor_kind, str(read.actor_id)), _("平台服务"))


def _asked(content: dict[str, Any]) -> bool:
    return bool(content.get("operator") or content.get("case_number"))


def outcome(read: Access) -> parts.Stack:
    """Say what became of a read; of one that was refused, why, and how often it was tried where that is more than once."""
    badge = parts.Badge(label=queries.phases().get(read.phase, ""), tone=TONES.get(read.phase, "idle"))
    if read.phase != queries.REFUSED:
        return parts.Stack(first=badge)
    why = why_refused(str(read.content.get("query") or "")) or _("平台没有准许这次读取")
    times = read.rows or 1
    if times > 1:
        told = {"why": why, "n": times}
        why = ngettext("%(why)s（%(n)s 次）", "%(why)s（%(n)s 次）", times) % told
    return parts.Stack(first=badge, second=why)


def check_page(request: HttpRequest) -> HttpResponse:
    """Judge a receipt that is sent here, in plain words; nothing of it is kept."""
    require_actor(request)
    sections: list[Any] = []
    if request.method == "POST":
        sections += judged(request)
    header = parts.Header(
        title=_("核验存证回执"),
        lead=_("选择下载的存证回执文件，平台按本节点的公钥核验，不保存文件；在自己的电脑上也可离线核验。"),
        crumbs=(parts.Link(title=_("核验存证回执"), current=True),),
    )
    return pages.page(request, "trace/check.html", header=header, sections=sections)


def judged(request: HttpRequest) -> list[Any]:
    """Give the verdict on the file that was sent: whether it holds, and what it proves."""
    sent = request.FILES.get("receipt")
    if sent is None or not sent.size or sent.size > LARGEST:
        why = _("请选择一个存证回执文件（JSON，不超过 256 KB）。")
        return [parts.Notice(title=_("没有可以核验的文件"), tone="warn", text=why)]
    try:
        told = json.loads(sent.read())
    except (ValueError, RecursionError):
        why = _("文件不是存证回执，或已损坏。请选择从平台下载的 JSON 文件。")
        return [parts.Notice(title=_("无法读取这个文件"), tone="warn", text=why)]
    verdict = receipts.verify_receipt(told, trusted_keys=list(witness.public_keys().values()))
    if not verdict.ok:
        why = verdict.finding.line(_) if verdict.finding else ""
        return [parts.Notice(title=_("存证回执无效：内容可能被改动，不能作为证据"), tone="bad", text=why)]
    content = verdict.content or {}
    what = event_title(str(content.get("type")), content.get("payload") or {}) if content.get("type") else _("数据使用")
    rows = (
        parts.Definition(term=_("内容"), value=what),
        parts.Definition(term=_("时间"), value=_moment(content.get("at"))),
        parts.Definition(term=_("节点"), value=verdict.node),
        parts.Definition(term=_("在日志中的位置（条）"), value=verdict.index + 1),
        parts.Definition(term=_("首部签署时间"), value=_moment(verdict.at)),
        parts.Definition(term=_("签名密钥"), value=parts.Code(text=verdict.key_id)),
    )
    why = _("内容自存入存证日志后未被改动，由本节点签名。")
    return [parts.Notice(title=_("存证回执有效"), tone="good", text=why), parts.Definitions(rows=rows)]


def _moment(text: Any) -> datetime | str:
    try:
        return parse_datetime(str(text)) or str(text)
    except ValueError:
        return str(text)
