"""Coverage arithmetic: the laws that every figure obeys, and what a row of a register is held against."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiangyuan.catalog.duties import rules
from jiangyuan.catalog.duties.rules import WHOLE, Tally, coverage_of, in_force
from jiangyuan.kernel.errors import Refused

CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""How busy the machine is says nothing about the arithmetic."""
DAY = date(2026, 11, 22)
tallies = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40)).map(
    lambda parts: Tally(sum(parts), parts[0], parts[1])
)
days = st.dates(date(2020, 1, 1), date(2030, 1, 1))


@CALM
@given(tallies)
def test_a_share_lies_between_nothing_and_the_whole_and_is_whole_only_when_nothing_is_open(tally):
    if tally.total == 0:
        assert tally.share is None, "an empty denominator is never 100%"
        return
    assert 0 <= tally.share <= WHOLE
    assert (tally.share == WHOLE) == (tally.open == 0)
    assert tally.open == tally.total - tally.covered - tally.excused >= 0


@CALM
@given(st.integers(2, 5_000_000))
def test_one_that_is_open_among_millions_is_not_rounded_away(total):
    assert (Tally(total, total - 1, 0).share or 0) < WHOLE


@CALM
@given(tallies, tallies, tallies)
def test_sums_over_bodies_are_sums_of_what_they_count(a, b, c):
    assert (a + b) + c == a + (b + c) and a + b == b + a and a + Tally() == a
    assert (a + b).open == a.open + b.open
    if a.total and b.total:
        low, high = sorted((a.share, b.share))
        assert low <= (a + b).share <= high + 1, "the share of a sum lies between the shares (rounded down each)"


@CALM
@given(tallies)
def test_covering_or_excusing_one_more_never_lowers_the_share_and_opening_never_raises_it(tally):
    if tally.open:
        assert Tally(tally.total, tally.covered + 1, tally.excused).share >= tally.share
        assert Tally(tally.total, tally.covered, tally.excused + 1).share >= tally.share
    if tally.total:
        assert Tally(tally.total + 1, tally.covered, tally.excused).share <= tally.share


@CALM
@given(st.booleans(), st.booleans())
def test_a_published_entry_outweighs_an_excuse(published, excused):
    found = coverage_of(published=published, excused=excused)
    assert (found == "covered") == published
    assert (found == "open") == (not published and not excused)


@CALM
@given(days, st.none() | st.integers(0, 1000), days)
def test_both_days_of_validity_count(start, length, today):
    end = None if length is None else start + timedelta(days=length)
    assert in_force(start, end, today=today) == (start <= today and (end is None or today <= end))
    assert in_force(start, end, today=start)
    assert end is None or not in_force(start, end, today=end + timedelta(days=1))


@pytest.mark.parametrize(
    ("kind", "state", "nature", "fits"),
    [
        ("matter", "published", "item", True),
        ("matter", "draft", "", True),
        ("matter", "published", "non_item", False),
        ("duty", "published", "non_item", True),
        ("duty", "withdrawn", "item", False),
    ],
)
def test_a_service_matter_is_covered_by_an_item_entry_and_nothing_by_a_withdrawn_one(kind, state, nature, fits):
    if fits:
        rules.require_fitting(kind=kind, state=state, nature=nature)
        return
    with pytest.raises(Refused) as told:
        rules.require_fitting(kind=kind, state=state, nature=nature)
    assert told.value.where == "entry" and told.value.mend


# --- rows -------------------------------------------------------------------------------------------------------------

GOOD = {
    "body": "省民政厅",
    "code": "01",
    "name": "社会救助",
    "content": "组织实施",
    "source_list": "三定规定",
    "document": "职能配置规定",
    "valid_from": "2024年1月1日",
}


def _judge(kind="duty", **changed):
    return rules.judge(kind, 7, {**GOOD, **changed}, body_of=lambda name: name or None, today=DAY)


def test_a_good_row_is_read():
    values, faults = _judge()
    assert not faults
    assert values["source_list"] == "mandate" and values["valid_from"] == date(2024, 1, 1)
    assert values["valid_to"] is None


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({"body": ""}, "部门"),
        ({"code": "有 空格"}, "编号"),
        ({"code": "x" * 61}, "编号"),
        ({"name": ""}, "职责名称"),
        ({"name": "长" * 201}, "职责名称"),
        ({"content": "长" * 4001}, "职责内容"),
        ({"name": "看不见\x07"}, "职责名称"),
        ({"source_list": "不存在的清单"}, "清单"),
        ({"document": " "}, "来源文件"),
        ({"valid_from": "昨天"}, "生效日期"),
        ({"valid_from": "2024-02-30"}, "生效日期"),
        ({"valid_from": "9999-01-01"}, "生效日期"),
        ({"valid_to": "2023-01-01"}, "失效日期"),
    ],
)
def test_what_is_wrong_is_told_by_row_column_reason_and_mend(changed, column):
    values, faults = _judge(**changed)
    assert values is None
    assert [(f.row, f.column) for f in faults] == [(7, column)]
    assert str(faults[0].reason) and str(faults[0].mend)


def test_every_fault_of_a_row_is_told_at_once():
    _values, faults = _judge(body="", name="", source_list="其他")
    assert {f.column for f in faults} == {"部门", "职责名称", "清单"}


@CALM
@given(st.dictionaries(st.sampled_from([h.field for h in rules.HEADINGS["matter"]]), st.text(max_size=80)))
def test_no_row_breaks_the_judge(row):
    values, faults = rules.judge("matter", 2, row, body_of=lambda name: name or None, today=DAY)
    assert (values is None) == bool(faults)


@pytest.mark.parametrize(
    "titles", [["部门"], ["部门", "编号", "职责名称", "清单", "来源文件", "多余"], ["部门", "部门"]]
)
def test_a_sheet_with_other_headings_is_refused(titles):
    with pytest.raises(Refused) as told:
        rules.rows_of("duty", [titles, ["值"] * len(titles)])
    assert told.value.where == "file" and told.value.mend
