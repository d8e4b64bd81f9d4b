"""The way to the sign-in provider, and back from it."""

from __future__ import annotations

import time
from dataclasses import asdict

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from jiangyuan.kernel.config import settings
from jiangyuan.organization import oidc
from jiangyuan.organization.account_pages import WAITING, enter, login_form
from jiangyuan.organization.gate import browser_of
from jiangyuan.organization.signin import SignInRefused
from jiangyuan.ui import pages
from jiangyuan.ui.session import local_url

ATTEMPT = "jiangyuan_oidc"
CALLBACK = "/login/provider/back/"


@never_cache
@require_GET
def begin_page(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider; what must come back is kept in its session."""
    target = local_url(request, request.GET.get("next"))
    if not oidc.configured():
        return pages.redirect(request, "/login/")
    base = settings().public_url.rstrip("/")
    callback = f"{base}{CALLBACK}" if base else request.build_absolute_uri(CALLBACK)
    try:
        attempt, address = oidc.begin(callback=callback, target=target)
    except SignInRefused as refusal:
        return login_form(request, target, refusal=refusal, status=503)
    request.session[ATTEMPT] = asdict(attempt)
    return HttpResponseRedirect(address)


@never_cache
@require_GET
def back_page(request: HttpRequest) -> HttpResponse:
    """Take the provider's answer: good once, in the browser that set out for it."""
    kept = request.session.pop(ATTEMPT, None)
    attempt = oidc.Attempt(**kept) if kept else None
    target = attempt.target if attempt else "/"
    if not oidc.configured():
        return pages.redirect(request, "/login/")
    answer = {name: request.GET.get(name, "") for name in ("state", "code", "iss") if name in request.GET}
    network = str(request.META.get("REMOTE_ADDR", ""))
    try:
        found = oidc.finish(attempt, answer, network=network, browser=browser_of(request))
    except oidc.Unbound as unbound:
        request.session[WAITING] = [*unbound.waiting, time.time()]
        return login_form(request, target, refusal=unbound, status=401, username=unbound.username)
    except SignInRefused as refusal:
        return login_form(request, target, refusal=refusal, status=401)
    return enter(request, found, target)
