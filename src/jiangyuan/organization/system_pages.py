"""The application systems of the departments, and the keys they sign with."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from jiangyuan.kernel.actor import Actor
from jiangyuan.organization import account_pages, queries
from jiangyuan.organization.models import ApplicationSystem, SystemKey
from jiangyuan.ui import listing, lists, pages, parts, steps
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

SYSTEMS = parts.Link(title=pgettext_lazy("several", "应用系统"), url="/organization/systems/")
TOOLS = ("organization.key.issue",)


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
            parts.Column(title=_("所属部门")),
            parts.Column(title=_("用途")),
            parts.Column(title=_("有效密钥"), numeric=True, unit=_("个")),
        ),
        row=lambda one: (
            parts.Link(title=one.name, url=f"{SYSTEMS.url}{one.pk}/"),
            str(one.body),
            one.purpose,
            one.live_keys,
        ),
        order=("name",),
        filters=filters,
        empty=parts.Empty(
            title=_("还没有应用系统"),
            why=_("共享授权发给应用系统，调用由它签名。"),
            todo=_("由数据共享工作机构登记本部门的应用系统。"),
        ),
    )
    may = steps.may_begin("organization.system.register", actor, body=str(actor.body or ""))
    action = parts.Button(title=_("登记应用系统"), url="/organization/systems/new/", icon="plus") if may else None
    lead = _("调用共享数据的是应用系统：授权给它，由它签名调用。")
    header = parts.Header(title=pgettext("several", "应用系统"), lead=lead, action=action)
    return lists.list_page(request, header=header, filters=filters, table=table)


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
        lead=_("登记调用共享数据的系统；登记后为它签发密钥、申请共享，授权即给到这个系统。"),
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
        crumbs=(SYSTEMS, parts.Link(title=system.name, current=True)),
        **steps.buttons(system, found, base, main="organization.key.issue"),
    )
    about = parts.Definitions(
        rows=(
            parts.Definition(term=_("所属部门"), value=str(system.body)),
            parts.Definition(term=_("用途"), value=system.purpose),
            parts.Definition(
                term=_("接口代码"), value=parts.Code(text=system.code), help=_("系统调用网关时以它称呼自己。")
            ),
            parts.Definition(
                term=_("每分钟调用"),
                value=_("%(n)s 次") % {"n": f"{system.calls_per_minute:,}"},
                help=_("超过的调用到下一分钟再应答。"),
            ),
            parts.Definition(term=_("最近调用"), value=queries.last_call(system) or _("还没有调用过")),
        )
    )
    rotate = parts.Notice(
        title=_("怎样轮换密钥"),
        text=_("先签发新密钥并在系统中换用，两把可同时有效；确认新密钥调用成功后，再吊销旧的。"),
    )
    told = (rotate,) if any(step.action in TOOLS for step in found) else ()  # who issues keys rotates them
    return pages.page(request, "ui/detail.html", header=header, sections=(about, _keys(system, actor), *told))


def _key_code(key: SystemKey) -> parts.Code:
    """Give the number of a key: its last digits tell keys apart, the button copies the whole."""
    number = str(key.pk)
    return parts.Code(text=number, shown=f"…{number[-8:]}")


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
        return parts.Button(title=_("吊销"), url=url, kind="danger") if may and not key.revoked_at else ""

    return parts.Table(
        caption=_("密钥"),
        show_caption=True,
        columns=tuple(
            parts.Column(title=t)
            for t in (_("密钥编号"), _("算法"), _("有效期至"), _("状态"), *((_("操作"),) if may else ()))
        ),
        rows=[(_key_code(k), k.algorithm, k.expires_on, state(k), *((revoke(k),) if may else ())) for k in kept],
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
    lead = _("吊销立即生效且不能恢复：%(system)s凭此密钥的调用从下一次起被拒绝。如仍需调用，请先签发新密钥并换用。")
    return steps.step_page(
        request,
        key,
        "revoke",
        allowed=("organization.key.revoke",),
        base=base,
        danger=("organization.key.revoke",),
        lead={"organization.key.revoke": lead % {"system": key.system.name}},
        next_step=_("凭此密钥的调用从现在起被拒绝。"),
    )
