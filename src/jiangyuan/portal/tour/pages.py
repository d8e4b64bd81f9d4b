"""The tour: the steps of the road with why, by whom and where; ticked off by the memory."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _

from jiangyuan.kernel.actor import Actor
from jiangyuan.organization.models import CAPACITY_LABELS
from jiangyuan.portal.tour import queries
from jiangyuan.portal.tour.queries import Thread
from jiangyuan.portal.tour.steps import HELPERS, STEPS, Step
from jiangyuan.ui import pages, parts, session
from jiangyuan.ui.context import TOUR_COOKIE
from jiangyuan.ui.session import require_actor

ROLES = {"business_office": "office", "sharing_handler": "handler", "sharing_head": "head"}
"""How the accounts of the demonstration are named after capacities."""

TOUR = "/tour/"
_DAY = 24 * 60 * 60


def tour_page(request: HttpRequest) -> HttpResponse:
    """Show the steps of the request that the tour follows."""
    actor = require_actor(request)
    of = queries.thread(actor, request.GET.get("request", "")[:40])
    found = queries.done(of, actor)
    shown = [step for step in STEPS if not step.demo_only or _to_be_seen(step, of, actor)]
    rows = [_row(step, of, found, actor) for step in shown]
    first = next((row for row in rows if not row["at"]), None)
    if first is not None:
        first["next"] = True
    count = sum(1 for row in rows if row["at"])
    lead = _("跟着一件申请走完全程：为什么做、谁来做、在哪里做。做完一步，平台按留痕自动打勾。")
    header = parts.Header(title=_("上手导览"), lead=lead)
    others = [one for one in queries.threads(actor) if of.request is None or one.pk != of.request.pk]
    response = pages.page(
        request,
        "tour/tour.html",
        fragment="tour/steps.html",
        header=header,
        rows=rows,
        count=count,
        total=len(rows),
        elsewhere=_elsewhere(of),
        here=request.get_full_path(),
        thread=of.request,
        others=others,
        ledger=queries.ledger(),
    )
    return _remembered(request, response, under_way=count < len(rows))


def _remembered(request: HttpRequest, response: HttpResponse, *, under_way: bool) -> HttpResponse:
    """Let the pages of the steps lead back here until all is done; also after signing in as who does the next one."""
    if under_way:
        response.set_cookie(TOUR_COOKIE, "1", max_age=_DAY, samesite="Lax", secure=request.is_secure(), httponly=True)
    elif TOUR_COOKIE in request.COOKIES:
        response.delete_cookie(TOUR_COOKIE)
    return response


def _to_be_seen(step: Step, of: Thread, actor: Actor) -> bool:
    """Tell whether the demonstration has this step for the actor: nobody is asked to look at what he may not see."""
    return bool(HELPERS) and (step.page != "late" or bool(queries.page_of(step, of, actor)))


def _row(step: Step, of: Thread, found: dict[str, Any], actor: Actor) -> dict[str, Any]:
    body = queries.bodies_of(of).get(step.side)
    mine = not step.capacity or (actor.capacity == step.capacity and (body is None or body == actor.body))
    helper = HELPERS.get(step.code)
    url = queries.page_of(step, of, actor)
    at = found.get(step.code)
    # what was decided is decided; what was looked at may be looked at again
    again = at is None or not step.events
    return {
        "step": step,
        "at": at,
        "url": url,
        "mine": mine,
        "who": _who(step, of),
        "helper": parts.Button(title=helper.title, url=helper.url, method="post", kind="plain") if helper else None,
        # what a helping hand sets off is seen by whose desk it reaches: he comes here, and presses it himself
        "guest": _guest(step, of, TOUR if step.code in HELPERS else url) if not mine and again else None,
        "example": queries.example(actor, session.guests()) if step.page == "find" and at is None else None,
        "next": False,
    }


def _who(step: Step, of: Thread) -> str:
    if not step.capacity:
        return ""
    who = str(CAPACITY_LABELS[step.capacity])
    if of.request is not None:
        body = str(of.request.consumer if step.side == "consumer" else of.request.provider)
        return _("%(body)s%(who)s") % {"body": body, "who": who}
    return (_("使用方%(who)s") if step.side == "consumer" else _("提供方%(who)s")) % {"who": who}


def _elsewhere(of: Thread) -> str:
    """Say how the steps of others are done: with which accounts, where the demonstration offers them."""
    if not session.guests():
        return _("其他人的步骤由他们各自登录后办理；这里随办理打勾。")
    if of.request is None:
        return _(
            "先用使用方业务处室的演示账号（账号名以 .office 结尾）提出申请；以后每一步，这里给出换成办理人的按钮。"
        )
    return _("不是您办的步骤，点该步的按钮即换成办理人的演示账号，办完会回到这里。")


def _guest(step: Step, of: Thread, url: str) -> parts.Button | None:
    """Give the button that signs in as who does the step, where the demonstration offers that account."""
    if of.request is None or not url:
        return None
    alias = (of.request.consumer if step.side == "consumer" else of.request.provider).alias
    username = f"{alias}.{ROLES[step.capacity]}"
    guest = next((one for one in session.guests() if one.username == username), None)
    if guest is None:
        return None
    fields = (("username", username), ("next", url))
    title = _("以%(name)s（%(account)s）的身份去做") % {"name": guest.name, "account": username}
    return parts.Button(title=title, url=guest.url, method="post", kind="plain", icon="login-2", fields=fields)


urlpatterns = [path("tour/", tour_page, name="tour")]
