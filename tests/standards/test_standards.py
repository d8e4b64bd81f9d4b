"""Data elements: installed as often as one likes, recognised by comment first, and never by half a word."""

import pytest

from jiangyuan.data.checks.rules import rule_from_json
from jiangyuan.data.masking import check_mask
from jiangyuan.data.relations import Column, Mask
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import service_actor
from jiangyuan.kernel.errors import Forbidden
from jiangyuan.kernel.identifiers import KINDS
from jiangyuan.standards import national
from jiangyuan.standards.elements import ELEMENTS
from jiangyuan.standards.models import Code, CodeSet, DataElement
from jiangyuan.standards.queries import elements, proposals
from jiangyuan.standards.rules import recognise

SETUP = service_actor("setup")
SYNONYMS = {element.code: element.synonyms for element in ELEMENTS}
TYPES = {"C": "text", "D": "date", "N": "numeric(10,2)"}


def test_installing_twice_changes_nothing(db):
    assert act("standards.national.install", actor=SETUP) == len(ELEMENTS)
    act("standards.national.install", actor=SETUP)
    assert DataElement.objects.count() == len(ELEMENTS) and CodeSet.objects.count() == len(national.sets())
    assert Code.objects.count() == sum(len(one.values) for one in national.sets())
    assert sorted(Code.objects.filter(code_set__code="sex").values_list("code", flat=True)) == ["0", "1", "2", "9"]
    with pytest.raises(Forbidden):
        act("standards.national.install", actor=service_actor("quality"))


@pytest.mark.parametrize(
    ("name", "comment", "code"),
    [
        ("sfzh", "", "citizen_id"),
        ("x", "公民身份号码", "citizen_id"),
        ("head_citizen_id", "户主公民身份号码", "citizen_id"),
        ("legal_representative_citizen_id", "", "citizen_id"),
        ("name", "姓名", "person_name"),
        ("applicant_name", "申请人姓名", "person_name"),
        ("pinyin", "姓名拼音", None),
        ("table_name", "", "person_name"),
        ("sex_code", "性别代码", "sex"),
        ("phone", "联系电话（手机）", "mobile"),
        ("uscc", "统一社会信用代码", "uscc"),
        ("updated_at", "更新时间", None),
        ("", "", None),
    ],
)
def test_columns_are_recognised(name, comment, code):
    assert recognise(name, comment, SYNONYMS) == code


def test_what_an_element_proposes_can_be_carried_out(db):
    act("standards.national.install", actor=SETUP)
    for element in elements(actor=SETUP):
        if element.mask:
            params = tuple(sorted((k, v) for k, v in element.mask.items() if k != "kind"))
            check_mask(Column(element.code, TYPES[element.type], Mask(element.mask["kind"], params), element.code))
        if element.check_function:
            assert element.check_function in KINDS
            rule_from_json({"kind": "identifier", "name": "x", "column": "c", "scheme": element.check_function})
    found = proposals(actor=SETUP, columns=[("sex", ""), ("nothing", "")])
    assert found[0].code_set.code == "sex" and found[1] is None
