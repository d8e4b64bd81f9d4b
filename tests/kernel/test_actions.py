"""Door one: lock, state, policy, event, refusal, idempotency, nesting."""

from datetime import date

import pytest

from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Scene, service_actor
from jiangyuan.kernel.errors import Conflict, Forbidden, NotFound, Refused
from jiangyuan.kernel.models import Event
from jiangyuan.organization.models import Appointment, Body, Jurisdiction, Person

SETUP = service_actor("setup")
SCENE = Scene(channel="cli")


@pytest.fixture
def province(db) -> Jurisdiction:
    return Jurisdiction.objects.create(code="630000", name="青海省", level="province")


def _body(**changes) -> Body:
    values = {"name": "青海省民政厅", "short_name": "省民政厅", "alias": "civil_affairs", "jurisdiction": "630000"}
    return act("organization.body.register", actor=SETUP, scene=SCENE, **{**values, **changes})


def test_an_act_changes_counts_and_remembers(province) -> None:
    body = _body()
    assert body.version == 1
    event = Event.objects.get(object_id=body.pk)
    assert event.type == "organization.body.registered"
    assert event.content["payload"]["alias"] == "civil_affairs"
    assert event.content["actor"]["kind"] == "service"


def test_an_action_that_no_policy_permits_is_denied_and_the_refusal_is_remembered_once(province) -> None:
    for _again in range(3):
        with pytest.raises(Forbidden):
            act(
                "organization.body.register",
                actor=service_actor("ingest"),
                name="甲",
                short_name="甲",
                alias="jia",
                jurisdiction="630000",
            )
    assert Event.objects.filter(type="kernel.act.refused").count() == 1


def test_a_missing_and_a_wrong_parameter_are_named(province) -> None:
    with pytest.raises(Refused) as caught:
        act("organization.body.register", actor=SETUP, name="甲")
    assert caught.value.where == "short_name"
    with pytest.raises(Refused) as caught:
        _body(alias="Not An Alias")
    assert caught.value.where == "alias"


def test_a_stale_version_and_an_unknown_target_are_refused(province) -> None:
    person = act(
        "organization.person.register", actor=SETUP, username="wangmin", name="王敏", password="river-source-9"
    )
    body = _body()
    with pytest.raises(Conflict):
        act(
            "organization.appointment.make",
            person.pk,
            actor=SETUP,
            expected_version=7,
            body=body.pk,
            capacity="business_office",
        )
    with pytest.raises(NotFound):
        act("organization.appointment.make", "nonsense", actor=SETUP, body=body.pk, capacity="business_office")


def test_the_same_key_gives_the_same_answer_and_other_content_is_refused(province) -> None:
    first = act(
        "organization.body.register",
        actor=SETUP,
        idempotency_key="k1",
        name="甲厅",
        short_name="甲",
        alias="jia",
        jurisdiction="630000",
    )
    again = act(
        "organization.body.register",
        actor=SETUP,
        idempotency_key="k1",
        name="甲厅",
        short_name="甲",
        alias="jia",
        jurisdiction="630000",
    )
    assert first.pk == again.pk and Body.objects.count() == 1
    with pytest.raises(Conflict):
        act(
            "organization.body.register",
            actor=SETUP,
            idempotency_key="k1",
            name="乙厅",
            short_name="乙",
            alias="yi",
            jurisdiction="630000",
        )


def test_one_person_never_holds_two_administrators(province) -> None:
    person = act("organization.person.register", actor=SETUP, username="libo", name="李波", password="river-source-9")
    body = _body()
    act(
        "organization.appointment.make",
        person.pk,
        actor=SETUP,
        body=body.pk,
        capacity="auditor",
        since=date(2026, 1, 1),
    )
    with pytest.raises(Refused) as caught:
        act("organization.appointment.make", person.pk, actor=SETUP, body=body.pk, capacity="system_admin")
    assert caught.value.code == "administrators"
    assert Appointment.objects.count() == 1 and Person.objects.count() == 1


def test_a_body_that_fails_leaves_nothing(province) -> None:
    _body()
    events = Event.objects.exclude(type="kernel.act.refused").count()
    with pytest.raises(Conflict):
        _body()
    assert Event.objects.exclude(type="kernel.act.refused").count() == events and Body.objects.count() == 1


def test_a_hidden_control_character_is_named_and_nothing_reaches_the_database(province) -> None:
    with pytest.raises(Refused) as caught:
        _body(name="青海\x00省民政厅")
    assert caught.value.where == "name" and Body.objects.count() == 0
