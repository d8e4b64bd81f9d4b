"""What delivery wants to flow: every granted table, from the provider's database into the consumer's."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from jiangyuan.data.movement.removal import forget_cursor
from jiangyuan.data.movement.state import DeliveryStatus, Phase, Place, Subscription
from jiangyuan.data.plan import authorize
from jiangyuan.exchange.delivery.gauge import Gauge
from jiangyuan.exchange.delivery.models import Delivery
from jiangyuan.exchange.delivery.queries import DELIVERY, live_deliveries
from jiangyuan.exchange.delivery.states import DELIVERY as TABLE
from jiangyuan.kernel import ciphers, vault
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Scene
from jiangyuan.resources.ingestion.queries import source_location
from jiangyuan.resources.ingestion.streams import Wanted
from jiangyuan.sources.queries import connection_of

ENDED = frozenset({"withdrawn", "expired"})
"""States of a grant that end its deliveries; a suspended one goes on where it stood once it is resumed."""
GAUGE = Gauge()
"""What this process last wrote of every delivery."""
DRIFTED = "movement.shape"
"""Error of a source whose table changed: what passed before it was mended is not in the log, so the copy begins anew."""


def subscription_of(delivery: Delivery) -> Subscription:
    """Describe the flow of one delivery under its grant. Raises what `authorize` refuses."""
    grant = delivery.grant
    scene = Scene(purpose=grant.purpose, channel="worker")
    plan = authorize([grant.pk], actor=DELIVERY, scene=scene, form="table")
    place = source_location(grant.mount)
    assert place.connection is not None
    if _begins_anew(delivery):
        forget_cursor(target_place(delivery), subscription=delivery.pk)
    return Subscription(
        id=delivery.pk,
        plan=plan,
        source=Place(place.connection, place.schema, place.table),
        target=target_place(delivery),
        # its secret is fetched here: the thread that moves rows holds no connection to the platform's database
        pseudonym=partial(vault.pseudonym_under, ciphers.keyed_sm3(vault.standing_secret("subjects"))),
        token_key=vault.standing_secret(f"grant:{grant.pk}"),
    )


def _begins_anew(delivery: Delivery) -> bool:
    error = delivery.error or {}
    return error.get("code") == DRIFTED or "anew" in error


def wanted_deliveries() -> Iterable[Wanted]:
    """List the deliveries that should flow now."""
    for delivery in live_deliveries():
        grant = delivery.grant
        source = grant.mount.table.source
        if source.kind != "postgres":
            continue
        yield Wanted(
            id=delivery.pk,
            version=f"{grant.pk}.{grant.epoch}.{delivery.target.connection_mark}",
            source=source,
            subscription=partial(subscription_of, delivery),
            report=report,
            waiting=delivery.state == TABLE.initial,
            moved=GAUGE.moved,
        )


def report(status: DeliveryStatus) -> None:
    """Tell by act how a delivery fares."""
    delivery = Delivery.objects.select_related("grant").get(pk=status.subscription)
    if status.phase in (Phase.SNAPSHOT, Phase.STREAMING) and delivery.state in ("waiting", "failed"):
        delivery = act("delivery.delivery.report_started", delivery.pk, actor=DELIVERY)
    if status.phase == Phase.STREAMING and delivery.state == "running":
        act("delivery.delivery.report_current", delivery.pk, actor=DELIVERY, rows=status.rows)
    elif status.phase == Phase.PAUSED and delivery.state in ("waiting", "running", "current"):
        error = {key: str(value) for key, value in (status.error or {}).items()}
        if _begins_anew(delivery):  # what hindered the new copy must not hide that one is due
            error["anew"] = "yes"
        act("delivery.delivery.report_failed", delivery.pk, actor=DELIVERY, error=error)
    elif status.phase == Phase.WITHDRAWN and delivery.state != "stopped" and delivery.grant.state in ENDED:
        act("delivery.delivery.stop", delivery.pk, actor=DELIVERY, reason="withdrawn")


def target_place(delivery: Delivery) -> Place:
    """Give where the rows of a delivery land."""
    return Place(connection_of(delivery.target), delivery.schema, delivery.table)
