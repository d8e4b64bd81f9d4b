"""The first page (my to-dos, what waits elsewhere, my numbers, what changed), notices, and search over everything."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from jiangyuan.catalog.entries.queries import entries
from jiangyuan.exchange.delivery.queries import warnings
from jiangyuan.exchange.sharing.queries import grants, requests
from jiangyuan.kernel.actions import ACTIONS
from jiangyuan.kernel.actor import Actor
from jiangyuan.organization.models import CAPACITY_LABELS
from jiangyuan.organization.queries import bodies, systems
from jiangyuan.portal.home import queries
from jiangyuan.portal.home.numbers import numbers
from jiangyuan.portal.home.queries import Change, Todo
from jiangyuan.sources.queries import sources
from jiangyuan.ui import listing, objects, pages, parts, session, states
from jiangyuan.ui.session import require_actor
from jiangyuan.ui.timeline import event_title

SEEN = "jiangyuan_last_visit"
FIRST = timedelta(days=7)
"""How far back a person sees on the first visit."""
SHOWN = 10


def home_page(request: HttpRequest) -> HttpResponse:
    """Show the workbench of the actor's role."""
    actor = require_actor(request)
    todos = queries.on_my_desk(actor)
    since = _since(request, actor)
    late, warned = queries.overdue(actor), queries.open_warnings(actor)
    above: list[parts.Part] = []
    if late:
        above.append(
            parts.Notice(title=_("本部门有 %(n)s 项时限已超期") % {"n": late}, tone="bad", text=_("请优先办理。"))
        )
    header = parts.Header(title=_("我的工作台"), lead=_lead(actor, todos))
    return pages.page(
        request,
        "home/workbench.html",
        header=header,
        above=above,
        numbers=numbers(actor),
        todos=_todo_table(todos),
        waiting=_waiting_table(queries.with_others(actor)),
        changes=_told(queries.changes(actor, since=since)),
        since=since,
        warned=warned,
    )


def _lead(actor: Actor, todos: list[Todo]) -> str:
    if not actor.capacity:
        return _("您还没有任命，请联系安全管理员。")
    urgent = sum(1 for todo in todos if todo.clock is not None and todo.clock.tone in ("warn", "bad"))
    if not todos:
        return _("没有待办。")
    if urgent:
        return _("%(n)s 件待办，其中 %(urgent)s 件临近或超过时限。") % {"n": len(todos), "urgent": urgent}
    return _("%(n)s 件待办。") % {"n": len(todos)}


def _since(request: HttpRequest, actor: Actor) -> datetime:
    """Give the last visit; found in the memory once a session."""
    kept = request.session.get(SEEN)
    if kept:
        return datetime.fromisoformat(kept)
    found = queries.last_visit(actor) or timezone.now() - FIRST
    request.session[SEEN] = found.isoformat()
    return found


def _todo_table(todos: list[Todo]) -> parts.Table:
    return parts.Table(
        caption=_("待我办理"),
        show_caption=True,
        columns=tuple(
            parts.Column(title=t) for t in (_("事项"), _("名称"), _("来自"), _("状态"), _("时限"), _("操作"))
        ),
        rows=[
            (
                todo.kind.title,
                parts.Link(title=todo.name, url=todo.kind.url(todo.thing)),
                todo.body,
                states.state_badge(todo.thing),
                todo.clock or "",
                parts.Button(title=_button(todo), url=todo.url, kind="plain"),
            )
            for todo in todos
        ],
        empty=parts.Empty(
            title=_("没有待办"),
            why=_("轮到您办理的目录、申请、数据源等会出现在这里，并按时限排序。"),
            todo=_("如有多个身份，可在右上角切换查看。"),
        ),
    )


def _button(todo: Todo) -> Any:
    return _("审核") if todo.thing.state in todo.kind.reviewed else ACTIONS[todo.action].title


def _waiting_table(found: list[Todo]) -> parts.Table:
    def desk(todo: Todo) -> str:
        who = _("、").join(str(CAPACITY_LABELS[c]) for c in todo.capacities if c in CAPACITY_LABELS)
        return " ".join(part for part in (todo.body, who) if part) or _("平台服务")

    return parts.Table(
        caption=_("等待他人"),
        show_caption=True,
        columns=tuple(parts.Column(title=t) for t in (_("事项"), _("名称"), _("现在在谁那里"), _("状态"), _("时限"))),
        rows=[
            (
                todo.kind.title,
                parts.Link(title=todo.name, url=todo.kind.url(todo.thing)),
                desk(todo),
                states.state_badge(todo.thing),
                todo.clock or "",
            )
            for todo in found
        ],
        empty=parts.Empty(title=_("没有在等待的事项"), why=_("您和本部门提交、正由他人办理的事项会出现在这里。")),
    )


def _told(found: list[Change]) -> list[dict[str, Any]]:
    contents = [change.event.content for change in found]
    wanted = {("body", str(c["actor"]["body"])) for c in contents if c["actor"].get("body")}
    names = session.names_of(wanted)
    return [
        {
            "at": change.event.at,
            "what": event_title(change.event.type, content.get("payload") or {}),
            "who": names.get(("body", str(content["actor"].get("body"))), _("平台服务")),
            "kind": change.kind.title,
            "link": parts.Link(title=change.kind.name(change.thing), url=change.kind.url(change.thing)),
        }
        for change, content in zip(found, contents, strict=True)
    ]


def notices_page(request: HttpRequest) -> HttpResponse:
    """Show the open warnings and what changed since the last visit."""
    actor = require_actor(request)
    since = _since(request, actor)
    open_ones = list(warnings(actor=actor, open_only=True)[:50]) if actor.body else []
    warned = parts.Table(
        caption=_("未处理的预警"),
        show_caption=True,
        columns=tuple(parts.Column(title=t) for t in (_("办件号"), _("变化的数据"), _("提供部门"), _("时间"))),
        rows=[
            (
                parts.Link(title=w.case.number, url=f"/exchange/warnings/{w.pk}/"),
                w.grant.entry.name,
                str(w.grant.provider),
                w.created_at,
            )
            for w in open_ones
        ],
        empty=parts.Empty(title=_("没有未处理的预警"), why=_("关注中的办件有变化时，会在这里提醒。")),
    )
    changed = parts.Table(
        caption=_("自上次登录以来的变化"),
        show_caption=True,
        columns=tuple(parts.Column(title=t) for t in (_("时间"), _("事项"), _("名称"), _("变化"), _("办理方"))),
        rows=[
            (c["at"], c["kind"], c["link"], c["what"], c["who"])
            for c in _told(queries.changes(actor, since=since, shown=100))
        ],
        empty=parts.Empty(title=_("没有新的变化"), why=_("与您有关的事项有进展时，会在这里列出。")),
    )
    return pages.page(request, "ui/detail.html", header=parts.Header(title=_("消息")), sections=(warned, changed))


def search_page(request: HttpRequest) -> HttpResponse:
    """Search entries, requests, grants, sources, bodies and systems that the actor may see; ten of each."""
    actor = require_actor(request)
    text = listing.words_of(request)
    header = parts.Header(title=_("搜索“%(text)s”") % {"text": text} if text else _("搜索"))
    if not text:
        empty = parts.Empty(
            title=_("想找什么？"), why=_("在上方输入名称、代码或部门，可同时搜索目录、申请、授权、数据源和部门。")
        )
        return pages.page(request, "ui/detail.html", header=header, sections=(empty,))
    found = [table for table in (_hits(title, rows, url) for title, rows, url in _sought(actor, text)) if table]
    if not found:
        empty = parts.Empty(
            title=_("没有找到“%(text)s”") % {"text": text},
            why=_("只搜索您有权查看的内容。"),
            todo=_("可换一个说法，或只输入其中几个字。"),
        )
        return pages.page(request, "ui/detail.html", header=header, sections=(empty,))
    return pages.page(request, "ui/detail.html", header=header, sections=found)


def _sought(actor: Actor, text: str) -> list[tuple[Any, Any, str]]:
    named, entry_named = Q(), Q()
    for word in text.split()[:8]:
        named &= Q(name__icontains=word)
        entry_named &= Q(entry__name__icontains=word)
    found: list[tuple[Any, Any, str]] = [(_("目录"), entries(actor=actor, text=text), "/catalog/?q=")]
    if actor.body or actor.capacity == "auditor":
        found += [
            (_("共享申请"), requests(actor=actor).filter(entry_named), "/exchange/requests/?q="),
            (_("共享授权"), grants(actor=actor).filter(entry_named), "/exchange/grants/?q="),
            (_("数据源"), sources(actor=actor).filter(named), "/sources/?q="),
        ]
    found += [
        (_("应用系统"), systems(actor=actor).filter(named), "/organization/systems/?q="),
        (_("部门"), bodies(actor=actor).filter(named), "/organization/bodies/?q="),
    ]
    return [(title, rows, f"{url}{text}") for title, rows, url in found]


def _hits(title: Any, rows: Any, url: str) -> parts.Table | None:
    found = list(rows[: SHOWN + 1])
    if not found:
        return None
    kind = objects.kind_of(found[0]._meta.label_lower)
    assert kind is not None
    more = parts.Pager(next_url=url) if len(found) > SHOWN else None
    return parts.Table(
        caption=title,
        show_caption=True,
        columns=(parts.Column(title=_("名称")), parts.Column(title=_("状态"))),
        rows=[
            (
                parts.Link(title=kind.name(one), url=kind.url(one)),
                states.state_badge(one) if hasattr(one, "state_label") else "",
            )
            for one in found[:SHOWN]
        ],
        pager=more,
        empty=parts.Empty(title="", why=""),
    )


urlpatterns = [
    path("", home_page, name="home"),
    path("notices/", notices_page, name="notices"),
    path("search", search_page, name="search"),
]
