"""Existing channels between departments: who owns them, who calls them, how much, and what becomes of each."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiangyuan.catalog.census import queries
from jiangyuan.catalog.census.models import Channel
from jiangyuan.catalog.census.states import CHANNEL
from jiangyuan.organization.models import Body
from jiangyuan.organization.queries import bodies
from jiangyuan.ui import listing, lists, pages, parts, states, steps
from jiangyuan.ui.objects import find, trace_part
from jiangyuan.ui.parts import Tone
from jiangyuan.ui.session import require_actor

CHANNELS = parts.Link(title=gettext_lazy("存量共享通道"), url="/census/channels/")
REGISTER = "census.channel.register"
ACTS = ("census.channel.edit", "census.channel.decide")
_TONES: dict[str, Tone] = {"keep": "good", "take_over": "running", "close": "closed"}


def channels_page(request: HttpRequest) -> HttpResponse:
    """List the channels the actor may know of, the busiest first."""
    actor = require_actor(request)
    filters = listing.Filters(
        text=listing.words_of(request),
        words=_("通道名称或传输的数据"),
        facets=(
            listing.facet(request, "state", _("状态"), CHANNEL.states.items(), many=True),
            listing.facet(request, "fate", _("处置"), Channel.FATES, many=True),
            listing.facet(request, "protocol", _("方式"), Channel.PROTOCOLS, many=True),
        ),
    )
    rows = filters.narrow(queries.channels(actor=actor))
    for word in filters.text.split()[:8]:
        rows = rows.filter(Q(name__icontains=word) | Q(content__icontains=word))
    may = steps.may_begin(REGISTER, actor, body=str(actor.body or ""))
    new = parts.Button(title=_("登记共享通道"), url="/census/channels/new/", icon="plus") if may else None
    table = listing.table_of(
        request,
        rows,
        caption=_("存量共享通道"),
        columns=(
            parts.Column(title=_("名称"), order="name"),
            parts.Column(title=_("提供方")),
            parts.Column(title=_("方式")),
            parts.Column(title=_("调用部门"), numeric=True, unit=_("个")),
            parts.Column(title=_("月均调用量"), numeric=True, unit=_("次"), order="monthly_calls"),
            parts.Column(title=_("状态"), order="state"),
            parts.Column(title=_("处置")),
        ),
        row=lambda one: (
            parts.Link(title=one.name, url=f"/census/channels/{one.pk}/"),
            str(one.body),
            one.get_protocol_display(),
            len(one.callers),
            one.monthly_calls,
            states.state_badge(one),
            parts.Badge(label=one.get_fate_display(), tone=_TONES[one.fate]) if one.fate else _("待定"),
        ),
        order=("-monthly_calls", "name", "state"),
        filters=filters,
        empty=parts.Empty(
            title=_("还没有登记共享通道"),
            why=_("平台建成以前，部门之间已有的接口、库表和文件交换，都先登记，再定去留。"),
            todo=_("请登记本部门向外提供数据的通道。") if may else "",
            action=new,
        ),
    )
    lead = _("平台以外的跨部门数据通道：谁提供、谁调用、调用多少，保留、纳入平台还是关闭。")
    header = parts.Header(title=_("存量共享通道"), lead=lead, action=new)
    return lists.list_page(request, header=header, filters=filters, table=table)


def new_page(request: HttpRequest) -> HttpResponse:
    """Register a channel of one's own body."""
    actor = require_actor(request)
    return steps.begin_page(
        request,
        REGISTER,
        crumbs=(CHANNELS,),
        back=CHANNELS.url,
        about={"body": str(actor.body or "")},
        fixed={"body": actor.body},
        choices={"callers": _others(actor.body)},
        done=lambda made: f"/census/channels/{made.pk}/",
        lead=_("登记平台以外的数据通道；登记后由主管部门确定保留、纳入平台还是关闭，确定前照常使用。"),
        next_step=_("由主管部门确定处置。"),
    )


def _others(body: Any) -> list[tuple[Any, str]]:
    rows = Body.objects.filter(active=True).exclude(pk=body).order_by("name")
    return [(one.pk, str(one)) for one in rows[:500]]


def channel_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """Show a channel."""
    actor = require_actor(request)
    channel = find(queries.channels(actor=actor), pk)
    found = steps.steps(channel, actor)
    base = f"/census/channels/{channel.pk}/"
    header = parts.Header(
        title=channel.name,
        badge=states.state_badge(channel),
        crumbs=(CHANNELS, parts.Link(title=channel.name, current=True)),
        **steps.buttons(channel, found, base, main="census.channel.decide"),
    )
    known = bodies(actor=actor).filter(pk__in=channel.callers)
    rows = [
        (_("提供方"), channel.body.name),
        (_("方式"), channel.get_protocol_display()),  # type: ignore[attr-defined]
        (_("传输的数据"), channel.content),
        (_("调用部门"), [str(one) for one in known]),
        (_("其他调用方"), channel.outsiders),
        (_("月均调用量"), channel.monthly_calls),
        (_("含个人信息"), channel.personal),
    ]
    owner = actor.body == channel.body_id or actor.capacity.startswith("authority_") or actor.capacity == "auditor"
    rows += [(_("地址"), parts.Code(text=channel.address))] if owner and channel.address else []
    about = parts.Definitions(rows=tuple(parts.Definition(term=t, value=v) for t, v in rows if v not in ("", [])))
    sections: list[parts.Part] = [*_decision(channel), about] if not channel.fate else [about, *_decision(channel)]
    if owner:
        sections.append(trace_part(channel, actor=actor))
    return pages.page(request, "ui/detail.html", header=header, sections=sections)


def _decision(channel: Channel) -> tuple[parts.Part, ...]:
    """Say what was decided of a channel, or who decides."""
    if not channel.fate:
        text = _("主管部门在全省汇总后定去留：保留、纳入平台或关闭；定下后通知提供部门和调用部门。")
        return (parts.Notice(title=_("等主管部门确定处置"), text=text),)
    rows = (
        parts.Definition(term=_("处置"), value=channel.get_fate_display()),  # type: ignore[attr-defined]
        parts.Definition(term=_("原因"), value=channel.reason),
        parts.Definition(term=_("完成日期"), value=channel.until or _("不需要")),
    )
    return (parts.Definitions(title=_("处置"), rows=rows),)


def step_page(request: HttpRequest, pk: Any, verb: str) -> HttpResponse:
    """Edit a channel, or decide what becomes of it."""
    channel = find(queries.channels(actor=require_actor(request)), pk)
    initial: dict[str, Any] = {}
    if verb == "edit":
        names = ("name", "protocol", "content", "callers", "outsiders", "monthly_calls", "address", "personal")
        initial = {name: getattr(channel, name) for name in names}
    return steps.step_page(
        request,
        channel,
        verb,
        allowed=ACTS,
        base=f"/census/channels/{channel.pk}/",
        crumbs=(CHANNELS,),
        initial=initial,
        choices={"callers": _others(channel.body_id)} if verb == "edit" else None,
        lead={
            "census.channel.edit": _("修改后由主管部门重新确定处置。"),
            "census.channel.decide": _("纳入平台的，由平台代理原地址，调用方逐步切换，原通道归零后关闭。"),
        },
    )
