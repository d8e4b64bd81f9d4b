"""Cases: the list, one case with its calls and warnings, opening and closing by form. Persons are shown as a count."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from jiangyuan.exchange.sharing import purposes, queries
from jiangyuan.exchange.sharing.models import Case, Grant
from jiangyuan.exchange.sharing.wording import forms_text
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.events import reads_of
from jiangyuan.organization.queries import systems
from jiangyuan.ui import listing, lists, pages, parts, steps
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor

CASES = parts.Link(title=pgettext_lazy("several", "办件"), url="/exchange/cases/")
ACTS = ("sharing.case.close", "sharing.case.watch")
OPEN = "sharing.case.open"
READS = 200


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
    actor = require_actor(request)
    own = systems(actor=actor).filter(body_id=actor.body, active=True)[:500]
    return steps.begin_page(
        request,
        OPEN,
        crumbs=(CASES,),
        back=CASES.url,
        about={"body": str(actor.body or "")},
        choices={"system": [(one.pk, one.name) for one in own], "purpose": purposes.choices(*_purposes(actor))},
        lead=_("名单内人员须已签署授权书；身份号码只用于生成不可还原的标识，不保存原值。"),
        done=lambda made: f"{CASES.url}{made.pk}/",
        next_step=_("现在可凭办件编号核验名单内的人员。"),
    )


def _purposes(actor: Actor) -> list[str]:
    """Give the purposes of the grants that one's own body holds, whether they are in the register or not."""
    held = queries.grants(actor=actor, live_only=True).filter(consumer_id=actor.body)
    return list(held.order_by().values_list("purpose", flat=True).distinct()[:100])


def case_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one case: its authorisation, its term, the calls made under it, its trace."""
    actor = require_actor(request)
    case = find(queries.cases(actor=actor), pk)
    base = f"{CASES.url}{case.pk}/"
    found = steps.steps(case, actor, besides=ACTS) if case.closed_at is None else []
    header = parts.Header(
        title=_("办件 %(number)s") % {"number": case.number},
        badge=_badge(case),
        crumbs=(CASES, parts.Link(title=case.number, current=True)),
        **steps.buttons(case, found, base, main=ACTS[0]),
    )
    warned = (
        parts.Link(title=_("查看预警"), url=f"/exchange/warnings/?q={case.number}") if case.watched else _("未关注")
    )
    rows = (
        parts.Definition(term=_("应用系统"), value=case.system.name),
        parts.Definition(term=_("用途"), value=purposes.drawn(case.purpose), help=_("与授权的用途一致。")),
        parts.Definition(
            term=_("名单"),
            value=_("%(n)s 人") % {"n": case.members.count()},
            help=_("只保存不可还原的标识，任何人都看不到名单内的身份号码。"),
        ),
        parts.Definition(term=_("办理至"), value=case.open_until),
        parts.Definition(term=_("办结时间"), value=case.closed_at),
        parts.Definition(term=_("变化预警"), value=warned),
        parts.Definition(
            term=_("授权书摘要 SM3"),
            value=parts.Code(text=case.authorisation_digest),
            help=_("与本人签署的授权书文件核对，可证明未被改动。"),
        ),
    )
    sections = (parts.Definitions(rows=rows), _calls(case), trace_part(case, limit=20))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _calls(case: Case) -> parts.Table:
    """Show the newest reads under the case: by each grant that its system holds for the purpose."""
    held = Grant.objects.filter(system_id=case.system_id, purpose=case.purpose).select_related("entry")
    names = {grant.pk: grant.entry.known_name for grant in held.order_by("-created_at")[:20]}
    reads = [(read, read.content) for pk in names for read in reads_of(grant=pk, limit=READS)]
    mine = [pair for pair in reads if pair[1].get("case_number") == case.number and pair[0].phase != "started"]
    mine.sort(key=lambda pair: pair[0].at, reverse=True)
    rows = [
        (
            read.at,
            parts.Link(title=names[read.grant], url=f"/exchange/grants/{read.grant}/?tab=reads"),
            content.get("operator") or "",
            forms_text([read.form]),
            _("未提供") if read.phase == "refused" else _("已提供"),
            parts.Link(title=_("下载存证回执"), url=f"/trace/receipt/{read.pk}/"),
        )
        for read, content in mine[:50]
    ]
    titles = (_("时间"), _("数据"), _("经办人"), _("方式"), _("结果"), _("存证回执"))
    return parts.Table(
        caption=_("最近的使用（至多 50 次）"),
        show_caption=True,
        columns=tuple(parts.Column(title=title) for title in titles),
        rows=rows,
        empty=parts.Empty(title=_("还没有使用记录"), why=_("以这个办件编号进行的核验和查询会列在这里。")),
    )


def case_step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Close a case, or begin or end watching it."""
    case = find(queries.cases(actor=require_actor(request)), pk)
    return steps.step_page(
        request,
        case,
        verb,
        allowed=ACTS,
        base=f"{CASES.url}{case.pk}/",
        crumbs=(CASES,),
        lead={"sharing.case.close": _("办结后，任何人都不能再以这个办件编号查询名单内的人员。")},
    )
