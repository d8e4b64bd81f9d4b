"""How deliveries fare: what the streams report of each, and rows that flow from one database into another."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from tests.exchange import factories as make
from tests.exchange.delivery.test_delivery import ERROR, REACHED, do, opened, receiving, types, walked
from tests.exchange.source_rig import Sourced, sourced, spec_of

from jiangyuan.data.movement.state import DeliveryStatus, Phase
from jiangyuan.exchange.delivery.flows import report, wanted_deliveries
from jiangyuan.exchange.delivery.models import Delivery
from jiangyuan.exchange.delivery.queries import live_deliveries
from jiangyuan.exchange.sharing import jobs
from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.kernel import events
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Scene
from jiangyuan.kernel.events import run_handlers
from jiangyuan.kernel.models import Event
from jiangyuan.resources.ingestion import streams as flowing

PLAIN = {"kind": "none"}
ALL = [
    {"column": "citizen_id", "mask": PLAIN},
    {"column": "name", "mask": PLAIN},
    {"column": "division", "mask": PLAIN},
]


@pytest.fixture
def way(db: None) -> make.Road:
    return make.road()


def status(delivery: Delivery, phase: Phase, *, rows: int = 0, error: dict | None = None) -> DeliveryStatus:
    return DeliveryStatus(delivery.pk, phase, 1, rows, 1, 1, None, error)


@pytest.mark.parametrize("phase", [Phase.PREPARING, Phase.RETRYING, Phase.STOPPED])
@pytest.mark.parametrize("state", REACHED)
def test_a_phase_that_changes_nothing_is_no_act(way: make.Road, state: str, phase: Phase) -> None:
    delivery = walked(way, state)
    report(status(delivery, phase, error=ERROR))
    delivery.refresh_from_db()
    assert delivery.state == state and len(types(delivery)) == 1 + len(REACHED[state])


MOVES = [
    ("waiting", Phase.SNAPSHOT, "running"),
    ("failed", Phase.SNAPSHOT, "running"),
    ("running", Phase.SNAPSHOT, "running"),
    ("current", Phase.SNAPSHOT, "current"),
    ("paused", Phase.SNAPSHOT, "paused"),
    ("stopped", Phase.SNAPSHOT, "stopped"),
    ("waiting", Phase.STREAMING, "current"),
    ("failed", Phase.STREAMING, "current"),
    ("running", Phase.STREAMING, "current"),
    ("current", Phase.STREAMING, "current"),
    ("paused", Phase.STREAMING, "paused"),
    ("stopped", Phase.STREAMING, "stopped"),
    ("waiting", Phase.PAUSED, "failed"),
    ("running", Phase.PAUSED, "failed"),
    ("current", Phase.PAUSED, "failed"),
    ("failed", Phase.PAUSED, "failed"),
    ("paused", Phase.PAUSED, "paused"),
    ("stopped", Phase.PAUSED, "stopped"),
]


@pytest.mark.parametrize(("state", "phase", "then"), MOVES, ids=lambda value: str(value))
def test_a_phase_moves_the_state_that_it_concerns(way: make.Road, state: str, phase: Phase, then: str) -> None:
    delivery = walked(way, state)
    report(status(delivery, phase, rows=7, error=ERROR if phase == Phase.PAUSED else None))
    delivery.refresh_from_db()
    assert delivery.state == then
    if state != "current" and then == "current":
        assert (delivery.rows, delivery.error) == (7, None) and delivery.last_applied_at is not None


def test_why_a_delivery_stands_still_is_kept_until_it_goes_on(way: make.Road) -> None:
    delivery = walked(way, "current")
    report(status(delivery, Phase.PAUSED, error={**ERROR, "where": None}))
    delivery.refresh_from_db()
    assert delivery.error == {**ERROR, "where": "None"}
    event = Event.objects.get(object_id=delivery.pk, type="delivery.delivery.failed")
    assert event.payload == {"code": ERROR["code"], "where": "None"}, "the message may hold data and stays out"
    assert not live_deliveries().exists()
    do(delivery, "retry", way.consumer.sharing_handler)
    assert delivery.error is not None and live_deliveries().exists()
    report(status(delivery, Phase.SNAPSHOT))
    delivery.refresh_from_db()
    assert delivery.error is None


def test_a_new_copy_stays_due_when_something_else_hinders_it_first(way: make.Road) -> None:
    delivery = walked(way, "current")
    for error in ({**ERROR, "code": "movement.shape"}, ERROR, ERROR):
        report(status(delivery, Phase.PAUSED, error=error))
        do(delivery, "retry", way.consumer.sharing_handler)
    assert delivery.error == {**ERROR, "anew": "yes"}
    report(status(delivery, Phase.SNAPSHOT))
    delivery.refresh_from_db()
    assert delivery.error is None


ENDS: dict[str, Callable[[Grant, make.Road], Any]] = {
    "active": lambda grant, way: None,
    "suspended": lambda grant, way: act(
        "sharing.grant.suspend", grant.pk, actor=way.provider.sharing_head, reason="超范围使用"
    ),
    "withdrawn": lambda grant, way: act(
        "sharing.grant.withdraw", grant.pk, actor=way.provider.sharing_head, reason="已协商收回"
    ),
    "given_up": lambda grant, way: act(
        "sharing.grant.give_up", grant.pk, actor=way.consumer.sharing_head, reason="业务已结束"
    ),
    "expired": lambda grant, way: act(
        "sharing.grant.expire", grant.pk, actor=make.SHARING, scene=Scene(at=_later(grant))
    ),
}


def _later(grant: Grant) -> Any:
    return grant.created_at + timedelta(days=60)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("state", REACHED)
def test_withdrawn_stops_a_delivery_only_when_its_grant_has_ended(way: make.Road, end: str, state: str) -> None:
    delivery = walked(way, state)
    ENDS[end](delivery.grant, way)
    before = types(delivery)
    report(status(delivery, Phase.WITHDRAWN))
    delivery.refresh_from_db()
    over = end not in ("active", "suspended")
    assert delivery.state == ("stopped" if over else state)
    assert types(delivery) == before + ["stopped"] * (over and state != "stopped")


@pytest.mark.parametrize("end", ["withdrawn", "given_up", "expired"])
def test_the_end_of_a_grant_stops_its_deliveries_once_and_no_others(committed: None, end: str) -> None:
    way = make.road()
    delivery = walked(way, "current")
    second = opened(delivery.grant, way)
    done = do(opened(delivery.grant, way), "stop", way.consumer.sharing_handler)
    elsewhere = make.road()
    other = opened(make.grant(elsewhere, forms=["table"]), elsewhere)
    run_handlers()
    ENDS[end](delivery.grant, way)
    run_handlers()
    told = Event.objects.get(object_id=delivery.grant_id, type=f"sharing.grant.{end}")
    for one in (delivery, second):
        one.refresh_from_db()
        assert one.state == "stopped"
        stop = Event.objects.get(object_id=one.pk, type="delivery.delivery.stopped")
        assert stop.payload["reason"] == told.type and stop.actor_kind == "service"
    events.HANDLERS["delivery.stop_with_grant"].run(told)  # it may come again
    assert [types(one).count("stopped") for one in (delivery, second, done)] == [1, 1, 1]
    other.refresh_from_db()
    assert other.state == "waiting"


def test_a_suspension_does_not_stop_and_nothing_is_wanted_meanwhile(committed: None) -> None:
    way = make.road()
    delivery = walked(way, "current")
    ENDS["suspended"](delivery.grant, way)
    run_handlers()
    delivery.refresh_from_db()
    assert delivery.state == "current" and not live_deliveries().exists() and not [*wanted_deliveries()]


# --- from one database into another -----------------------------------------------------------------------------------


class Pair:
    """A department's database and a consumer's, with the streams of one worker between them."""

    def __init__(self, made: Sourced) -> None:
        self.made, self.way = made, made.way
        spec = spec_of(made.target)
        fields = {"host": spec.host, "port": spec.port, "database": spec.database}
        self.target = receiving(made.way.consumer.body, username=spec.user, password=spec.password, **fields)
        self.streams = flowing.Streams()

    def granted(self, items: list[dict[str, Any]], **more: Any) -> Grant:
        grant = make.grant(self.way, ready=False, items=items, forms=["table"], **more)
        return self.ready(grant)

    def ready(self, grant: Grant) -> Grant:
        grant.refresh_from_db()
        jobs.materialize(str(grant.pk), grant.epoch)
        grant.refresh_from_db()
        assert grant.active
        return grant

    def open(self, grant: Grant) -> Delivery:
        return opened(grant, self.way, target=self.target.pk)

    def until(self, true: Callable[[], bool], *, seconds: float = 20.0) -> None:
        deadline = time.monotonic() + seconds
        while True:
            self.streams.reconcile()
            if true():
                return
            assert time.monotonic() < deadline, self.streams.status()
            time.sleep(0.05)

    def state(self, delivery: Delivery, state: str) -> None:
        self.until(lambda: Delivery.objects.get(pk=delivery.pk).state == state)

    def change(self, *statements: str) -> None:
        with psycopg.connect(self.made.source, autocommit=True) as connection:
            connection.execute("SET synchronous_commit = on")  # decoding reads what is written
            for statement in statements:
                connection.execute(statement.encode())

    def add(self, name: str) -> None:
        self.change(f"INSERT INTO people (citizen_id, name, division) VALUES ('{name}', '{name}', '630102')")

    def names(self) -> list[str]:
        with psycopg.connect(self.made.target) as connection:
            return [name for (name,) in connection.execute("SELECT name FROM delivered.people ORDER BY citizen_id")]


@pytest.fixture
def pair(committed: None, urls: dict[str, str], cluster: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    # the serving store is filled by the rig, so that nothing but deliveries flows
    monkeypatch.setattr(flowing, "PROVIDERS", [wanted_deliveries])
    with sourced(urls, cluster) as made:
        found = Pair(made)
        try:
            yield found
        finally:
            found.streams.stop()


def test_a_suspended_delivery_stays_and_flows_again_once_resumed(pair: Pair) -> None:
    grant = pair.granted(ALL)
    delivery = pair.open(grant)
    pair.state(delivery, "current")
    assert len(pair.names()) == len(pair.made.rows)
    delivery.refresh_from_db()
    assert delivery.rows == len(pair.made.rows)
    pair.add("早先")
    pair.until(lambda: "早先" in pair.names())
    head = pair.way.provider.sharing_head
    act("sharing.grant.suspend", grant.pk, actor=head, reason="超范围使用")
    pair.until(lambda: not pair.streams.status())
    run_handlers()
    pair.add("其间")
    time.sleep(0.3)
    pair.streams.reconcile()
    assert "其间" not in pair.names()
    delivery.refresh_from_db()
    assert delivery.state == "current"
    act("sharing.grant.resume", grant.pk, actor=head, rectified="已整改")
    pair.ready(grant)
    pair.until(lambda: "其间" in pair.names())
    pair.add("后来")
    pair.until(lambda: "后来" in pair.names())
    assert types(delivery) == ["opened", "started", "current"], "the delivery itself never stopped"
    act("sharing.grant.withdraw", grant.pk, actor=head, reason="已协商收回")
    run_handlers()
    pair.add("此后")
    pair.until(lambda: not pair.streams.status())
    time.sleep(0.3)
    assert "此后" not in pair.names()
    assert types(delivery) == ["opened", "started", "current", "stopped"]


@pytest.mark.parametrize("seen", [True, False], ids=["later", "between_two_rounds"])
def test_a_place_opened_again_under_another_grant_holds_nothing_of_the_earlier(pair: Pair, seen: bool) -> None:
    delivery = pair.open(pair.granted(ALL))
    pair.state(delivery, "current")
    do(delivery, "stop", pair.way.consumer.sharing_handler)
    if seen:
        pair.until(lambda: not pair.streams.status())
    act("sharing.grant.give_up", delivery.grant_id, actor=pair.way.consumer.sharing_head, reason="只需一个区")
    again = pair.open(pair.granted(ALL, condition={"op": "=", "column": "division", "value": "632701"}))
    assert again.pk == delivery.pk
    pair.state(delivery, "current")
    of_one = [row["name"] for row in pair.made.rows if row["division"] == "632701"]
    assert 0 < len(of_one) < len(pair.made.rows)
    pair.until(lambda: sorted(pair.names()) == sorted(of_one))
    pair.change("UPDATE people SET name = '改名'")
    pair.until(lambda: pair.names() == ["改名"] * len(of_one))


@pytest.mark.parametrize("steps", [("pause", "resume"), ("stop", "open")], ids="-".join)
def test_what_is_stopped_and_goes_on_between_two_rounds_flows_and_says_so(pair: Pair, steps: tuple[str, ...]) -> None:
    delivery = pair.open(pair.granted(ALL))
    pair.state(delivery, "current")
    for step in steps:
        if step == "open":
            pair.open(delivery.grant)
        else:
            do(delivery, step, pair.way.consumer.sharing_handler)
    pair.add("其间")
    pair.state(delivery, "current")
    pair.until(lambda: "其间" in pair.names())
    pair.add("后来")
    pair.until(lambda: "后来" in pair.names())


def test_a_table_that_lacks_a_granted_column_fails_and_begins_anew_once_mended(pair: Pair) -> None:
    pair.change("ALTER TABLE people RENAME name TO title")
    delivery = pair.open(pair.granted(ALL))
    pair.state(delivery, "failed")
    delivery.refresh_from_db()
    assert delivery.error["code"] == "movement.shape" and delivery.error["where"] == "public.people.name"
    pair.change("ALTER TABLE people RENAME title TO name")
    do(delivery, "retry", pair.way.consumer.sharing_handler)
    pair.state(delivery, "current")
    assert len(pair.names()) == len(pair.made.rows)
    pair.change(
        "ALTER TABLE people RENAME name TO title", "INSERT INTO people (citizen_id, title) VALUES ('x', '改名')"
    )
    pair.state(delivery, "failed")
    # neither a stop nor another opening lets the rows be forgotten that passed meanwhile
    do(delivery, "stop", pair.way.consumer.sharing_handler)
    pair.change("ALTER TABLE people RENAME title TO name")
    assert pair.open(delivery.grant).pk == delivery.pk
    pair.state(delivery, "current")
    assert "改名" in pair.names()
