"""The one place where a grant is checked: it answers exactly what live grants say, and nothing beyond."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.exchange import factories as make

from jiangyuan.data.plan import PlanRefused, authorize, still_granted
from jiangyuan.exchange.sharing import queries, rules
from jiangyuan.exchange.sharing.models import Case, Grant, Request
from jiangyuan.exchange.sharing.resolver import resolve
from jiangyuan.exchange.sharing.states import GRANT
from jiangyuan.kernel import vault
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Actor, Scene, service_actor
from jiangyuan.kernel.errors import Refused
from jiangyuan.organization.models import ApplicationSystem
from jiangyuan.organization.queries import system_actor
from jiangyuan.resources.ingestion.models import Mount

PURPOSES = ("social-aid", "medical-aid")
FORMS = ("match", "query", "table")
ITEMS = [
    {"column": "name", "name": "姓名", "type": "text", "meaning": "name", "grade": 2, "mask": {"kind": "name"}},
    {
        "column": "income",
        "name": "收入",
        "type": "numeric(12,2)",
        "meaning": "income",
        "grade": 3,
        "mask": {"kind": "none"},
    },
    {"column": "sex", "name": "性别", "type": "character(1)", "meaning": "sex", "grade": 2, "mask": {"kind": "none"}},
]
CONDITION = {"op": "=", "column": "sex", "type": "character(1)", "value": "2"}


@dataclass
class World:
    """Two consumers, three systems, two mounts of one provider, and cases of the first system."""

    systems: list[ApplicationSystem]
    mounts: list[Mount]
    actors: list[Actor]
    cases: list[str]


@pytest.fixture
def world(db) -> World:
    first = make.road()
    second = make.road()
    third = make.system(first.consumer.body)
    systems = [first.system, second.system, third]
    make.case(first.system, ["11010519491231002X"], number="open-1")
    make.case(first.system, ["11010519491231002X"], number="other-purpose", purpose="medical-aid")
    closed = make.case(first.system, ["11010519491231002X"], number="closed-1")
    act("sharing.case.close", closed.pk, actor=system_actor(first.system))
    make.case(second.system, ["11010519491231002X"], number="of-another")
    people = first.consumer
    actors = [
        *(system_actor(s) for s in systems),
        people.analyst,
        people.sharing_handler,
        people.sharing_head,
        second.consumer.analyst,
        first.provider.analyst,
        *(service_actor(n) for n in ("delivery", "sharing", "search")),
        Actor(kind="person", id=uuid4(), name="公众", capacity="analyst"),
        Actor(kind="node", id=first.system.pk, name="他节点"),
    ]
    return World(
        systems, [first.mount, second.mount], actors, ["", "open-1", "closed-1", "of-another", "other-purpose"]
    )


grants = st.lists(
    st.fixed_dictionaries(
        {
            "system": st.sampled_from([0, 0, 0, 1, 2]),
            "mount": st.integers(0, 1),
            "items": st.lists(st.sampled_from(ITEMS), min_size=1, unique_by=lambda item: item["column"]),
            "forms": st.lists(st.sampled_from(FORMS), min_size=1, unique=True),
            "purpose": st.sampled_from(PURPOSES),
            "days": st.sampled_from([0, 1, 1, -1]),
            "state": st.sampled_from([*["active"] * 15, *GRANT.states]),
            "active": st.sampled_from([*[True] * 7, False]),
            "epoch": st.integers(1, 3),
            "case_bound": st.booleans(),
            "condition": st.sampled_from([None, CONDITION]),
        }
    ),
    min_size=1,
    max_size=5,
)
questions = st.lists(
    st.fixed_dictionaries(
        {
            "actor": st.sampled_from([*[0] * 8, *[3, 4, 8] * 2, *range(13)]),
            "purpose": st.sampled_from([*PURPOSES * 3, ""]),
            "case": st.sampled_from([1, 1, 1, *range(5)]),
            "names": st.lists(st.integers(0, 12), min_size=1, max_size=4, unique=True),
            "form": st.sampled_from([*FORMS, "file"]),
            "at": st.sampled_from([None, None, timedelta(days=1), timedelta(days=-400)]),
        }
    ),
    min_size=15,
    max_size=25,
)


def _make(world: World, facts: dict[str, Any]) -> Grant:
    mount, system = world.mounts[facts["mount"]], world.systems[facts["system"]]
    shared: dict[str, Any] = {
        "consumer_id": system.body_id,
        "provider_id": mount.entry.body_id,
        "entry_id": mount.entry_id,
        "mount": mount,
        "system": system,
        "purpose": facts["purpose"],
        "items": facts["items"],
        "forms": facts["forms"],
        "condition": facts["condition"],
        "case_bound": facts["case_bound"],
        "until": make.in_days(facts["days"]),
    }
    request = Request.objects.create(state="agreed", **shared)
    own = {key: facts[key] for key in ("state", "active", "epoch")}
    return Grant.objects.create(request=request, **shared, **own)


def _allowed(grant: Grant, actor: Actor, scene: Scene, names: list[Any], form: str) -> bool:
    """Say in plain words what the law and the agreement allow: the oracle, written without a query."""
    called = {grant.pk, grant.mount_id, grant.entry_id, grant.mount.alias} & set(names)
    last = timezone.localdate(max(scene.at or timezone.now(), timezone.now()))
    if grant.state != "active" or not grant.active or grant.until < last:
        return False
    if form not in grant.forms or not scene.purpose or grant.purpose != scene.purpose or not called:
        return False
    if actor.kind == "system":
        who = actor.id == grant.system_id
    elif actor.kind == "person":
        who = actor.body == grant.consumer_id and actor.capacity in ("analyst", "sharing_handler") and form == "query"
    else:
        who = actor.kind == "service" and actor.name == "delivery" and form == "table" and grant.pk in names
    if not who:
        return False
    if not grant.case_bound:
        return True
    case = Case.objects.filter(system_id=grant.system_id, number=scene.case_number).first()
    return (
        case is not None
        and case.closed_at is None
        and case.purpose == grant.purpose
        and all(isinstance(n, UUID) for n in names)
    )


def test_random_grants_answer_random_questions_exactly(world) -> None:
    asked = held = 0

    @settings(
        max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(grants, questions)
    def run(made: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
        nonlocal asked, held
        with transaction.atomic():
            kept = [_make(world, facts) for facts in made]
            places = [*(m.alias for m in world.mounts), *(m.pk for m in world.mounts)]
            places += [*(m.entry_id for m in world.mounts), *(g.pk for g in kept), uuid4(), "nobody.knows"]
            for question in wanted:
                actor = world.actors[question["actor"]]
                names = [places[i % len(places)] for i in question["names"]]
                at = timezone.now() + question["at"] if question["at"] else None
                scene = Scene(purpose=question["purpose"], case_number=world.cases[question["case"]], at=at)
                answer = {r.grant: r for r in resolve(actor, scene, names, question["form"])}
                should = {g.pk for g in kept if _allowed(g, actor, scene, names, question["form"])}
                assert set(answer) == should
                asked, held = asked + 1, held + len(answer)
                for grant in kept:
                    if grant.pk in answer:
                        _is_what_was_granted(answer[grant.pk], grant)
            transaction.set_rollback(True)

    run()
    assert asked > 400 and held > 50  # the questions are not all idle


def _is_what_was_granted(relation: Any, grant: Grant) -> None:
    assert [c.name for c in relation.columns] == [item["column"] for item in grant.items]
    assert [rules.mask_form(c.mask) for c in relation.columns] == [item["mask"] for item in grant.items]
    assert relation.forms == frozenset(grant.forms) and relation.until == grant.until
    assert (relation.epoch, relation.resource, relation.entry) == (grant.epoch, grant.mount_id, grant.entry_id)
    assert (relation.condition.to_json() if relation.condition else None) == grant.condition
    assert relation.location.table == grant.mount.store_table


def test_a_physical_mount_is_read_in_the_store_and_a_logical_one_at_its_source(db) -> None:
    physical = make.grant()
    logical = make.grant(make.road(mode="logical"))
    for grant, kind in ((physical, "serving"), (logical, "source")):
        plan = authorize([grant.pk], actor=system_actor(grant.system), scene=make.reading(grant))
        place = plan.relations[0].location
        assert place.kind == kind
        if kind == "source":
            assert (place.schema, place.table, place.connection.password) == ("public", "people", "river-source-9")
            assert "river-source-9" not in repr(plan)


def test_sql_is_authorized_over_the_granted_columns_only(db) -> None:
    grant = make.grant()
    caller, scene, alias = system_actor(grant.system), make.reading(grant), grant.mount.alias
    plan = authorize(f"select name, income from {alias}", actor=caller, scene=scene)
    assert plan.grants == ((grant.pk, 1),) and set(plan.columns_of(alias)) == {"income", "name"}
    with pytest.raises(Refused):
        authorize(f"select phone from {alias}", actor=caller, scene=scene)


@pytest.mark.parametrize("name", ["sharing.grant.withdraw", "sharing.grant.suspend"])
def test_withdrawal_refuses_the_very_next_authorize_and_stops_a_plan_in_hand(db, name) -> None:
    way = make.road()
    grant = make.grant(way)
    caller, scene = way.caller, make.reading(grant)
    plan = authorize([grant.mount_id], actor=caller, scene=scene)
    still_granted(plan)
    act(name, grant.pk, actor=way.provider.sharing_head, reason="超范围使用")
    with pytest.raises(PlanRefused):
        authorize([grant.mount_id], actor=caller, scene=scene)
    with pytest.raises(PlanRefused):
        still_granted(plan)


def test_a_grant_resumed_has_another_epoch_so_an_old_plan_stays_dead(db) -> None:
    way = make.road()
    grant = make.grant(way)
    plan = authorize([grant.pk], actor=way.caller, scene=make.reading(grant))
    head = way.provider.sharing_head
    act("sharing.grant.suspend", grant.pk, actor=head, reason="超范围使用")
    act("sharing.grant.resume", grant.pk, actor=head, rectified="已整改")
    grant.refresh_from_db()
    make.report_ready(grant)
    with pytest.raises(PlanRefused):
        still_granted(plan)
    assert authorize([grant.pk], actor=way.caller, scene=make.reading(grant)).grants == ((grant.pk, 2),)


def test_the_term_ends_with_its_last_day_in_shanghai(db) -> None:
    way = make.road()
    last = make.in_days(3)
    grant = make.grant(way, until=last)
    ends = datetime(last.year, last.month, last.day, 15, 59, 59, tzinfo=UTC)  # 23:59:59 in Shanghai
    authorize([grant.pk], actor=way.caller, scene=make.reading(grant, at=ends))
    with pytest.raises(PlanRefused):
        authorize([grant.pk], actor=way.caller, scene=make.reading(grant, at=ends + timedelta(seconds=1)))


def test_what_is_out_of_use_takes_its_grants_with_it(db) -> None:
    way = make.road()
    grant = make.grant(way)
    question = {"actor": way.caller, "scene": make.reading(grant)}
    authorize([grant.pk], **question)
    for change, back in (
        ({"mount": {"state": "broken"}}, {"mount": {"state": "active"}}),
        ({"system": {"active": False}}, {"system": {"active": True}}),
        ({"entry": {"live_version": 0}}, {"entry": {"live_version": 1}}),
    ):
        for values, open_ in ((change, False), (back, True)):
            for name, fields in values.items():
                thing = getattr(grant, name)
                type(thing).objects.filter(pk=thing.pk).update(**fields)
            assert bool(resolve(way.caller, make.reading(grant), [grant.pk], "query")) is open_


def test_only_listed_persons_of_an_open_case_pass(db) -> None:
    way = make.road()
    listed, stranger = "11010519491231002X", "110105194912310038"
    case = make.case(way.system, [listed])
    found = queries.open_case(system=way.system.pk, number=case.number, purpose=make.PURPOSE)
    queries.require_listed(found, vault.pseudonym(listed.lower()))
    with pytest.raises(queries.NotListed):
        queries.require_listed(found, vault.pseudonym(stranger))
    for wrong in (
        {"number": ""},
        {"number": "nothing"},
        {"purpose": "medical-aid"},
        {"system": make.system(way.consumer.body).pk},
    ):
        with pytest.raises(queries.NotListed):
            queries.open_case(**{"system": way.system.pk, "number": case.number, "purpose": make.PURPOSE, **wrong})
    Case.objects.filter(pk=case.pk).update(open_until=make.in_days(-1))
    with pytest.raises(queries.NotListed):
        queries.open_case(system=way.system.pk, number=case.number, purpose=make.PURPOSE)
