"""The national sets that travel with the platform: facts held against the standards, each with its source."""

from datetime import date

import pytest

from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import service_actor
from jiangyuan.organization.divisions import code_in_force
from jiangyuan.standards import national, queries
from jiangyuan.standards.elements import ELEMENTS, MODELS
from jiangyuan.standards.models import CodeSet, TableModel
from jiangyuan.standards.rules import require_codes, split_codes

SETUP = service_actor("setup")
SETS = {one.code: {value.code: value for value in one.values} for one in national.sets()}


@pytest.mark.parametrize("shipped", national.sets(), ids=lambda one: one.code)
def test_every_set_names_its_source_and_contradicts_itself_nowhere(shipped):
    assert shipped.standard and shipped.source and shipped.edition and shipped.name
    rows = [{name: getattr(value, name) for name in ("code", "name", "parent", "valid_from", "valid_to", "successor")}
            for value in shipped.values]  # fmt: skip
    codes = {row["code"] for row in rows}
    for row in rows:  # places above and after one that lies in the other list are named without being in this one
        row["parent"] = row["parent"] if row["parent"] in codes else ""
        row["successor"] = row["successor"] if row["successor"] in codes else ""
    require_codes(rows)
    assert all(row["code"] and row["name"].strip() == row["name"] for row in rows)


@pytest.mark.parametrize(
    ("set_code", "count", "known"),
    [
        ("sex", 4, {"1": "男性", "9": "未说明的性别"}),
        ("marital_state", 8, {"10": "未婚", "22": "再婚", "90": "未说明的婚姻状况"}),
        ("ethnicity", 59, {"01": "汉族", "04": "藏族", "30": "土族", "35": "撒拉族", "56": "基诺族", "97": "其他"}),
        ("education", 40, {"14": "硕士研究生毕业", "28": "大学普通班毕业", "61": "普通高中毕业", "90": "其他教育"}),
        ("industry", 117, {"A": "农、林、牧、渔业", "05": "农、林、牧、渔专业及辅助性活动", "97": "国际组织"}),
        ("document_type", 114, {"111": "居民身份证", "414": "普通护照", "511": "台湾居民来往大陆通行证"}),
        ("unit", 48, {"KGM": "千克", "HAR": "公顷", "KWH": "千瓦时"}),
    ],
)
def test_the_values_are_those_of_the_standard(set_code, count, known):
    values = SETS[set_code]
    assert len(values) == count
    assert {code: values[code].name for code in known} == known


def test_the_industries_are_twenty_sections_and_ninety_seven_divisions_each_under_its_own():
    sections = [v for v in SETS["industry"].values() if not v.parent]
    divisions = [v for v in SETS["industry"].values() if v.parent]
    assert "".join(v.code for v in sections) == "ABCDEFGHIJKLMNOPQRST"
    assert [v.code for v in divisions] == [f"{n:02d}" for n in range(1, 98)]
    of = {v.code: v.parent for v in divisions}
    assert [of[c] for c in ("05", "06", "43", "44", "50", "51", "60", "65", "69", "82", "96", "97")] == list(
        "ABCDEFGIJOST"
    )


def test_the_two_lists_of_divisions_differ_and_both_know_their_history():
    law, statistics = SETS["divisions_mca"], SETS["divisions_nbs"]
    assert set(statistics) - set(law) == {"632856", "632857", "632858"} and set(law) < set(statistics)
    assert law["632100"].name == "海东地区" and law["632100"].valid_to == date(2013, 2, 8)
    assert law["632100"].successor == "630200" and law["630200"].valid_from == date(2013, 2, 8)
    assert law["630122"].successor == "630106" and national.YEAR_ONLY in law["630122"].note
    rows = [(v.code, v.valid_from, v.valid_to) for v in law.values()]
    current, gone = split_codes(rows, date(2026, 11, 22))
    assert len(current) == 1 + 8 + 44 and {"632100", "630122", "632321", "632721"} <= set(gone)
    assert not set(current) & set(gone)
    then, _gone = split_codes(rows, date(2010, 6, 1))
    assert {"632100", "632123", "630122"} <= set(then) and not {"630200", "630106"} & set(then)
    assert code_in_force("630202", year=2010) in then


def test_models_are_made_of_elements_and_have_a_key(db):
    known = {element.code for element in ELEMENTS}
    for model in MODELS:
        assert {element for _name, element, _required, _key in model.fields} <= known
        assert sum(key for _name, _element, _required, key in model.fields) == 1
    act("standards.national.install", actor=SETUP)
    act("standards.national.install", actor=SETUP)
    made = {model.code: model for model in queries.table_models(actor=SETUP)}
    assert set(made) == {"person", "legal_entity", "place", "certificate"}
    assert [f.element.code for f in made["person"].fields.all()][:2] == ["citizen_id", "person_name"]
    assert TableModel.objects.count() == 4 and all(s.source for s in CodeSet.objects.all())
