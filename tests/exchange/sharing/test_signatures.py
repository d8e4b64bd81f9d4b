"""Added signatures: none is skipped, given twice, given by the wrong hand, or kept when what was signed has changed."""

from __future__ import annotations

from typing import Any

import pytest
from tests.exchange import factories as make
from tests.office import client_of

from jiangyuan.exchange.sharing import documents, handlers, jobs, signatures
from jiangyuan.exchange.sharing.models import Grant, Request, Signature
from jiangyuan.exchange.sharing.review_pages import waiting
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Conflict, Forbidden, Refused
from jiangyuan.kernel.models import Event
from jiangyuan.organization.models import Jurisdiction
from jiangyuan.portal.home.queries import on_my_desk
from jiangyuan.portal.notices.audience import on_desk

SIGN, AGREE = "sharing.request.sign", "sharing.request.agree"
WIDE: dict[str, Any] = {"forms": ["table"], "items": [{"column": "citizen_id"}, {"column": "name"}]}


@pytest.fixture
def way(db) -> make.Road:
    return make.road()


def _proposed(way: make.Road, **changes: Any) -> Request:
    return make.walk(make.ask(way, **{**WIDE, **changes}), way, to="provider_head")


def _highest(way: make.Road) -> Request:
    """A batch of the highest grade: the department's head signs, then the authority."""
    return _proposed(way, items=[{"column": "diagnosis", "mask": {"kind": "redact"}}])


@pytest.fixture
def highest(db) -> make.Road:
    return make.road(items=[{"column": "diagnosis", "name": "疾病诊断", "grade": 4}])


def _code(caught: Any) -> str:
    return caught.value.code


def test_a_reply_before_the_signatures_is_refused_and_names_who_is_missing(highest) -> None:
    asked = _highest(highest)
    assert asked.awaits == ["department_head", "authority"]
    with pytest.raises(signatures.SignaturesMissing) as caught:
        act(AGREE, asked.pk, actor=highest.provider.sharing_head)
    assert "提供方部门负责人" in str(caught.value.message) and "共享主管部门" in str(caught.value.message)
    assert caught.value.mend and not Grant.objects.exists()
    act(SIGN, asked.pk, actor=highest.provider.department_head, opinion="同意")
    with pytest.raises(signatures.SignaturesMissing) as caught:
        act(AGREE, asked.pk, actor=highest.provider.sharing_head)
    assert "提供方部门负责人" not in str(caught.value.message)
    act(SIGN, asked.pk, actor=make.authority(), opinion="同意，限期使用")
    act(AGREE, asked.pk, actor=highest.provider.sharing_head)
    signed = Event.objects.filter(object_id=asked.pk, type="sharing.request.signed").order_by("at")
    assert [event.payload["signatory"] for event in signed] == ["department_head", "authority"]
    agreed = Event.objects.get(object_id=asked.pk, type="sharing.request.agreed")
    assert len(agreed.payload["signatures"]) == 2
    asked.refresh_from_db()
    assert "同意，限期使用" in repr(documents.approval_sheet(asked, by="打印人").sheet)


def test_verification_and_low_grades_ask_for_nobody_and_cannot_be_signed(way) -> None:
    for changes in ({"forms": ["match"], "case_bound": True}, {"items": [{"column": "division"}]}):
        asked = _proposed(way, **changes)
        assert asked.awaits == []
        with pytest.raises(Conflict):
            act(SIGN, asked.pk, actor=way.provider.department_head, opinion="同意")
        act(AGREE, asked.pk, actor=way.provider.sharing_head)


def test_the_service_does_not_reply_beforehand_where_somebody_has_to_sign(db) -> None:
    way = make.road(share_type="unconditional")
    asked = make.ask(way, **WIDE)
    act("sharing.request.submit", asked.pk, actor=way.consumer.business_office)
    act("sharing.request.consent", asked.pk, actor=way.consumer.sharing_head)
    jobs.reply(str(asked.pk))
    asked.refresh_from_db()
    assert asked.state == "provider_handler" and not Grant.objects.exists()


def test_the_order_is_kept_and_nobody_signs_twice_or_for_another(highest) -> None:
    asked = _highest(highest)
    authority, chief = make.authority(), highest.provider.department_head
    with pytest.raises(Conflict) as caught:
        act(SIGN, asked.pk, actor=authority, opinion="同意")
    assert _code(caught) == "sharing.signing_order"
    strangers = (make.actor(make.body(), "department_head"), highest.consumer.department_head, highest.caller)
    for wrong in (*strangers, highest.provider.sharing_head, make.authority("authority_handler")):
        with pytest.raises(Forbidden):
            act(SIGN, asked.pk, actor=wrong, opinion="同意")
    act(SIGN, asked.pk, actor=chief, opinion="同意")
    for again in (chief, make.actor(highest.provider.body, "department_head")):
        with pytest.raises(Conflict) as caught:
            act(SIGN, asked.pk, actor=again, opinion="同意")
        assert _code(caught) == "sharing.signed_already"
    assert Signature.objects.filter(request=asked).count() == 1


def test_one_person_in_several_capacities_gives_one_hand_only(highest) -> None:
    one = make.person()
    chief = make.actor(highest.provider.body, "department_head", who=one)
    head = make.actor(highest.provider.body, "sharing_head", who=one)
    authority = make.actor(_bureau(), "authority_head", who=one)
    asked = _highest(highest)
    act(SIGN, asked.pk, actor=chief, opinion="同意")
    with pytest.raises(Refused) as caught:
        act(SIGN, asked.pk, actor=authority, opinion="同意")
    assert _code(caught) == "sharing.same_signer"
    act(SIGN, asked.pk, actor=make.authority(), opinion="同意")
    with pytest.raises(Refused) as caught:
        act(AGREE, asked.pk, actor=head)
    assert _code(caught) == "sharing.same_signer"
    act(AGREE, asked.pk, actor=highest.provider.sharing_head)


def _bureau() -> Any:
    from jiangyuan.organization.models import Body

    make.authority()
    return Body.objects.get(is_authority=True)


def test_who_consented_for_the_consumer_or_proposed_does_not_sign(way) -> None:
    consented, proposed = make.person(), make.person()
    chiefs = [make.actor(way.provider.body, "department_head", who=one) for one in (consented, proposed)]
    asked = make.ask(way, **WIDE)
    act("sharing.request.submit", asked.pk, actor=way.consumer.business_office)
    head = make.actor(way.consumer.body, "sharing_head", who=consented)
    act("sharing.request.consent", asked.pk, actor=head)
    handler = make.actor(way.provider.body, "sharing_handler", who=proposed)
    act("sharing.request.propose", asked.pk, actor=handler, proposal="建议同意")
    with pytest.raises(Refused) as caught:
        act(SIGN, asked.pk, actor=chiefs[0], opinion="同意")
    assert _code(caught) == "sharing.same_signer"
    with pytest.raises(Forbidden) as own:
        act(SIGN, asked.pk, actor=chiefs[1], opinion="同意")
    assert _code(own) == "own"


def test_the_authority_does_not_sign_its_own_request(db) -> None:
    make.authority()
    way = make.road(items=[{"column": "diagnosis", "name": "疾病诊断", "grade": 4}])
    way.consumer = make.desk(_bureau())
    way.system = make.system(way.consumer.body)
    asked = _highest(way)
    act(SIGN, asked.pk, actor=way.provider.department_head, opinion="同意")
    with pytest.raises(Forbidden):
        act(SIGN, asked.pk, actor=make.authority(), opinion="同意")
    with pytest.raises(signatures.SignaturesMissing) as caught:
        act(AGREE, asked.pk, actor=way.provider.sharing_head)
    assert "上一级" in str(caught.value.mend)
    above, _made = Jurisdiction.objects.get_or_create(code="000000", name="上级", level="province", scheme="mca")
    Jurisdiction.objects.filter(pk=make.province().pk).update(parent=above)
    place = make.body("上级数据局")
    type(place).objects.filter(pk=place.pk).update(jurisdiction=above, is_authority=True)
    act(SIGN, asked.pk, actor=make.actor(type(place).objects.get(pk=place.pk), "authority_head"), opinion="同意")
    act(AGREE, asked.pk, actor=way.provider.sharing_head)


@pytest.mark.parametrize(
    "change",
    [
        {"items": [{"column": "citizen_id"}]},
        {"items": [{"column": "citizen_id"}, {"column": "name"}, {"column": "phone"}]},
        {"until": make.in_days(3)},
        {"condition": {"column": "division", "op": "=", "value": "630100000000"}},
        {"purpose": "medical-aid"},
    ],
    ids=["narrower", "wider", "shorter", "fewer-rows", "other-purpose"],
)
def test_a_change_after_the_signature_voids_it(way, change) -> None:
    asked = _proposed(way)
    act(SIGN, asked.pk, actor=way.provider.department_head, opinion="同意")
    _changed(asked, way, change)
    asked.refresh_from_db()
    assert asked.awaits == ["department_head"]
    with pytest.raises(signatures.SignaturesMissing):
        act(AGREE, asked.pk, actor=way.provider.sharing_head)
    act(SIGN, asked.pk, actor=way.provider.department_head, opinion="按变更后的范围同意")
    act(AGREE, asked.pk, actor=way.provider.sharing_head)
    assert Signature.objects.filter(request=asked).count() == 2


def _changed(asked: Request, way: make.Road, change: dict[str, Any], *, opinion: str = "建议同意") -> None:
    handler, office = way.provider.sharing_handler, way.consumer.business_office
    act("sharing.request.send_back", asked.pk, actor=way.provider.sharing_head, reason="请核对范围")
    act("sharing.request.ask_completion", asked.pk, actor=handler, notice="请核对范围")
    act("sharing.request.edit", asked.pk, actor=office, **change)
    act("sharing.request.complete", asked.pk, actor=office)
    act("sharing.request.propose", asked.pk, actor=handler, proposal=opinion)


def test_narrowing_below_the_threshold_asks_for_nobody_any_more(way) -> None:
    asked = _proposed(way)
    _changed(asked, way, {"items": [{"column": "division"}]})
    asked.refresh_from_db()
    assert asked.awaits == []
    act(AGREE, asked.pk, actor=way.provider.sharing_head)


def test_a_signature_outlives_a_return_that_changed_nothing_but_not_another_opinion(way) -> None:
    asked = _proposed(way)
    act(SIGN, asked.pk, actor=way.provider.department_head, opinion="同意")
    for opinion, awaits in (("建议同意", []), ("建议有条件同意", ["department_head"])):
        act("sharing.request.send_back", asked.pk, actor=way.provider.sharing_head, reason="请核对")
        act("sharing.request.propose", asked.pk, actor=way.provider.sharing_handler, proposal=opinion)
        asked.refresh_from_db()
        assert asked.awaits == awaits


def test_withholding_gives_it_back_to_the_handler_with_the_reason(way) -> None:
    asked = _proposed(way)
    act("sharing.request.withhold", asked.pk, actor=way.provider.department_head, reason="范围过大")
    asked.refresh_from_db()
    assert (asked.state, asked.awaits) == ("provider_handler", [])
    assert Event.objects.get(object_id=asked.pk, type="sharing.request.withheld").payload["reason"] == "范围过大"


def test_a_grade_raised_after_the_signature_asks_again(way) -> None:
    asked = _proposed(way, items=[{"column": "citizen_id"}, {"column": "division"}])
    assert asked.awaits == ["department_head"]
    make.sign(asked, way)
    assert asked.awaits == []
    entry, people = way.entry, way.provider
    act("catalog.entry.revise", entry.pk, actor=people.sharing_handler, trigger="own_information", reason="定级")
    act(
        "catalog.entry.edit",
        entry.pk,
        actor=people.sharing_handler,
        items=[{"column": "division", "name": "行政区划代码", "grade": 4}],
    )
    make.publish_entry(entry, people)
    handlers.judge_again(Event.objects.filter(object_id=entry.pk, type="catalog.entry.published").latest("at"))
    asked.refresh_from_db()
    assert asked.awaits == ["department_head", "authority"]
    with pytest.raises(signatures.SignaturesMissing):
        act(AGREE, asked.pk, actor=people.sharing_head)


def test_uncounted_rows_count_as_many_and_listed_persons_as_few(way) -> None:
    asked = _proposed(way, forms=["query"])
    assert asked.awaits == []
    type(asked.mount.table).objects.filter(pk=asked.mount.table_id).update(row_estimate=None)
    fresh = Request.objects.get(pk=asked.pk)
    assert signatures.asked_of(fresh) == ("department_head",)
    fresh.case_bound = True
    assert signatures.asked_of(fresh) == ()


def test_it_lies_on_the_desk_whose_turn_it_is_and_the_pages_tell(highest) -> None:
    asked = _highest(highest)
    chief, head, bureau = highest.provider.department_head, highest.provider.sharing_head, make.authority()

    def lies() -> list[bool]:
        return [any(todo.thing.pk == asked.pk for todo in on_my_desk(actor)) for actor in (chief, bureau, head)]

    review = f"/exchange/requests/{asked.pk}/review/"
    assert lies() == [True, False, False]
    assert {one.capacity for one in on_desk(asked)} == {"department_head"}
    assert waiting(chief).filter(pk=asked.pk).exists()
    assert "签署同意" in client_of(chief).get(review).content.decode()
    shown = client_of(head).get(review).content.decode()
    assert "还须签署" in shown and f"{asked.pk}/agree/" not in shown and f"{asked.pk}/refuse/" in shown
    act(SIGN, asked.pk, actor=chief, opinion="部内意见")
    assert lies() == [False, True, False]
    asked.refresh_from_db()
    assert {one.capacity for one in on_desk(asked)} == {"authority_head"}
    page = client_of(highest.consumer.business_office).get(f"/exchange/requests/{asked.pk}/").content.decode()
    assert "已签署" in page and "待签署" in page and "部内意见" not in page
    act(SIGN, asked.pk, actor=bureau, opinion="同意")
    assert lies() == [False, False, True]


def test_signing_by_rest_and_what_each_side_is_told(way) -> None:
    asked = _proposed(way)
    sent = client_of(way.provider.department_head).post(
        f"/api/v1/sharing/requests/{asked.pk}/sign", {"opinion": "部内意见"}, content_type="application/json"
    )
    assert sent.status_code == 200, sent.content
    for actor, told in ((way.provider.sharing_head, "部内意见"), (way.consumer.business_office, "")):
        (one,) = client_of(actor).get(f"/api/v1/sharing/requests/{asked.pk}").json()["signatures"]
        assert one["signatory"] == "department_head" and one["signed_at"] and one["opinion"] == told
