"""The road of a request: every step by its own desk, every other step refused, and the clocks that run meanwhile."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.exchange import factories as make

from jiangyuan.exchange.sharing import agreement, jobs
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.exchange.sharing.states import GRANT, REQUEST
from jiangyuan.kernel import clockwork
from jiangyuan.kernel.actions import ACTIONS, act
from jiangyuan.kernel.actor import Scene
from jiangyuan.kernel.errors import Conflict, Forbidden, Refused
from jiangyuan.kernel.models import Clock, Event
from jiangyuan.kernel.workflow import WrongState

PARAMS: dict[str, dict[str, Any]] = {
    "sharing.request.edit": {"scope": "共同生活的家庭成员"},
    "sharing.request.return": {"reason": "依据不全"},
    "sharing.request.ask_completion": {"notice": "请补充授权书样式"},
    "sharing.request.propose": {"proposal": "建议同意"},
    "sharing.request.send_back": {"reason": "请核对范围"},
    "sharing.request.sign": {"opinion": "同意"},
    "sharing.request.withhold": {"reason": "请缩小范围"},
    "sharing.request.refuse": {"reason": "法律规定不予共享", "article": "《中华人民共和国统计法》第九条"},
    "sharing.grant.suspend": {"reason": "超范围使用"},
    "sharing.grant.resume": {"rectified": "已整改"},
    "sharing.grant.withdraw": {"reason": "目录调整，已协商"},
    "sharing.grant.give_up": {"reason": "业务已结束"},
    "sharing.grant.report_ready": {"epoch": 1},
}
REACHED: dict[str, list[str]] = {
    "draft": [],
    "own_head": ["submit"],
    "provider_handler": ["submit", "consent"],
    "incomplete": ["submit", "consent", "ask_completion"],
    "provider_head": ["submit", "consent", "propose"],
    "agreed": ["submit", "consent", "propose", "agree"],
    "refused": ["submit", "consent", "propose", "refuse"],
    "returned": ["submit", "return"],
    "cancelled": ["cancel"],
}
PROVIDER = {
    "ask_completion",
    "propose",
    "sign",
    "withhold",
    "agree",
    "refuse",
    "send_back",
    "suspend",
    "resume",
    "withdraw",
}


def _desk(way: make.Road, step: str, capacity: str) -> Any:
    if capacity == "service":
        return make.SHARING
    return getattr(way.provider if step in PROVIDER else way.consumer, capacity)


def _step(request: Request, way: make.Road, step: str) -> None:
    name = f"sharing.request.{step}"
    table = next(t for t in REQUEST.transitions if t.action == name)
    act(name, request.pk, actor=_desk(way, step, table.by[0]), **PARAMS.get(name, {}))
    request.refresh_from_db()


@pytest.fixture
def way(db) -> make.Road:
    return make.road()


@pytest.mark.parametrize("transition", REQUEST.transitions, ids=lambda t: f"{t.source}-{t.action.rsplit('.', 1)[-1]}")
def test_every_step_of_a_request_is_taken_by_its_desk_and_by_nobody_else(db, transition) -> None:
    way = make.road(share_type="unconditional" if "preauthorised" in transition.action else "conditional")
    signs = transition.action.rsplit(".", 1)[-1] in ("sign", "withhold")
    asked = make.ask(way, **({"forms": ["table"], "items": [{"column": "citizen_id"}]} if signs else {}))
    for step in REACHED[transition.source]:
        _step(asked, way, step)
    assert asked.state == transition.source
    step = transition.action.rsplit(".", 1)[-1]
    params = PARAMS.get(transition.action, {})
    right = _desk(way, step, transition.by[0])
    stranger = make.actor(make.body(), transition.by[0]) if right.kind == "person" else way.provider.sharing_head
    for wrong in (stranger, way.caller, way.provider.analyst):
        with pytest.raises(Forbidden):
            act(transition.action, asked.pk, actor=wrong, **params)
    before = Event.objects.filter(object_id=asked.pk, type=ACTIONS[transition.action].event).count()
    act(transition.action, asked.pk, actor=right, **params)
    asked.refresh_from_db()
    assert asked.state == transition.target
    after = Event.objects.filter(object_id=asked.pk, type=ACTIONS[transition.action].event).count()
    assert after == before + 1


@pytest.mark.parametrize("state", REACHED)
def test_no_step_is_taken_from_a_state_that_the_table_does_not_give_it(way, state) -> None:
    asked = make.ask(way)
    for step in REACHED[state]:
        _step(asked, way, step)
    possible = {t.action for t in REQUEST.transitions if t.source == state}
    for name in {t.action for t in REQUEST.transitions} - possible:
        with pytest.raises((WrongState, Forbidden)):
            step = name.rsplit(".", 1)[-1]
            by = next(t.by[0] for t in REQUEST.transitions if t.action == name)
            act(name, asked.pk, actor=_desk(way, step, by), **PARAMS.get(name, {}))
    asked.refresh_from_db()
    assert asked.state == state


GRANT_REACHED: dict[str, list[str]] = {
    "preparing": [],
    "active": ["report_ready"],
    "suspended": ["report_ready", "suspend"],
}


@pytest.mark.parametrize(
    "transition",
    [t for t in GRANT.transitions if t.action != "sharing.grant.supersede"],
    ids=lambda t: f"{t.source}-{t.action.rsplit('.', 1)[-1]}",
)
def test_every_step_of_a_grant_is_taken_by_its_desk_and_changes_what_is_in_force(way, transition) -> None:
    grant = make.grant(way, ready=False, until=make.in_days(0))
    epoch = 0
    for step in [*GRANT_REACHED[transition.source], transition.action.rsplit(".", 1)[-1]]:
        name = f"sharing.grant.{step}"
        by = next(t.by[0] for t in GRANT.transitions if t.action == name)
        scene = Scene(at=datetime(2099, 1, 1, tzinfo=UTC)) if step == "expire" else Scene()
        with pytest.raises(Forbidden):
            act(name, grant.pk, actor=make.actor(make.body(), "sharing_head"), scene=scene, **PARAMS.get(name, {}))
        epoch = grant.epoch
        act(name, grant.pk, actor=_desk(way, step, by), scene=scene, **PARAMS.get(name, {}))
        grant.refresh_from_db()
    assert grant.state == transition.target
    assert grant.active == (grant.state == "active")
    if grant.state in ("suspended", "withdrawn", "expired"):
        assert grant.epoch == epoch + 1


def test_the_reply_clock_of_a_conditional_entry_runs_over_the_spring_festival(way) -> None:
    at = datetime(2026, 2, 12, 2, tzinfo=UTC)
    asked = make.ask(way, until=date(2099, 12, 31))
    act("sharing.request.submit", asked.pk, actor=way.consumer.business_office)
    act("sharing.request.consent", asked.pk, actor=way.consumer.sharing_head, scene=Scene(at=at))
    clock = Clock.objects.get(object_id=asked.pk)
    assert (clock.limit, clock.due_on) == ("sharing.reply.conditional", date(2026, 3, 4))
    assert clock.body == way.provider.body.pk


def test_completion_is_asked_once_and_the_clock_stands_meanwhile(way) -> None:
    asked = make.ask(way, until=date(2099, 12, 31))
    office, handler = way.consumer.business_office, way.provider.sharing_handler
    act("sharing.request.submit", asked.pk, actor=office)

    def on(day: int) -> Scene:
        return Scene(at=datetime(2026, 3, day, 2, tzinfo=UTC))

    act("sharing.request.consent", asked.pk, actor=way.consumer.sharing_head, scene=on(2))
    act("sharing.request.ask_completion", asked.pk, actor=handler, scene=on(4), notice="请补充授权书样式")
    assert Clock.objects.get(object_id=asked.pk).status == Clock.PAUSED
    act("sharing.request.edit", asked.pk, actor=office, scope="申请人本人")
    act("sharing.request.complete", asked.pk, actor=office, scene=on(9))
    clock = Clock.objects.get(object_id=asked.pk)
    # one day used (3rd); nine left after the 9th
    assert (clock.status, clock.due_on) == (Clock.RUNNING, date(2026, 3, 20))
    with pytest.raises(Conflict) as caught:
        act("sharing.request.ask_completion", asked.pk, actor=handler, notice="再补一份")
    assert "二十一" in caught.value.article


def test_an_extension_is_approved_by_the_authority_of_the_same_level_and_the_consumer_is_told(way) -> None:
    asked = make.walk(make.ask(way), way, to="provider_handler")
    due = clockwork.running(asked)[0].due_on
    for wrong in (way.provider.sharing_head, make.authority("authority_handler")):
        with pytest.raises(Forbidden):
            act("sharing.request.extend_reply", asked.pk, actor=wrong, days=5, reason="数据量大")
    head = make.authority()
    act("sharing.request.extend_reply", asked.pk, actor=head, days=5, reason="数据量大")
    after = clockwork.running(asked)[0].due_on
    assert due and after and after > due
    event = Event.objects.get(object_id=asked.pk, type="sharing.request.reply_extended")
    assert event.payload["consumer"] == str(way.consumer.body.pk)
    with pytest.raises(Refused) as caught:
        act("sharing.request.extend_reply", asked.pk, actor=head, days=6, reason="数据量大")
    assert caught.value.code == "extension"


def test_an_unconditional_entry_is_answered_at_once_and_by_the_service(db) -> None:
    way = make.road(share_type="unconditional")
    asked = make.walk(make.ask(way), way, to="provider_handler")
    clock = Clock.objects.get(object_id=asked.pk)
    assert clock.limit == "sharing.reply.unconditional"
    jobs.reply(str(asked.pk))
    jobs.reply(str(asked.pk))  # a job may come twice
    asked.refresh_from_db()
    clock.refresh_from_db()
    assert (asked.state, clock.status) == ("agreed", Clock.MET)
    assert Grant.objects.filter(request=asked).count() == 1
    event = Event.objects.get(object_id=asked.pk, type="sharing.request.agreed")
    assert event.actor_kind == "service"


def test_the_service_never_replies_where_a_person_must(way) -> None:
    asked = make.walk(make.ask(way), way, to="provider_handler")
    with pytest.raises(Conflict):
        act("sharing.request.reply_preauthorised", asked.pk, actor=make.SHARING)
    jobs.reply(str(asked.pk))
    asked.refresh_from_db()
    assert asked.state == "provider_handler"


def test_a_refusal_needs_reason_and_article(way) -> None:
    asked = make.walk(make.ask(way), way, to="provider_head")
    attempts: list[dict[str, Any]] = [
        {"reason": "不便提供"},
        {"article": "第十五条"},
        {"reason": " ", "article": "第十五条"},
    ]
    for params in attempts:
        with pytest.raises(Refused):
            act("sharing.request.refuse", asked.pk, actor=way.provider.sharing_head, **params)
    assert not Event.objects.filter(type="sharing.request.refused").exists()


def test_agreement_makes_a_grant_with_texts_whose_digests_are_in_the_memory(way) -> None:
    grant = make.grant(way, ready=False)
    assert (grant.state, grant.epoch, grant.active) == ("preparing", 1, False)
    supply = clockwork.running(grant)[0]
    assert (supply.limit, supply.body) == ("sharing.supply", way.provider.body.pk)
    event = Event.objects.get(object_id=grant.request_id, type="sharing.request.agreed")
    assert event.payload["agreement"] == agreement.digest(grant.agreement)
    assert event.payload["commitment"] == agreement.digest(grant.commitment)
    for said in (
        way.consumer.body.name,
        way.provider.body.name,
        "姓名（name）：仅显示姓氏首字",
        "收入",
        way.entry.code,
    ):
        assert said in grant.agreement
    made = Event.objects.get(object_id=grant.pk, type="sharing.grant.made")
    assert made.payload["agreement"] == agreement.digest(grant.agreement)
    make.report_ready(grant)
    assert grant.active and not clockwork.running(grant)


def test_a_new_grant_for_the_same_system_data_and_purpose_replaces_the_old_one_when_it_is_ready(way) -> None:
    first = make.grant(way)
    second = make.grant(way, items=[{"column": "name"}, {"column": "income"}, {"column": "sex"}], ready=False)
    first.refresh_from_db()
    assert first.active
    make.report_ready(second)
    first.refresh_from_db()
    assert (first.state, first.active, first.epoch) == ("withdrawn", False, 2)
    other = make.grant(way, purpose="medical-aid")
    second.refresh_from_db()
    assert second.active and other.active


def test_a_report_about_an_epoch_that_is_over_changes_nothing(way) -> None:
    grant = make.grant(way)
    head = way.provider.sharing_head
    act("sharing.grant.suspend", grant.pk, actor=head, reason="超范围使用")
    act("sharing.grant.resume", grant.pk, actor=head, rectified="已整改")
    with pytest.raises(Conflict):
        act("sharing.grant.report_ready", grant.pk, actor=make.SHARING, epoch=1)
    grant.refresh_from_db()
    assert not grant.active


def test_only_grants_whose_last_day_is_over_are_closed(way) -> None:
    today = make.grant(way, until=make.in_days(0))
    assert jobs.expire_due() == 0
    Grant.objects.filter(pk=today.pk).update(until=make.in_days(-1))
    assert jobs.expire_due() == 1
    assert jobs.expire_due() == 0
    today.refresh_from_db()
    assert today.state == "expired"


def test_an_entry_with_live_grants_is_not_withdrawn(way) -> None:
    grant = make.grant(way)
    with pytest.raises(Conflict):
        act("catalog.entry.withdraw", way.entry.pk, actor=way.provider.department_head, reason="不再产生")
    act("sharing.grant.give_up", grant.pk, actor=way.consumer.business_office, reason="业务已结束")
    act("catalog.entry.withdraw", way.entry.pk, actor=way.provider.department_head, reason="不再产生")


def test_people_see_what_concerns_them(way) -> None:
    asked = make.ask(way)
    assert Request.visible_to(way.consumer.business_office).filter(pk=asked.pk).exists()
    assert not Request.visible_to(way.provider.sharing_handler).filter(pk=asked.pk).exists()
    make.walk(asked, way)
    grant = Grant.objects.get(request=asked)
    assert Request.visible_to(way.provider.sharing_handler).filter(pk=asked.pk).exists()
    stranger = make.actor(make.body(), "sharing_head")
    assert not Request.visible_to(stranger).exists() and not Grant.visible_to(stranger).exists()
    assert set(Grant.visible_to(way.caller)) == {grant}
    assert not Grant.visible_to(make.system_actor(make.system(way.consumer.body))).exists()
