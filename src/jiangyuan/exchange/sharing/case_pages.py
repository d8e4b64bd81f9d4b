"""Cases: the list, one case with its calls and warnings, opening and closing by form. Persons are shown as a count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from jiangyuan.exchange.sharing import case_forms, purposes, queries
from jiangyuan.exchange.sharing.models import Case, Grant
from jiangyuan.exchange.sharing.wording import forms_text
from jiangyuan.kernel.events import reads_of
from jiangyuan.kernel.models import Access
from jiangyuan.ui import listing, lists, pages, parts, steps
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor

CASES = parts.Link(title=pgettext_lazy("several", "办件"), url="/exchange/cases/")
ACTS = ("sharing.case.close", "sharing.case.watch")
CLOSE, WATCH = ACTS
OPEN = case_forms.OPEN
READS, SHOWN = 200, 50


def _badge(case: Case) -> parts.Badge:
    if case.closed_at is not None:
        return parts.Badge(label=_("已办结"), tone="closed")
    if case.open_until < timezone.localdate():
        return parts.Badge(label=_("已过期"), tone="closed")
    return parts.Badge(label=_("办理中"), tone="running")


def cases_page(request: HttpRequest) -> HttpResponse:
    """List the cases of one's own body."""
    actor = require_actor(request)
    state = listing.facet(request, "state", _("状态"), (("open", _("办理中")), ("over", _("已办结或已过期"))))
    filters = listing.Filters(text=listing.words_of(request), words=_("办件编号或应用系统"), facets=(state,))
    rows = queries.cases(actor=actor, open_only=state.value == "open").annotate(persons=Count("members"))
    if state.value == "over":
        rows = rows.exclude(closed_at__isnull=True, open_until__gte=timezone.localdate())
    for word in filters.text.split()[:8]:
        rows = rows.filter(number__icontains=word) | rows.filter(system__name__icontains=word)
    may_open = steps.may_begin(OPEN, actor, body=str(actor.body or ""))
    action = parts.Button(title=_("登记办件"), url=f"{CASES.url}new/", icon="plus") if may_open else None
    table = listing.table_of(
        request,
        rows,
        caption=_("办件"),
        columns=(
            parts.Column(title=_("办件编号")),
            parts.Column(title=_("应用系统")),
            parts.Column(title=_("登记时间")),
            parts.Column(title=_("名单人数"), numeric=True, unit=_("人")),
            parts.Column(title=_("办理至"), order="open_until"),
            parts.Column(title=_("关注变化")),
            parts.Column(title=_("状态")),
        ),
        row=lambda case: (
            parts.Link(title=case.number, url=f"{CASES.url}{case.pk}/"),
            case.system.name,
            case.created_at,
            case.persons,
            case.open_until,
            case.watched,
            _badge(case),
        ),
        order=("-created_at", "open_until"),
        filters=filters,
        empty=parts.Empty(
            title=_("还没有办件"),
            why=_("限定办件的授权，只能查询办件名单内的人员；办件由业务系统或经办人凭本人授权书登记。"),
            todo=_("取得本人授权后登记。") if action else "",
            action=action,
        ),
    )
    lead = _("正在办理的事项和本人授权的名单。名单内人员只以不可还原的标识保存，页面上只显示人数。")
    header = parts.Header(title=pgettext("several", "办件"), lead=lead, action=action)
    return lists.list_page(request, header=header, filters=filters, table=table)


def new_case_page(request: HttpRequest) -> HttpResponse:
    """Open a case by form."""
    return case_forms.new_case_page(request, CASES)


def case_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one case: its authorisation, its term, the calls made under it, its trace."""
    actor = require_actor(request)
    case = find(queries.cases(actor=actor), pk)
    base = f"{CASES.url}{case.pk}/"
    found = steps.steps(case, actor, besides=ACTS) if case.closed_at is None else []
    drawn = steps.buttons(case, [step for step in found if step.action != WATCH], base, danger=(CLOSE,))
    if any(step.action == WATCH for step in found):
        drawn["further"] = (_watching(case, base), *drawn["further"])
    header = parts.Header(
        title=_("办件 %(number)s") % {"number": case.number},
        badge=_badge(case),
        crumbs=(CASES, parts.Link(title=case.number, current=True)),
        **drawn,
    )
    warned = parts.Link(title=_("查看这个办件的预警"), url=f"/exchange/warnings/?q={case.number}")
    rows = (
        parts.Definition(term=_("应用系统"), value=case.system.name),
        parts.Definition(term=_("用途"), value=purposes.drawn(case.purpose), help=_("与授权的用途一致。")),
        parts.Definition(
            term=_("名单"),
            value=_("%(n)s 人") % {"n": case.members.count()},
            help=_("只保存不可还原的标识，任何人都看不到名单内的身份号码。"),
        ),
        parts.Definition(term=_("办理至"), value=case.open_until),
        parts.Definition(term=_("办结时间"), value=case.closed_at or _("尚未办结")),
        parts.Definition(
            term=_("关注变化"),
            value=_("已关注，名单内人员的数据变化时提醒经办人") if case.watched else _("未关注"),
        ),
        *((parts.Definition(term=_("变化预警"), value=warned),) if case.watched else ()),
        parts.Definition(
            term=_("授权书摘要 SM3"),
            value=parts.Code(text=case.authorisation_digest),
            help=_("与本人签署的授权书文件核对，可证明未被改动。"),
        ),
    )
    sections = (parts.Definitions(rows=rows), _calls(case), trace_part(case, limit=20))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _watching(case: Case, base: str) -> parts.Button:
    """Give the button that turns watching on or off: what it would do now, not what the act is called."""
    url = f"{base}{steps.verb_of(WATCH)}/"
    fields = (("_version", str(case.version)), *(() if case.watched else (("watched", "on"),)))
    title = _("停止关注") if case.watched else _("关注变化")
    return parts.Button(title=title, url=url, method="post", kind="plain", fields=fields)


_WHY: Mapping[str, Any] = {
    "gateway.not_listed": gettext_lazy("此人不在办件名单内，或办件已办结、已过期"),
    "gateway.case_missing": gettext_lazy("没有填办件编号"),
    "gateway.purpose": gettext_lazy("用途与授权不一致"),
    "gateway.ended": gettext_lazy("授权已到期、暂停或撤回"),
    "gateway.grant": gettext_lazy("没有这项授权"),
    "gateway.form": gettext_lazy("授权不含这种方式"),
    "gateway.operator": gettext_lazy("没有填经办人"),
    "gateway.one_by_one": gettext_lazy("须逐人核验"),
    "gateway.probes": gettext_lazy("超过每分钟的核验上限"),
    "gateway.quota": gettext_lazy("超过每分钟的调用上限"),
    "gateway.preparing": gettext_lazy("授权正在开通"),
    "gateway.signature": gettext_lazy("签名不正确"),
    "gateway.key": gettext_lazy("密钥已失效"),
    "gateway.time": gettext_lazy("请求时间相差过大"),
    "gateway.replay": gettext_lazy("请求重复"),
}
"""Why a call was not answered, by the code that the gateway leaves in the memory."""


def _result(read: Access, content: Mapping[str, Any]) -> str:
    if read.phase != "refused":
        return _("已提供")
    why = _WHY.get(str(content.get("query") or ""))
    return _("未提供：%(why)s") % {"why": why} if why else _("未提供：请求不合要求")


def _calls(case: Case) -> parts.Table:
    """Show the newest reads under the case, alike ones as one line: by each grant that its system holds for the purpose."""
    held = Grant.objects.filter(system_id=case.system_id, purpose=case.purpose).select_related("entry")
    names = {grant.pk: grant.entry.known_name for grant in held.order_by("-created_at")[:20]}
    reads = [(read, read.content) for pk in names for read in reads_of(grant=pk, limit=READS)]
    mine = [pair for pair in reads if pair[1].get("case_number") == case.number and pair[0].phase != "started"]
    mine.sort(key=lambda pair: pair[0].at, reverse=True)
    alike: dict[tuple[Any, ...], list[Access]] = {}
    for read, content in mine:
        key = (read.grant, content.get("operator") or "", forms_text([read.form]), _result(read, content))
        alike.setdefault(key, []).append(read)
    rows = [
        (
            found[0].at,
            parts.Link(title=names[grant], url=f"/exchange/grants/{grant}/?tab=reads"),
            operator,
            form,
            result,
            # refusals of one kind within ten seconds are one record that holds how many they were
            sum((read.rows or 1) if read.phase == "refused" else 1 for read in found),
            parts.Link(title=_("下载存证回执"), url=f"/trace/receipt/{found[0].pk}/"),
        )
        for (grant, operator, form, result), found in list(alike.items())[:SHOWN]
    ]
    titles = (_("最近一次"), _("数据"), _("经办人"), _("方式"), _("结果"), _("次数"), _("最近一次的存证回执"))
    return parts.Table(
        caption=_("最近的使用，相同的合并为一行；逐次的记录在授权的“使用留痕”中"),
        show_caption=True,
        columns=tuple(parts.Column(title=title, numeric=title == _("次数")) for title in titles),
        rows=rows,
        empty=parts.Empty(title=_("还没有使用记录"), why=_("以这个办件编号进行的核验和查询会列在这里。")),
    )


def case_step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Close a case, or begin or end watching it."""
    case = find(queries.cases(actor=require_actor(request)), pk)
    if verb == steps.verb_of(WATCH) and request.method == "POST":
        told = _("已关注，名单内人员的数据变化时提醒经办人。") if request.POST.get("watched") else _("已停止关注。")
        return pages.act_from_form(request, WATCH, case.pk, done=f"{CASES.url}{case.pk}/", message=told)
    return steps.step_page(
        request,
        case,
        verb,
        allowed=ACTS,
        base=f"{CASES.url}{case.pk}/",
        crumbs=(CASES,),
        danger=(CLOSE,),
        lead={"sharing.case.close": _("办结后，任何人都不能再以这个办件编号查询名单内的人员。")},
    )
