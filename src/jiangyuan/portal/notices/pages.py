"""A person's notices, opening one (which reads it), marking all read, and how one wishes to be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from jiangyuan.kernel.config import settings
from jiangyuan.organization.models import Person
from jiangyuan.portal.notices import queries
from jiangyuan.portal.notices.models import OFF, Notice
from jiangyuan.portal.notices.queries import Told
from jiangyuan.portal.notices.rules import RULES
from jiangyuan.portal.notices.wording import MAIL
from jiangyuan.ui import listing, lists, pages, parts
from jiangyuan.ui.forms import ActionForm, form_for
from jiangyuan.ui.objects import find
from jiangyuan.ui.session import require_actor

URL = "/notices/"
READ = 500
"""Notices that "mark all read" marks at once; whoever has more presses again."""


def notices_page(request: HttpRequest) -> HttpResponse:
    """List one's notices in the capacity acted in, the newest first."""
    actor = require_actor(request)
    rules = [(code, rule.title) for code, rule in RULES.items()]
    filters = listing.Filters(
        facets=(
            listing.facet(request, "read", _("已读"), (("no", _("未读")), ("yes", _("已读")))),
            listing.facet(request, "rule", _("类别"), rules),
        )
    )
    rows = queries.notices(actor=actor)
    if filters.facets[0].value:
        rows = rows.filter(read_at__isnull=filters.facets[0].value == "no")
    if filters.facets[1].value:
        rows = rows.filter(rule=filters.facets[1].value)
    told: dict[Any, Told] = {}

    def prepare(found: list[Any]) -> None:
        told.update({one.notice.pk: one for one in queries.read_out(found, actor=actor)})

    table = listing.table_of(
        request,
        rows,
        caption=_("消息"),
        columns=tuple(parts.Column(title=t) for t in (_("事项"), _("消息"), _("为什么告诉我"), _("时间"), _("状态"))),
        row=lambda notice: _row(told[notice.pk]),
        order=("-id",),
        filters=filters,
        prepare=prepare,
        empty=parts.Empty(
            title=_("还没有消息"),
            why=_("有事到您的岗位、时限临近、申请有了答复、授权或数据有变化时，会在这里告诉您。"),
            todo=_("消息按身份分开，可在右上角切换身份查看。"),
        ),
    )
    return lists.list_page(request, header=_header(actor), filters=filters, table=table)


def _header(actor: Any) -> parts.Header:
    unread = queries.unread(actor)
    read = parts.Button(title=_("全部标为已读"), url=f"{URL}read/", method="post", kind="plain", icon="checks")
    wishes = parts.Button(title=_("消息设置"), url=f"{URL}preferences/", kind="plain", icon="settings")
    lead = _("%(n)s 条未读。") % {"n": unread} if unread else _("都已读。")
    return parts.Header(title=_("消息"), lead=lead, further=(read, wishes) if unread else (wishes,))


def _row(told: Told) -> tuple[Any, ...]:
    name = parts.Link(title=told.name, url=f"{URL}{told.notice.pk}/") if told.url else told.name
    new = parts.Badge(label=_("未读"), tone="plain")
    # what the platform reports of itself says no more than the rule does
    what = told.what if told.notice.rule in ("desk", "answered", "grant", "failed") else ""
    return (
        name if not told.kind else Named(kind=told.kind, link=name, what=what),
        parts.Badge(label=told.rule.title, tone=told.rule.tone),
        told.why,
        told.notice.at,
        new if told.notice.read_at is None else _("已读"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Named(parts.Part):
    """What a notice is about: the record's link over its kind and what happened."""

    template: ClassVar[str] = "notices/named.html"
    kind: Any
    link: Any
    what: Any

    @property
    def text(self) -> str:
        """Say it on one line, as a file has it."""
        return " · ".join(str(one) for one in (getattr(self.link, "title", self.link), self.kind, self.what) if one)


def open_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Read one notice: go to what it is about. One that leads nowhere any more says so."""
    actor = require_actor(request)
    notice = find(queries.notices(actor=actor), pk)
    told = queries.read_out([notice], actor=actor)[0]
    if notice.read_at is None:
        Notice.objects.filter(pk=notice.pk).update(read_at=timezone.now())
    if not told.url:
        pages.flash(request, _("该内容已不在您的查看范围内。"), next_step=_("它可能已办结移交，或授权已结束。"))
    return pages.redirect(request, told.url or URL)


@require_POST
def read_all_page(request: HttpRequest) -> HttpResponse:
    """Mark everything read that one may read in this capacity."""
    actor = require_actor(request)
    ids = list(queries.notices(actor=actor).filter(read_at__isnull=True).values_list("pk", flat=True)[:READ])
    Notice.objects.filter(pk__in=ids).update(read_at=timezone.now())
    pages.flash(
        request, ngettext("已将 %(n)s 条消息标为已读。", "已将 %(n)s 条消息标为已读。", len(ids)) % {"n": len(ids)}
    )
    return pages.redirect(request, URL)


def preferences_page(request: HttpRequest) -> HttpResponse:
    """Choose whether and of what one is told by e-mail."""
    actor = require_actor(request)
    if request.method == "POST":
        return pages.act_from_form(
            request, "notices.preference.choose", done=f"{URL}preferences/", again=lambda form: _wishes(request, form)
        )
    kept = queries.preference(actor)
    first = {"mail": kept.mail or OFF, "rules": kept.rules}
    return _wishes(request, form_for("notices.preference.choose", initial=first, url=request.path))


def _wishes(request: HttpRequest, form: ActionForm) -> HttpResponse:
    person = request.user
    address = person.email if isinstance(person, Person) else ""
    lead = (
        _("邮件发到 %(address)s。") % {"address": address} if address else _("您还没有登记电子邮箱，请联系系统管理员。")
    )
    above = parts.Notice(
        title=_("本平台未启用邮件"),
        text=_("现在只在门户里提醒，总会收到；由系统管理员启用邮件后，可在这里选择哪些消息发邮件。"),
        tone="idle",
    )
    header = parts.Header(
        title=_("消息设置"),
        lead=lead,
        crumbs=(parts.Link(title=_("消息"), url=URL), parts.Link(title=_("消息设置"), current=True)),
    )
    if settings().mail_host:
        return pages.page(request, "ui/detail.html", header=header, sections=(form,))
    kept = queries.preference(require_actor(request))
    rows = (
        parts.Definition(term=_("邮件提醒"), value=dict(MAIL).get(kept.mail or OFF, "")),
        parts.Definition(term=_("电子邮箱"), value=address or _("还没有登记")),
    )
    sections = (above, parts.Definitions(rows=rows))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


urlpatterns = [
    path("notices/", notices_page, name="notices"),
    path("notices/read/", read_all_page, name="notices_read"),
    path("notices/preferences/", preferences_page, name="notice_preferences"),
    path("notices/<uuid:pk>/", open_page, name="notice"),
]
