"""Warnings: a delivered change of somebody listed in a watched open case is told to that case's body, once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.exchange import factories as make
from tests.portal.conftest import client_of

from jiangyuan.exchange.delivery.models import Warning
from jiangyuan.exchange.delivery.queries import DELIVERY, warnings
from jiangyuan.exchange.sharing.models import Case, Grant
from jiangyuan.kernel import events, vault
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Scene, service_actor
from jiangyuan.kernel.errors import Conflict, Forbidden, Refused
from jiangyuan.kernel.events import ACCESS_HANDLERS, run_handlers
from jiangyuan.kernel.identifiers import make_citizen_id
from jiangyuan.kernel.models import Access, Event
from jiangyuan.organization.queries import system_actor

LISTED, OTHER, UNLISTED = (
    make_citizen_id(division="630102", birth=date(1985, 12, 12), sequence=number) for number in (1, 2, 3)
)
NAME = "delivery.warn_watchers"


@pytest.fixture
def way(db: None) -> make.Road:
    return make.road()


@pytest.fixture
def grant(way: make.Road) -> Grant:
    return make.grant(way, forms=["table"])


def watched(system: Any, *people: str, watched: bool = True) -> Case:
    case = make.case(system, list(people or (LISTED,)))
    return act("sharing.case.watch", case.pk, actor=system_actor(system), watched=watched)


def delivered(grant: Grant | None, *people: str, form: str = "table") -> Access:
    """Record, as the streams do, that a batch with the rows of these persons has left."""
    reading = events.Reading(
        form=form,
        actor=DELIVERY,
        scene=Scene(channel="worker"),
        grants=((grant.pk, grant.epoch),) if grant else (),
        query="batch:1",
    )
    read = events.start_access(reading)
    joined = b"".join(sorted(vault.pseudonym(person) for person in people))
    events.finish_access(reading, read, rows=len(people), digest="5a" * 32, subjects=joined)
    return Access.objects.get(read=read, phase="finished")


def warn(access: Access) -> list[Warning]:
    ACCESS_HANDLERS[NAME](access)
    return list(Warning.objects.order_by("id"))


def test_a_change_of_a_listed_person_warns_the_watching_body_without_his_identifier(way: Any, grant: Grant) -> None:
    case = watched(way.system, LISTED, OTHER)
    access = delivered(grant, UNLISTED, LISTED)
    (warning,) = warn(access)
    assert (warning.case_id, warning.grant_id, warning.read) == (case.pk, grant.pk, access.read)
    assert warning.body_id == way.consumer.body.pk and bytes(warning.subject) == vault.pseudonym(LISTED)
    event = Event.objects.get(object_id=warning.pk)
    assert event.type == "delivery.warning.raised" and LISTED.encode() not in bytes(event.canonical)
    assert vault.pseudonym(LISTED).hex().encode() not in bytes(event.canonical)


def test_each_listed_person_and_each_watching_case_is_warned_of(way: Any, grant: Grant) -> None:
    first, second = watched(way.system, LISTED, OTHER), watched(make.system(way.consumer.body))
    found = {(w.case_id, bytes(w.subject)) for w in warn(delivered(grant, LISTED, OTHER))}
    one, two = vault.pseudonym(LISTED), vault.pseudonym(OTHER)
    assert found == {(first.pk, one), (first.pk, two), (second.pk, one)}


def test_a_record_that_comes_again_warns_once_and_a_later_change_warns_anew(way: Any, grant: Grant) -> None:
    watched(way.system)
    access = delivered(grant, LISTED)
    (warning,) = [warn(access) for _again in range(3)][-1]
    assert warning.version == 1 and Event.objects.filter(object_id=warning.pk).count() == 1
    assert len(warn(delivered(grant, LISTED))) == 2


def test_the_running_reader_warns_once(committed: None) -> None:
    way = make.road()
    grant = make.grant(way, forms=["table"])
    watched(way.system)
    delivered(grant, LISTED)
    for _round in range(3):
        run_handlers()
    assert Warning.objects.count() == 1
    assert Event.objects.filter(type="delivery.warning.raised").count() == 1


def _never_watched(way: make.Road) -> Case:
    return make.case(way.system, [LISTED])


def _no_longer_watched(way: make.Road) -> Case:
    return act("sharing.case.watch", watched(way.system).pk, actor=system_actor(way.system), watched=False)


def _closed(way: make.Road) -> Case:
    return act("sharing.case.close", watched(way.system).pk, actor=system_actor(way.system))


def _over(way: make.Road) -> Case:
    case = watched(way.system)
    Case.objects.filter(pk=case.pk).update(open_until=make.in_days(0) - timedelta(days=1))
    return case


def _of_the_provider(way: make.Road) -> Case:
    return watched(make.system(way.provider.body))


def _of_a_stranger(way: make.Road) -> Case:
    return watched(make.system(make.body()))


def _of_another_person(way: make.Road) -> Case:
    return watched(way.system, OTHER)


SILENT = (_never_watched, _no_longer_watched, _closed, _over, _of_the_provider, _of_a_stranger, _of_another_person)


@pytest.mark.parametrize("made", SILENT, ids=lambda f: f.__name__.strip("_"))
def test_a_case_that_is_not_concerned_is_not_warned(way: Any, grant: Grant, made: Any) -> None:
    made(way)
    assert warn(delivered(grant, LISTED)) == []


def test_a_case_watched_on_its_last_day_is_warned(way: Any, grant: Grant) -> None:
    Case.objects.filter(pk=watched(way.system).pk).update(open_until=make.in_days(0))
    assert len(warn(delivered(grant, LISTED))) == 1


def test_only_delivered_batches_under_a_grant_that_name_somebody_warn(way: Any, grant: Grant) -> None:
    watched(way.system)
    assert warn(delivered(grant, LISTED, form="query")) == []
    assert warn(delivered(None, LISTED)) == []
    assert warn(delivered(grant)) == []
    unknown = delivered(grant, LISTED)
    unknown.grant = uuid4()
    assert warn(unknown) == []


def test_nobody_but_the_delivery_service_raises_a_warning(way: Any, grant: Grant) -> None:
    case = watched(way.system)
    fields = {"case": case.pk, "grant": grant.pk, "read": uuid4(), "subject": vault.pseudonym(LISTED).hex()}
    for who in (way.consumer.sharing_handler, way.caller, way.provider.sharing_head, service_actor("sharing")):
        with pytest.raises(Forbidden):
            act("delivery.warning.raise", actor=who, **fields)
    act("delivery.warning.raise", actor=DELIVERY, **fields)


def test_a_warning_is_seen_by_its_body_alone(way: Any, grant: Grant) -> None:
    watched(way.system)
    (warning,) = warn(delivered(grant, LISTED))
    assert [w.pk for w in warnings(actor=way.consumer.analyst, open_only=True)] == [warning.pk]
    for who in (way.provider.sharing_head, make.actor(make.body(), "sharing_handler")):
        assert not warnings(actor=who).exists()


def test_a_warning_is_acknowledged_once_by_its_bodys_desks(way: Any, grant: Grant) -> None:
    watched(way.system)
    (warning,) = warn(delivered(grant, LISTED))
    name, fields = "delivery.warning.acknowledge", {"outcome": "已重新核对，停发救助金"}
    wrong = (
        way.consumer.sharing_head,
        way.consumer.analyst,
        way.caller,
        way.provider.sharing_handler,
        make.actor(make.body(), "business_office"),
        DELIVERY,
    )
    for who in wrong:
        with pytest.raises(Forbidden):
            act(name, warning.pk, actor=who, **fields)
    for nothing in ("", "结" * 2001):
        with pytest.raises(Refused):
            act(name, warning.pk, actor=way.consumer.business_office, outcome=nothing)
    act(name, warning.pk, actor=way.consumer.business_office, **fields)
    for who in (way.consumer.business_office, way.consumer.sharing_handler):
        with pytest.raises(Conflict):
            act(name, warning.pk, actor=who, outcome="再次处理")
    warning.refresh_from_db()
    assert warning.outcome == fields["outcome"] and warning.acknowledged_at is not None
    assert warning.acknowledged_by == way.consumer.business_office.id
    assert not warnings(actor=way.consumer.analyst, open_only=True).exists()
    assert Event.objects.filter(object_id=warning.pk, type="delivery.warning.acknowledged").count() == 1


def test_the_other_desk_may_acknowledge_as_well(way: Any, grant: Grant) -> None:
    watched(way.system)
    (warning,) = warn(delivered(grant, LISTED))
    done = act("delivery.warning.acknowledge", warning.pk, actor=way.consumer.sharing_handler, outcome="已核对")
    assert done.acknowledged_by == way.consumer.sharing_handler.id


def test_a_warning_says_what_is_to_be_done_and_leads_to_its_case(way: make.Road, grant: Grant, settings: Any) -> None:
    settings.STATIC_ROOT = None
    case = watched(way.system)
    one = Warning.objects.create(
        case=case,
        grant=grant,
        body=way.consumer.body,
        read=uuid4(),
        subject=b"1",
        created_by=way.consumer.sharing_head.id,
    )
    url = f"/exchange/warnings/{one.pk}/"
    page = client_of(way.consumer.business_office).get(url).content.decode()
    assert f"/exchange/cases/{case.pk}/" in page and f"/exchange/grants/{grant.pk}/" in page
    assert "请核验后处理" in page and page.count("尚未处理") == 2
    assert "等业务处室或数据共享经办人处理" in client_of(way.consumer.sharing_head).get(url).content.decode()
