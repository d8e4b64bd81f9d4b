"""The people: who they are, what they are appointed to, how their accounts stand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.kernel.actor import ADMINISTRATORS, Actor
from jiangyuan.kernel.config import settings as platform
from jiangyuan.kernel.errors import Forbidden
from jiangyuan.kernel.texts import listed
from jiangyuan.organization import account_pages, queries, rules, session_pages
from jiangyuan.organization.body_pages import body_choices
from jiangyuan.organization.models import CAPACITY_LABELS, Appointment, Person
from jiangyuan.ui import listing, lists, pages, parts, steps
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

PEOPLE = parts.Link(title=gettext_lazy("人员"), url="/organization/people/")


def people_page(request: HttpRequest) -> HttpResponse:
    """List the people the actor may know of, with what they hold now."""
    actor = require_actor(request)
    filters = listing.Filters(text=listing.words_of(request), words=_("姓名或登录名"))
    today = timezone.localdate()
    current = Appointment.objects.filter(Q(until__isnull=True) | Q(until__gte=today), since__lte=today)
    current = current.select_related("body").order_by("created_at")
    rows = queries.people(actor=actor).prefetch_related(Prefetch("appointments", queryset=current, to_attr="held"))
    for word in filters.text.split()[:8]:
        rows = rows.filter(Q(name__icontains=word) | Q(username__icontains=word))
    table = listing.table_of(
        request,
        rows,
        caption=_("人员"),
        columns=(
            parts.Column(title=_("姓名"), order="name"),
            parts.Column(title=_("登录名"), order="username"),
            parts.Column(title=_("任命")),
            parts.Column(title=_("账号")),
        ),
        row=lambda one: (
            parts.Link(title=one.name, url=f"{PEOPLE.url}{one.pk}/"),
            parts.Code(text=one.username),
            [str(a) for a in one.held],
            _account_badge(one),
        ),
        order=("username", "name"),
        filters=filters,
        empty=parts.Empty(
            title=_("没有可查看的人员"), why=_("这里列出本部门的人员。"), todo=_("请切换到有任命的身份。")
        ),
    )
    may = steps.may_begin("organization.person.register", actor)
    action = parts.Button(title=_("登记人员"), url="/organization/people/new/", icon="user-plus") if may else None
    lead = _("您可查看的人员和他们现任的身份；能办什么，由任命决定。")
    header = parts.Header(title=_("人员"), lead=lead, action=action)
    return lists.list_page(request, header=header, filters=filters, table=table)


def _account_badge(person: Person) -> parts.Badge:
    if not person.active:
        return parts.Badge(label=_("已停用"), tone="closed")
    if person.locked_until is not None and person.locked_until > timezone.now():
        return parts.Badge(label=_("已锁定"), tone="warn")
    if person.password_until is not None:
        return parts.Badge(label=_("待改一次性口令"), tone="idle")
    if person.totp_confirmed_at is None:
        return parts.Badge(label=_("未启用动态码"), tone="warn")
    return parts.Badge(label=_("正常"), tone="good")


def new_person_page(request: HttpRequest) -> HttpResponse:
    """Register somebody who may sign in."""
    return steps.begin_page(
        request,
        "organization.person.register",
        crumbs=(PEOPLE,),
        back=PEOPLE.url,
        done=lambda person: f"{PEOPLE.url}{person.pk}/",
        lead=_("登记后即有账号，但还不能办事：由安全管理员任命部门和身份后才能办理。"),
        next_step=_("请安全管理员按岗位任命，任命后方可办事。"),
    )


_PERSON_STEPS = (
    "organization.appointment.make",
    "organization.person.unlock",
    "organization.totp.reset",
    "organization.person.link",
    "organization.person.unlink",
    "organization.person.enable",
    "organization.person.disable",
)
_RESET = "organization.password.replace"


def _not_now(person: Person) -> tuple[str, ...]:
    """Give the steps that make no sense for the account as it is now."""
    locked = person.locked_until is not None and person.locked_until > timezone.now()
    barred = {
        "organization.person.unlock": not locked,
        "organization.totp.reset": not person.totp_secret,
        "organization.person.link": bool(person.identity) or not platform().oidc_issuer,
        "organization.person.unlink": not person.identity,
        "organization.person.enable": person.active,
        "organization.person.disable": not person.active,
        _RESET: not person.active,
    }
    return tuple(name for name, bar in barred.items() if bar)


def person_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show a person: account, appointments now and before."""
    actor = require_actor(request)
    person = find(queries.people(actor=actor), pk)
    base = f"{PEOPLE.url}{person.pk}/"
    found = steps.steps(person, actor, besides=(*_PERSON_STEPS, _RESET), without=_not_now(person))
    found = [replace(step, asks=True) if step.action == _RESET else step for step in found]
    buttons = steps.buttons(
        person, found, base, main="organization.appointment.make", danger=("organization.person.disable",)
    )
    header = parts.Header(
        title=person.name,
        badge=_account_badge(person),
        code=parts.Code(text=person.username),
        crumbs=(PEOPLE, parts.Link(title=person.name, current=True)),
        **buttons,
    )
    held = person.appointments.select_related("body").order_by("-since", "-created_at")
    may_end = actor.capacity == "security_admin"
    today = timezone.localdate()
    table = parts.Table(
        caption=_("任命"),
        show_caption=True,
        columns=tuple(
            parts.Column(title=t)
            for t in (_("部门"), _("身份"), _("自"), _("至"), *((_("调动"), _("结束")) if may_end else ()))
        ),
        rows=[_appointment_row(a, may_end, a.until is None or a.until >= today) for a in held],
        empty=parts.Empty(title=_("还没有任命"), why=_("能办什么，由任命决定。"), todo=_("由安全管理员任命。")),
    )
    # colleagues see what somebody is, not how and when he signs in
    private = actor.capacity in ADMINISTRATORS or actor.id == person.pk
    sections: list[Any] = [_account(person), table] if private else [table]
    if actor.capacity == "security_admin":
        sections.append(session_pages.sessions_of(person))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _account(person: Person) -> parts.Definitions:
    """Say how the account stands: nothing here that a colleague should not know."""
    second = parts.Badge(label=_("已启用"), tone="good") if person.totp_confirmed_at else _("未启用")
    rows = [
        parts.Definition(term=_("电子邮箱"), value=person.email),
        parts.Definition(term=_("上次登录"), value=person.last_login or _("从未登录")),
        parts.Definition(term=_("动态码"), value=second),
    ]
    if person.password_until is not None:
        told = _("本人下次登录时须修改；逾期不能登录，请系统管理员重新重置。")
        rows.append(parts.Definition(term=_("一次性口令有效至"), value=person.password_until, help=told))
    if person.locked_until is not None and person.locked_until > timezone.now():
        told = _("连续登录失败。到时自动解除，也可由安全管理员解除。")
        rows.append(parts.Definition(term=_("锁定至"), value=person.locked_until, help=told))
    return parts.Definitions(title=_("账号"), rows=tuple(rows))


def reset_password_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Give somebody a one-time password; it is shown this once."""
    actor = require_actor(request)
    person = find(queries.people(actor=actor), pk)
    base = f"{PEOPLE.url}{person.pk}/"
    if not steps.permitted(_RESET, person, actor):
        raise Forbidden(_("您当前的身份不能进行这项操作"), mend=_("口令由系统管理员重置，且不能重置本人的口令。"))
    crumbs = (PEOPLE, parts.Link(title=person.name, url=base), parts.Link(title=_("重置口令"), current=True))

    def show(password: str) -> HttpResponse:
        header = parts.Header(
            title=_("一次性口令已生成"),
            crumbs=crumbs,
            lead=_("请当面或电话告知%(name)s本人，24 小时内有效，首次登录时必须修改。") % {"name": person.name},
        )
        rows = (
            parts.Definition(term=_("登录名"), value=parts.Code(text=person.username)),
            parts.Definition(term=_("一次性口令"), value=parts.Code(text=password)),
        )
        return account_pages.secret_page(request, header=header, rows=rows, back=base)

    lead = _("生成一次性口令。%(name)s现有的登录和访问令牌全部失效；动态码不变，如手机也遗失，另由安全管理员重置。")
    return account_pages.issue_page(
        request, _RESET, person, crumbs=crumbs, back=base, show=show, lead=lead % {"name": person.name}
    )


def _appointment_row(held: Appointment, may_end: bool, current: bool) -> tuple[Any, ...]:
    url = f"/organization/appointments/{held.pk}/"
    body = parts.Link(title=str(held.body), url=f"/organization/bodies/{held.body_id}/")
    told = (body, held.get_capacity_display(), held.since, held.until or _("长期"))  # type: ignore[attr-defined]
    if not may_end:
        return told
    end = parts.Button(title=_("结束"), url=f"{url}end/", method="post", kind="danger") if current else ""
    move = parts.Button(title=_("调动"), url=f"{url}transfer/", kind="plain") if current else ""
    return (*told, move, end)


def _choices(actor: Actor, person: Person, *, besides: Appointment | None = None) -> tuple[dict[str, Any], str]:
    """Give bodies and capacities to choose from, without those the person may not take, and why they are missing."""
    held = {a.capacity for a in person.current_appointments() if besides is None or a.pk != besides.pk}
    away = rules.barred(held)
    offered = [(code, label) for code, label in CAPACITY_LABELS.items() if code not in away]
    lead = _("三员分立：系统管理员、安全管理员、审计管理员不能由同一人担任（GB/T 22239-2019 8.1.5）。")
    if away:
        now = listed(CAPACITY_LABELS[c] for c in sorted(held & ADMINISTRATORS))
        never = listed(CAPACITY_LABELS[c] for c in sorted(away))
        lead = _("此人现任%(now)s，因三员分立不能再任%(never)s（GB/T 22239-2019 8.1.5），选项中已去除。")
        lead = lead % {"now": now, "never": never}
    return {"body": body_choices(actor), "capacity": offered}, lead


def person_step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Appoint a person, reset a second factor, disable an account."""
    actor = require_actor(request)
    person = find(queries.people(actor=actor), pk)
    appoints = verb == steps.verb_of("organization.appointment.make")
    choices, lead = _choices(actor, person) if appoints else ({}, "")
    return steps.step_page(
        request,
        person,
        verb,
        allowed=_PERSON_STEPS,
        base=f"{PEOPLE.url}{person.pk}/",
        crumbs=(PEOPLE,),
        choices=choices,
        lead={"organization.appointment.make": lead},
    )


def appointment_step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """End an appointment, or transfer the person to another body or capacity."""
    actor = require_actor(request)
    held = find(Appointment.visible_to(actor).select_related("person"), pk)
    choices, lead = _choices(actor, held.person, besides=held)
    return steps.step_page(
        request,
        held,
        verb,
        allowed=("organization.appointment.end", "organization.appointment.transfer"),
        base=f"{PEOPLE.url}{held.person_id}/",
        choices=choices if verb == "transfer" else None,
        lead={"organization.appointment.transfer": lead},
        next_step=_("即刻生效：原身份下的页面和令牌不能再用。"),
    )
