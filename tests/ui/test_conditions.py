"""Row conditions are filled in as rows and read as sentences; what rows make is what the grammar reads."""

from typing import Any

import pytest
from django.utils import translation

from jiangyuan.data import conditions as grammar
from jiangyuan.ui import conditions
from jiangyuan.ui.conditions import Item

ITEMS = (
    Item("division", "户籍所在地", "character varying(12)"),
    Item("birth_date", "出生日期", "date"),
    Item("income", "收入", "numeric(12,2)"),
    Item("children", "子女数", "integer"),
    Item("alive", "在世", "boolean"),
    Item("seen_at", "更新时间", "timestamp with time zone"),
)
NAMES = {item.column: item.name for item in ITEMS}
COLUMNS = {item.column: item.type for item in ITEMS}


@pytest.fixture(autouse=True)
def chinese() -> Any:
    with translation.override("zh-hans"):
        yield


def sent(*rows: tuple[str, ...], **more: str) -> dict[str, str]:
    found = {}
    for n, row in enumerate(rows):
        found |= dict(zip((f"condition-{n}-{part}" for part in ("column", "op", "value", "to")), row, strict=False))
    return {**found, **more}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("division", "=", "西宁市")], "只限“户籍所在地”为 西宁市的记录"),
        ([("birth_date", "between", "2008-01-01", "2010-12-31")], "只限“出生日期”在 2008-01-01 至 2010-12-31 之间（含两端）的记录"),
        ([("division", "starts_with", "6301"), ("alive", "=", "true")], "只限“户籍所在地”开头为 6301，并且“在世”为 是的记录"),
        ([("income", "<=", "1,200.50")], "只限“收入”不大于 1200.50的记录"),
        ([("division", "in", "630102、630103，630104")], "只限“户籍所在地”是其中之一 630102、630103、630104的记录"),
        ([("seen_at", ">=", "2026-11-22T09:30")], "只限“更新时间”不早于 2026-11-22 09:30的记录"),
        ([("income", "known", "")], "只限“收入”已填写的记录"),
    ],
)  # fmt: skip
def test_rows_make_a_condition_that_reads_back_as_rows_and_as_a_sentence(rows, said) -> None:
    typed = conditions.checked(conditions.typed_rows(sent(*rows), ITEMS))
    assert [row.fault for row in typed.rows] == [""] * len(rows)
    stored = grammar.parse(typed.form, columns=COLUMNS).to_json()
    assert conditions.sentence(typed.form, NAMES) == said
    again = conditions.rows_of(stored, ITEMS)
    assert again is not None
    assert grammar.parse(conditions.checked(again).form, columns=COLUMNS).to_json() == stored


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (("birth_date", "=", "2026-02-31"), "日期的写法不对"),
        (("birth_date", "between", "2026-01-01", ""), "请填写“至”的值"),
        (("income", ">", "很多"), "应为数字"),
        (("children", "=", "9" * 400), "应为数字"),
        (("division", "=", ""), "请填写要比较的值"),
        (("division", "=", "a\x00b"), "过长"),
    ],
)
def test_what_is_wrong_stands_at_its_row_and_makes_no_condition(row, fault) -> None:
    typed = conditions.checked(conditions.typed_rows(sent(("alive", "=", "true"), row), ITEMS))
    assert typed.form is None and typed.rows[0].fault == "" and fault in typed.rows[1].fault
    editor = conditions.Editor(items=ITEMS, rows=tuple(typed.rows))
    assert editor.faults[0].startswith("第 2 个条件（")


def test_buttons_add_and_remove_rows_and_strange_input_is_left_out() -> None:
    two = sent(("division", "=", "630100"), ("income", ">", "1"))
    assert [r.item.column for r in conditions.typed_rows({**two, "_row": "remove-0"}, ITEMS).rows] == ["income"]
    added = conditions.typed_rows({**two, "_row": "add", "condition-new": "alive"}, ITEMS)
    assert [r.item.column for r in added.rows] == ["division", "income", "alive"]
    strange = sent(("salary", "=", "1"), ("division", "DROP", "x"), **{"condition-join": "xor"})
    typed = conditions.typed_rows(strange, ITEMS)
    assert [(r.item.column, r.operator) for r in typed.rows] == [("division", "=")] and typed.join == "and"
    full = sent(*[("division", "=", str(n)) for n in range(40)])
    assert len(conditions.typed_rows({**full, "_row": "add", "condition-new": "alive"}, ITEMS).rows) == conditions.MOST


def test_a_nested_condition_is_said_and_not_broken_into_rows() -> None:
    leaf = {"op": "=", "column": "division", "type": "text", "value": "630100"}
    nested = {"op": "or", "items": [{"op": "and", "items": [leaf, leaf]}, {"op": "not", "item": leaf}]}
    assert conditions.rows_of(nested, ITEMS) is None
    said = conditions.sentence(nested, NAMES)
    assert said.count("户籍所在地") == 3 and "（" in said and "{" not in said
    assert conditions.sentence(None, NAMES) == "全部记录"
