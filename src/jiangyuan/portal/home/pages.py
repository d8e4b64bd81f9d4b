"""The first page (my to-dos, what waits elsewhere, my numbers, what changed)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiangyuan.kernel.actions import ACTIONS
from jiangyuan.kernel.actor import Actor
from jiangyuan.portal.home import queries
from jiangyuan.portal.home.front_pages import front_page
from jiangyuan.portal.home.kept import Kept
from jiangyuan.portal.home.numbers import numbers
from jiangyuan.portal.home.queries import Change, Late, Todo
from jiangyuan.portal.home.starts import starts
from jiangyuan.portal.home.wording import desk_text, one_of
from jiangyuan.ui import measures, pages, parts, session, states
from jiangyuan.ui.session import require_actor
from jiangyuan.ui.timeline import event_title

SEEN = "jiangyuan_last_visit"
FIRST_VISIT = "first"
"""What the session keeps in the place of a moment when the person never signed in before."""
LATE_LIST = "/clocks/list/?status=overdue"
FIRST = timedelta(days=7)
"""How far back a person sees on the first visit."""
TODO_SHOWN, WAITING_SHOWN = 12, 8
NUMBERS_SECONDS = 30.0
DESKLESS = frozenset({"system_admin", "security_admin", "auditor", "citizen"})
"""Capacities on whose desk nothing ever lies: they come for their numbers and their starts."""


def home_page(request: HttpRequest) -> HttpResponse:
    """Show the workbench of the actor's role; the start page to who is not signed in."""
    if session.actor_of(request) is None:
        return front_page(request)
    return pages.page(request, "home/workbench.html", **_workbench(request))


def work_page(request: HttpRequest) -> HttpResponse:
    """Give the moving part of the workbench again, for a page that stays open; by itself it is the workbench."""
    return pages.page(request, "home/workbench.html", fragment="home/work.html", **_workbench(request))


def _workbench(request: HttpRequest) -> dict[str, Any]:
    actor, kept = require_actor(request), Kept()
    desk = kept.get("desk", actor, lambda: _desk(actor))
    since, first = _since(request, actor)
    return {
        **desk,
        "header": parts.Header(title=_("我的工作台"), lead=desk["lead"]),
        # some of the numbers look back a number of hours, or at what no act changes
        "numbers": kept.get("numbers", actor, lambda: numbers(actor), seconds=NUMBERS_SECONDS),
        "happened": kept.get("happened", (actor, since), lambda: _happened(queries.since_then(actor, since=since))),
        "since": since,
        "first": first,
        "starts": starts(actor),
        "deskless": actor.capacity in DESKLESS,
    }


def _desk(actor: Actor) -> dict[str, Any]:
    todos, waiting = queries.on_my_desk(actor), queries.with_others(actor)
    late, count = queries.overdue(actor)
    return {
        "lead": _lead(actor, todos, count),
        "above": [_overdue(late, count, {todo.thing.pk for todo in todos})] if count else [],
        "todos": [_row(todo, actor) for todo in todos[:TODO_SHOWN]],
        "todo_more": max(0, len(todos) - TODO_SHOWN),
        "waiting": [_waiting(todo, actor) for todo in waiting[:WAITING_SHOWN]],
        "waiting_more": max(0, len(waiting) - WAITING_SHOWN),
        "warned": queries.open_warnings(actor),
    }


def _overdue(late: Sequence[Late], count: int, mine: set[Any]) -> parts.Part:
    """Name what ran out, on whose desk each lies, and whether it is for this person to do or to have done."""
    needs = tuple(
        parts.Link(title=_said(one, mine), url=one.todo.kind.url(one.todo.thing) if one.todo else LATE_LIST)
        for one in late
    )
    if count > len(late):
        more = _("查看全部 %(n)s 项") % {"n": count}
        needs = (*needs, parts.Link(title=more, url=LATE_LIST))
    own = any(one.todo is not None and one.todo.thing.pk in mine for one in late)
    return measures.Verdict(
        title=ngettext("本部门有 %(n)s 项时限已超期", "本部门有 %(n)s 项时限已超期", count) % {"n": count},
        tone="bad",
        text=_("请优先办理。") if own else _("不在您手里，请提醒经办人尽快办结。"),
        needs=needs,
    )


def _said(late: Late, mine: set[Any]) -> str:
    todo = late.todo
    if todo is None:
        return _("%(what)s：%(clock)s") % {"what": late.face.title, "clock": late.face.text}
    desk = _("在您手里") if todo.thing.pk in mine else _("现由%(desk)s办理") % {"desk": _desk_of(todo)}
    told = {"kind": one_of(todo.kind), "name": todo.name, "desk": desk, "clock": late.face.text}
    return _("%(kind)s“%(name)s”：%(clock)s，%(desk)s") % told


def _lead(actor: Actor, todos: list[Todo], late: int) -> str:
    if not actor.capacity:
        return _("您还没有任命，请联系安全管理员。")
    urgent = sum(1 for todo in todos if todo.clock is not None and todo.clock.tone in ("warn", "bad"))
    if not todos:
        return _("没有待您办理的事项；本部门有超期的时限，见下。") if late else _("没有待办。")
    if urgent:
        return _("%(n)s 件待办，其中 %(urgent)s 件临近或超过时限。") % {"n": len(todos), "urgent": urgent}
    return _("%(n)s 件待办。") % {"n": len(todos)}


def _since(request: HttpRequest, actor: Actor) -> tuple[datetime, bool]:
    """Give the last visit, found in the memory once a session, and whether this is the first one."""
    kept = request.session.get(SEEN)
    if not kept:
        found = queries.last_visit(actor)
        kept = request.session[SEEN] = found.isoformat() if found else FIRST_VISIT
    if kept == FIRST_VISIT:
        return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0) - FIRST, True
    return datetime.fromisoformat(kept), False


def _row(todo: Todo, actor: Actor) -> dict[str, Any]:
    return {
        "kind": one_of(todo.kind),
        "own": bool(actor.body) and todo.kind.sender(todo.thing) == actor.body,
        "link": parts.Link(title=todo.name, url=todo.kind.url(todo.thing)),
        "body": todo.body,
        "badge": states.state_badge(todo.thing),
        "clock": todo.clock,
        "button": parts.Button(title=_button(todo), url=todo.url, kind="plain"),
    }


def _button(todo: Todo) -> Any:
    return _("审核") if todo.thing.state in todo.kind.reviewed else ACTIONS[todo.action].title


def _waiting(todo: Todo, actor: Actor) -> dict[str, Any]:
    return {**_row(todo, actor), "desk": _desk_of(todo)}


def _desk_of(todo: Todo) -> str:
    return desk_text(todo.body, todo.capacities)


def _happened(found: queries.Since) -> dict[str, Any]:
    routine = [
        {"what": event_title(one.type, {}), "kind": one_of(one.kind), "count": one.count, "link": _link(one.last)}
        for one in found.routine
    ]
    told = _told((*found.people, *found.folded))
    shown = len(found.people)
    return {
        "people": told[:shown],
        "folded": told[shown:],
        "more": found.more,
        "routine": routine,
        "count": found.routine_count,
    }


def _link(change: Change) -> parts.Link:
    return parts.Link(title=change.kind.name(change.thing), url=change.kind.url(change.thing))


def _told(found: Sequence[Change]) -> list[dict[str, Any]]:
    contents = [change.event.content for change in found]
    wanted = {("body", str(c["actor"]["body"])) for c in contents if c["actor"].get("body")}
    wanted |= {(c["actor"]["kind"], str(c["actor"]["id"])) for c in contents}
    names = session.names_of(wanted)
    return [
        {
            "at": change.event.at,
            "what": event_title(change.event.type, content.get("payload") or {}),
            "who": names.get((content["actor"]["kind"], str(content["actor"]["id"])), ""),
            "body": names.get(("body", str(content["actor"].get("body"))), ""),
            "kind": one_of(change.kind),
            "link": _link(change),
        }
        for change, content in zip(found, contents, strict=True)
    ]


urlpatterns = [
    path("", home_page, name="home"),
    path("workbench/", work_page, name="work"),
]
