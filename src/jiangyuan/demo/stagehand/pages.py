"""One-click sign-in, and asking for what happens in a department's own system."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jiangyuan.demo.stagehand.accounts import password_of
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import NotFound
from jiangyuan.organization.account_pages import enter
from jiangyuan.organization.gate import browser_of
from jiangyuan.organization.signin import open_session
from jiangyuan.ui import pages
from jiangyuan.ui.session import local_url, require_actor, scene_of

INSIDE = ("127.0.0.1", "::1")
HOSTS = (*INSIDE, "localhost")
PASSED_ON = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")
"""What a proxy adds: whoever comes through one sits somewhere else, whatever address the connection has."""


def _at_this_machine(request: HttpRequest) -> bool:
    """Tell whether the browser runs on this machine, and was not led here by a name from elsewhere that points here."""
    host = urlsplit(f"//{request.get_host()}").hostname
    straight = not any(name in request.headers for name in PASSED_ON)
    return straight and host in HOSTS and request.META.get("REMOTE_ADDR") in INSIDE


@require_POST
def enter_page(request: HttpRequest) -> HttpResponse:
    """Sign in as one of the accounts that are handed out: by its password, through the door that everybody goes through."""
    username = request.POST.get("username", "")[:60]
    password = password_of(username)
    if not password or not _at_this_machine(request):
        raise NotFound(_("没有这个演示账号"), mend=_("请从登录页列出的账号中选择。"))
    found = open_session(
        username=username,
        password=password,
        code="",
        network=str(request.META.get("REMOTE_ADDR", "")),
        browser=browser_of(request),
    )
    return enter(request, found, local_url(request, request.POST.get("next"), "/"))


@require_POST
def correct_page(request: HttpRequest) -> HttpResponse:
    """Ask for the correction, and say where it will be seen."""
    act("stagehand.correction.ask", actor=require_actor(request), scene=scene_of(request))
    pages.flash(request, _("公安厅正在更正自己前置库里的一条死亡登记。"), next_step=_("几秒后，这一步会自动打勾。"))
    return pages.redirect(request, "/tour/")


@require_POST
def death_page(request: HttpRequest) -> HttpResponse:
    """Ask for the death to be registered; the warning follows by itself."""
    act("stagehand.death.ask", actor=require_actor(request), scene=scene_of(request))
    pages.flash(request, _("公安厅正在登记一人死亡。"), next_step=_("请省民政厅业务处室留意右下角的提醒。"))
    return pages.redirect(request, "/tour/")


urlpatterns = [
    path("demo/enter/", enter_page, name="demo_enter"),
    path("demo/correct/", correct_page, name="demo_correct"),
    path("demo/death/", death_page, name="demo_death"),
]
