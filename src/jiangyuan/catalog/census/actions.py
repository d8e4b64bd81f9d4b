"""Acts on campaigns and channels; those on reports stand in `actions_reports`, on registers in `actions_registers`."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints

from jiangyuan.catalog.census import rules
from jiangyuan.catalog.census.kinds import KINDS
from jiangyuan.catalog.census.models import Campaign, Channel, Report
from jiangyuan.catalog.census.queries import asked_bodies
from jiangyuan.kernel import clockwork
from jiangyuan.kernel.actions import act, action, describe, emit
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.clocks import local_day, working_days_between
from jiangyuan.kernel.errors import Conflict, NotFound, Refused
from jiangyuan.organization.models import Body

Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(max_length=2000)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
if TYPE_CHECKING:
    KindCode = str
else:
    KindCode = Literal[tuple(KINDS)]
Bodies = Annotated[list[UUID], Field(max_length=rules.MOST_BODIES)]
REMIND_EVERY = timedelta(hours=1)


@action("census.campaign.create", on=None, event="census.campaign.created", title=_("发起普查"))
def create(
    *,
    title: Title,
    kinds: list[KindCode],
    deadline: date,
    lower: bool = False,
    bodies: Bodies | None = None,
    purpose: Text = "",
    actor: Actor,
    now: datetime,
) -> Campaign:
    """Prepare a campaign of the actor's own jurisdiction. It asks nobody until it is opened.

    `bodies`: the departments asked, by default all of the jurisdiction; `lower`: those of the divisions below too.
    """
    authority = Body.objects.select_related("jurisdiction").filter(pk=actor.body).first()
    if authority is None:
        raise NotFound(_("没有这个部门"), where="authority")
    rules.require_kinds(kinds)
    rules.require_deadline(deadline, local_day(now))
    made = Campaign(
        authority=authority,
        jurisdiction=authority.jurisdiction,
        title=title,
        purpose=purpose,
        kinds=[code for code in KINDS if code in kinds],
        bodies=[str(one) for one in bodies or ()],
        lower=lower,
        deadline=deadline,
    )
    describe(kinds=made.kinds, deadline=deadline, lower=lower, named=len(made.bodies))
    return made


@action("census.campaign.edit", on=Campaign, event="census.campaign.edited", title=_("修改普查"))
def edit(
    campaign: Campaign,
    *,
    title: Title,
    kinds: list[KindCode],
    deadline: date,
    lower: bool = False,
    purpose: Text = "",
    now: datetime,
) -> Campaign:
    """Change a campaign that is not open yet."""
    rules.require_kinds(kinds)
    rules.require_deadline(deadline, local_day(now))
    campaign.title, campaign.deadline, campaign.lower, campaign.purpose = title, deadline, lower, purpose
    campaign.kinds = [code for code in KINDS if code in kinds]
    describe(kinds=campaign.kinds, deadline=deadline, lower=lower)
    return campaign


@action("census.campaign.open", on=Campaign, event="census.campaign.opened", title=_("开始填报"))
def open_campaign(campaign: Campaign, *, now: datetime) -> Campaign:
    """Ask the departments: each gets its report, its clock and its notice."""
    today = local_day(now)
    rules.require_deadline(campaign.deadline, today)
    bodies = list(asked_bodies(campaign)[: rules.MOST_BODIES + 1])
    if not bodies:
        raise Refused(_("没有可以填报的部门"), where="bodies", mend=_("请先登记部门，或另选填报范围。"))
    if len(bodies) > rules.MOST_BODIES:
        raise Refused(_("填报的部门过多"), where="bodies", mend=_("请分地区发起普查。"))
    days = working_days_between(today, campaign.deadline, calendar=clockwork.calendar())
    if not days:
        raise Refused(_("截止日期之前没有工作日"), where="deadline", mend=_("请修改普查，另选截止日期。"))
    made = [Report(campaign=campaign, body=body, state="filling", version=1) for body in bodies]
    Report.objects.bulk_create(made, batch_size=500)
    clockwork.start_together("census.report", ((one, one.body_id) for one in made), days=days, on=today)
    for one in made:
        emit("census.report.asked", one, campaign=campaign.pk)
    campaign.opened_at = now
    describe(bodies=len(made), days=days)
    return campaign


@action("census.campaign.remind", on=Campaign, event="census.campaign.reminded", title=_("催报"))
def remind(campaign: Campaign, *, now: datetime) -> Campaign:
    """Remind every department whose report has not left it; at most once an hour."""
    if campaign.reminded_at and now - campaign.reminded_at < REMIND_EVERY:
        raise Conflict(_("一小时内已经催报过"), where="reminded_at", mend=_("请稍后再催报。"))
    late = list(campaign.reports.filter(state__in=("filling", "returned", "signing")))
    if not late:
        raise Conflict(_("没有需要催报的部门"), where="reports")
    for one in late:
        emit("census.report.reminded", one, campaign=campaign.pk)
    campaign.reminded_at = now
    describe(bodies=len(late))
    return campaign


@action("census.campaign.close", on=Campaign, event="census.campaign.closed", title=_("结束普查"))
def close(campaign: Campaign, *, now: datetime, actor: Actor) -> Campaign:
    """End a campaign: what was not signed counts as missed; refused while signed reports wait to be accepted."""
    rules.require_answered(campaign.reports.filter(state="submitted").count())
    late = list(campaign.reports.filter(state__in=("filling", "returned", "signing")))
    for one in late:
        act("census.report.lapse", one.pk, actor=actor)
    campaign.closed_at = now
    describe(missed=len(late), filed=campaign.reports.filter(state="filed").count())
    return campaign


@action("census.campaign.cancel", on=Campaign, event="census.campaign.cancelled", title=_("取消普查"))
def cancel(campaign: Campaign, *, reason: Reason) -> Campaign:
    """Drop a campaign that was never opened."""
    describe(reason=reason)
    return campaign


# --- channels between departments -------------------------------------------------------------------------------------

Protocol = Literal["rest", "soap", "database", "file", "queue", "manual"]
Callers = Annotated[list[UUID], Field(max_length=200)]
Calls = Annotated[int, Field(ge=0, le=10**12)]


@action(
    "census.channel.register",
    on=None,
    event="census.channel.registered",
    title=_("登记共享通道"),
    about=lambda values: {"body": str(values["body"])},
)
def register_channel(
    *,
    body: UUID,
    name: Title,
    protocol: Protocol,
    content: Reason,
    callers: Callers | None = None,
    outsiders: Annotated[str, StringConstraints(max_length=300)] = "",
    monthly_calls: Calls = 0,
    address: Annotated[str, StringConstraints(max_length=300)] = "",
    personal: bool = False,
) -> Channel:
    """Register an existing channel by which the body's data reaches others outside of the platform."""
    if not Body.objects.filter(pk=body, active=True).exists():
        raise NotFound(_("没有这个部门"), where="body")
    made = Channel(body_id=body)
    _describe_channel(made, name, protocol, content, callers, outsiders, monthly_calls, address, personal)
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError as error:
        raise Conflict(_("本部门已登记同名的通道"), where="name", mend=_("请更换名称，或修改已登记的通道。")) from error
    return made


def _describe_channel(channel: Channel, name: str, protocol: str, content: str, callers: list[UUID] | None,
                      outsiders: str, monthly_calls: int, address: str, personal: bool) -> None:  # fmt: skip
    asked = list(dict.fromkeys(callers or ()))
    known = set(Body.objects.filter(pk__in=asked).exclude(pk=channel.body_id).values_list("pk", flat=True))
    if len(known) != len(asked):
        raise Refused(_("调用方中有未登记的部门，或是本部门自己"), where="callers", mend=_("请从列出的部门中选择。"))
    if not known and not outsiders:
        raise Refused(_("请写明谁在使用这个通道"), where="callers", mend=_("请选择调用部门，或填写其他调用方。"))
    channel.name, channel.protocol, channel.content = name, protocol, content
    channel.callers, channel.outsiders = sorted(str(one) for one in known), outsiders
    channel.monthly_calls, channel.address, channel.personal = monthly_calls, address, personal
    describe(callers=len(known), monthly_calls=monthly_calls, protocol=protocol)


@action("census.channel.edit", on=Channel, event="census.channel.edited", title=_("修改共享通道"))
def edit_channel(
    channel: Channel,
    *,
    name: Title,
    protocol: Protocol,
    content: Reason,
    callers: Callers | None = None,
    outsiders: Annotated[str, StringConstraints(max_length=300)] = "",
    monthly_calls: Calls = 0,
    address: Annotated[str, StringConstraints(max_length=300)] = "",
    personal: bool = False,
) -> Channel:
    """Describe a channel anew; what becomes of it is then decided anew."""
    if Channel.objects.filter(body=channel.body_id, name=name).exclude(pk=channel.pk).exists():
        raise Conflict(_("本部门已登记同名的通道"), where="name", mend=_("请更换名称，或修改已登记的通道。"))
    _describe_channel(channel, name, protocol, content, callers, outsiders, monthly_calls, address, personal)
    return channel


@action("census.channel.decide", on=Channel, event="census.channel.decided", title=_("确定处置"), approves=True)
def decide_channel(
    channel: Channel,
    *,
    fate: Literal["keep", "take_over", "close"],
    reason: Reason,
    until: date | None = None,
    now: datetime,
) -> Channel:
    """Decide what becomes of a channel: kept, taken over by the platform, or closed, with the reason and by when."""
    if fate != "keep" and until is None:
        raise Refused(_("纳入平台或关闭的，须写明完成日期"), where="until", mend=_("请填写日期。"))
    if until is not None and until <= local_day(now):
        raise Refused(_("完成日期应在今天之后"), where="until", mend=_("请另选日期。"))
    channel.fate, channel.reason, channel.until = fate, reason, until
    described: dict[str, Any] = {"fate": fate, "reason": reason, "until": until}
    describe(**described)
    return channel
