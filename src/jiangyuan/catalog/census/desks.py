"""On whose desk a campaign, a report and a channel lie, and who has an interest in them."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.census.models import Campaign, Channel, Report, Upload, beginning
from jiangyuan.catalog.census.states import AUTHORITY, FILLERS
from jiangyuan.kernel.actor import Actor
from jiangyuan.ui import objects
from jiangyuan.ui.timeline import register_event_titles


def _campaign_desk(actor: Actor, state: str) -> Q | None:
    return Q(authority_id=actor.body) if actor.capacity in AUTHORITY else None


def _authority(campaign: Any) -> Any:
    return campaign.authority_id


def _report_desk(actor: Actor, state: str) -> Q | None:
    """Say which reports of a state lie on the actor's desk; what he filled in himself is not his to sign."""
    own = Q(body_id=actor.body, campaign__state="open")
    if state in ("filling", "returned"):
        return own if actor.capacity in FILLERS else None
    if state == "signing":
        others = ~Q(filled_by__contains=[str(actor.id)])
        return own & others if actor.capacity == "department_head" else None
    return Q(campaign__authority_id=actor.body) if actor.capacity in AUTHORITY else None


def _report_sender(report: Any) -> Any:
    asked = report.state in ("filling", "returned")
    return report.campaign.authority_id if asked else report.body_id


def _report_holder(report: Any) -> Any:
    return report.campaign.authority_id if report.state == "submitted" else report.body_id


def _channel_desk(actor: Actor, state: str) -> Q | None:
    return Q(body__jurisdiction__code=actor.jurisdiction) if actor.capacity in AUTHORITY else None


def _channel_mine(actor: Actor) -> Q | None:
    if not actor.body:
        return None
    if actor.capacity in AUTHORITY:
        return Q(body__jurisdiction__code__startswith=beginning(actor.jurisdiction))
    return Q(body_id=actor.body)


def register_kinds() -> None:
    """Register what the workbench, the trace and notices need to know of this room's records."""
    objects.register(
        objects.Kind(
            model=Campaign,
            title=_("普查批次"),
            url=lambda campaign: f"/census/{campaign.pk}/",
            related=("authority",),
            waits={"draft": "census.campaign.open"},
            desk=_campaign_desk,
            mine=lambda actor: Q(authority_id=actor.body) if actor.body else None,
            sender=_authority,
            holder=_authority,
        ),
        objects.Kind(
            model=Report,
            title=_("普查报告"),
            url=lambda report: f"/census/reports/{report.pk}/",
            related=("body", "campaign"),
            waits={
                "filling": "census.report.submit",
                "returned": "census.report.submit",
                "signing": "census.report.sign",
                "submitted": "census.report.accept",
            },
            desk=_report_desk,
            mine=lambda actor: Q(body_id=actor.body) if actor.body else None,
            sender=_report_sender,
            holder=_report_holder,
        ),
        objects.Kind(
            model=Channel,
            title=_("共享通道"),
            url=lambda channel: f"/census/channels/{channel.pk}/",
            related=("body",),
            waits={"listed": "census.channel.decide"},
            desk=_channel_desk,
            mine=_channel_mine,
            sender=lambda channel: channel.body_id,
        ),
    )


def register_titles() -> None:
    """Register how events read that no action of their own leaves, and uploads, which wait on nobody's desk."""
    objects.register(
        objects.Kind(model=Upload, title=_("批量导入"), url=lambda upload: f"/census/uploads/{upload.pk}/")
    )
    register_event_titles({"census.report.asked": _("下达填报任务"), "census.report.reminded": _("催报")})
