"""The directory: bodies, people, application systems and their keys; the account pages hang here too."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.kernel.actor import Actor
from jiangyuan.organization import account_pages, queries
from jiangyuan.organization.models import ApplicationSystem, Appointment, Person, SystemKey
from jiangyuan.ui import listing, pages, parts, steps
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

BODIES = parts.Link(title=gettext_lazy("部门"), url="/organization/bodies/")
PEOPLE = parts.Link(title=gettext_lazy("人员"), url="/organization/people/")
SYSTEMS = parts.Link(title=gettext_lazy("应用系统"), url="/organization/systems/")
TOOLS = ("organization.key.issue",)
_MANY = 5000


def body_choices(actor: Actor) -> list[tuple[Any, str]]:
    """Give the bodies to choose from, in the order people know them."""
    return [(body.pk, str(body)) for body in queries.bodies(actor=actor)[:_MANY]]


def bodies_page(request: HttpRequest) -> HttpResponse:
    """List the departments and authorities."""
    actor = require_actor(request)
    filters = listing.Filters(text=listing.words_of(request), words=_("名称或代码"))
    rows = queries.bodies(actor=actor)
    for word in filters.text.split()[:8]:
        rows = rows.filter(Q(name__icontains=word) | Q(short_name__icontains=word) | Q(alias__icontains=word))
    table = listing.table_of(
        request,
        rows,
        caption=_("部门"),
        columns=(
            parts.Column(title=_("名称"), order="name"),
            parts.Column(title=_("代码"), order="alias"),
            parts.Column(title=_("行政区划")),
            parts.Column(title=_("职责")),
        ),
        row=lambda body: (
            body.name,
            parts.Code(text=body.alias),
            body.jurisdiction.name,
            parts.Badge(label=_("共享主管部门"), tone="running") if body.is_authority else "",
        ),
        order=("name", "alias"),
        filters=filters,
        empty=parts.Empty(
            title=_("还没有登记部门"), why=_("目录、数据源和任命都属于部门。"), todo=_("请系统管理员登记部门。")
        ),
    )
    may = steps.may_begin("organization.body.register", actor)
    action = parts.Button(title=_("登记部门"), url="/organization/bodies/new/", icon="plus") if may else None
    header = parts.Header(title=_("部门"), action=action)
    return pages.page(request, "ui/list.html", header=header, filters=filters, table=table)


def new_body_page(request: HttpRequest) -> HttpResponse:
    """Register a body."""
    return steps.begin_page(request, "organization.body.register", crumbs=(BODIES,), back=BODIES.url, done=BODIES.url)


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
    header = parts.Header(title=_("人员"), action=action)
    return pages.page(request, "ui/list.html", header=header, filters=filters, table=table)


def _account_badge(person: Person) -> parts.Badge:
    if not person.active:
        return parts.Badge(label=_("已停用"), tone="closed")
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
        next_step=_("请安全管理员按岗位任命，任命后方可办事。"),
    )


_PERSON_STEPS = ("organization.appointment.make", "organization.totp.reset", "organization.person.disable")


def person_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show a person: account, appointments now and before."""
    actor = require_actor(request)
    person = find(queries.people(actor=actor), pk)
    base = f"{PEOPLE.url}{person.pk}/"
    without = () if person.totp_secret else ("organization.totp.reset",)
    found = steps.steps(person, actor, besides=_PERSON_STEPS if person.active else _PERSON_STEPS[:1], without=without)
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
        columns=tuple(parts.Column(title=t) for t in (_("部门"), _("身份"), _("自"), _("至"), _("操作"))),
        rows=[_appointment_row(a, may_end and (a.until is None or a.until >= today)) for a in held],
        empty=parts.Empty(title=_("还没有任命"), why=_("能办什么，由任命决定。"), todo=_("由安全管理员任命。")),
    )
    return pages.page(request, "ui/detail.html", header=header, sections=(table,))


def _appointment_row(held: Appointment, may_end: bool) -> tuple[Any, ...]:
    url = f"/organization/appointments/{held.pk}/end/"
    end = parts.Button(title=_("结束任命"), url=url, method="post", kind="danger") if may_end else ""
    return str(held.body), held.get_capacity_display(), held.since, held.until or _("长期"), end  # type: ignore[attr-defined]


def person_step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Appoint a person, reset a second factor, disable an account."""
    actor = require_actor(request)
    person = find(queries.people(actor=actor), pk)
    return steps.step_page(
        request,
        person,
        verb,
        allowed=_PERSON_STEPS,
        base=f"{PEOPLE.url}{person.pk}/",
        crumbs=(PEOPLE,),
        choices={"body": body_choices(actor)},
    )


def end_appointment_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """End an appointment."""
    held = find(Appointment.visible_to(require_actor(request)), pk)
    return steps.step_page(
        request, held, "end", allowed=("organization.appointment.end",), base=f"{PEOPLE.url}{held.person_id}/"
    )


def systems_page(request: HttpRequest) -> HttpResponse:
    """List the application systems the actor may know of, with their keys in force."""
    actor = require_actor(request)
    filters = listing.Filters(text=listing.words_of(request), words=_("名称或代码"))
    live = Q(keys__revoked_at__isnull=True, keys__expires_on__gte=timezone.localdate())
    rows = queries.systems(actor=actor).annotate(live_keys=Count("keys", filter=live))
    for word in filters.text.split()[:8]:
        rows = rows.filter(Q(name__icontains=word) | Q(code__icontains=word))
    table = listing.table_of(
        request,
        rows,
        caption=_("应用系统"),
        columns=(
            parts.Column(title=_("名称"), order="name"),
            parts.Column(title=_("代码"), order="code"),
            parts.Column(title=_("所属部门")),
            parts.Column(title=_("有效密钥"), numeric=True, unit=_("个")),
        ),
        row=lambda one: (
            parts.Link(title=one.name, url=f"{SYSTEMS.url}{one.pk}/"),
            parts.Code(text=one.code),
            str(one.body),
            one.live_keys,
        ),
        order=("code", "name"),
        filters=filters,
        empty=parts.Empty(
            title=_("还没有应用系统"),
            why=_("共享授权发给应用系统，调用由它签名。"),
            todo=_("由数据共享工作机构登记本部门的应用系统。"),
        ),
    )
    may = steps.may_begin("organization.system.register", actor, body=str(actor.body or ""))
    action = parts.Button(title=_("登记应用系统"), url="/organization/systems/new/", icon="plus") if may else None
    return pages.page(
        request, "ui/list.html", header=parts.Header(title=_("应用系统"), action=action), filters=filters, table=table
    )


def new_system_page(request: HttpRequest) -> HttpResponse:
    """Register an application system of one's own body."""
    actor = require_actor(request)
    return steps.begin_page(
        request,
        "organization.system.register",
        crumbs=(SYSTEMS,),
        back=SYSTEMS.url,
        about={"body": str(actor.body or "")},
        fixed={"body": actor.body},
        done=lambda made: f"{SYSTEMS.url}{made.pk}/",
        next_step=_("签发密钥后即可签名调用。"),
    )


def system_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show an application system and its keys."""
    actor = require_actor(request)
    system = find(queries.systems(actor=actor), pk)
    base = f"{SYSTEMS.url}{system.pk}/"
    found = steps.steps(system, actor, besides=TOOLS)
    header = parts.Header(
        title=system.name,
        code=parts.Code(text=system.code),
        crumbs=(SYSTEMS, parts.Link(title=system.name, current=True)),
        **steps.buttons(system, found, base, main="organization.key.issue"),
    )
    about = parts.Definitions(
        rows=(
            parts.Definition(term=_("所属部门"), value=str(system.body)),
            parts.Definition(term=_("用途"), value=system.purpose),
            parts.Definition(term=_("每分钟调用"), value=system.calls_per_minute, help=_("超过时网关暂缓应答。")),
            parts.Definition(term=_("编号"), value=parts.Code(text=str(system.pk))),
        )
    )
    return pages.page(request, "ui/detail.html", header=header, sections=(about, _keys(system, actor)))


def _keys(system: ApplicationSystem, actor: Actor) -> parts.Table:
    today = timezone.localdate()
    kept = list(SystemKey.visible_to(actor).filter(system=system).order_by("-created_at")[:50])
    for key in kept:
        key.system = system
    may = bool(kept) and steps.permitted("organization.key.revoke", kept[0], actor)

    def state(key: SystemKey) -> parts.Badge:
        if key.revoked_at is not None:
            return parts.Badge(label=_("已吊销"), tone="closed")
        return (
            parts.Badge(label=_("已到期"), tone="closed")
            if key.expires_on < today
            else parts.Badge(label=_("有效"), tone="good")
        )

    def revoke(key: SystemKey) -> parts.Button | str:
        url = f"/organization/keys/{key.pk}/revoke/"
        return (
            parts.Button(title=_("吊销"), url=url, method="post", kind="danger") if may and not key.revoked_at else ""
        )

    return parts.Table(
        caption=_("密钥"),
        show_caption=True,
        columns=tuple(parts.Column(title=t) for t in (_("密钥编号"), _("算法"), _("有效期至"), _("状态"), _("操作"))),
        rows=[(parts.Code(text=str(k.pk)), k.algorithm, k.expires_on, state(k), revoke(k)) for k in kept],
        empty=parts.Empty(
            title=_("还没有密钥"), why=_("没有密钥，系统不能签名调用网关。"), todo=_("由本部门经办人签发。")
        ),
    )


def issue_key_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Issue a key; its secret is shown this once."""
    actor = require_actor(request)
    system = find(queries.systems(actor=actor), pk)
    base = f"{SYSTEMS.url}{system.pk}/"
    crumbs = (SYSTEMS, parts.Link(title=system.name, url=base), parts.Link(title=_("签发密钥"), current=True))

    def show(issued: dict[str, str]) -> HttpResponse:
        rows = [
            parts.Definition(term=_("密钥编号"), value=parts.Code(text=issued["key_id"])),
            parts.Definition(term=_("算法"), value=issued["algorithm"]),
        ]
        if issued["secret"]:
            rows.append(parts.Definition(term=_("密钥"), value=parts.Code(text=issued["secret"])))
        header = parts.Header(title=_("密钥已签发"), crumbs=crumbs)
        return account_pages.secret_page(request, header=header, rows=tuple(rows), back=base)

    return account_pages.issue_page(request, "organization.key.issue", system, crumbs=crumbs, back=base, show=show)


def revoke_key_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Revoke a key."""
    key = find(SystemKey.visible_to(require_actor(request)).select_related("system"), pk)
    base = f"{SYSTEMS.url}{key.system_id}/"
    return steps.step_page(request, key, "revoke", allowed=("organization.key.revoke",), base=base)


urlpatterns = [
    path("login/", account_pages.login_page, name="login"),
    path("logout/", account_pages.logout_page, name="logout"),
    path("act-for/", account_pages.act_for_page, name="act_for"),
    path("account/", account_pages.account_page, name="account"),
    path("account/totp/", account_pages.totp_page, name="account_totp"),
    path("account/password/", account_pages.password_page, name="account_password"),
    path("account/tokens/new/", account_pages.token_page, name="account_token"),
    path("account/tokens/<uuid:pk>/revoke/", account_pages.revoke_token_page, name="account_token_revoke"),
    path("organization/bodies/", bodies_page, name="bodies"),
    path("organization/bodies/new/", new_body_page, name="body_new"),
    path("organization/people/", people_page, name="people"),
    path("organization/people/new/", new_person_page, name="person_new"),
    path("organization/people/<uuid:pk>/", person_page, name="person"),
    path("organization/people/<uuid:pk>/<slug:verb>/", person_step_page, name="person_step"),
    path("organization/appointments/<uuid:pk>/end/", end_appointment_page, name="appointment_end"),
    path("organization/systems/", systems_page, name="systems"),
    path("organization/systems/new/", new_system_page, name="system_new"),
    path("organization/systems/<uuid:pk>/", system_page, name="system"),
    path("organization/systems/<uuid:pk>/issue/", issue_key_page, name="key_issue"),
    path("organization/keys/<uuid:pk>/revoke/", revoke_key_page, name="key_revoke"),
]
