"""Judging a subject: each check by itself, the score, and what never gives a full hundred."""

from decimal import Decimal

import pytest

from jiangyuan.standards.conformity.reviewing import Field, Measured, Subject
from jiangyuan.standards.conformity.rules import Known, KnownModel, Outcome, judge


def known(code, type="C", length=None, grade=1, personal=False, masks=False):
    return Known(code, code, type, length, grade, personal, masks, "GB", (code,))


ELEMENTS = {
    "citizen_id": known("citizen_id", length=18, grade=3, personal=True, masks=True),
    "birth_date": known("birth_date", "D", grade=2, personal=True),
    "sex": known("sex", length=1, grade=2, personal=True),
}
PERSON = KnownModel("person", "人", (("号码", "citizen_id"), ("出生", "birth_date"), ("性别", "sex")), "citizen_id")


def judged(*fields, measured=None, models=(), **more):
    outcome = Outcome()
    judge(outcome, Subject(title="t", url="/t/", fields=fields, **more), ELEMENTS, models, measured)
    return outcome


@pytest.mark.parametrize(
    ("field", "checks"),
    [
        (Field(name="citizen_id", comment="号码", type="character varying(18)"), set()),
        (Field(name="citizen_id", comment="号码", type="character varying(15)"), {"length"}),
        (Field(name="citizen_id", comment="", type="text"), {"described"}),
        (Field(name="birth_date", comment="日", type="text"), {"type"}),
        (
            Field(name="x", comment="日", element="birth_date", type="date", grade=1, personal=False),
            {"grade", "personal"},
        ),
        (Field(name="citizen_id", comment="号", type="text", grade=3, personal=True, masked=False), {"mask"}),
        (Field(name="citizen_id", comment="号", type="text", grade=3, personal=True, masked=True), set()),
        (Field(name="nothing", comment="备注", type="text"), set()),
    ],
)
def test_each_check_finds_what_it_is_for(field, checks):
    outcome = judged(field)
    assert {one.check for one in outcome.findings} == checks
    assert all(one.url == "/t/" and one.table == "t" for one in outcome.findings)
    assert (outcome.score == 100) is (not checks)


def test_a_table_is_held_against_the_model_it_is_nearest_to_and_not_against_far_ones():
    near = (Field(name="citizen_id", comment="号"), Field(name="sex", comment="性"))
    found = [one for one in judged(*near, models=(PERSON,)).findings if one.check == "model"]
    assert [one.expected for one in found] == ["出生"]
    assert "model" not in judged(near[0], models=(PERSON,)).points, (
        "one field of three does not make it a person's table"
    )


def test_values_count_by_their_share_and_outdated_is_not_wrong():
    field = Field(name="sex", comment="性", type="character(1)")
    results = [
        Measured(column="sex", kind="code_set", checked=1_000_000, failed=1),
        Measured(column="sex", kind="outdated_code", checked=1_000_000, failed=500_000),
        Measured(column="sex", kind="length", checked=0, failed=0),
    ]
    outcome = judged(field, measured=results)
    assert [(one.severity, one.failed) for one in outcome.findings] == [("wrong", 1), ("outdated", 500_000)]
    assert outcome.points["values"][1] == 2 and outcome.measured == 1
    one_wrong = judged(field, measured=results[:1])
    assert one_wrong.score == Decimal("99.99"), "never a full hundred while a row fails"


def test_nothing_to_check_has_no_score_and_coverage_stands_apart():
    assert judged().score is None and judged().coverage is None
    outcome = judged(Field(name="sex", comment="性"), Field(name="other", comment="其他"))
    assert outcome.coverage == Decimal("50.00") and outcome.score == 100
    assert [one.check for one in judged(key=()).findings] == ["key"] and not judged(key=("a",)).findings
