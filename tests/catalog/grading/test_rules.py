"""What a column is held to be, with its reasons; the default mask of a grade; who signs."""

import pytest

from jiangyuan.catalog.grading import approval
from jiangyuan.catalog.grading.rules import Facts, about_persons, default_mask, judge, lexicon
from jiangyuan.data.masking import check_mask
from jiangyuan.data.relations import Column, mask_of
from jiangyuan.kernel.errors import Refused


def grades(title, *names):
    return [verdict.grade for verdict in judge(title, [Facts(name) for name in names])]


def test_the_same_word_is_graded_by_what_a_row_is():
    assert grades("低保人员", "姓名", "身份证号", "联系电话", "地址", "诊断") == [2, 3, 3, 3, 4]
    assert grades("药店信息", "名称", "联系电话", "地址", "监督电话", "负责人手机") == [1, 1, 1, 1, 3]
    assert grades("就业人员平均人数", "项目", "在岗职工(人)", "残疾人人数") == [1, 1, 1]
    assert about_persons("x", [Facts("性别")]) and not about_persons("企业名单", [Facts("企业名称")])


def test_values_speak_louder_than_words_and_every_reason_is_kept():
    named = Facts("c7", "编号", None, ("citizen_id", 0.98))
    (verdict,) = judge("表", [named])
    assert (verdict.grade, verdict.personal, verdict.reasons[0][0]) == (
        3,
        True,
        "values",
    ) and verdict.confidence == 0.98
    (agreeing,) = judge("表", [Facts("sfzh", "身份证号", ("citizen_id", 3, True), ("citizen_id", 0.97))])
    assert [source for source, _detail in agreeing.reasons] == ["values", "element", "words"]
    (loose,) = judge("药店信息", [Facts("x", "联系电话", ("mobile", 3, True))])
    (closer,) = judge("低保人员", [Facts("x", "联系电话", ("mobile", 3, True))])
    assert (loose.grade, closer.grade) == (1, 3), "a loose element speaks only where a row is a person"
    (unknown,) = judge("表", [Facts("c9")])
    assert (unknown.grade, unknown.confidence) == (1, 0.5)
    (counted,) = judge("残疾人情况", [Facts("残疾人数", "", ("disability", 4, True))])
    assert counted.grade == 1, "a number of persons is no person's datum"


def test_the_lexicon_is_within_bounds():
    for category in lexicon():
        assert 1 <= category.grade <= 4 and 0 < category.confidence < 1 and category.about in ("any", "person")
        assert category.personal is (category.grade > 1)


@pytest.mark.parametrize("type", ["text", "integer", "date", "numeric(10,2)", "boolean", "timestamp with time zone"])
@pytest.mark.parametrize("meaning", ["", "identity_number", "mobile", "contact", "means", "citizen_id"])
def test_every_default_mask_can_be_carried_out_and_low_grades_get_none(type, meaning):
    for grade in (1, 2, 3, 4):
        mask = default_mask(grade, meaning, type, None)
        assert bool(mask) is (grade >= 3)
        check_mask(Column("c", type, mask_of(mask), ""))
    assert default_mask(3, "", "text", {"kind": "name"}) == {"kind": "name"}
    assert default_mask(3, "", "date", {"kind": "phone"}) == {"kind": "redact"}


def test_the_approval_path_grows_with_grade_form_and_volume_and_never_shrinks():
    assert approval.path(grade=4, forms={"match"}, rows=10**9) == approval.LEAST
    assert approval.path(grade=1, forms={"table"}, rows=10**9) == approval.LEAST
    assert approval.path(grade=3, forms={"query"}, rows=10) == approval.LEAST
    assert approval.path(grade=3, forms={"query"}, rows=1_000_000)[-2] == "department_head"
    assert approval.path(grade=4, forms={"table"}, rows=1)[-3:] == ("department_head", "authority", "provider_head")
    assert approval.added(grade=2, forms={"table"}, rows=10_000_000)[-1] == "authority"
    for forms in ({"query"}, {"table"}, {"query", "table"}):
        for rows in (0, 10**6, 10**7):
            lengths = [len(approval.path(grade=grade, forms=forms, rows=rows)) for grade in (1, 2, 3, 4)]
            assert lengths == sorted(lengths)
    assert all(who in approval.SIGNATORIES for rule in approval.RULES for who in rule.adds)


def test_deciding_otherwise_needs_a_reason():
    from jiangyuan.catalog.grading.rules import require_reason

    require_reason(False, "")
    with pytest.raises(Refused) as refusal:
        require_reason(True, "  ")
    assert refusal.value.where == "reason" and refusal.value.mend
