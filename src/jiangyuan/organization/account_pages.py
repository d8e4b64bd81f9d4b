"""Sign-in, sign-out, the capacity one acts in, and one's own account."""

from __future__ import annotations

import time
from functools import partial
from typing import Any
from urllib.parse import urlencode

import segno
from django.contrib.auth import login, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from jiangyuan.kernel.actions import ACTIONS, act
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.config import settings as platform
from jiangyuan.kernel.errors import NotFound, Refused
from jiangyuan.organization.gate import browser_of, session_id
from jiangyuan.organization.models import ApiToken, Person
from jiangyuan.organization.signin import APPOINTMENT, SESSION, SignedIn, SignInRefused, open_session, totp_of
from jiangyuan.ui import drafts, pages, parts
from jiangyuan.ui.forms import ActionForm, form_for
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import guests, local_url, require_actor, scene_of

BACKEND = "django.contrib.auth.backends.ModelBackend"
PASSWORD_RULES = (
    gettext_lazy("至少 10 个字符，越长越好；可以用几个不相干的词连成一句，中文、空格都可以。"),
    gettext_lazy("不能与您的姓名、登录名或邮箱相近。"),
    gettext_lazy("不能是许多人用过的口令，例如 password123。"),
    gettext_lazy("不能全是数字。"),
)
"""The rules of passwords as people read them (settings.AUTH_PASSWORD_VALIDATORS checks them)."""
WAITING, WAIT_SECONDS = "jiangyuan_oidc_waiting", 600
"""An account at the sign-in provider that waits in a browser's session for its person's password, and how long."""
BEGIN, CONFIRM = "organization.totp.begin", "organization.totp.confirm"
ACCOUNT = parts.Link(title=gettext_lazy("个人设置"), url="/account/")


@never_cache
@sensitive_post_parameters()
def login_page(request: HttpRequest) -> HttpResponse:
    """Sign in with name, password and dynamic code; every refusal reads the same."""
    target = local_url(request, request.POST.get("next") or request.GET.get("next"))
    if request.method != "POST":
        if pages.actor_of(request) is not None:
            return pages.redirect(request, target)
        return login_form(request, target)
    try:
        found = open_session(
            username=request.POST.get("username", "").strip(),
            password=request.POST.get("password", ""),
            code=request.POST.get("code", "").strip(),
            network=str(request.META.get("REMOTE_ADDR", "")),
            browser=browser_of(request),
            waiting=_waiting(request),
        )
    except SignInRefused as refusal:
        return login_form(request, target, refusal=refusal, status=401)
    return enter(request, found, target)


def _waiting(request: HttpRequest) -> tuple[str, str] | None:
    """Give the account at the sign-in provider that waits in this browser for its person's password, for a while."""
    kept = request.session.get(WAITING)
    if not isinstance(kept, list) or len(kept) != 3 or time.time() - kept[2] > WAIT_SECONDS:
        return None
    return str(kept[0]), str(kept[1])


def enter(request: HttpRequest, found: SignedIn, target: str) -> HttpResponse:
    """Let somebody in who has signed in: a new session id, whatever the browser brought along."""
    assert found.session is not None
    request.session.flush()
    request.session[SESSION] = str(found.session.pk)
    login(request, found.person, backend=BACKEND)
    if found.person.password_until is not None:
        pages.flash(request, _("您使用的是一次性口令。"), next_step=_("请设置只有您自己知道的口令，然后开始办事。"))
        return pages.redirect(request, "/account/password/")
    if found.session.method == "recovery":
        left = len(Person.objects.get(pk=found.person.pk).recovery_digests)
        pages.flash(
            request,
            _("您用恢复码登录，还剩 %(n)s 个。") % {"n": left},
            next_step=_("手机遗失的，请联系安全管理员重置动态码。"),
        )
    return pages.redirect(request, target)


def login_form(
    request: HttpRequest, target: str, *, refusal: SignInRefused | None = None, status: int = 200, username: str = ""
) -> HttpResponse:
    # a form sent after the session ended waits behind the login for the person it was drawn for
    context = {
        "next": target,
        "refusal": refusal,
        "held": f"{drafts.RESUME}=" in target,
        "username": username or request.POST.get("username", "")[:60],
        "guests": guests(),
        "provider": platform().oidc_name if platform().oidc_issuer else "",
        "provider_url": f"/login/provider/?{urlencode({'next': target})}",
    }
    return pages.page(
        request, "organization/login.html", status=status, title=_("登录"), layout="ui/bare.html", **context
    )


@require_POST
def logout_page(request: HttpRequest) -> HttpResponse:
    """Sign out; the session is emptied even when the memory cannot be written."""
    actor = pages.actor_of(request)
    try:
        if actor is not None:
            scene = scene_of(request)
            act("organization.session.close", actor.id, actor=actor, scene=scene, session=session_id(request))
    finally:
        logout(request)
    return pages.redirect(request, "/login/")


@require_POST
def act_for_page(request: HttpRequest) -> HttpResponse:
    """Act in another of one's own appointments from now on."""
    person = own_account(request)
    chosen = find(person.current_appointments(), request.POST.get("capacity", ""))
    act(
        "organization.session.switch",
        person.pk,
        actor=require_actor(request),
        scene=scene_of(request),
        appointment=chosen.pk,
        session=session_id(request),
    )
    request.session.cycle_key()
    request.session[APPOINTMENT] = str(chosen.pk)
    pages.flash(request, _("现以“%(capacity)s”的身份办理。") % {"capacity": chosen})
    return pages.redirect(request, "/")


def own_account(request: HttpRequest) -> Person:
    """Give the person who is signed in. Raises `LoginRequired`."""
    require_actor(request)
    assert isinstance(request.user, Person)
    return request.user


def account_page(request: HttpRequest) -> HttpResponse:
    """Show one's own appointments, second factor and tokens."""
    person = own_account(request)
    actor = require_actor(request)
    header = parts.Header(
        title=_("个人设置"),
        lead=_("任命由安全管理员办理；口令、动态码和访问令牌由本人管理。"),
        further=(
            parts.Button(title=_("签发访问令牌"), url="/account/tokens/new/", kind="plain", icon="plus"),
            parts.Button(title=_("修改口令"), url="/account/password/", kind="plain", icon="key"),
        ),
    )
    sections = (_about(person), _appointments(person, actor), _tokens(person))
    return pages.page(request, "ui/detail.html", header=header, sections=sections, tabs=tabs("/account/"))


def tabs(here: str) -> parts.Tabs:
    """Give the tabs of one's own account."""
    named = (
        ("/account/", _("账号与任命")),
        ("/account/sessions/", _("登录的设备")),
        ("/account/history/", _("登录记录")),
    )
    items = tuple(parts.Link(title=title, url=url, current=url == here) for url, title in named)
    return parts.Tabs(label=_("个人设置"), items=items)


def _about(person: Person) -> parts.Definitions:
    on = person.totp_confirmed_at is not None
    badge = parts.Badge(label=_("已启用") if on else _("未启用"), tone="good" if on else "warn")
    set_up = "" if on else parts.Link(title=_("启用动态码"), url="/account/totp/", icon="device-mobile")
    left = len(person.recovery_digests)
    recovery = parts.Link(
        title=_("重新生成（剩 %(n)s 个）") % {"n": left} if left else _("生成恢复码"),
        url="/account/recovery/",
        icon="lifebuoy",
    )
    rows = [
        parts.Definition(term=_("姓名"), value=person.name),
        parts.Definition(term=_("登录名"), value=parts.Code(text=person.username)),
        parts.Definition(term=_("上次登录"), value=person.last_login),
        parts.Definition(term=_("动态码"), value=badge),
    ]
    if set_up:
        rows.append(parts.Definition(term=_("双因素登录"), value=set_up, help=_("启用后，仅凭口令不能登录。")))
    else:
        told = _("手机不在身边时，用恢复码代替动态码，每个只能用一次。")
        rows.append(parts.Definition(term=_("恢复码"), value=recovery, help=told))
    if person.identity:
        bound = parts.Badge(label=_("已绑定%(name)s") % {"name": platform().oidc_name}, tone="good")
        rows.append(parts.Definition(term=_("统一认证"), value=bound, help=_("更换绑定请联系安全管理员。")))
    return parts.Definitions(title=_("账号"), rows=tuple(rows))


def _appointments(person: Person, actor: Actor) -> parts.Table:
    held = list(person.current_appointments())
    return parts.Table(
        caption=_("我的任命"),
        show_caption=True,
        columns=tuple(parts.Column(title=t) for t in (_("部门"), _("身份"), _("自"), _("至"), _("当前"))),
        rows=[
            (
                str(a.body),
                a.get_capacity_display(),  # type: ignore[attr-defined]
                a.since,
                a.until or _("长期"),
                parts.Badge(label=_("正在使用"), tone="good")
                if (a.body_id, a.capacity) == (actor.body, actor.capacity)
                else "",
            )
            for a in held
        ],
        empty=parts.Empty(
            title=_("还没有任命"),
            why=_("能办什么，由任命决定。"),
            todo=_("请联系安全管理员按您的岗位任命。"),
        ),
    )


def _tokens(person: Person) -> parts.Table:
    kept = ApiToken.objects.filter(person=person, revoked_at__isnull=True).select_related("appointment__body")
    issue = parts.Button(title=_("签发访问令牌"), url="/account/tokens/new/", kind="plain", icon="plus")
    return parts.Table(
        caption=_("访问令牌"),
        show_caption=True,
        columns=tuple(parts.Column(title=t) for t in (_("名称"), _("身份"), _("有效期至"), _("操作"))),
        rows=[
            (
                token.label,
                str(token.appointment),
                token.expires_at,
                parts.Button(title=_("吊销"), url=f"/account/tokens/{token.pk}/revoke/", method="post", kind="danger"),
            )
            for token in kept.order_by("-created_at")[:50]
        ],
        empty=parts.Empty(title=_("没有访问令牌"), why=_("命令行和脚本凭令牌以您的身份办事。"), todo="", action=issue),
    )


def totp_page(request: HttpRequest) -> HttpResponse:
    """Set up the second factor: begin, scan, confirm with a code."""
    person = own_account(request)
    if person.totp_confirmed_at is not None:
        pages.flash(request, _("动态码已启用。"), next_step=_("如需更换设备，请联系安全管理员重置。"))
        return pages.redirect(request, "/account/")
    draw = partial(_totp, request, person)
    if request.method == "POST" and "begin" in request.POST:
        return pages.act_from_form(request, BEGIN, person.pk, done="/account/totp/", again=draw)
    if request.method == "POST":
        return pages.act_from_form(
            request,
            CONFIRM,
            person.pk,
            done="/account/recovery/",
            again=draw,
            next_step=_("下次登录时需要输入动态码。请再生成恢复码，以备手机不在身边。"),
        )
    begun = totp_of(person) is not None
    return _totp(request, person, form_for(CONFIRM if begun else BEGIN, version=person.version))


def _totp(request: HttpRequest, person: Person, form: ActionForm) -> HttpResponse:
    totp = totp_of(person)
    begun = totp is not None and form.spec.name != BEGIN
    context: dict[str, Any] = {"form": form, "begun": begun}
    form.cancel_url = "/account/"
    if totp is not None and begun:
        uri = totp.provisioning_uri(name=person.username, issuer_name="Jiangyuan")
        context["qr"] = mark_safe(
            segno.make(uri, error="m").svg_inline(scale=4, border=2, svgclass="jy-qr", lineclass=None)
        )
        context["secret"] = parts.Code(text=totp.secret)
    header = parts.Header(
        title=_("启用动态码"),
        crumbs=(ACCOUNT, parts.Link(title=_("启用动态码"), current=True)),
        lead=_("用手机上的动态码应用扫描二维码，再输入显示的 6 位数字。"),
    )
    return pages.page(request, "organization/totp.html", header=header, **context)


@sensitive_post_parameters()
def password_page(request: HttpRequest) -> HttpResponse:
    """Change one's own password; the session goes on, other sessions end."""
    person = own_account(request)

    def draw(form: ActionForm) -> HttpResponse:
        form.cancel_url = "/account/"
        header = parts.Header(
            title=_("修改口令"),
            crumbs=(ACCOUNT, parts.Link(title=_("修改口令"), current=True)),
            lead=_("口令只有您自己知道，管理员也看不到。平台不要求定期更换；怀疑泄露时请立即更换。"),
        )
        return pages.page(request, "organization/password.html", header=header, form=form, rules=PASSWORD_RULES)

    fixed = {"keep": session_id(request)}
    if request.method != "POST":
        return draw(form_for("organization.password.change", version=person.version, fixed=fixed))
    response = pages.act_from_form(
        request,
        "organization.password.change",
        person.pk,
        done="/account/",
        again=draw,
        fixed=fixed,
        next_step=_("其他设备上的登录和访问令牌已失效。"),
    )
    if response.status_code in (204, 303):
        update_session_auth_hash(request, Person.objects.get(pk=person.pk))
    return response


def token_page(request: HttpRequest) -> HttpResponse:
    """Issue a token for one's own tools; it is shown this once."""
    person = own_account(request)
    choices = {"appointment": [(a.pk, str(a)) for a in person.current_appointments()]}
    crumbs = (ACCOUNT, parts.Link(title=_("签发访问令牌"), current=True))

    def show(token: str) -> HttpResponse:
        header = parts.Header(title=_("访问令牌已签发"), crumbs=crumbs)
        rows = (parts.Definition(term=_("令牌"), value=parts.Code(text=token)),)
        return secret_page(request, header=header, rows=rows, back="/account/")

    return issue_page(
        request, "organization.token.issue", person, choices=choices, crumbs=crumbs, back="/account/", show=show
    )


def issue_page(
    request: HttpRequest,
    action: str,
    thing: Any,
    *,
    crumbs: tuple[parts.Link, ...],
    back: str,
    show: Any,
    choices: Any = None,
    lead: Any = "",
) -> HttpResponse:
    """Answer the form of an action whose answer is a secret: it is shown at once and kept nowhere.

    No submission number goes along: what is kept under one would hold the secret in clear.
    """
    actor = require_actor(request)
    form = form_for(
        action, data=request.POST if request.method == "POST" else None, choices=choices, version=thing.version
    )
    form.cancel_url = back
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return show(act(action, thing.pk, actor=actor, scene=scene_of(request), **form.values))
            except Refused as refusal:
                form.refuse(refusal)
                status = refusal.status
    return pages.form_page(
        request, form, status=status, header=parts.Header(title=ACTIONS[action].title, crumbs=crumbs, lead=lead)
    )


def secret_page(
    request: HttpRequest, *, header: parts.Header, rows: tuple[parts.Definition, ...], back: str
) -> HttpResponse:
    """Show a secret once, with the warning that it will not be shown again."""
    notice = parts.Notice(
        title=_("请立即保存，本页关闭后不再显示"),
        tone="warn",
        text=_("平台只保留校验所需的内容。遗失后请吊销，重新签发。"),
    )
    button = parts.Button(title=_("已保存，返回"), url=back)
    return pages.page(
        request, "ui/detail.html", header=header, above=(notice,), sections=(parts.Definitions(rows=rows), button)
    )


@require_POST
def revoke_token_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Revoke one's own token."""
    token = find(ApiToken.visible_to(require_actor(request)), pk)
    if token.revoked_at is not None:
        raise NotFound(_("令牌已吊销"))
    return pages.act_from_form(request, "organization.token.revoke", token.pk, done="/account/")
