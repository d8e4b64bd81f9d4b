"""Three sides of a form set against each other: nothing typed disappears, and without a clash the order does not matter."""

import pytest
from django.http import QueryDict
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from jiangyuan.ui import merging
from jiangyuan.ui.drafts import BASE
from jiangyuan.ui.merging import ASKED, CHOOSE, WAS, merge, opened, plain, resumed, seal, settle

NAMES = ("name", "summary", "share_methods", "name-3")
texts = st.dictionaries(
    st.sampled_from(NAMES),
    st.lists(st.sampled_from(["", "甲", "乙", "丙"]), max_size=2).map(plain),
    max_size=len(NAMES),
)


def _came_out(found: list[merging.Merged]) -> dict[str, merging.Text]:
    return {one.name: one.value for one in found if one.value is not None}


@given(texts, texts, texts)
def test_without_a_clash_it_does_not_matter_who_was_first(before, one, other) -> None:
    there, back = merge(before, one, other), merge(before, other, one)
    assert {m.name for m in there if m.clash} == {m.name for m in back if m.clash}
    if not any(m.clash for m in there):
        assert _came_out(there) == _came_out(back)


@given(texts, texts, texts)
def test_nothing_typed_disappears(before, theirs, mine) -> None:
    found = {m.name: m for m in merge(before, theirs, mine)}
    for name, text in mine.items():
        if text != before.get(name):
            assert found[name].value == text, "what was typed comes out, or is asked about with what was typed"
    for name, text in theirs.items():
        if text != before.get(name) and mine.get(name) == before.get(name):
            assert found[name].value == text and not found[name].clash
    for name in {*before, *theirs, *mine}:
        both = theirs.get(name) != before.get(name) != mine.get(name)
        assert found[name].clash == (both and theirs.get(name) != mine.get(name))


@given(texts, texts)
def test_merging_with_what_did_not_change_gives_the_other_side(before, theirs) -> None:
    assert _came_out(merge(before, theirs, before)) == _came_out(merge(before, before, theirs)) == dict(theirs)


def test_what_the_form_held_travels_whole_or_not_at_all() -> None:
    packed = seal(7, {"name": ("甲",), "share_methods": ()})
    assert opened(packed) == merging.Opened(7, {"name": ("甲",), "share_methods": ()})
    for nonsense in ("", "x", packed[:-1], "{}"):
        assert opened(nonsense) == merging.Opened()


def _sent(**told: object) -> QueryDict:
    sent = QueryDict(mutable=True)
    for name, value in told.items():
        sent.setlist(name, list(value) if isinstance(value, list) else [str(value)])
    return sent


def test_what_was_kept_goes_on_from_what_its_writer_saw() -> None:
    first, newer = seal(3, {"name": ("甲",)}), seal(5, {"name": ("乙",)})
    assert resumed(_sent(_version="3", _base=first)) == ("3", first)
    assert resumed(_sent(_version="5", _base=newer, _was=first)) == ("3", first), "its choices are open still"
    assert resumed(_sent(_version="5")) == ("", "")


@pytest.mark.parametrize(("choice", "name", "tick"), [("theirs", ["乙"], []), ("mine", ["丙"], ["on"])])
def test_a_choice_puts_the_text_of_that_side_under_the_name(choice: str, name: list[str], tick: list[str]) -> None:
    told = {"name": "丙", "required-3": "on", BASE: seal(5, {"name": ("乙",)}), WAS: "x", ASKED: ["name", "required-3"]}
    request = RequestFactory().post("/")
    request.POST = _sent(**told, **{f"{CHOOSE}name": choice, f"{CHOOSE}required-3": choice})
    assert merging.is_merged(request)
    assert settle(request, lambda field: field == "required-3") == frozenset()
    assert request.POST.getlist("name") == name and request.POST.getlist("required-3") == tick
    assert not merging.is_merged(request) and not any(key.startswith("_choose") for key in request.POST)


def test_a_choice_that_was_not_made_is_named_and_nothing_is_put_anywhere() -> None:
    request = RequestFactory().post("/")
    request.POST = _sent(name="丙", **{ASKED: ["name", "summary"], f"{CHOOSE}summary": "theirs", WAS: ""})
    assert settle(request, lambda field: False) == {"name"}
    assert request.POST["name"] == "丙" and "summary" not in request.POST
