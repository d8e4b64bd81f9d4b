"""Attacks on grants: whoever is not the holder, not in the case, not in time, or not whom he says, gets nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from tests.exchange import factories as make

from jiangyuan.data.plan import Plan, PlanRefused, authorize, still_granted
from jiangyuan.exchange.sharing import queries
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.kernel import vault
from jiangyuan.kernel.actions import StaleVersion, act
from jiangyuan.kernel.actor import Actor, Scene, service_actor
from jiangyuan.kernel.errors import Broken, Conflict, Forbidden, Refused
from jiangyuan.kernel.models import Event
from jiangyuan.organization.queries import actor_for, system_actor

pytestmark = [pytest.mark.attack]
KEEP_LAST = {"kind": "keep", "first": 0, "last": 4}


@pytest.fixture
def way(db) -> make.Road:
    return make.road()


@pytest.fixture
def grant(way) -> Grant:
    return make.grant(way, forms=["query", "match"])


def _read(grant: Grant, actor: Actor, *, form: str = "query", scene: Scene | None = None, name: Any = None) -> Plan:
    return authorize([name or grant.mount_id], actor=actor, scene=scene or make.reading(grant), form=form)


def test_another_system_gets_nothing_and_learns_nothing(way, grant) -> None:
    _read(grant, way.caller)
    for other in (make.system(way.consumer.body), make.system(way.provider.body), make.system(make.body())):
        for name in (grant.mount_id, grant.entry_id, grant.pk):
            nothing = uuid4()
            told = []
            for asked in (name, nothing):
                with pytest.raises(PlanRefused) as caught:
                    _read(grant, system_actor(other), name=asked)
                told.append(str(caught.value.as_dict()).replace(str(asked), "…"))
            assert told[0] == told[1]  # what exists and what does not are told in the same words


def test_the_id_of_a_grant_is_no_key(way, grant) -> None:
    for actor in (system_actor(make.system(way.consumer.body)), way.provider.sharing_head, service_actor("quality")):
        with pytest.raises(PlanRefused):
            _read(grant, actor, name=grant.pk)


def test_only_delivery_among_services_uses_a_grant_and_only_for_the_form_it_names(way, grant) -> None:
    delivery = service_actor("delivery")
    with pytest.raises(PlanRefused):
        _read(grant, delivery, form="table", name=grant.pk)
    table = make.grant(way, forms=["table"], purpose="land-check")
    assert _read(table, delivery, form="table", name=table.pk).grants == ((table.pk, 1),)
    for form, name in (("query", table.pk), ("table", table.mount_id), ("table", table.entry_id)):
        with pytest.raises(PlanRefused):
            _read(table, delivery, form=form, name=name)
    impostor = replace(delivery, id=uuid4())
    with pytest.raises(PlanRefused):
        _read(table, impostor, form="table", name=table.pk)


@pytest.mark.parametrize(
    "change", [{"purpose": "medical-aid"}, {"purpose": ""}, {"purpose": "SOCIAL-AID"}, {"purpose": "social-aid "}]
)
def test_another_purpose_gets_nothing(way, grant, change) -> None:
    with pytest.raises(PlanRefused):
        _read(grant, way.caller, scene=replace(make.reading(grant), **change))


@pytest.mark.parametrize("form", ["table", "file"])
def test_a_form_that_was_not_granted_is_refused(way, grant, form) -> None:
    with pytest.raises(PlanRefused):
        _read(grant, way.caller, form=form)


def test_staff_may_query_and_nothing_else_and_only_their_own_bodys_grants(way, grant) -> None:
    assert _read(grant, way.consumer.analyst)
    for actor, form in (
        (way.consumer.analyst, "match"),
        (way.consumer.business_office, "query"),
        (way.consumer.sharing_head, "query"),
        (way.provider.analyst, "query"),
        (make.actor(make.body(), "analyst"), "query"),
        (replace(way.consumer.analyst, body=None), "query"),
    ):
        with pytest.raises(PlanRefused):
            _read(grant, actor, form=form)


def test_without_an_open_case_of_ones_own_a_case_bound_grant_gives_nothing(way) -> None:
    bound = make.grant(way, forms=["match", "query"], case_bound=True)
    case = make.case(way.system, ["11010519491231002X"])
    elsewhere = make.case(make.system(way.consumer.body), ["11010519491231002X"])
    good = make.reading(bound, case_number=case.number)
    assert _read(bound, way.caller, form="match", scene=good)
    for number in ("", "JZ-0", elsewhere.number, case.number + " ", f"{case.number}' or '1'='1"):
        with pytest.raises(PlanRefused):
            _read(bound, way.caller, form="match", scene=make.reading(bound, case_number=number))
    with pytest.raises(PlanRefused):  # SQL could ask about anybody
        authorize(f"select name from {bound.mount.alias}", actor=way.caller, scene=good)
    act("sharing.case.close", case.pk, actor=way.caller)
    with pytest.raises(PlanRefused):
        _read(bound, way.caller, form="match", scene=good)


def test_a_person_outside_the_list_is_refused_in_the_same_words_as_a_case_that_is_none(way) -> None:
    case = make.case(way.system, ["11010519491231002X"])
    with pytest.raises(queries.NotListed) as stranger:
        queries.require_listed(case, vault.pseudonym("110105194912310038"))
    with pytest.raises(queries.NotListed) as nothing:
        queries.open_case(system=way.system.pk, number="JZ-0", purpose=make.PURPOSE)
    assert stranger.value.as_dict() == nothing.value.as_dict()


def test_after_its_term_a_grant_gives_nothing_whatever_the_caller_says_of_the_time(way, grant) -> None:
    after = timezone.now() + timedelta(days=31)
    with pytest.raises(PlanRefused):
        _read(grant, way.caller, scene=make.reading(grant, at=after))
    Grant.objects.filter(pk=grant.pk).update(until=make.in_days(-1))
    for at in (None, timezone.now() - timedelta(days=2)):
        with pytest.raises(PlanRefused):
            _read(grant, way.caller, scene=make.reading(grant, at=at))


def test_after_withdrawal_the_very_next_call_and_the_next_chunk_are_refused(way, grant) -> None:
    plan = _read(grant, way.caller)
    act("sharing.grant.withdraw", grant.pk, actor=way.provider.sharing_head, reason="已协商终止")
    with pytest.raises(PlanRefused):
        still_granted(plan)
    for name in (grant.pk, grant.mount_id, grant.entry_id):
        with pytest.raises(PlanRefused):
            _read(grant, way.caller, name=name)


def test_a_plan_changed_after_it_was_made_is_not_taken(way, grant) -> None:
    plan = _read(grant, way.caller)
    wider = replace(plan.relations[0], condition=None, until=make.in_days(4000))
    with pytest.raises(Broken):
        still_granted(replace(plan, relations=(wider,)))


def test_two_grants_do_not_undo_a_mask_neither_by_system_nor_purpose_nor_suspension(way) -> None:
    first = make.grant(way, items=[{"column": "citizen_id"}])
    another = make.system(way.consumer.body)
    for state in ("active", "suspended"):
        Grant.objects.filter(pk=first.pk).update(state=state)
        with pytest.raises(Refused) as caught:
            make.ask(way, system=another.pk, purpose="other-aid", items=[{"column": "citizen_id", "mask": KEEP_LAST}])
        assert caught.value.code.startswith("data.mask")


def test_two_grants_do_not_undo_a_mask_by_two_entries_on_one_table(way) -> None:
    make.grant(way, items=[{"column": "citizen_id"}])
    again = make.entry(way.provider, kept=way.mount.table)
    mount = make.mount(again)
    with pytest.raises(Refused) as caught:
        make.ask(way, entry=again.pk, mount=mount.pk, items=[{"column": "citizen_id", "mask": KEEP_LAST}])
    assert caught.value.code.startswith("data.mask")


def test_a_suspended_grant_does_not_come_back_beside_one_that_undoes_its_masks(way) -> None:
    first = make.grant(way, items=[{"column": "citizen_id"}])
    head = way.provider.sharing_head
    act("sharing.grant.suspend", first.pk, actor=head, reason="超范围使用")
    Grant.objects.filter(pk=first.pk).update(state="withdrawn")  # as if it had been ended meanwhile
    make.grant(way, items=[{"column": "citizen_id", "mask": KEEP_LAST}], purpose="other-aid")
    Grant.objects.filter(pk=first.pk).update(state="suspended")
    with pytest.raises(Refused):
        act("sharing.grant.resume", first.pk, actor=head, rectified="已整改")


def _person_in(*desks: tuple[Any, str]) -> list[Actor]:
    who = make.person()
    return [make.actor(body, capacity, who=who) for body, capacity in desks]


def test_nobody_approves_his_own_in_any_capacity_of_any_body(way) -> None:
    office, own_head, provider_head = _person_in(
        (way.consumer.body, "business_office"), (way.consumer.body, "sharing_head"), (way.provider.body, "sharing_head")
    )
    office = actor_for_fresh(office)
    asked = act("sharing.request.open", actor=office, **_fields(way))
    act("sharing.request.submit", asked.pk, actor=office)
    mine: list[tuple[str, dict[str, Any]]] = [("consent", {}), ("return", {"reason": "退"})]
    for name, params in mine:
        with pytest.raises(Forbidden) as caught:
            act(f"sharing.request.{name}", asked.pk, actor=own_head, **params)
        assert caught.value.code == "own"
    act("sharing.request.consent", asked.pk, actor=way.consumer.sharing_head)
    act("sharing.request.propose", asked.pk, actor=way.provider.sharing_handler, proposal="同意")
    decisions: list[tuple[str, dict[str, Any]]] = [
        ("agree", {}),
        ("refuse", {"reason": "无", "article": "第十五条"}),
        ("send_back", {"reason": "重办"}),
    ]
    for name, params in decisions:
        with pytest.raises(Forbidden) as caught:
            act(f"sharing.request.{name}", asked.pk, actor=provider_head, **params)
        assert caught.value.code == "own"
    assert not Grant.objects.exists()


def actor_for_fresh(actor: Actor) -> Actor:
    """Give the same actor as he is now, with every capacity that he has been appointed to since."""
    from jiangyuan.organization.models import Person

    person = Person.objects.get(pk=actor.id)
    held = person.current_appointments().get(capacity=actor.capacity, body_id=actor.body)
    return actor_for(person, held)


def _fields(way: make.Road) -> dict[str, Any]:
    return {
        "system": way.system.pk,
        "entry": way.entry.pk,
        "mount": way.mount.pk,
        "items": [{"column": "name"}],
        "forms": ["query"],
        "basis": "依据",
        "purpose": make.PURPOSE,
        "scenario": "场景",
        "until": make.in_days(5),
    }


def test_a_proposal_is_not_decided_by_who_made_it(way) -> None:
    handler, head = _person_in((way.provider.body, "sharing_handler"), (way.provider.body, "sharing_head"))
    asked = make.walk(make.ask(way), way, to="provider_handler")
    act("sharing.request.propose", asked.pk, actor=handler, proposal="同意")
    with pytest.raises(Forbidden):
        act("sharing.request.agree", asked.pk, actor=head)


def test_a_contractor_or_an_administrator_of_two_kinds_decides_nothing(way) -> None:
    asked = make.walk(make.ask(way), way, to="provider_head")
    for wrong in (
        make.actor(way.provider.body, "contractor"),
        replace(
            way.provider.sharing_head, id=uuid4(), capacities=frozenset({"auditor", "system_admin", "sharing_head"})
        ),
    ):
        with pytest.raises(Forbidden):
            act("sharing.request.agree", asked.pk, actor=wrong)


def test_a_form_posted_twice_and_a_form_changed_under_the_same_number(way) -> None:
    asked = make.walk(make.ask(way), way, to="provider_head")
    head = way.provider.sharing_head
    first = act("sharing.request.agree", asked.pk, actor=head, idempotency_key="form-7")
    again = act("sharing.request.agree", asked.pk, actor=head, idempotency_key="form-7")
    assert first.pk == again.pk and Grant.objects.count() == 1
    with pytest.raises(Conflict):
        act("sharing.request.agree", asked.pk, actor=head, idempotency_key="form-7", probes_per_minute=60_000)
    with pytest.raises(Conflict):
        act("sharing.request.agree", asked.pk, actor=head)


def test_a_stale_page_decides_nothing(way) -> None:
    asked = make.walk(make.ask(way), way, to="provider_head")
    seen = asked.version
    act("sharing.request.send_back", asked.pk, actor=way.provider.sharing_head, reason="请核对")
    act("sharing.request.propose", asked.pk, actor=way.provider.sharing_handler, proposal="缩小范围后同意")
    with pytest.raises(StaleVersion):
        act("sharing.request.agree", asked.pk, actor=way.provider.sharing_head, expected_version=seen)
    assert not Grant.objects.exists()


def test_what_the_service_does_nobody_else_does(way, grant) -> None:
    asked = make.walk(make.ask(way), way, to="provider_handler")
    pending = make.grant(way, purpose="other-aid", ready=False)
    steps: list[tuple[str, UUID, dict[str, Any]]] = [
        ("sharing.request.reply_preauthorised", asked.pk, {}),
        ("sharing.grant.report_ready", pending.pk, {"epoch": 1}),
        ("sharing.grant.supersede", grant.pk, {"by": grant.pk}),
        ("sharing.grant.report_concerns", grant.pk, {"concerns": [], "entry_version": 1}),
    ]
    for actor in (way.caller, way.consumer.sharing_head, way.provider.sharing_head, service_actor("delivery")):
        for name, target, params in steps:
            with pytest.raises(Forbidden):
                act(name, target, actor=actor, **params)


def test_refused_attempts_are_remembered(way, grant) -> None:
    with pytest.raises(Forbidden):
        act("sharing.grant.withdraw", grant.pk, actor=way.consumer.sharing_head, reason="试探")
    event = Event.objects.get(type="kernel.act.refused")
    assert event.object_id == grant.pk and event.payload["action"] == "sharing.grant.withdraw"


def test_a_request_cannot_be_opened_for_a_system_of_another_body(way) -> None:
    theirs = make.system(make.body())
    with pytest.raises(Forbidden):
        make.ask(way, system=theirs.pk)
    with pytest.raises(Forbidden):
        make.ask(way, system=uuid4())
    assert not Request.objects.exists()
