"""Background work of sharing: what serves a grant is built and taken down, replies are made, terms run out."""

from __future__ import annotations

import logging

from django.utils import timezone

from jiangyuan.data.engines.barrier import create_statements, drop_statements
from jiangyuan.data.engines.ownership import run_as_owner
from jiangyuan.exchange.sharing.actions_grants import SHARING
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.exchange.sharing.resolver import relation_of
from jiangyuan.exchange.sharing.terms import LIVE
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.config import settings
from jiangyuan.kernel.errors import Conflict, Refused
from jiangyuan.kernel.jobs import RETRY, blueprint, job

log = logging.getLogger(__name__)


@job("sharing.materialize")
def materialize(grant: str, epoch: int) -> None:
    """Build what serves a grant in the serving store, and report it ready. Does nothing for an epoch that is over.

    A table that is not yet ingested makes it a `Transient`: tried again, and at the latest when ingestion reports.
    """
    kept = Grant.objects.select_related("mount__table__source", "mount__ingest").get(pk=grant)
    if kept.state != "preparing" or kept.epoch != epoch:
        return
    if kept.mount.mode == "physical":
        run_as_owner(settings().owner_url, create_statements([relation_of(kept)]))
    try:
        act("sharing.grant.report_ready", kept.pk, actor=SHARING, epoch=epoch)
    except Conflict as refusal:  # it ended while the views were built; whoever ended it has them removed
        log.info("grant %s ended while being made ready: %s", kept.pk, refusal.code)


@job("sharing.remove")
def remove(grant: str) -> None:
    """Take down what served a grant that ended; reading stopped when it did, this tidies up."""
    kept = Grant.objects.select_related("mount").get(pk=grant)
    if kept.state not in LIVE and kept.mount.mode == "physical":
        run_as_owner(settings().owner_url, drop_statements(kept.pk))


@job("sharing.reply")
def reply(request: str) -> None:
    """Give the pre-authorised reply on an entry shared unconditionally. What it cannot decide stays with the handler."""
    kept = Request.objects.get(pk=request)
    if kept.state != "provider_handler":
        return
    try:
        act("sharing.request.reply_preauthorised", kept.pk, actor=SHARING)
    except Refused as refusal:
        log.info("request %s is left to its handler: %s", kept.pk, refusal.code)


def expire_due() -> int:
    """Close the grants whose last day is over. Returns how many."""
    over = Grant.objects.filter(state__in=LIVE, until__lt=timezone.localdate()).values_list("pk", flat=True)
    done = 0
    for pk in list(over):
        try:
            act("sharing.grant.expire", pk, actor=SHARING)
            done += 1
        except Conflict:  # withdrawn meanwhile
            continue
    return done


def _expire(timestamp: int) -> None:
    expire_due()


# soon after midnight in Shanghai, and again through the day in case a worker slept
blueprint.periodic(cron="7 * * * *", periodic_id="sharing.expire")(
    blueprint.task(name="sharing.expire", queue="default", retry=RETRY)(_expire)
)
