"""Records of use (art. 29): kept by the consumer alone, about its own grants, seen by both sides."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from tests.exchange import factories as make
from tests.portal.conftest import client_of

from jiangyuan.exchange.delivery.models import UseRecord
from jiangyuan.exchange.delivery.queries import DELIVERY, use_records
from jiangyuan.exchange.sharing.models import Grant
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Forbidden, NotFound, Refused
from jiangyuan.kernel.models import Event
from jiangyuan.organization.queries import system_actor

USED = {
    "scenario": "低保申请家庭经济状况核对",
    "process": "逐件核对收入",
    "outcome": "核对 30 户，退回 2 户",
    "storage": "使用方专用库",
    "destruction": "到期后三十日内删除",
}


@pytest.fixture
def way(db: None) -> make.Road:
    return make.road()


@pytest.fixture
def grant(way: make.Road) -> Grant:
    return make.grant(way)


def recorded(grant: Any, actor: Any, **changes: Any) -> UseRecord:
    return act("delivery.use.record", actor=actor, grant=getattr(grant, "pk", grant), **{**USED, **changes})


def test_the_consumers_office_handler_and_system_record_use(way: make.Road, grant: Grant) -> None:
    for who in (way.consumer.business_office, way.consumer.sharing_handler, system_actor(way.system)):
        made = recorded(grant, who, case_number="JZ2026-1")
        assert made.body_id == way.consumer.body.pk and made.grant_id == grant.pk
        assert {name: getattr(made, name) for name in USED} == USED
        event = Event.objects.get(object_id=made.pk)
        assert event.type == "delivery.use.recorded"
        assert event.payload == {"grant": str(grant.pk), "case_number": "JZ2026-1"}


def test_nobody_else_records_use(way: make.Road, grant: Grant) -> None:
    stranger = make.body()
    wrong = (
        way.provider.business_office,
        way.provider.sharing_handler,
        system_actor(make.system(way.provider.body)),
        make.actor(stranger, "business_office"),
        system_actor(make.system(stranger)),
        way.consumer.analyst,
        way.consumer.department_head,
        make.authority("authority_handler"),
        DELIVERY,
    )
    for who in wrong:
        with pytest.raises(Forbidden):
            recorded(grant, who)
        with pytest.raises((Forbidden, NotFound)):
            recorded(uuid4(), who)
    assert not UseRecord.objects.exists()


def test_use_is_recorded_even_when_the_grant_is_over(way: make.Road, grant: Grant) -> None:
    act("sharing.grant.withdraw", grant.pk, actor=way.provider.sharing_head, reason="已协商收回")
    assert recorded(grant, way.consumer.business_office, destruction="已删除并出具证明").pk


@pytest.mark.parametrize("field", ["scenario", "process", "outcome"])
def test_what_must_be_said_is_said_and_not_at_any_length(way: make.Road, grant: Grant, field: str) -> None:
    for text in ("", "用" * 2001):
        with pytest.raises(Refused):
            recorded(grant, way.consumer.business_office, **{field: text})
    assert recorded(grant, way.consumer.business_office, **{field: "用" * 2000}, storage="", destruction="").pk


def test_both_sides_of_a_grant_see_its_records_and_nobody_else(way: make.Road, grant: Grant) -> None:
    first, second = (recorded(grant, way.consumer.business_office) for _number in range(2))
    for who in (way.consumer.analyst, way.provider.sharing_handler, way.caller, make.authority()):
        assert [one.pk for one in use_records(actor=who, grant=grant)] == [second.pk, first.pk]
    for who in (make.actor(make.body(), "business_office"), system_actor(make.system(way.consumer.body))):
        assert not use_records(actor=who, grant=grant).exists()


def test_who_names_no_grant_chooses_one_and_is_told_of_no_success(way: make.Road, grant: Grant, settings: Any) -> None:
    settings.STATIC_ROOT = None
    client = client_of(way.consumer.business_office)
    for url in ("/exchange/uses/new/", "/exchange/deliveries/new/"):
        answer = client.get(url)
        page = answer.content.decode()
        assert answer.status_code == 200 and "jy-good" not in page
        offered = f"{url}?grant={grant.pk}" in page
        assert offered == (url.startswith("/exchange/uses") or "table" in grant.forms)
