"""A form asks for what its action asks for, says how to mend each fault, and loses nothing that was typed."""

from collections.abc import Iterator
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from django.utils import translation
from pydantic import Field

from jiangyuan.kernel.actions import ACTIONS, action
from jiangyuan.kernel.errors import Broken, NotFound, Refused
from jiangyuan.ui.fields import Shown
from jiangyuan.ui.forms import KEY, VERSION, form_for


class Grade(Enum):
    LOW, HIGH = "low", "high"


@pytest.fixture(autouse=True)
def sample() -> Iterator[None]:
    @action("test.form.send", on=None, event="test.form.sent", title="送出")
    def send(
        *,
        purpose: Annotated[str, Field(title="用途", description="写明事项", min_length=4, max_length=20)],
        until: Annotated[date, Shown(label="期限")],
        grade: Grade,
        columns: Annotated[list[str], Shown(label="数据项", choices=[("a", "甲"), ("b", "乙")])],
        body: UUID,
        notes: Annotated[list[str], Field(max_length=3)] = [],  # noqa: B006  parameters are values
        limit: Annotated[int, Field(ge=1, le=500), Shown(unit="次")] = 100,
        method: Literal["query", "table"] = "query",
        urgent: bool = False,
        remark: str | None = None,
        hidden: Annotated[str, Shown(hidden=True)] = "",
    ) -> None: ...

    with translation.override("zh-hans"):
        yield
    del ACTIONS["test.form.send"]


RIGHT: dict[str, Any] = {
    "purpose": "低保审核",
    "until": "2027-05-31",
    "grade": "high",
    "columns": ["a", "b"],
    "body": "00000000-0000-7000-8000-000000000001",
    "limit": "１，200".replace("，200", "20"),
    "method": "table",
    "urgent": "on",
    "notes": " one \n\n two",
    VERSION: "7",
    KEY: "k-1",
}


def test_right_answers_become_the_parameters() -> None:
    form = form_for("test.form.send", data=RIGHT)
    assert form.is_valid(), form.errors
    values = form.values
    assert values["until"] == date(2027, 5, 31) and values["body"] == UUID(RIGHT["body"])
    assert (values["limit"], values["urgent"], values["notes"]) == (120, True, ["one", "two"])
    assert "remark" not in values and "hidden" not in values
    assert (form.expected_version, form.idempotency_key) == (7, "k-1")
    ACTIONS["test.form.send"].parameters.model_validate(values)


def test_an_empty_form_shows_labels_help_defaults_and_its_number() -> None:
    form = form_for("test.form.send", version=3)
    assert (form["purpose"].label, form["purpose"].help_text) == ("用途", "写明事项")
    assert form["limit"].value() == 100 and form["limit"].field.unit == "次"
    assert form[VERSION].value() == 3 and len(form[KEY].value()) == 36
    assert "hidden" not in form.fields


def test_each_fault_stands_at_its_field_and_says_how_to_mend() -> None:
    wrong = {**RIGHT, "purpose": "低保", "until": "2027-02-31", "limit": "9999", "grade": "none", "columns": [],
             "body": "x", "notes": "1\n2\n3\n4"}  # fmt: skip
    form = form_for("test.form.send", data=wrong)
    assert not form.is_valid()
    said = {line.anchor: line.message for line in form.fault_lines}
    assert said["test-form-send_purpose"] == "内容过短：至少 4 个字，现有 2 个字，请补充。"
    assert said["test-form-send_until"] == "日期的写法不对，请写成 2026-11-22 的形式。"
    assert said["test-form-send_limit"] == "不能大于 500，请改正。"
    assert said["test-form-send_grade"].endswith("请从列出的选项中选择。")
    assert said["test-form-send_notes"] == "最多 3 项，请删减。"
    assert {"test-form-send_columns", "test-form-send_body"} <= set(said)
    assert form["purpose"].value() == "低保" and form["limit"].value() == "9999"


def test_a_refusal_stands_at_the_field_it_names() -> None:
    form = form_for("test.form.send", data=RIGHT)
    form.is_valid()
    form.refuse(Refused("期限过长", where="until", mend="请改短。", article="第二十九条"))
    form.refuse(Refused("缺少意见", where="request"))
    assert [(line.anchor, line.message) for line in form.fault_lines] == [
        ("", "缺少意见"),
        ("test-form-send_until", "期限过长（第二十九条） 请改短。"),
    ]


def test_what_the_page_knows_is_not_asked() -> None:
    body = UUID(int=5)
    form = form_for("test.form.send", data={**RIGHT, "body": str(UUID(int=6))}, fixed={"body": body})
    assert "body" not in form.fields
    assert form.is_valid() and form.values["body"] == body


def test_choices_given_by_the_page_are_the_only_ones() -> None:
    choices = {"body": [(UUID(int=5), "省公安厅")]}
    assert not form_for("test.form.send", data=RIGHT, choices=choices).is_valid()
    form = form_for("test.form.send", data={**RIGHT, "body": str(UUID(int=5))}, choices=choices)
    assert form.is_valid() and ACTIONS["test.form.send"].parameters.model_validate(form.values).body == UUID(int=5)


def test_an_unknown_action_and_an_unaskable_parameter_are_refused() -> None:
    with pytest.raises(NotFound):
        form_for("test.form.none")

    @action("test.form.odd", on=None, event="x", title="x")
    def odd(*, thing: dict[str, int]) -> None: ...

    try:
        with pytest.raises(Broken):
            form_for("test.form.odd")
        assert form_for("test.form.odd", fixed={"thing": {}}).visible_fields() == []
    finally:
        del ACTIONS["test.form.odd"]


def test_a_field_named_like_the_summary_does_not_hide_the_faults(client) -> None:
    from django.template import Context, Template

    from jiangyuan.ui.forms import form_for

    form = form_for("catalog.entry.draft", data={"summary": "x"})
    assert not form.is_valid()
    shown = Template("{% load ui %}{% part form %}").render(Context({"form": form}))
    assert 'class="jy-summary"' in shown and shown.count("<li>") >= 1
    fresh = Template("{% load ui %}{% part form %}").render(Context({"form": form_for("catalog.entry.draft")}))
    assert 'class="jy-summary"' not in fresh
