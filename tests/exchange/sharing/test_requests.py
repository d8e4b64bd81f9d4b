"""Opening and changing a request: refused where it must be, done once when sent twice, judged with other grants."""

from __future__ import annotations

import pytest
from tests.exchange import factories as make

from jiangyuan.exchange.sharing import handlers
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Conflict, Forbidden, NotFound, Refused
from jiangyuan.kernel.models import Event

KEEP_LAST = {"kind": "keep", "first": 0, "last": 4}


@pytest.fixture
def way(db) -> make.Road:
    return make.road()


def test_only_the_business_office_of_the_systems_own_body_asks(way) -> None:
    for wrong in (way.provider.business_office, way.consumer.sharing_handler, way.caller):
        with pytest.raises(Forbidden):
            act("sharing.request.open", actor=wrong, **_fields(way))


def _fields(way: make.Road) -> dict:
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


def test_what_cannot_be_asked_for_is_refused_before_anything_is_kept(db, way) -> None:
    other = make.road()
    not_shared = make.road(share_type="none")
    draft = make.entry(way.provider, publish=False)
    cases = [
        ({"entry": not_shared.entry.pk, "mount": not_shared.mount.pk}, "sharing.not_shareable"),
        ({"entry": draft.pk}, "not_found"),
        ({"mount": other.mount.pk}, "not_found"),
        ({"until": make.in_days(-1)}, "refused"),
        ({"items": [{"column": "diagnosis", "mask": {"kind": "none"}}]}, "sharing.not_shareable"),
        ({"items": [{"column": "nothing"}]}, "refused"),
        (
            {
                "items": [
                    {"column": "citizen_id", "mask": KEEP_LAST},
                    {"column": "birth_date", "mask": {"kind": "none"}},
                ]
            },
            "data.mask.id_suffix",
        ),
        ({"condition": {"op": "=", "column": "nothing", "value": "x"}}, "data.condition"),
        ({"purpose": "Not a code"}, "invalid"),
        ({"forms": ["file"]}, "invalid"),
        ({"case_bound": True, "forms": ["table"]}, "refused"),
    ]
    for changes, code in cases:
        with pytest.raises(Refused) as caught:
            make.ask(way, **changes)
        assert caught.value.code == code, changes
    assert not Request.objects.exists()


def test_an_edit_changes_what_is_given_and_an_empty_condition_means_all_rows(way) -> None:
    asked = make.ask(way, condition={"op": "starts_with", "column": "division", "value": "6301"})
    assert asked.condition["type"] == "character varying(12)"
    office = way.consumer.business_office
    changed = act("sharing.request.edit", asked.pk, actor=office, items=[{"column": "sex"}], scope="本人")
    assert [item["column"] for item in changed.items] == ["sex"] and changed.condition
    assert act("sharing.request.edit", asked.pk, actor=office, condition={}).condition is None
    with pytest.raises(Refused):
        act("sharing.request.edit", asked.pk, actor=office, until=make.in_days(-3))


def test_the_same_form_sent_twice_opens_one_request(way) -> None:
    fields = _fields(way)
    office = way.consumer.business_office
    first = act("sharing.request.open", actor=office, idempotency_key="form-1", **fields)
    again = act("sharing.request.open", actor=office, idempotency_key="form-1", **fields)
    assert first.pk == again.pk and Request.objects.count() == 1
    with pytest.raises(Conflict):
        act("sharing.request.open", actor=office, idempotency_key="form-1", **{**fields, "basis": "别的依据"})


def test_a_second_grant_that_would_undo_the_masks_of_the_first_is_refused_with_what_to_choose(way) -> None:
    make.grant(way, items=[{"column": "citizen_id", "mask": {"kind": "division"}}])
    another = make.system(way.consumer.body)
    with pytest.raises(Refused) as caught:
        make.ask(way, system=another.pk, items=[{"column": "citizen_id", "mask": KEEP_LAST}], purpose="other-aid")
    assert "citizen_id" in caught.value.where and str(caught.value.mend)


def test_a_request_is_judged_again_when_it_is_agreed(way) -> None:
    waiting = make.walk(
        make.ask(way, items=[{"column": "citizen_id", "mask": KEEP_LAST}], purpose="other-aid"), way, to="provider_head"
    )
    make.grant(way, items=[{"column": "citizen_id", "mask": {"kind": "division"}}])
    with pytest.raises(Refused) as caught:
        act("sharing.request.agree", waiting.pk, actor=way.provider.sharing_head)
    assert "citizen_id" in caught.value.where
    waiting.refresh_from_db()
    assert waiting.state == "provider_head" and Grant.objects.count() == 1


def test_a_request_whose_entry_has_changed_takes_over_what_it_says_now(way) -> None:
    asked = make.walk(make.ask(way, items=[{"column": "name", "mask": {"kind": "none"}}]), way, to="provider_head")
    _republish(way, items=[{"column": "name", "name": "姓名", "shareable": False}])
    with pytest.raises(Refused) as caught:
        act("sharing.request.agree", asked.pk, actor=way.provider.sharing_head)
    assert caught.value.code == "sharing.not_shareable"


def _republish(way: make.Road, **changes) -> Event:
    handler = way.provider.sharing_handler
    act("catalog.entry.revise", way.entry.pk, actor=handler, trigger="own_information", reason="分级调整")
    act("catalog.entry.edit", way.entry.pk, actor=handler, **changes)
    make.publish_entry(way.entry, way.provider)
    return Event.objects.filter(object_id=way.entry.pk, type="catalog.entry.published").latest("at")


def test_live_grants_are_judged_again_when_their_entry_is_published_anew(way) -> None:
    grant = make.grant(way, items=[{"column": "income"}, {"column": "sex"}])
    handlers.judge_again(_republish(way, items=[{"column": "income", "name": "收入", "grade": 4}]))
    event = Event.objects.get(object_id=grant.pk, type="sharing.grant.review_needed")
    assert {c["code"] for c in event.payload["concerns"]} == {"grade_raised", "match_only"}
    grant.refresh_from_db()
    assert grant.active  # people decide: nothing ends a service by itself (art. 27)


def test_a_system_that_is_not_there_or_out_of_use_holds_nothing(way) -> None:
    way.system.active = False
    way.system.save()
    with pytest.raises(NotFound):
        make.ask(way)
