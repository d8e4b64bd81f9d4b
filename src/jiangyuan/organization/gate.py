"""What stands before every page of a browser: is its session still open, was it used lately, is the password its own?

A session that ended here ends everywhere at the next request; so does one that was left alone for too long.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Scene
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import Forbidden
from jiangyuan.organization.models import BrowserSession, Person
from jiangyuan.organization.signin import SESSION, SIGN_IN
from jiangyuan.ui import errors

MOVES = timedelta(minutes=1)
"""How often the time of last use is written down."""
PASSWORD_PAGE = "/account/password/"
BY_ITSELF = "X-Jiangyuan-By-Itself"
"""The header with which an open page asks by itself: nobody need sit before it, so it does not count as use."""
OPEN = ("/login/", "/logout/", "/i18n/", "/static/", "/health/", PASSWORD_PAGE)
"""What may be reached while a one-time password waits to be changed."""
_BROWSERS = (
    ("Edge", r"Edg/(\d+)"),
    ("Firefox", r"Firefox/(\d+)"),
    ("Chrome", r"Chrome/(\d+)"),
    ("Safari", r"Version/(\d+).*Safari"),
)
_SYSTEMS = (("Windows", "Windows"), ("HarmonyOS", "OpenHarmony|HarmonyOS"), ("Android", "Android"),
            ("iOS", "iPhone|iPad"), ("macOS", "Mac OS X"), ("UOS", "UOS|Uos"), ("Linux", "Linux"))  # fmt: skip


def browser_of(request: HttpRequest) -> str:
    """Name the browser as its owner knows it: `Firefox 140 · Windows`."""
    told = request.headers.get("User-Agent", "")[:400]
    name = next((f"{name} {m[1]}" for name, pattern in _BROWSERS if (m := re.search(pattern, told))), "")
    system = next((name for name, pattern in _SYSTEMS if re.search(pattern, told)), "")
    return " · ".join(part for part in (name, system) if part) or str(_("其他浏览器"))


def session_id(request: HttpRequest) -> UUID | None:
    """Give the id of the browser's session, None when there is none."""
    try:
        return UUID(str(request.session.get(SESSION, "")))
    except ValueError:
        return None


class GateMiddleware(MiddlewareMixin):
    """Ends what has ended, and leads a one-time password to the page where it is changed."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Let the request through as who it is, as nobody, or to the password page."""
        if SESSION_KEY not in request.session:
            return None
        row = BrowserSession.objects.filter(pk=session_id(request), person_id=request.session[SESSION_KEY]).first()
        if row is None or row.ended_at is not None:
            return _out(request, _ended(row))
        now = timezone.now()
        if now - row.last_used_at > timedelta(minutes=settings().idle_minutes):
            act("organization.session.expire", row.pk, actor=SIGN_IN, scene=_scene(request))
            return _out(
                request,
                ngettext(
                    "您已 %(n)s 分钟未操作，为保护账号已自动退出。",
                    "您已 %(n)s 分钟未操作，为保护账号已自动退出。",
                    settings().idle_minutes,
                )
                % {"n": settings().idle_minutes},
            )
        if now - row.last_used_at > MOVES and not _by_itself(request):
            network = str(request.META.get("REMOTE_ADDR", ""))[:64]
            BrowserSession.objects.filter(pk=row.pk, ended_at=None).update(last_used_at=now, network=network)
        return None

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Hold back everything but the password page while a one-time password is in use."""
        if SESSION_KEY not in request.session or request.path.startswith(OPEN):
            return None
        person: Any = request.user
        if not isinstance(person, Person) or person.password_until is None:
            return None
        if request.path.startswith("/api/"):
            told = Forbidden(_("请先修改一次性口令"), mend=_("请在门户中登录并修改口令。"), code="password")
            return errors.answer_error(request, told)
        return HttpResponseRedirect(PASSWORD_PAGE)


def _by_itself(request: HttpRequest) -> bool:
    return request.method in ("GET", "HEAD") and BY_ITSELF in request.headers


def _scene(request: HttpRequest) -> Scene:
    return Scene(channel="portal", network=str(request.META.get("REMOTE_ADDR", "")))


def _ended(row: BrowserSession | None) -> str:
    if row is None or not row.ended_why:
        return _("登录已失效，请重新登录。")
    if row.ended_why == "out":
        return ""
    return _("这次登录已结束：%(why)s。请重新登录。") % {"why": row.get_ended_why_display()}  # type: ignore[attr-defined]


def _out(request: HttpRequest, why: str) -> None:
    request.session.flush()
    request.user = AnonymousUser()  # type: ignore[assignment]
    if why and not request.path.startswith("/api/"):
        messages.info(request, why)
