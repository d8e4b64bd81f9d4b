"""Quality rules: what each counts, what NULL and duplicates mean, what is kept as evidence."""

import json
import random
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jiangyuan.data.checks import (
    CodeSet,
    CrossField,
    Freshness,
    Identifier,
    NotNull,
    Pattern,
    Range,
    Reference,
    RowCount,
    RuleRefused,
    Unique,
    check,
    rule_from_json,
)
from jiangyuan.kernel.identifiers import KINDS

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)  # noon in Beijing


def run(rule, tables=None, key=("k",), cap=100, **columns):
    size = len(next(iter(columns.values())))
    table = pa.table({"k": list(range(size)), **columns})
    return check(table, [rule], now=NOW, key=key, tables=tables, cap=cap).results[0]


@pytest.mark.parametrize(
    ("scheme", "right", "wrong"),
    [
        (
            "citizen_id",
            ["11010519491231002X"],
            ["110105194912310021", "11010519491231002x", "1e16             X", "", "１" * 18],
        ),
        ("uscc", ["91350100M000100Y43"], ["91350100M000100Y44", "9135O100M000100Y43", "91350100m000100y43", "9"]),
        ("organization_code", ["D2143569-X", "D2143569X"], ["D2143569-1", "D214356-X", "d2143569-X"]),
        (
            "bank_card",
            ["4111111111111111", "0000000000000000000"],
            ["79927398713", "4111111111111112", "4111111111111111 ", "9" * 20],
        ),
    ],
)
def test_identifiers_fail_when_malformed_and_pass_when_null(scheme, right, wrong):
    values = [*right, *wrong, None]
    result = run(Identifier(name="x", column="v", scheme=scheme), v=values)
    assert result.violations == len(wrong)
    assert result.checked == len(values) - 1
    assert result.evidence == tuple((str(place),) for place in range(len(right), len(right) + len(wrong)))


@pytest.mark.parametrize("scheme", sorted(KINDS))
def test_sql_and_the_kernel_give_one_verdict(scheme):
    draw = random.Random(7)
    seeds = [
        "11010519491231002X",
        "91350100M000100Y43",
        "D2143569-X",
        "4111111111111111",
        "13800138000",
        "0971-1234567",
    ]
    seeds += ["810000", "青A12345", "青AD12345", "630102", "630102001", "307001/12", "632128198912310014", "1e16"]
    values = list(seeds)
    for _ in range(2000):
        letters = list(draw.choice(seeds))
        letters[draw.randrange(len(letters))] = draw.choice("0123456789XAOe-/ ")
        values.append("".join(letters))
    result = run(Identifier(name="x", column="v", scheme=scheme), v=values, cap=len(values))
    wrong = {str(place) for place, value in enumerate(values) if not KINDS[scheme].check(value)}
    assert {key for (key,) in result.evidence} == wrong


def test_every_wrong_digit_of_an_identifier_is_found():
    numbers = [number for number in (f"11010519491231002{c}" for c in "0123456789X") if number[-1] != "X"]
    assert run(Identifier(name="x", column="v", scheme="citizen_id"), v=numbers).violations == 10


def test_null_fails_not_null_only_and_an_empty_text_is_a_value():
    result = run(NotNull(name="x", column="v"), v=["", None, "a"])
    assert (result.checked, result.violations, result.evidence) == (3, 1, (("1",),))
    passing = run(Pattern(name="x", column="v", pattern="a"), v=[None, None, "a"])
    assert passing.passed and passing.checked == 1


def test_duplicates_are_surplus_rows_and_all_members_are_evidence():
    result = run(Unique(name="x", columns=("v",)), v=["a", "b", "a", None, None, "a", "c", "c"])
    assert result.violations == 3
    assert result.members == 5
    assert result.evidence == (("0",), ("2",), ("5",), ("6",), ("7",))
    assert result.checked == 6


def test_duplicates_over_several_columns_and_composite_keys():
    result = run(Unique(name="x", columns=("v", "w")), key=("k", "w"), v=["a", "a", "a"], w=[1, 1, 2])
    assert (result.violations, result.members) == (1, 2)
    assert result.evidence == (("0", "1"), ("1", "1"))


def test_code_sets_are_bound_as_tables():
    literal = run(CodeSet(name="x", column="v", codes=("1", "2")), v=["1", "3", None])
    bound = run(CodeSet(name="x", column="v", table="t"), {"t": pa.table({"code": ["1", None]})}, v=["1", "3", None])
    assert literal.violations == bound.violations == 1
    assert literal.dimension == "normativeness"


def test_reference_compares_as_text_and_ignores_nulls_of_the_foreign_table():
    tables = {"t": pa.table({"id": [1, None]})}
    assert run(Reference(name="x", column="v", table="t", foreign="id"), tables, v=["1", "2", None]).violations == 1


def test_ranges_over_numbers_dates_and_nan():
    assert run(Range(name="x", column="v", low=0, high=10), v=[-1, 0, 10, 11, None]).violations == 2
    assert run(Range(name="x", column="v", low=0), v=[float("nan"), 1.0]).violations == 1
    dates = [date(1899, 1, 1), date(2000, 1, 1)]
    assert run(Range(name="x", column="v", low=date(1900, 1, 1)), v=dates).violations == 1
    assert run(Range(name="x", column="v", high=Decimal("0.1")), v=[Decimal("0.1"), Decimal("0.2")]).violations == 1


@pytest.mark.parametrize(
    ("relation", "left", "right", "violations"),
    [
        ("birth_in_id", [date(1949, 12, 31), date(1949, 12, 30), None], ["11010519491231002X"] * 3, 1),
        ("birth_in_id", ["1949-12-31", "1949/12/31", "19491230"], ["11010519491231002X"] * 3, 1),
        ("sex_in_id", ["2", "1", "男", "女", "9", "x", None], ["11010519491231002X"] * 7, 3),
        ("division_in_id", ["110105", "630102"], ["11010519491231002X"] * 2, 1),
        ("less_or_equal", [1, 2, 3], [2, 2, 2], 1),
        ("less", [1, 2, 3], [2, 2, 2], 2),
        ("equal", [1, None], [2, 2], 1),
        ("not_equal", [1, 2], [2, 2], 1),
    ],
)
def test_cross_field(relation, left, right, violations):
    assert run(CrossField(name="x", column="a", other="b", relation=relation), a=left, b=right).violations == violations


def test_freshness_reads_a_naive_time_as_beijing_time():
    naive = [datetime(2026, 11, 22, 11)]  # one hour ago in Beijing
    assert run(Freshness(name="x", column="v", seconds=3600), v=naive).passed
    late = run(Freshness(name="x", column="v", seconds=3599), v=naive)
    assert (late.violations, late.measure) == (1, 3600.0)
    aware = pa.array([datetime(2026, 11, 22, 3, tzinfo=UTC)])
    assert run(Freshness(name="x", column="v", seconds=3600), v=aware).passed
    assert not run(Freshness(name="x", column="v", seconds=9), v=pa.array([None], pa.timestamp("us"))).passed


def test_row_count():
    assert run(RowCount(name="x", low=1, high=3), v=[1, 2]).passed
    assert run(RowCount(name="x", low=3), v=[1, 2]).measure == 2


def test_evidence_is_capped_and_the_total_is_kept():
    result = run(NotNull(name="x", column="v"), cap=3, v=pa.nulls(50, pa.string()))
    assert result.violations == 50
    assert len(result.evidence) == 3


def test_scores_are_passed_over_checked_per_dimension():
    table = pa.table({"a": [1, None, 3, 4], "b": ["x", "y", None, "z"]})
    found = check(
        table,
        [NotNull(name="a", column="a"), NotNull(name="b", column="b"), Pattern(name="p", column="b", pattern="[xy]")],
        now=NOW,
    )
    assert [(s.dimension, s.passed, s.checked) for s in found.scores] == [("completeness", 6, 8), ("accuracy", 2, 3)]
    assert found.scores[0].value == 0.75
    assert found.evidence_table().num_rows == 0


def test_parquet_and_streams_give_the_same_answer(tmp_path):
    table = pa.table({"k": range(1000), "v": [place % 7 for place in range(1000)]})
    pq.write_table(table, tmp_path / "t.parquet")
    rules = [Unique(name="u", columns=("v",)), Range(name="r", column="v", high=3)]
    runs = [check(data, rules, now=NOW, key=("k",)) for data in (table, tmp_path / "t.parquet", table.to_reader())]
    assert runs[0] == runs[1] == runs[2]


def test_empty_table_passes_with_nothing_checked():
    found = check(pa.table({"v": pa.array([], pa.string())}), [Unique(name="u", columns=("v",))], now=NOW)
    assert found.scores[0].value is None


RULES = [
    NotNull(name="a", column="姓名"),
    Unique(name="b", columns=("a", "b"), dimension="consistency"),
    Pattern(name="c", column="a", pattern="'[0-9]+'"),
    CodeSet(name="d", column="a", codes=("1", "2")),
    Range(name="e", column="a", low=date(2020, 1, 1), high=date(2021, 1, 1)),
    Range(name="f", column="a", low=Decimal("0.10")),
    Range(name="g", column="a", low=datetime(2020, 1, 1, 8, tzinfo=UTC)),
    Identifier(name="h", column="a", scheme="uscc"),
    CrossField(name="i", column="a", other="b", relation="less"),
    Reference(name="j", column="a", table="t", foreign="x"),
    Freshness(name="k", column="a", seconds=60),
    RowCount(name="l", low=1, high=2),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rules_survive_json(rule):
    assert rule_from_json(json.loads(json.dumps(rule.as_json()))) == rule


@pytest.mark.parametrize(
    "document",
    [
        None,
        {"kind": "nothing"},
        {"kind": "not_null", "name": "a"},
        {"kind": "not_null", "name": "", "column": "a"},
        {"kind": "not_null", "name": "a", "column": 1},
        {"kind": "not_null", "name": "a", "column": "a", "more": 1},
        {"kind": "not_null", "name": "a", "column": "a", "dimension": "beauty"},
        {"kind": "unique", "name": "a", "columns": []},
        {"kind": "unique", "name": "a", "columns": "ab"},
        {"kind": "pattern", "name": "a", "column": "a", "pattern": ""},
        {"kind": "range", "name": "a", "column": "a"},
        {"kind": "range", "name": "a", "column": "a", "low": 2, "high": 1},
        {"kind": "range", "name": "a", "column": "a", "low": {"date": "2020-13-01"}},
        {"kind": "range", "name": "a", "column": "a", "low": 1, "high": "z"},
        {"kind": "code_set", "name": "a", "column": "a"},
        {"kind": "identifier", "name": "a", "column": "a", "scheme": "passport"},
        {"kind": "cross_field", "name": "a", "column": "a", "other": "a", "relation": "less"},
        {"kind": "freshness", "name": "a", "column": "a", "seconds": True},
        {"kind": "row_count", "name": "a", "low": -1},
    ],
)
def test_a_wrong_document_is_refused_and_says_how_to_mend(document):
    with pytest.raises(RuleRefused) as refused:
        rule_from_json(document)
    assert refused.value.mend
    assert refused.value.where


@pytest.mark.parametrize(
    "rule",
    [
        NotNull(name="x", column="gone"),
        Pattern(name="x", column="v", pattern="("),
        Range(name="x", column="v", low=date(2020, 1, 1)),
        Reference(name="x", column="v", table="t", foreign="id"),
        Freshness(name="x", column="v", seconds=1),
    ],
    ids=lambda rule: rule.kind,
)
def test_a_rule_the_table_cannot_answer_is_refused_without_telling_values(rule):
    with pytest.raises(RuleRefused) as refused:
        run(rule, v=["secret-7"])
    assert "secret-7" not in str(refused.value)


def test_names_and_patterns_with_quotes_stay_data():
    table = pa.table({'a"b': ["x'y", "z"]})
    found = check(table, [Pattern(name="x", column='a"b', pattern="x'y")], now=NOW, key=('a"b',))
    assert found.results[0].evidence == (("z",),)
