"""Parts say what they show: sorting in the address, differences, the trace of an object from the memory."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.template import Context, Template
from django.utils import translation

from jiangyuan.kernel import events
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Actor, Scene
from jiangyuan.kernel.clocks import SHANGHAI
from jiangyuan.kernel.errors import Broken, Refused
from jiangyuan.kernel.models import Clock, Stated
from jiangyuan.ui import parts, session
from jiangyuan.ui.states import register_tones, tone_of
from jiangyuan.ui.timeline import timeline

ACTOR = Actor(kind="person", id=UUID(int=7), name="王敏", body=UUID(int=8), capacity="sharing_head")


def draw(thing: Any) -> str:
    with translation.override("zh-hans"):
        return Template("{% load ui %}{% value thing %}").render(Context({"thing": thing}))


@pytest.mark.parametrize(
    ("thing", "drawn"),
    [
        (1234567, "1,234,567"),
        (Decimal("1234.50"), "1,234.50"),
        (True, "是"),
        (0, "0"),
        (date(2026, 11, 22), '<time datetime="2026-11-22">2026-11-22</time>'),
        (["甲", "乙"], "甲、乙"),
        ("<b>", "&lt;b&gt;"),
        (parts.Link(title="<i>", url="/x/"), '<a href="/x/">&lt;i&gt;</a>\n'),
        (datetime(2026, 11, 22, 9, 5, tzinfo=SHANGHAI), ">2026-11-22 09:05</time>"),
        (None, "—</span>"),
    ],
)
def test_values_are_drawn_as_people_write_them(thing: Any, drawn: str) -> None:
    assert draw(thing).endswith(drawn)


def table(order: str) -> parts.Table:
    return parts.Table(
        caption="x",
        columns=(parts.Column(title="名", order="name"), parts.Column(title="数", numeric=True)),
        rows=[["甲", 1]],
        empty=parts.Empty(title="空", why="因为"),
        order=order,
        query={"q": "a&b", "cursor": "c", "order": order},
    )


@pytest.mark.parametrize(
    ("order", "url", "now"),
    [("", "order=name", ""), ("name", "order=-name", "ascending"), ("-name", "order=name", "descending")],
)
def test_sorting_stands_in_the_address(order: str, url: str, now: str) -> None:
    first, second = table(order).headings
    assert (first.url, first.sorted) == (f"?q=a%26b&{url}", now)
    assert second.url == ""
    assert ('aria-sort="' in draw(table(order))) == bool(now)


def test_a_row_of_the_wrong_width_is_a_fault() -> None:
    with pytest.raises(ValueError, match="zip"):
        _ = parts.Table(caption="x", columns=(parts.Column(title="a"),), rows=[[1, 2]], empty=table("").empty).lines


def test_an_empty_table_says_why() -> None:
    empty = parts.Table(caption="x", columns=(), rows=[], empty=parts.Empty(title="没有", why="因为", todo="可以"))
    assert all(word in draw(empty) for word in ("没有", "因为", "可以"))


def test_differences_name_their_kind() -> None:
    kinds = [parts.Difference(label="x", before=b, after=a).kind for b, a in ((1, 1), (None, 1), (1, None), (1, 2))]
    assert kinds == ["same", "new", "gone", "changed"]


def test_tones_follow_the_last_word_of_a_state() -> None:
    assert [tone_of(s) for s in ("draft", "head_review", "risk_returned", "granted", "unheard_of")] == [
        "idle", "running", "warn", "good", "running",
    ]  # fmt: skip


def test_what_is_over_does_not_look_as_if_it_went_on() -> None:
    """No final state, and no state that is in force, wears the circle of what is under way; a kind has no icon."""
    lasting = {("standard", "issued"), ("excuse", "accepted"), ("batch", "issued"), ("repetition", "excepted")}
    for model in apps.get_models():
        if not issubclass(model, Stated) or (workflow := model.workflow) is None:
            continue
        final = set(workflow.states) - {step.source for step in workflow.transitions}
        for state in final | {state for name, state in lasting if name == workflow.name}:
            assert tone_of(state, workflow.name) in ("good", "closed", "bad"), (workflow.name, state)
    assert tone_of("filed", "demand") == tone_of("answered", "dispute") == "running"  # others have these words as well
    assert "ti-" not in draw(parts.Badge(label="国家", tone="plain"))


def test_a_state_has_one_tone_whoever_is_loaded_last() -> None:
    with pytest.raises(Broken, match="published"):
        register_tones({"published": "running"})
    assert tone_of("published") == "good"


@pytest.mark.django_db
def test_the_trace_names_who_what_and_why(
    actions: None, clock: Clock, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    names = {("person", str(UUID(int=7))): "王敏", ("body", str(UUID(int=8))): "省民政厅"}
    monkeypatch.setattr(session, "_name_loader", lambda wanted: {k: names[k] for k in wanted if k in names})
    act("test.clock.rename", clock.pk, actor=ACTOR, scene=Scene(purpose="低保审核", case_number="QH-1"), name="新名称")
    with pytest.raises(Refused):
        act("test.clock.rename", clock.pk, actor=ACTOR, name="不行")
    found = events.history(object_type="kernel.clock", object_id=clock.pk)
    with translation.override("zh-hans"), django_assert_num_queries(0):
        refused, done = timeline(found, receipt_url=lambda event: f"/r/{event.id}/").moments
    assert (done.what, done.who, done.body, done.why, done.case_number) == (
        "更名",
        "王敏",
        "省民政厅",
        "低保审核",
        "QH-1",
    )
    assert done.receipt_url == f"/r/{found[1].id}/"
    assert refused.refused and refused.what == "未获准：更名"
    assert "sharing_head" not in draw(timeline(found))
