"""An element is executable: what it says becomes rules, and an outdated code is told apart from a wrong one."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from jiangyuan.data.checks.rules import rule_from_json
from jiangyuan.data.checks.run import check
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import service_actor
from jiangyuan.kernel.errors import Conflict, Forbidden, NotFound, Refused
from jiangyuan.standards import queries
from jiangyuan.standards.models import CodeSet, DataElement
from jiangyuan.standards.rules import Executable, checks_of, require_codes

STANDARDS = service_actor("standards")
NOW = datetime(2026, 11, 22, tzinfo=UTC)
DEGREES = [{"code": "1", "name": "博士"}, {"code": "2", "name": "硕士"}, {"code": "3", "name": "学士"}]


def violations(definitions, values):
    rules = [rule_from_json(one) for one in definitions]
    found = check(pa.table({"c": pa.array(values, pa.string())}), rules, now=NOW)
    return {result.name: result.violations for result in found.results}


@pytest.mark.parametrize(
    ("element", "type", "values", "found"),
    [
        (Executable("x", length=4), "text", ["一二三四", "12345", None], {"c_length": 1}),
        (Executable("x", type="D"), "text", ["2026-11-22", "20261122", "2026年"], {"c_form": 1}),
        (Executable("x", type="N"), "text", ["1", "-2.50", "1,000"], {"c_form": 1}),
        (Executable("x", type="D"), "date", [], {}),
        (Executable("x", pattern="[0-9]{6}", length=6), "text", ["630000", "63"], {"c_form": 1}),
        (Executable("x", check_function="uscc", length=18), "text", ["91350100M000100Y43", "9"], {"c_valid": 1}),
        (
            Executable("x", codes=("1", "2"), outdated=("3",)),
            "text",
            ["1", "3", "3", "8", None],
            {"c_code": 1, "c_outdated": 2},
        ),
    ],
)
def test_an_element_makes_rules_that_find_what_it_forbids(element, type, values, found):
    definitions = checks_of(element, column="c", type=type)
    assert {one["name"] for one in definitions} == set(found)
    if definitions:
        assert violations(definitions, values) == found


def put(edition, codes, **more):
    given = {"code": "degree", "name": "学位代码", "edition": edition, "codes": codes, **more}
    return act("standards.code_set.put", actor=STANDARDS, **given)


def put_element(edition="1", **more):
    given = {"code": "degree", "name": "学位", "edition": edition, "code_set": "degree", "length": 1, **more}
    return act("standards.element.put", actor=STANDARDS, **given)


def test_a_new_edition_of_a_set_makes_what_it_drops_outdated_and_the_elements_follow(db):
    put("2005", DEGREES)
    element = put_element()
    assert violations(queries.checks(element, column="c", type="text"), ["3", "9"]) == {"c_code": 1}
    made = put("2020", DEGREES[:2])
    element = DataElement.objects.select_related("code_set").get(pk=element.pk)
    assert element.code_set == made and queries.codes_of(made) == (["1", "2"], ["3"])
    found = violations(queries.checks(element, column="c", type="text"), ["1", "3", "9"])
    assert found == {"c_code": 1, "c_outdated": 1}
    assert list(queries.code_sets(actor=STANDARDS).filter(code="degree")) == [made]
    assert CodeSet.objects.get(code="degree", edition="2005").superseded_at is not None
    with pytest.raises(Conflict):
        put("2020", DEGREES)


def test_days_of_validity_decide_what_is_outdated(db):
    ended = [
        *DEGREES[:2],
        {**DEGREES[2], "valid_to": "2019-12-31"},
        {"code": "4", "name": "x", "valid_from": "2030-01-01"},
    ]
    made = put("2005", ended)
    assert queries.codes_of(made, today=date(2019, 12, 31)) == (["1", "2", "3"], [])
    assert queries.codes_of(made, today=date(2020, 1, 1)) == (["1", "2"], ["3"])
    assert queries.codes_of(made, today=date(2030, 1, 1)) == (["1", "2", "4"], ["3"])


@pytest.mark.parametrize(
    "codes",
    [
        [{"code": "1", "name": "a"}, {"code": "1", "name": "b"}],
        [{"code": "1", "name": "a", "valid_from": date(2020, 1, 1), "valid_to": date(2019, 1, 1)}],
        [{"code": "1", "name": "a", "successor": "2"}],
        [{"code": "1", "name": "a", "parent": "2"}],
        [
            {"code": "1", "name": "a", "valid_to": date(2020, 1, 1)},
            {"code": "1", "name": "b", "valid_from": date(2020, 1, 1)},
        ],
    ],
)
def test_values_that_contradict_each_other_are_refused_with_the_row_and_a_way_out(codes):
    with pytest.raises(Refused) as refusal:
        require_codes(codes)
    assert refusal.value.where.startswith("codes") and refusal.value.mend


def test_one_code_may_mean_two_things_at_two_times():
    require_codes(
        [
            {"code": "1", "name": "a", "valid_to": date(2019, 12, 31)},
            {"code": "1", "name": "b", "valid_from": date(2020, 1, 1)},
        ]
    )


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"pattern": "(["}, "pattern"),
        ({"check_function": "nothing"}, "check_function"),
        ({"code_set": "nothing"}, "code_set"),
        ({"grade": 5}, "grade"),
        ({"mask": {"kind": "nothing"}}, ""),
    ],
)
def test_an_element_that_could_not_be_carried_out_is_refused(db, more, where):
    put("2005", DEGREES)
    with pytest.raises(Refused) as refusal:
        put_element(**more)
    assert where in refusal.value.where and (refusal.value.mend or where == "grade")


def test_nobody_puts_a_standard_into_force_by_hand(db):
    with pytest.raises(Forbidden):
        act("standards.code_set.put", actor=service_actor("quality"), code="a1", name="a", edition="1", codes=DEGREES)
    with pytest.raises(NotFound):
        act(
            "standards.table_model.put",
            actor=STANDARDS,
            code="a1",
            name="a",
            edition="1",
            fields=[{"name": "a", "element": "nothing"}],
        )
