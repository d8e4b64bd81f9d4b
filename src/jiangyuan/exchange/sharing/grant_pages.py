"""Grants: what exactly, to whom, why and until when; their reads, their agreement, and the acts on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jiangyuan.catalog.entries.wording import mask_text
from jiangyuan.exchange.sharing import documents, purposes, queries, terms
from jiangyuan.exchange.sharing.agreement import digest
from jiangyuan.exchange.sharing.data_pages import may_look
from jiangyuan.exchange.sharing.document_pages import grant_buttons
from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.exchange.sharing.states import GRANT
from jiangyuan.exchange.sharing.wording import forms_text
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.events import reads_of
from jiangyuan.ui import conditions, listing, lists, objects, pages, parts, session, states, steps
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.session import require_actor
from jiangyuan.ui.tabs import drawn as drawn_above

GRANTS = parts.Link(title=gettext_lazy("共享授权"), url="/exchange/grants/")
ACTS = ("sharing.grant.suspend", "sharing.grant.resume", "sharing.grant.withdraw", "sharing.grant.give_up")
_TABS = {
    "": gettext_lazy("授权内容"),
    "reads": gettext_lazy("使用留痕"),
    "agreement": gettext_lazy("协议与承诺"),
    "trace": gettext_lazy("办理留痕"),
}
_PHASES = {
    "refused": gettext_lazy("未提供"),
    "started": gettext_lazy("开始"),
    "finished": gettext_lazy("完成"),
    "whole": gettext_lazy("完成"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose(parts.Part):
    """A document of record, shown as it was written."""

    template: ClassVar[str] = "sharing/prose.html"
    title: Any
    text: str


def grants_page(request: HttpRequest) -> HttpResponse:
    """List the grants the actor may know of."""
    actor = require_actor(request)
    sides = (("held", _("本部门使用")), ("given", _("本部门提供")))
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("目录、部门或系统名称"),
        facets=(
            listing.facet(request, "state", _("状态"), GRANT.states.items(), many=True),
            listing.facet(request, "side", _("方向"), sides if actor.body else ()),
        ),
    )
    chosen = {f.name: f.value for f in filters.facets}
    rows = filters.narrow(queries.grants(actor=actor), without=("side",))
    if chosen["side"]:
        rows = rows.filter(**{"consumer_id" if chosen["side"] == "held" else "provider_id": actor.body})
    for word in filters.text.split()[:8]:
        named = Q(entry__name__icontains=word) | Q(consumer__name__icontains=word)
        rows = rows.filter(named | Q(provider__name__icontains=word) | Q(system__name__icontains=word))
    table = listing.table_of(
        request,
        rows,
        caption=_("共享授权"),
        columns=(
            parts.Column(title=_("数据")),
            parts.Column(title=_("提供方")),
            parts.Column(title=_("使用方")),
            parts.Column(title=_("应用系统")),
            parts.Column(title=_("方式")),
            parts.Column(title=_("期限"), order="until"),
            parts.Column(title=_("状态"), order="state"),
        ),
        row=lambda grant: (
            parts.Link(title=grant.entry.known_name, url=f"{GRANTS.url}{grant.pk}/"),
            str(grant.provider),
            str(grant.consumer),
            grant.system.name,
            forms_text(grant.forms),
            grant.until,
            states.state_badge(grant),
        ),
        order=("-created_at", "until", "state"),
        filters=filters,
        acts=ACTS,
        empty=parts.Empty(
            title=_("还没有授权"),
            why=_("提供方同意共享申请后产生授权。"),
            todo=_("业务处室可在目录中找到数据后申请。"),
            action=parts.Button(title=_("查目录"), url="/catalog/", kind="plain"),
        ),
    )
    header = parts.Header(title=_("共享授权"), lead=_("谁可以用哪些数据、为什么、到什么时候。"))
    return lists.list_page(request, header=header, filters=filters, table=table)


def grant_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show one grant in its tabs."""
    actor = require_actor(request)
    grant = find(queries.grants(actor=actor), pk)
    base = f"{GRANTS.url}{grant.pk}/"
    tab = request.GET.get("tab", "")
    tab = tab if tab in _TABS else ""
    buttons = steps.buttons(
        grant, steps.steps(grant, actor), base, main="sharing.grant.resume", danger=("sharing.grant.withdraw", ACTS[3])
    )
    header = parts.Header(
        title=grant.entry.known_name,
        badge=states.state_badge(grant),
        clock=objects.clock_of(grant),
        lead=_sentence(grant),
        crumbs=(GRANTS, parts.Link(title=grant.entry.known_name, current=True)),
        action=buttons["action"] or _look(grant, actor),
        further=(
            *(grant_buttons(grant) if tab == "agreement" else _consumer_buttons(grant, actor)),
            *buttons["further"],
        ),
    )
    tabs = parts.Tabs(
        label=_("授权"),
        items=tuple(
            parts.Link(title=title, url=f"{base}?tab={code}" if code else base, current=code == tab)
            for code, title in _TABS.items()
        ),
    )
    drawn = {"": _content, "reads": _reads, "agreement": _agreement, "trace": lambda g: (trace_part(g),)}
    above = ()
    if grant.ended_reason:
        told = _("%(state)s：下一次调用即被拒绝") % {"state": grant.state_label}
        above = (parts.Notice(title=told, tone="warn", text=grant.ended_reason),)
    sections = (*drawn[tab](grant), *(drawn_above("sharing.grant", "", grant, actor) if not tab else ()))
    return pages.page(request, "ui/detail.html", header=header, tabs=tabs, above=above, sections=sections)


def _look(grant: Grant, actor: Actor) -> parts.Button | None:
    """Give the button to the rows: what the holder came for, so it is the main one."""
    url = f"{GRANTS.url}{grant.pk}/data/"
    return parts.Button(title=_("查看数据"), url=url) if may_look(grant, actor) else None


def _consumer_buttons(grant: Grant, actor: Actor) -> list[parts.Button]:
    if actor.body != grant.consumer_id or grant.state != "active":
        return []
    found = []
    if {"match", "query"} & set(grant.forms):
        found.append(parts.Button(title=_("调用说明"), url=f"/services/{grant.pk}/", kind="plain"))
    if actor.capacity == "business_office":
        url = f"/exchange/requests/new/?entry={grant.entry_id}&renew={grant.pk}"
        found.append(parts.Button(title=_("申请续期"), url=url, kind="plain"))
    if "table" in grant.forms and actor.capacity in ("sharing_handler", "sharing_head", "business_office"):
        url = f"/exchange/deliveries/new/?grant={grant.pk}"
        found.append(parts.Button(title=_("开通库表交换"), url=url, kind="plain"))
    if actor.capacity in ("sharing_handler", "business_office"):
        url = f"/exchange/uses/new/?grant={grant.pk}"
        found.append(parts.Button(title=_("登记使用情况"), url=url, kind="plain"))
    return found


def _content(grant: Grant) -> tuple[parts.Part, ...]:
    request = grant.request
    rows = (
        parts.Definition(term=_("给谁"), value=f"{grant.consumer.name} · {grant.system.name}"),
        parts.Definition(term=_("由谁提供"), value=grant.provider.name),
        parts.Definition(term=_("为什么"), value=request.scenario, help=request.basis),
        parts.Definition(
            term=_("用途"), value=purposes.drawn(grant.purpose), help=_("调用时须填它的代码，点名称旁的按钮复制。")
        ),
        parts.Definition(term=_("怎么用"), value=forms_text(grant.forms)),
        parts.Definition(term=_("限定办件"), value=grant.case_bound),
        parts.Definition(term=_("记录范围"), value=conditions.sentence(grant.condition, terms.names_of(grant.entry))),
        parts.Definition(term=_("使用期限"), value=_("至 %(day)s（含当日）") % {"day": grant.until.isoformat()}),
        parts.Definition(term=_("核验上限"), value=_("每分钟 %(n)s 次") % {"n": grant.probes_per_minute}),
        parts.Definition(
            term=_("申请"), value=parts.Link(title=_("查看申请"), url=f"/exchange/requests/{grant.request_id}/")
        ),
        *_use(grant),
    )
    return parts.Definitions(rows=rows), granted_items(grant.items)


def _use(grant: Grant) -> tuple[parts.Definition, ...]:
    used = queries.use_of(grant, since=timezone.now() - timedelta(days=7))
    told = _("提供 %(n)s 次，未提供 %(refused)s 次") % {
        "n": _counted(used.answered),
        "refused": _counted(used.refused),
    }
    return (
        parts.Definition(term=_("最近使用"), value=used.last or _("还没有用过")),
        parts.Definition(term=_("近 7 天"), value=told),
    )


def _sentence(grant: Grant) -> str:
    """Say in one sentence what is granted."""
    names = _("、").join(str(item["name"]) for item in grant.items[:8])
    return ngettext(
        "“%(system)s”可用%(forms)s方式使用 %(n)s 个信息项（%(names)s），至 %(until)s（含当日）。",
        "“%(system)s”可用%(forms)s方式使用 %(n)s 个信息项（%(names)s），至 %(until)s（含当日）。",
        len(grant.items),
    ) % {
        "system": grant.system.name,
        "forms": forms_text(grant.forms),
        "n": len(grant.items),
        "names": names if len(grant.items) <= 8 else _("%(names)s等") % {"names": names},
        "until": grant.until.isoformat(),
    }


def granted_items(items: list[dict[str, Any]]) -> parts.Table:
    """Show exactly which items, and in which shape."""
    return parts.Table(
        caption=_("信息项"),
        show_caption=True,
        columns=(
            parts.Column(title=_("名称")),
            parts.Column(title=_("级别")),
            parts.Column(title=_("脱敏方式")),
        ),
        rows=[
            (
                parts.Code(text=i["column"], shown=i["name"]),
                _("%(n)s 级") % {"n": i["grade"]} if i.get("grade") else "",
                mask_text(i["mask"]),
            )
            for i in items
        ],
        empty=parts.Empty(title=_("没有信息项"), why=""),
    )


def _reads(grant: Grant) -> tuple[parts.Part, ...]:
    found = [(read, read.content) for read in reads_of(grant=grant.pk, limit=100)]
    names = session.names_of({(read.actor_kind, str(read.actor_id)) for read, _content in found})
    rows = [
        (
            read.at,
            names.get((read.actor_kind, str(read.actor_id)), _("平台服务")),
            content.get("operator") or "",
            parts.Code(text=content["case_number"]) if content.get("case_number") else "",
            forms_text([read.form]),
            _PHASES.get(read.phase, ""),
            read.rows,
            parts.Link(title=_("下载存证回执"), url=f"/trace/receipt/{read.pk}/"),
        )
        for read, content in found
    ]
    columns = (
        parts.Column(title=_("时间")),
        parts.Column(title=_("谁")),
        parts.Column(title=_("经办人")),
        parts.Column(title=_("办件编号")),
        parts.Column(title=_("方式")),
        parts.Column(title=_("阶段")),
        parts.Column(title=_("行数"), numeric=True, unit=_("行")),
        parts.Column(title=_("存证回执")),
    )
    empty = parts.Empty(title=_("还没有使用记录"), why=_("每次核验、查询和交换都会先留痕，再返回数据。"))
    return (parts.Table(caption=_("最近 100 次使用"), show_caption=True, columns=columns, rows=rows, empty=empty),)


def _agreement(grant: Grant) -> tuple[parts.Part, ...]:
    made = documents.made_event(grant)
    proof = parts.Link(title=_("下载存证回执"), url=f"/trace/receipt/{made.pk}/") if made else ""
    digests = parts.Definitions(
        title=_("怎样核验"),
        rows=(
            parts.Definition(term=_("文书编号"), value=documents.number_of(grant.request)),
            parts.Definition(
                term=_("存证"),
                value=proof,
                help=_("存证回执内有两份文书的摘要，可在任何电脑上离线核验（jiangyuan verify）。"),
            ),
            parts.Definition(term=_("协议摘要 SM3"), value=parts.Code(text=digest(grant.agreement))),
            parts.Definition(term=_("承诺书摘要 SM3"), value=parts.Code(text=digest(grant.commitment))),
        ),
    )
    return (
        digests,
        Prose(title=_("政务数据共享协议"), text=grant.agreement),
        Prose(title=_("政务数据安全承诺书"), text=grant.commitment),
    )


def _effect(grant: Grant) -> str:
    """Say what stops when the grant does, before it is decided."""
    used = queries.use_of(grant, since=timezone.now() - timedelta(days=7))
    said = [
        ngettext("“%(system)s”近 7 天用了 %(n)s 次", "“%(system)s”近 7 天用了 %(n)s 次", used.answered)
        % {"system": grant.system.name, "n": _counted(used.answered)},
        *(text for make in queries.EFFECTS.values() if (text := make(grant))),
    ]
    cases = queries.open_cases_of(grant)
    if cases:
        said.append(
            ngettext("%(n)s 个办理中的办件将不能再查询", "%(n)s 个办理中的办件将不能再查询", cases) % {"n": cases}
        )
    return _("影响：%(effects)s。") % {"effects": _("；").join(said)}


def _counted(number: int) -> str:
    return _("%(n)s 以上") % {"n": f"{number:,}"} if number >= queries.MOST_COUNTED else f"{number:,}"


def step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Suspend, resume, withdraw, give up."""
    grant = find(queries.grants(actor=require_actor(request)), pk)
    lead = {
        "sharing.grant.withdraw": _("撤回后，下一次调用即被拒绝；须写明原因（条例第二十五条、第二十七条）。"),
        "sharing.grant.suspend": _("暂停后，下一次调用即被拒绝；使用方整改后可恢复（条例第二十五条）。"),
        "sharing.grant.give_up": _("使用目的实现后放弃授权，已取得的数据按协议处置（条例第二十五条）。"),
    }
    lead = {name: f"{text} {_effect(grant)}" for name, text in lead.items() if steps.verb_of(name) == verb}
    return steps.step_page(
        request,
        grant,
        verb,
        allowed=ACTS,
        base=f"{GRANTS.url}{grant.pk}/",
        crumbs=(GRANTS,),
        danger=("sharing.grant.withdraw", "sharing.grant.suspend", "sharing.grant.give_up"),
        lead=lead,
        facts=lambda: _content(grant),
    )
