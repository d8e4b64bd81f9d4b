"""Where one is signed in, when one signed in, and the recovery codes of the second factor."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from jiangyuan.kernel.actions import act
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import Refused
from jiangyuan.organization import queries
from jiangyuan.organization.account_pages import ACCOUNT, own_account, secret_page, tabs
from jiangyuan.organization.gate import session_id
from jiangyuan.organization.models import BrowserSession, Person
from jiangyuan.ui import pages, parts
from jiangyuan.ui.forms import ActionForm, form_for
from jiangyuan.ui.objects import find
from jiangyuan.ui.paging import keyset
from jiangyuan.ui.session import require_actor, scene_of

HERE = "/account/sessions/"
MOST = 50
ISSUE = "organization.recovery.issue"


def session_row(one: BrowserSession, current: object, end_url: str) -> tuple[Any, ...]:
    """Show one open session, and the button that ends it (none for the one that asks)."""
    button: Any = parts.Button(title=_("结束"), url=end_url, method="post", kind="danger")
    if one.pk == current:
        button = parts.Badge(label=_("本次登录"), tone="good")
    return one.browser, one.network, one.get_method_display(), one.created_at, one.last_used_at, button  # type: ignore[attr-defined]


def session_columns() -> tuple[parts.Column, ...]:
    """Give the columns of `session_row`."""
    titles = (_("浏览器"), _("网络地址"), _("登录方式"), _("登录时间"), _("最近使用"), _("操作"))
    return tuple(parts.Column(title=title) for title in titles)


def sessions_page(request: HttpRequest) -> HttpResponse:
    """List the browsers in which one is signed in."""
    person, here = own_account(request), session_id(request)
    found = list(queries.open_sessions(person)[:MOST])
    found.sort(key=lambda one: one.pk != here)
    others = parts.Button(title=_("结束其他全部登录"), url=f"{HERE}end-others/", method="post", kind="danger")
    header = parts.Header(
        title=_("个人设置"),
        lead=_("不认识的登录请立即结束，并修改口令。%(n)s 分钟不操作会自动退出。") % {"n": settings().idle_minutes},
        further=(others,) if len(found) > 1 else (),
    )
    table = parts.Table(
        caption=_("登录的设备"),
        show_caption=True,
        columns=session_columns(),
        rows=[session_row(one, here, f"{HERE}{one.pk}/end/") for one in found],
        empty=parts.Empty(title=_("没有其他登录"), why=_("您只在这一处登录。")),
    )
    return pages.page(request, "ui/detail.html", header=header, tabs=tabs(HERE), sections=(table,))


@require_POST
def end_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """End one session of one's own; ending the one that asks is signing out."""
    person, here = own_account(request), session_id(request)
    one = find(BrowserSession.objects.filter(person=person), pk)
    response = pages.act_from_form(request, "organization.session.end", one.pk, done=HERE)
    if one.pk == here:
        logout(request)
    return response


@require_POST
def end_others_page(request: HttpRequest) -> HttpResponse:
    """End every other session of one's own."""
    person = own_account(request)
    return pages.act_from_form(
        request,
        "organization.session.end_others",
        person.pk,
        done=HERE,
        fixed={"keep": session_id(request)},
        next_step=_("其他设备需要重新登录。"),
    )


def history_page(request: HttpRequest) -> HttpResponse:
    """Show one's own sign-ins, the failed ones too, as the memory has them."""
    person = own_account(request)
    found = keyset(
        queries.sign_ins(person.pk),
        order="-at",
        allowed=("-at",),
        cursor=request.GET.get("cursor", ""),
        salt=request.path,
    )
    table = parts.Table(
        caption=_("登录记录"),
        show_caption=True,
        columns=tuple(parts.Column(title=t) for t in (_("时间"), _("结果"), _("方式"), _("网络地址"), _("浏览器"))),
        rows=[sign_in_row(event) for event in found.items],
        empty=parts.Empty(title=_("还没有登录记录"), why=_("每次登录和登录失败都会记在这里。")),
        pager=found.pager({}),
    )
    header = parts.Header(title=_("个人设置"), lead=_("不是您本人的登录，请立即修改口令并告知安全管理员。"))
    return pages.page(request, "ui/detail.html", header=header, tabs=tabs("/account/history/"), sections=(table,))


def sign_in_row(event: Any) -> tuple[Any, ...]:
    """Show one sign-in or failure: when, how it ended, by which method, from where."""
    content = event.content
    payload, scene = content.get("payload") or {}, content.get("scene") or {}
    methods = {code: str(title) for code, title in BrowserSession.METHODS}
    method = methods.get(str(payload.get("method", "")), "")
    if event.type == "organization.session.failed":
        locked = payload.get("locked")
        result = parts.Badge(label=_("失败，账号锁定 15 分钟") if locked else _("失败"), tone="warn")
        method = _("登录后核对口令") if payload.get("confirming") else method
    else:
        result = parts.Badge(label=_("成功"), tone="good")
        method = method or _("口令")
    return event.at, result, method, str(scene.get("network") or ""), str(payload.get("browser") or "")


@never_cache
def recovery_page(request: HttpRequest) -> HttpResponse:
    """Make recovery codes; they are shown this once."""
    person = own_account(request)
    crumbs = (ACCOUNT, parts.Link(title=_("恢复码"), current=True))
    if person.totp_confirmed_at is None:
        pages.flash(request, _("请先启用动态码，再生成恢复码。"))
        return pages.redirect(request, "/account/totp/")
    form = form_for(ISSUE, data=request.POST if request.method == "POST" else None)
    codes = _issued(request, person, form) if request.method == "POST" and form.is_valid() else None
    if codes is not None:
        rows = tuple(
            parts.Definition(term=_("第 %(n)s 个") % {"n": number}, value=parts.Code(text=code))
            for number, code in enumerate(codes, 1)
        )
        header = parts.Header(title=_("恢复码已生成"), crumbs=crumbs, lead=_("请打印或抄下，与手机分开存放。"))
        return secret_page(request, header=header, rows=rows, back="/account/")
    left = len(person.recovery_digests)
    header = parts.Header(
        title=_("恢复码"),
        crumbs=crumbs,
        lead=_("一次生成 10 个。手机不在身边时，登录页的“动态码”处填一个恢复码即可，每个只能用一次。"),
    )
    told = (
        ngettext("重新生成后，原来未用的 %(n)s 个全部作废。", "重新生成后，原来未用的 %(n)s 个全部作废。", left)
        % {"n": left}
        if left
        else _("您还没有恢复码。")
    )
    notice = parts.Notice(title=told, tone="warn" if left else "running", text=_("生成后只显示一次，请准备好纸笔。"))
    form.cancel_url = "/account/"
    status = 200 if request.method != "POST" else 422
    return pages.page(request, "ui/detail.html", status=status, header=header, above=(notice,), sections=(form,))


def _issued(request: HttpRequest, person: Person, form: ActionForm) -> list[str] | None:
    """Make the codes with what the form sent; None where it was refused, which the form then says."""
    try:
        return act(ISSUE, person.pk, actor=require_actor(request), scene=scene_of(request), **form.values)
    except Refused as refusal:
        form.refuse(refusal)
        return None


def sessions_of(person: Person) -> parts.Table:
    """Show the security administrator where somebody is signed in."""
    found = list(queries.open_sessions(person)[:MOST])
    return parts.Table(
        caption=_("登录的设备"),
        show_caption=True,
        columns=session_columns(),
        rows=[session_row(one, None, f"/organization/sessions/{one.pk}/end/") for one in found],
        empty=parts.Empty(title=_("目前没有登录"), why=_("此人没有在任何浏览器中登录。")),
    )


@require_POST
def end_of_person_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """End somebody's session (the security administrator)."""
    one = find(BrowserSession.visible_to(require_actor(request)), pk)
    return pages.act_from_form(
        request, "organization.session.end", one.pk, done=f"/organization/people/{one.person_id}/"
    )
