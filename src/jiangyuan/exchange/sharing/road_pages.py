"""The road of a request as people see it: whose desk, which clock, which article, what comes next."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.exchange.sharing.rules import ART20, ART21, ART22
from jiangyuan.exchange.sharing.signatures import named
from jiangyuan.kernel.clocks import LIMITS
from jiangyuan.kernel.events import history
from jiangyuan.ui import objects
from jiangyuan.ui.progress import Progress, Stage, Standing

PLACES = {
    "draft": 0,
    "returned": 0,
    "own_head": 1,
    "provider_handler": 2,
    "incomplete": 2,
    "provider_head": 3,
    "agreed": 4,
}
"""Where on the road each state stands."""
DONE_BY = (
    "sharing.request.submitted",
    "sharing.request.consented",
    "sharing.request.proposed",
    "sharing.request.agreed",
)


def _days(asked: Request) -> dict[str, date]:
    """Give the day each kind of step was last done."""
    found = history(object_type=asked._meta.label_lower, object_id=asked.pk)
    done = {event.type: timezone.localdate(event.at) for event in reversed(found)}
    if asked.received_at is not None:  # the day that counts in law, also where it was entered later
        received = timezone.localdate(asked.received_at)
        done |= {name: min(done[name], received) for name in DONE_BY[:2] if name in done}
    return done


def _stopped_at(days: dict[str, date]) -> int:
    return sum(1 for name in DONE_BY[:3] if name in days)


def progress_of(asked: Request, grant: Grant | None) -> Progress:
    """Give the road of a request: five steps, each with its desk, its day or clock, and the article it rests on."""
    days = _days(asked)
    over = asked.state in ("refused", "cancelled")
    place = _stopped_at(days) if over else PLACES[asked.state]
    served = grant is not None and grant.state != "preparing"
    missing = asked.state == "incomplete"
    steps: tuple[tuple[Any, Any, Any], ...] = (
        (_("填写申请"), _("%(body)s业务处室") % {"body": asked.consumer}, ART20),
        (_("本单位负责人同意"), str(asked.consumer), ART20),
        (
            _("使用方补正") if missing else _("提供方经办人办理"),
            str(asked.consumer if missing else asked.provider),
            ART21,
        ),
        (_("提供方负责人答复"), _reply_desk(asked), ART21),
        (_("开通供数"), str(asked.provider), ART22),
    )
    stages = []
    for number, (title, desk, article) in enumerate(steps):
        standing = _standing(number, place, over=over, served=served)
        stages.append(
            Stage(
                title=title,
                standing=standing,
                desk=desk,
                when=_when(number, standing, asked, grant, days),
                article=article,
            )
        )
    return Progress(stages=tuple(stages))


def _reply_desk(asked: Request) -> Any:
    """Say who is next before the reply: whoever still has to sign, else the provider."""
    return named(asked.awaits) if asked.state == "provider_head" and asked.awaits else str(asked.provider)


def _standing(number: int, place: int, *, over: bool, served: bool) -> Standing:
    if number < place or (number == place == 4 and served):
        return "done"
    if number > place:
        return "next"
    return "stopped" if over else "now"


def _when(number: int, standing: Standing, asked: Request, grant: Grant | None, days: dict[str, date]) -> Any:
    if standing == "done" and number < len(DONE_BY):
        return days.get(DONE_BY[number], "")
    if standing == "now":
        return objects.clock_of(grant if number == 4 and grant is not None else asked) or ""
    return _within(number, asked) if standing == "next" else ""


def _within(number: int, asked: Request) -> str:
    """Say within which time a step still to come is done, where the law sets one."""
    if number == 3:
        limit = LIMITS.get(f"sharing.reply.{asked.entry.known_share_type}", LIMITS["sharing.reply.conditional"])
        return _("提供方收到后 %(days)s 个工作日内") % {"days": limit.days}
    if number == 4:
        return _("答复同意后 %(days)s 个工作日内") % {"days": LIMITS["sharing.supply"].days}
    return ""
