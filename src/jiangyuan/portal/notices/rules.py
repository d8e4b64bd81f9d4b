"""Why somebody is told: the rules, what each is called, how urgent it is, and which events each listens to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiangyuan.ui.parts import Tone


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its title, why one is told, its tone, its icon."""

    title: Any
    why: Any
    tone: Tone
    icon: str


RULES: Mapping[str, Rule] = {
    "desk": Rule(_("到我办理"), _("这件事现在轮到您的岗位办理。"), "running", "inbox"),
    "due": Rule(_("时限临近"), _("法定时限只剩两个工作日，这件事在您的岗位上。"), "warn", "clock"),
    "overdue": Rule(_("时限已过"), _("法定时限已过，这件事在您的岗位、本部门或本级部门。"), "bad", "clock-exclamation"),
    "escalated": Rule(_("超期已久"), _("法定时限已过五个工作日，提请负责人督促办结。"), "bad", "alert-octagon"),
    "answered": Rule(_("我的申请有了答复"), _("这是您提交的，或由本部门提出的。"), "good", "mail-check"),
    "ready": Rule(_("授权可以使用"), _("这项授权由本部门申请。"), "good", "circle-check"),
    "grant": Rule(_("授权有变动"), _("本部门正在使用这项授权，或由本部门提供。"), "warn", "certificate-off"),
    "ending": Rule(_("授权即将到期"), _("本部门使用的授权将在 30 天内到期。"), "warn", "calendar-due"),
    "warning": Rule(_("关注的办件有变化"), _("本部门关注的办件里，有人的数据发生了变化。"), "warn", "bell-ringing"),
    "reminder": Rule(_("催办提醒"), _("主管部门提醒，这件事在您的岗位上，还没有办。"), "warn", "bell"),
    "upper": Rule(
        _("申领的上级目录已撤销"), _("本部门申领了这项目录，请核对本部门的目录是否还需要。"), "warn", "unlink"
    ),
    "failed": Rule(_("数据没有送到"), _("数据源、归集或交换由您的岗位维护。"), "bad", "plug-connected-x"),
}
"""The rules by code. A code is kept with each notice: it is never renamed."""
WHICH: Mapping[tuple[str, str], Any] = {
    ("answered", "mine"): _("这是您提交的。"),
    ("answered", "body"): _("这是本部门提出的。"),
    ("grant", "consumer"): _("本部门正在使用这项授权。"),
    ("grant", "provider"): _("这项授权由本部门提供。"),
}
"""Why one is told, where the rule has several reasons: by what one has to do with the thing."""

DESK_EVENTS = (
    "census.report.asked",
    "census.report.submitted",
    "census.report.signed",
    "census.report.sent_back",
    "census.report.returned",
    "catalog.entry.submitted",
    "catalog.entry.endorsed",
    "catalog.entry.approved",
    "catalog.entry.returned",
    "sharing.request.submitted",
    "sharing.request.consented",
    "sharing.request.returned",
    "sharing.request.completion_asked",
    "sharing.request.completed",
    "sharing.request.proposed",
    "sharing.request.sent_back",
    "catalog.update.recorded",
    "catalog.claim.asked",
    "catalog.proposal.made",
    "catalog.proposal.objected",
    "catalog.proposal.upheld",
    "deadlines.extension.asked",
    "deadlines.overdue.opened",
    "disputes.dispute.raised",
    "disputes.dispute.answered",
    "disputes.dispute.escalated",
    "disputes.dispute.proposed",
    "disputes.dispute.sent_back",
)
"""After these something lies on another desk."""

ANSWERS: Mapping[str, str] = {
    "catalog.entry.published": "answered",
    "catalog.proposal.conceded": "answered",
    "deadlines.extension.approved": "answered",
    "deadlines.extension.refused": "answered",
    "census.report.accepted": "answered",
    "census.channel.decided": "answered",
    "sharing.request.agreed": "answered",
    "sharing.request.refused": "answered",
    "sharing.request.reply_extended": "answered",
    "sharing.grant.ready": "ready",
    "sharing.grant.suspended": "grant",
    "sharing.grant.resumed": "ready",
    "sharing.grant.withdrawn": "grant",
    "sharing.grant.expired": "grant",
    "sharing.grant.given_up": "grant",
    "sharing.grant.review_needed": "grant",
    "disputes.dispute.decided": "answered",
    "disputes.dispute.settled": "answered",
    "disputes.dispute.recorded": "answered",
}
"""What is told to those who asked, or to the other side of a grant."""

FAILURES = (
    "sources.source.failed",
    "sources.scan.failed",
    "resources.mount.broken",
    "resources.ingest.failed",
    "delivery.delivery.failed",
    "quality.run.failed",
)
"""What stops data, and is told to whose desk mends it."""

CLOCKS: Mapping[str, str] = {
    "kernel.clock.due": "due",
    "kernel.clock.overdue": "overdue",
    "kernel.clock.escalated": "escalated",
}
"""The rule of each stage at which a running limit is told of; who is told says `kernel.clocks.ESCALATIONS`."""

MOST_RECIPIENTS = 200
"""Nobody's mistake in appointments may turn one event into thousands of notices."""
