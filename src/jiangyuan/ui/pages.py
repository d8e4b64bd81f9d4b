"""The shape of every page: read with the actor, draw, or carry out one action and say what happens next.

def request_page(request, pk):
    actor = require_actor(request)
    return page(request, "sharing/request.html", header=..., table=...)

def submit_page(request, pk):
    form = form_for("sharing.request.submit", version=..., url=request.path)
    if request.method == "POST":
        return act_from_form(request, "sharing.request.submit", pk, done=..., again=lambda form: draw(form))
    return draw(form)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from jiangyuan.kernel.actions import StaleVersion, act
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Conflict, Forbidden, Refused
from jiangyuan.kernel.models import IdempotencyKey
from jiangyuan.ui import checking, drafts, identifying, options, parts, patterns
from jiangyuan.ui.forms import KEY, VERSION, ActionForm, form_for
from jiangyuan.ui.session import actor_of, local_url, referer, require_actor, scene_of

__all__ = [
    "act_from_form",
    "actor_of",
    "check_page",
    "flash",
    "form_page",
    "is_fragment",
    "page",
    "redirect",
    "require_actor",
]

Again = Callable[[ActionForm], HttpResponse]


def is_fragment(request: HttpRequest) -> bool:
    """Tell whether htmx asks for a part of a page, not for the whole of it."""
    wanted = request.headers.get("HX-Request") == "true"
    return wanted and "HX-Boosted" not in request.headers and "HX-History-Restore-Request" not in request.headers


def page(request: HttpRequest, template: str, *, status: int = 200, fragment: str = "", **context: Any) -> HttpResponse:
    """Draw a page. To htmx only its content is given; `fragment` names a smaller template for that case.

    The template begins with `{% extends layout %}` and fills the blocks `title` and `content`.
    """
    partial = is_fragment(request)
    context.setdefault("layout", "ui/fragment.html" if partial else "ui/base.html")
    response = render(request, fragment if partial and fragment else template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def flash(request: HttpRequest, text: Any, *, level: int = messages.SUCCESS, next_step: Any = "") -> None:
    """Leave a message for the next page: what was done, and what happens next."""
    messages.add_message(request, level, " ".join(str(t) for t in (text, next_step) if t))


def redirect(request: HttpRequest, url: str) -> HttpResponse:
    """Send the browser on, after a form with 303, under htmx with its own header. Never off this site."""
    target = local_url(request, url)
    if is_fragment(request):
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    response = HttpResponseRedirect(target)
    response.status_code = 303
    return response


def form_page(request: HttpRequest, form: ActionForm, *, status: int = 200, **context: Any) -> HttpResponse:
    """Draw a form on a page of its own: the usual page when a room has no other for it."""
    form.offer(request)
    return page(request, "ui/form_page.html", status=status, form=form, title=form.spec.title, **context)


def act_from_form(
    request: HttpRequest,
    action: str,
    target: UUID | str | None = None,
    *,
    done: str | Callable[[Any], str],
    again: Again | None = None,
    message: Any = "",
    next_step: Any | Callable[[Any], Any] = "",
    choices: Mapping[str, Iterable[tuple[Any, Any]]] | None = None,
    fixed: Mapping[str, Any] | None = None,
    purpose: str = "",
    case_number: str = "",
    facts: Callable[[], Sequence[parts.Part]] | None = None,
    merge: Again | None = None,
) -> HttpResponse:
    """Carry out an action with what a form sent, and answer.

    Done: leave a message with `next_step` (what happens next, by when) and go to `done` (a path, or made from the
    result). Refused: `again` draws its page with the form, faults and all that was typed (status of the refusal);
    without `again` a form with fields gets a page of its own, and a single button leaves the refusal as a message.
    `merge` draws what somebody else saved in between beside what was typed, in place of `again`.
    A page that asks to check first (`checking`) is shown the answers and the `facts` besides them; nothing is done yet.
    """
    actor = require_actor(request)
    form = form_for(action, data=request.POST, choices=choices, fixed=fixed, url=request.get_full_path())
    if not form.is_valid():
        return _refused(request, form, again, 422, done)
    if checking.EDIT in request.POST:
        return again(form) if again is not None else form_page(request, form)
    if checking.is_asked(request, action):
        back = referer(request) or (done if isinstance(done, str) else "/")
        return check_page(request, form, facts, back=back)
    scene = scene_of(request, purpose=purpose, case_number=case_number)
    seen = {"expected_version": form.expected_version, "idempotency_key": form.idempotency_key}
    repeated = submitted(actor, form.idempotency_key)
    try:
        result = act(action, target, actor=actor, scene=scene, **seen, **form.values)
    except Refused as refusal:
        form.refuse(_other_content(refusal) if repeated else refusal)
        if merge is not None and isinstance(refusal, StaleVersion):
            return _refused(request, form, merge, refusal.status, done)
        if isinstance(refusal, Conflict):
            form = _caught_up(form, target)
        return _refused(request, form, again, refusal.status, done)
    drafts.drop(request)
    if repeated:
        flash(request, _("这份表单先前已经提交并办理，没有重复办理。"), level=messages.INFO)
        return redirect(request, done(result) if callable(done) else done)
    text = message or _("已完成：%(action)s。") % {"action": form.spec.title}
    flash(request, text, next_step=next_step(result) if callable(next_step) else next_step)
    return redirect(request, done(result) if callable(done) else done)


def check_page(
    request: HttpRequest, form: ActionForm, facts: Callable[[], Sequence[parts.Part]] | None, *, back: str
) -> HttpResponse:
    """Show what will be submitted; what was typed is kept meanwhile, for people are called away from this page too.

    `form` is valid; `back` is where "返回，不提交" leads.
    """
    drafts.hold_refused(request)
    told = _("提交前请核对。提交以后，办理过程全程留痕。")
    known = facts() if facts is not None else ()
    check = checking.check_of(request, form, facts=known, told=told, back=local_url(request, back))
    header = parts.Header(title=_("核对：%(action)s") % {"action": form.spec.title}, lead=_("以下内容尚未提交。"))
    return page(request, "ui/check_page.html", header=header, check=check)


def submitted(actor: Actor, key: str | None) -> bool:
    """Tell whether a form with this submission number was carried out already: sent twice, or again after going back."""
    return bool(key) and IdempotencyKey.objects.filter(actor=actor.reference, key=str(key)[:120]).exists()


def _other_content(refusal: Refused) -> Refused:
    """Say to a person what became of a form that was changed and sent again after it had been carried out."""
    if refusal.code != "idempotency":
        return refusal
    return Conflict(
        _("这份表单先前已经提交并办理，之后又改动了内容"),
        code=refusal.code,
        mend=_("先前的办理不受影响。如确需按现在的内容再办一次，请核对后再次提交。"),
    )


def _caught_up(form: ActionForm, target: UUID | str | None) -> ActionForm:
    """After somebody else was faster: let the form be sent again against what is there now.

    The person has been told to look at it first; asking for a new form would lose what was typed. The submission gets a
    new number, for its content may differ from the one that the old number stands for.
    """
    model = form.spec.on
    current = model._default_manager.filter(pk=target).values_list("version", flat=True).first() if model else None
    data = form.data.copy()
    data[form.add_prefix(VERSION)] = "" if current is None else str(current)
    data[form.add_prefix(KEY)] = form.initial.get(KEY, "")
    form.data = data
    return form


def _refused(
    request: HttpRequest, form: ActionForm, again: Again | None, status: int, done: str | Callable[[Any], str]
) -> HttpResponse:
    drafts.hold_refused(request)
    if again is not None:
        response = again(form)
        response.status_code = status
        return response
    if form.visible_fields():
        return form_page(request, form, status=status)
    for line in form.fault_lines:
        flash(request, line.message, level=messages.ERROR)
    back = referer(request) or (done if isinstance(done, str) else "/")
    return redirect(request, back)


STAFF = frozenset({"system_admin", "operations"})
"""Who sees the living page: those who build and run the portal."""


def patterns_page(request: HttpRequest) -> HttpResponse:
    """Show every component in every state. For staff; raises `Forbidden` for others."""
    if require_actor(request).capacity not in STAFF:
        raise Forbidden(_("这一页供平台建设和运维人员使用"), mend=_("请切换到系统管理员或运维身份。"))
    header = parts.Header(title=_("界面部件"), lead=_("每个部件的每种状态，用的就是各页面所用的模板。"))
    return page(request, "ui/patterns.html", header=header, sections=patterns.sections(), problems=patterns.problems())


urlpatterns = [
    path("patterns/", patterns_page, name="patterns"),
    path("options/<slug:name>/", options.options_page, name="options"),
    path("check/identifier/", identifying.check_page, name="check_identifier"),
]
