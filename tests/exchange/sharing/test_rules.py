"""What may be asked for: items, masks as a set, forms, conditions, terms; and each refusal says how to mend it."""

from __future__ import annotations

import pytest

from jiangyuan.data import relations
from jiangyuan.exchange.sharing import rules
from jiangyuan.exchange.sharing.rules import Offered
from jiangyuan.kernel.errors import Refused


def _offered(column: str, type: str = "text", element: str = "", **changes) -> Offered:
    values = {"grade": 2, "personal": True, "shareable": True, "mask": {}}
    return Offered(column=column, name=column, type=type, element=element, **{**values, **changes})


OFFER = {
    one.column: one
    for one in (
        _offered("id", "character varying(18)", "citizen_id", grade=3, mask={"kind": "division"}),
        _offered("bare_id", "character varying(18)", "citizen_id", grade=3),
        _offered("name", element="person_name", mask={"kind": "name"}),
        _offered("born", "date", "birth_date", mask={"kind": "birth_year"}),
        _offered("sex", "character(1)", "sex"),
        _offered("home", element="address", grade=3, mask={"kind": "redact"}),
        _offered("illness", element="diagnosis", grade=4, mask={"kind": "redact"}),
        _offered("count", "integer", grade=1, personal=False),
        _offered("secret", shareable=False),
    )
}
KEEP_LAST = {"kind": "keep", "first": 0, "last": 4}
CLEAR = {"kind": "none"}


def _settle(*wanted):
    return rules.settle_items([(w, None) if isinstance(w, str) else w for w in wanted], OFFER)


def test_an_item_without_a_mask_takes_the_default_of_its_grade_as_its_type_allows() -> None:
    kinds = {
        item["column"]: item["mask"]["kind"] for item in _settle("id", "bare_id", "name", "born", "illness", "count")
    }
    assert kinds == {
        "id": "division",
        "bare_id": "division",  # an id shows its division even where nobody thought of a mask
        "name": "name",
        "born": "year",
        "illness": "redact",
        "count": "none",
    }


@pytest.mark.parametrize(
    "wanted",
    [
        [],
        ["unknown"],
        ["name", "name"],
        [("born", {"kind": "phone"})],
        [("name", {"kind": "nonsense"})],
        [("id", {"kind": "keep", "first": "six", "last": 4})],
        [("id", {"kind": "keep", "first": 6})],
        [("count", {"kind": "round", "unit": 3})],
    ],
)
def test_what_cannot_be_granted_is_refused_with_a_way_to_mend_it(wanted) -> None:
    with pytest.raises(Refused) as caught:
        _settle(*wanted)
    assert str(caught.value.mend)


@pytest.mark.parametrize(
    ("columns", "fits"),
    [
        ([("id", KEEP_LAST)], True),
        ([("id", KEEP_LAST), ("born", CLEAR)], False),
        ([("id", {"kind": "keep", "first": 6, "last": 4}), "name"], False),
        ([("id", KEEP_LAST), ("home", CLEAR)], False),  # an address tells the division
        ([("id", {"kind": "division"}), ("born", CLEAR), ("sex", CLEAR)], True),
        ([("id", CLEAR), ("born", CLEAR)], True),  # an id in clear is a decision of its own
    ],
)
def test_masks_are_judged_as_a_set(columns, fits) -> None:
    settled = relations.columns_of(_settle(*columns))
    if fits:
        rules.require_masks_hold(settled)
        return
    with pytest.raises(rules.MasksUndone) as caught:
        rules.require_masks_hold(settled)
    assert "id" in caught.value.where and str(caught.value.mend)


def test_masks_are_judged_with_what_the_consumer_holds_already() -> None:
    held = [relations.columns_of(_settle(("id", {"kind": "division"})))]
    with pytest.raises(rules.MasksUndone):
        rules.require_masks_hold(relations.columns_of(_settle(("id", KEEP_LAST))), held)
    rules.require_masks_hold(relations.columns_of(_settle("name")), held)


@pytest.mark.parametrize(
    ("items", "forms", "fits"),
    [
        (["name"], ["query", "table", "match"], True),
        (["secret"], ["match"], True),
        (["secret", "name"], ["match", "query"], False),
        ([("illness", CLEAR)], ["match"], True),
        ([("illness", CLEAR)], ["table"], False),
        (["illness"], ["table"], True),
        (["name"], [], False),
    ],
)
def test_what_is_not_shareable_or_highly_sensitive_is_verified_and_not_handed_out(items, forms, fits) -> None:
    settled = _settle(*items)
    if fits:
        rules.require_forms(forms, settled, OFFER, case_bound=False, mode="physical")
        return
    with pytest.raises(Refused):
        rules.require_forms(forms, settled, OFFER, case_bound=False, mode="physical")


def test_a_grant_bound_to_cases_is_no_table_and_verification_needs_a_copy() -> None:
    settled = _settle("name")
    with pytest.raises(Refused):
        rules.require_forms(["table"], settled, OFFER, case_bound=True, mode="physical")
    with pytest.raises(Refused):
        rules.require_forms(["match"], settled, OFFER, case_bound=False, mode="logical")


def test_a_row_condition_is_read_over_the_items_of_the_entry_only() -> None:
    form = {"op": "starts_with", "column": "home", "value": "青海"}
    settled = rules.settle_condition(form, OFFER)
    assert settled == {**form, "type": "text"}
    for wrong in ({"op": "=", "column": "elsewhere", "value": "1"}, {"op": "sql", "text": "true"}):
        with pytest.raises(Refused):
            rules.settle_condition(wrong, OFFER)


def test_a_live_grant_is_held_against_a_new_version_of_its_entry() -> None:
    items = _settle(("name", CLEAR), ("sex", CLEAR), "count")
    now = {
        "name": _offered("name", element="person_name", grade=4, mask={"kind": "name"}),
        "sex": _offered("sex", "character(1)", "sex"),
    }
    found = {(c["column"], c["code"]) for c in rules.concerns(items, now, share_type="none", forms=["query"])}
    assert found == {
        ("", "entry_not_shared"),
        ("name", "grade_raised"),
        ("name", "match_only"),
        ("name", "mask_now_default"),
        ("count", "item_gone"),
    }
    same = rules.concerns(_settle("name", "sex"), OFFER, share_type="conditional", forms=["query"])
    assert same == []
