"""Disputes: raised on a ground that holds, answered in time, decided by two persons of an authority that is no side."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.exchange import factories
from tests.portal.conftest import client_of

from jiangyuan.exchange.disputes import rules
from jiangyuan.exchange.disputes.models import Dispute
from jiangyuan.exchange.disputes.states import DISPUTE
from jiangyuan.kernel import clockwork
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Conflict, Forbidden, NotFound
from jiangyuan.kernel.models import Clock
from jiangyuan.portal.notices import handlers as notices
from jiangyuan.portal.notices.models import Notice


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    settings.STATIC_ROOT = None


@pytest.fixture
def way(db: None) -> factories.Road:
    return factories.road()


@pytest.fixture
def refused(way: factories.Road) -> Any:
    asked = factories.walk(factories.ask(way), way, to="provider_head")
    act(
        "sharing.request.refuse",
        asked.pk,
        actor=way.provider.sharing_head,
        reason="不属于职责所需",
        article="条例第十五条",
    )
    asked.refresh_from_db()
    return asked


def _raise(way: factories.Road, asked: Any, ground: str = "refusal", **who: Any) -> Dispute:
    return act(
        "disputes.dispute.raise",
        actor=who.get("actor", way.consumer.business_office),
        request=asked.pk,
        ground=ground,
        claim="救助核对是法定职责",
        wish="请同意共享",
    )


def _to(way: factories.Road, made: Dispute, state: str) -> Dispute:
    steps: tuple[tuple[str, str, Any, dict[str, Any]], ...] = (
        ("answered", "answer", way.provider.sharing_handler, {"answer": "维持原答复"}),
        ("authority_handler", "escalate", way.consumer.sharing_head, {"insisted": "职责依据明确"}),
        ("authority_head", "propose", factories.authority("authority_handler"), {"proposal": "建议支持SECRET"}),
        (
            "decided",
            "decide",
            factories.authority("authority_head"),
            {
                "outcome": "upheld",
                "decision": "应予共享",
                "article": "《政务数据共享条例》第二十一条",
                "carry_out_by": timezone.localdate() + timedelta(days=9),
            },
        ),
    )
    for reached, verb, actor, given in steps:
        act(f"disputes.dispute.{verb}", made.pk, actor=actor, **given)
        made.refresh_from_db()
        assert made.state == reached
        if reached == state:
            break
    return made


def test_the_whole_road_with_its_clocks(way, refused) -> None:
    made = _raise(way, refused)
    clock = clockwork.running(made)[0]
    assert (clock.limit, clock.body) == ("dispute.answer", way.provider.body.pk)
    _to(way, made, "authority_handler")
    assert [one.limit for one in clockwork.running(made)] == ["dispute.decide"]
    _to_decided = _decide(made)
    assert _to_decided.state == "decided" and not clockwork.running(made)
    act("disputes.dispute.refer", made.pk, actor=way.provider.sharing_head, reason="不接受裁决")
    act("disputes.dispute.record", made.pk, actor=factories.authority("authority_handler"), decision="维持")
    made.refresh_from_db()
    assert made.state == "closed" and made.government == "维持"


def _decide(made: Dispute) -> Dispute:
    act("disputes.dispute.propose", made.pk, actor=factories.authority("authority_handler"), proposal="支持")
    act(
        "disputes.dispute.decide",
        made.pk,
        actor=factories.authority("authority_head"),
        outcome="partly",
        decision="部分支持",
        article="《政务数据共享条例》第二十一条",
    )
    made.refresh_from_db()
    return made


def test_only_a_ground_that_holds(way, refused) -> None:
    for ground in ("completion", "late", "quality", "ended", "misuse"):
        with pytest.raises(rules.NoGround):
            _raise(way, refused, ground)
    _raise(way, refused)
    with pytest.raises(Conflict):
        _raise(way, refused)


def test_the_other_sides_grounds(way) -> None:
    grant = factories.grant(way)
    with pytest.raises(rules.NoGround):
        _raise(way, grant.request, "quality", actor=way.provider.sharing_handler)
    made = _raise(way, grant.request, "misuse", actor=way.provider.sharing_handler)
    assert (made.claimant_id, made.respondent_id, made.grant_id) == (
        way.provider.body.pk,
        way.consumer.body.pk,
        grant.pk,
    )
    assert _raise(way, grant.request, "quality").claimant_id == way.consumer.body.pk


def test_strangers_and_the_wrong_desks(way, refused) -> None:
    stranger = factories.desk()
    with pytest.raises(Forbidden):
        _raise(way, refused, actor=stranger.sharing_handler)
    made = _raise(way, refused)
    assert not Dispute.visible_to(stranger.sharing_head).exists()
    for actor, verb, given in (
        (way.consumer.sharing_head, "answer", {"answer": "x"}),
        (stranger.sharing_head, "answer", {"answer": "x"}),
        (way.provider.sharing_head, "withdraw", {"reason": "x"}),
    ):
        with pytest.raises((Forbidden, NotFound)):
            act(f"disputes.dispute.{verb}", made.pk, actor=actor, **given)


def test_the_authority_waits_until_the_other_side_had_its_time(way, refused) -> None:
    made = _raise(way, refused)
    with pytest.raises(Conflict, match="答复时限"):
        act("disputes.dispute.escalate", made.pk, actor=way.consumer.sharing_head, insisted="等不及")
    Clock.objects.filter(object_id=made.pk).update(
        due_on=timezone.localdate() - timedelta(days=1), status=Clock.OVERDUE
    )
    act("disputes.dispute.escalate", made.pk, actor=way.consumer.sharing_head, insisted="到期没有答复")
    made.refresh_from_db()
    assert made.state == "authority_handler"


def test_who_proposed_does_not_decide_and_a_side_never_does(way, refused) -> None:
    made = _to(way, _raise(way, refused), "authority_head")
    both = factories.authority("authority_head")
    Dispute.objects.filter(pk=made.pk).update(proposed_by=both.id)
    given = {"outcome": "upheld", "decision": "x", "article": "y"}
    with pytest.raises(Forbidden):
        act("disputes.dispute.decide", made.pk, actor=both, **given)
    Dispute.objects.filter(pk=made.pk).update(proposed_by=None, respondent=both.body)
    with pytest.raises(Forbidden):
        act("disputes.dispute.decide", made.pk, actor=factories.authority("authority_head"), **given)


def test_pages_and_desks(way, refused) -> None:
    office = client_of(way.consumer.business_office)
    page = office.get(f"/exchange/requests/{refused.pk}/").content.decode()
    assert f"/exchange/disputes/new/?request={refused.pk}" in page
    shown = office.get(f"/exchange/disputes/new/?request={refused.pk}").content.decode()
    assert "不同意共享的理由不成立" in shown and "超出授权的用途" not in shown
    sent = office.post(
        f"/exchange/disputes/new/?request={refused.pk}",
        {"ground": "refusal", "claim": "有依据", "wish": "请共享"},
        follow=True,
    )
    assert sent.status_code == 200
    made = Dispute.objects.get()
    answerer = client_of(way.provider.sharing_handler)
    assert f"/exchange/disputes/{made.pk}/" in answerer.get("/").content.decode(), "it lies on the other side's desk"
    assert answerer.post(f"/exchange/disputes/{made.pk}/answer/", {"answer": "维持"}).status_code == 303
    made.refresh_from_db()
    assert made.state == "answered"
    assert "不同意共享的理由不成立" in office.get(f"/exchange/requests/{refused.pk}/").content.decode()
    for url in ("/exchange/disputes/", f"/exchange/disputes/{made.pk}/", "/exchange/disputes/?state=answered&q=人口"):
        assert office.get(url).status_code == 200
    assert client_of(factories.desk().sharing_head).get(f"/exchange/disputes/{made.pk}/").status_code == 404


def test_the_proposal_stays_inside_the_authority(way, refused) -> None:
    made = _to(way, _raise(way, refused), "authority_head")
    for actor in (way.consumer.sharing_head, way.provider.sharing_head):
        browser = client_of(actor)
        for url in (
            f"/exchange/disputes/{made.pk}/",
            f"/trace/disputes.dispute/{made.pk}/",
            f"/api/v1/disputes/{made.pk}",
            "/api/v1/disputes",
        ):
            answer = browser.get(url)
            assert answer.status_code == 200 and "SECRET" not in answer.content.decode(), url
    inside = client_of(factories.authority("authority_head"))
    assert "SECRET" in inside.get(f"/exchange/disputes/{made.pk}/").content.decode()


def test_over_rest_and_refused_without_a_session(way, refused) -> None:
    assert Client().get("/api/v1/disputes").status_code == 401
    office = client_of(way.consumer.business_office)
    sent = {"request": str(refused.pk), "ground": "refusal", "claim": "有依据", "wish": "请共享"}
    made = office.post("/api/v1/disputes", sent, content_type="application/json")
    assert made.status_code == 201, made.content
    one = office.get(f"/api/v1/disputes/{made.json()['id']}").json()
    assert one["ground"] == "refusal" and one["state"] == "answering"


def test_the_next_desk_and_both_sides_are_told(way, refused) -> None:
    made = _raise(way, refused)
    for event in _events(made):
        notices.tell_the_desk(event)
    assert Notice.objects.filter(object_id=made.pk, person_id=way.provider.sharing_handler.id, rule="desk").exists()
    _to(way, made, "decided")
    for event in _events(made):
        if event.type == "disputes.dispute.decided":
            notices.tell_the_asker(event)
    told = set(Notice.objects.filter(object_id=made.pk, rule="answered").values_list("person_id", flat=True))
    assert {way.consumer.business_office.id, way.provider.sharing_head.id} <= told


def _events(made: Dispute) -> list[Any]:
    from jiangyuan.kernel.models import Event

    return list(Event.objects.filter(object_id=made.pk).order_by("at"))


@pytest.mark.parametrize("step", DISPUTE.transitions, ids=lambda step: f"{step.source}-{step.action}")
def test_each_step_lies_with_somebody(step) -> None:
    assert step.by and step.target in DISPUTE.states


def test_the_authority_is_that_of_both_or_the_nearest_above() -> None:
    assert rules.nearest_above(["630102", "630100", "630000"], ["630102", "630100", "630000"]) == "630102"
    assert rules.nearest_above(["630102", "630100", "630000"], ["630103", "630100", "630000"]) == "630100"
    assert rules.nearest_above(["630102", "630100", "630000"], ["632800", "630000"]) == "630000"
    assert rules.nearest_above(["630000"], ["640000"]) == "630000"
