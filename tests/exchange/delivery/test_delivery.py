"""Deliveries: every step by its own desk and nobody else, and what cannot be opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from tests.exchange import factories as make
from tests.exchange.sharing.test_at_once import at_once

from jiangyuan.exchange.delivery.models import Delivery
from jiangyuan.exchange.delivery.queries import DELIVERY, deliveries, live_deliveries
from jiangyuan.exchange.delivery.rules import require_place
from jiangyuan.exchange.delivery.states import CONSUMER
from jiangyuan.exchange.delivery.states import DELIVERY as TABLE
from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Actor, service_actor
from jiangyuan.kernel.errors import Conflict, Forbidden, NotFound, Refused
from jiangyuan.kernel.models import Event
from jiangyuan.kernel.workflow import WrongState
from jiangyuan.organization.queries import system_actor
from jiangyuan.sources.models import Source

ERROR = {"code": "movement.target_refused", "message": "接收库拒绝了写入", "where": "delivered.people", "mend": "核对"}
PARAMS: dict[str, dict[str, Any]] = {
    "delivery.delivery.report_current": {"rows": 3},
    "delivery.delivery.report_failed": {"error": ERROR},
    "delivery.delivery.stop": {"reason": "业务已结束"},
}
REACHED: dict[str, list[str]] = {
    "waiting": [],
    "running": ["report_started"],
    "current": ["report_started", "report_current"],
    "paused": ["report_started", "pause"],
    "failed": ["report_failed"],
    "stopped": ["stop"],
}
VERBS = sorted({t.action for t in TABLE.transitions})


def receiving(place: Any, **changes: Any) -> Source:
    return make.source(place, receives=True, **changes)


def opened(grant: Grant, way: make.Road, **changes: Any) -> Delivery:
    fields = {"grant": grant.pk, "target_table": "people", **changes}
    if "target" not in fields:
        fields["target"] = receiving(way.consumer.body).pk
    return act("delivery.delivery.open", actor=way.consumer.sharing_handler, **fields)


def do(delivery: Delivery, verb: str, actor: Actor) -> Delivery:
    name = f"delivery.delivery.{verb}"
    act(name, delivery.pk, actor=actor, **PARAMS.get(name, {}))
    delivery.refresh_from_db()
    return delivery


def walked(way: make.Road, state: str) -> Delivery:
    delivery = opened(make.grant(way, forms=["table"]), way)
    for verb in REACHED[state]:
        do(delivery, verb, DELIVERY if verb.startswith("report_") else way.consumer.sharing_handler)
    assert delivery.state == state
    return delivery


def types(delivery: Delivery) -> list[str]:
    found = Event.objects.filter(object_id=delivery.pk).exclude(type="kernel.act.refused").order_by("at", "id")
    return [event.type.rpartition(".")[2] for event in found]


@pytest.fixture
def way(db: None) -> make.Road:
    return make.road()


# --- who may ----------------------------------------------------------------------------------------------------------


def actors(way: make.Road) -> dict[str, Actor]:
    """Give everybody who might try, named by who he is."""
    consumer = way.consumer
    return {
        **{name: getattr(consumer, name) for name in ("sharing_handler", "sharing_head", "business_office")},
        "department_head": consumer.department_head,
        "analyst": consumer.analyst,
        "system": way.caller,
        "provider": way.provider.sharing_handler,
        "provider_head": way.provider.sharing_head,
        "stranger": make.actor(make.body(), "sharing_handler"),
        "authority": make.authority(),
        "service": DELIVERY,
        "other_service": service_actor("sharing"),
    }


def test_the_table_of_steps_is_walked_from_every_state() -> None:
    assert set(REACHED) == set(TABLE.states)
    assert TABLE.terminal == {"stopped"}


@pytest.mark.parametrize("step", TABLE.transitions, ids=lambda t: f"{t.source}-{t.action.rpartition('.')[2]}")
def test_a_step_is_taken_by_its_own_desks_and_by_nobody_else(way: make.Road, step: Any) -> None:
    delivery = walked(way, step.source)
    for name, actor in actors(way).items():
        mark = transaction.savepoint()
        if name in step.by:
            changed = do(delivery, step.action.rpartition(".")[2], actor)
            assert changed.state == step.target
        else:
            with pytest.raises(Forbidden):
                do(delivery, step.action.rpartition(".")[2], actor)
        transaction.savepoint_rollback(mark)
        delivery.refresh_from_db()
        assert delivery.state == step.source


@pytest.mark.parametrize("state", REACHED)
def test_a_step_that_the_table_does_not_name_is_refused(way: make.Road, state: str) -> None:
    delivery = walked(way, state)
    version = delivery.version
    for name in VERBS:
        if (state, name) not in TABLE.index:
            verb = name.rpartition(".")[2]
            with pytest.raises(WrongState):
                do(delivery, verb, DELIVERY if verb.startswith("report_") else way.consumer.sharing_handler)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.version) == (state, version)


def test_the_consumers_desks_open_and_nobody_else(way: make.Road) -> None:
    grant, target = make.grant(way, forms=["table"]), receiving(way.consumer.body)
    for number, (name, actor) in enumerate(actors(way).items()):
        fields = {"grant": grant.pk, "target": target.pk, "target_table": f"people{number}"}
        if name in CONSUMER:
            made = act("delivery.delivery.open", actor=actor, **fields)
            assert (made.state, made.schema, made.version) == ("waiting", "delivered", 1)
            assert types(made) == ["opened"]
        else:
            with pytest.raises(Forbidden):
                act("delivery.delivery.open", actor=actor, **fields)
    assert Delivery.objects.count() == len(CONSUMER)


def test_both_sides_and_the_authority_see_a_delivery_and_no_third_body(way: make.Road) -> None:
    delivery = walked(way, "current")
    for who in (way.consumer.analyst, way.provider.analyst, make.authority(), system_actor(way.system)):
        assert [one.pk for one in deliveries(actor=who)] == [delivery.pk]
    assert not deliveries(actor=make.actor(make.body(), "sharing_handler")).exists()


# --- what cannot be opened --------------------------------------------------------------------------------------------


def test_a_grant_that_names_no_table_form_is_refused_with_its_article(way: make.Road) -> None:
    with pytest.raises(Refused) as refusal:
        opened(make.grant(way, forms=["query"]), way)
    assert refusal.value.where == "grant" and "第二十二条" in str(refusal.value.article)


def test_a_grant_that_is_not_in_force_is_not_found(way: make.Road) -> None:
    grant = make.grant(way, ready=False, forms=["table"])
    with pytest.raises(NotFound) as refusal:
        opened(grant, way)
    assert refusal.value.where == "grant"
    make.report_ready(grant)
    act("sharing.grant.suspend", grant.pk, actor=way.provider.sharing_head, reason="超范围使用")
    with pytest.raises(NotFound):
        opened(grant, way)
    with pytest.raises(Forbidden):  # nobody's grant: whose desk it is on cannot be said
        fields = {"grant": uuid4(), "target": uuid4(), "target_table": "people"}
        act("delivery.delivery.open", actor=way.consumer.sharing_handler, **fields)


def _retired(way: make.Road) -> Source:
    kept = receiving(way.consumer.body)
    act("sources.source.report_failing", kept.pk, actor=service_actor("sources"), report=[])
    return kept


PLACES: dict[str, Callable[[make.Road], Any]] = {
    "of_another_body": lambda way: receiving(make.body()).pk,
    "of_the_provider": lambda way: receiving(way.provider.body).pk,
    "does_not_receive": lambda way: make.source(way.consumer.body).pk,
    "not_connected": lambda way: _retired(way).pk,
    "unknown": lambda way: uuid4(),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_target_that_is_not_ones_own_receiving_database_is_refused(way: make.Road, place: str) -> None:
    target = PLACES[place](way)
    with pytest.raises(NotFound) as refusal:
        opened(make.grant(way, forms=["table"]), way, target=target)
    assert refusal.value.where == "target" and refusal.value.mend
    assert not Delivery.objects.exists()


SCHEMAS = ("public", "pg_catalog", "pg_anything", "information_schema", "jiangyuan")
NAMES = ("People", "人员", "1people", "peo ple", "peo\nple", 'peo"ple', "peo;ple", "peo.ple", "peo-ple", "ｐeople")


def test_system_schemas_and_names_that_are_no_plain_names_are_refused(way: make.Road) -> None:
    grant, target = make.grant(way, forms=["table"]), receiving(way.consumer.body)
    for schema in SCHEMAS:
        with pytest.raises(Refused) as refusal:
            opened(grant, way, target=target.pk, target_schema=schema)
        assert refusal.value.where == "schema", schema
    for name in NAMES:
        for field in ("target_table", "target_schema"):
            with pytest.raises(Refused) as refusal:
                opened(grant, way, target=target.pk, **{field: name})
            assert refusal.value.where == "table", (field, name)
    for field in ("target_table", "target_schema"):
        for name in ("", "a" * 64):
            with pytest.raises(Refused):
                opened(grant, way, target=target.pk, **{field: name})
    for name in ("people\n", "\npeople", "people ", *NAMES):
        for place in ((name, "people"), ("delivered", name)):
            with pytest.raises(Refused):
                require_place(*place)
    assert not Delivery.objects.exists()
    trimmed = opened(grant, way, target=target.pk, target_table="trimmed\n", target_schema="ours\n")
    assert (trimmed.schema, trimmed.table) == ("ours", "trimmed")
    longest = opened(grant, way, target=target.pk, target_table="a" * 63, target_schema="information_schema_of_ours")
    assert longest.state == "waiting"


def test_a_place_is_taken_until_its_delivery_is_stopped(way: make.Road) -> None:
    delivery = walked(way, "current")
    place = {"target": delivery.target_id}
    for verb in ("pause", "resume"):
        with pytest.raises(Conflict) as refusal:
            opened(delivery.grant, way, **place)
        assert refusal.value.where == "table"
        do(delivery, verb, way.consumer.sharing_handler)
    assert opened(delivery.grant, way, **place, target_table="other").pk != delivery.pk
    assert opened(delivery.grant, way, **place, target_schema="other").pk != delivery.pk
    assert opened(delivery.grant, way).pk != delivery.pk, "the same name in another database"


def test_a_stopped_place_is_opened_again_as_one_versioned_act(way: make.Road) -> None:
    delivery = do(walked(way, "current"), "stop", way.consumer.sharing_handler)
    again = opened(delivery.grant, way, target=delivery.target_id)
    assert again.pk == delivery.pk and again.version == delivery.version + 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.rows, delivery.last_applied_at) == ("waiting", 0, None)
    assert types(delivery) == ["opened", "started", "current", "stopped", "opened"]
    assert [one.pk for one in live_deliveries()] == [delivery.pk]


@pytest.mark.parametrize("before", ["free", "stopped"])
def test_two_who_open_the_same_place_at_once_get_it_once(committed: None, before: str) -> None:
    way = make.road()
    grant, target = make.grant(way, forms=["table"]), receiving(way.consumer.body)
    if before == "stopped":
        do(opened(grant, way, target=target.pk), "stop", way.consumer.sharing_handler)
    seen = Event.objects.filter(type="delivery.delivery.opened").count()
    answers = at_once(*[lambda: opened(grant, way, target=target.pk)] * 4)
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "Conflict", "Conflict", "Delivery"]
    assert all(answer.where == "table" for answer in answers if isinstance(answer, Conflict))
    assert Delivery.objects.get().state == "waiting"
    assert Event.objects.filter(type="delivery.delivery.opened").count() == seen + 1
