"""The navigation shows what an actor may enter, and where he is."""

from uuid import UUID

import pytest

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Broken
from jiangyuan.ui import navigation
from jiangyuan.ui.navigation import Item


@pytest.fixture(autouse=True)
def only_these(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(navigation, "_items", {})
    navigation.register(
        Item(place="home", title="home", url="/"),
        Item(place="catalog", title="entries", url="/catalog/", order=1),
        Item(place="catalog", title="census", url="/catalog/census/", order=2, visible=navigation.holding("auditor")),
        Item(place="exchange", title="not installed", url="no-such-route"),
        Item(place="find", title="search", url="/find/", visible=lambda actor: True),
    )


def actor(capacity: str) -> Actor:
    return Actor(kind="person", id=UUID(int=1), name="a", capacity=capacity, capacities=frozenset({capacity}))


def test_each_sees_only_what_is_open_to_him() -> None:
    purposes, rooms = navigation.navigation(actor("business_office"), "/catalog/x")
    assert [p.code for p in purposes] == ["home", "find"]
    assert [(p.code, [e.title for e in p.entries]) for p in rooms] == [("catalog", ["entries"])]
    assert rooms[0].current
    _purposes, rooms = navigation.navigation(actor("auditor"), "/catalog/census/3")
    assert [(e.title, e.current) for e in rooms[0].entries] == [("entries", False), ("census", True)]


def test_a_stranger_sees_what_is_open_to_all() -> None:
    purposes, rooms = navigation.navigation(None, "/")
    assert ([p.code for p in purposes], rooms) == (["find"], ())


def test_home_is_current_only_on_itself() -> None:
    purposes, _rooms = navigation.navigation(actor("auditor"), "/elsewhere/")
    assert not any(p.current for p in purposes)


def test_an_unknown_place_is_refused() -> None:
    with pytest.raises(Broken):
        navigation.register(Item(place="attic", title="x", url="/x/"))


def test_a_room_of_many_pages_has_subheadings() -> None:
    groups = ("", "protect", "look", "look", "make", "make", "source")
    navigation.register(
        *(
            Item(place="catalog", title=f"{group or 'none'} {n}", url=f"/catalog/{n}/", order=10 + n, group=group)
            for n, group in enumerate(groups)
        )
    )
    _purposes, rooms = navigation.navigation(actor("auditor"), "/catalog/2/")
    sections = rooms[0].sections
    assert [(str(s.title), [e.title for e in s.entries]) for s in sections] == [
        ("", ["entries", "census", "none 0"]),
        ("查目录", ["look 2", "look 3"]),
        ("编目录", ["make 4", "make 5"]),
        ("数源和责任", ["source 6"]),
        ("分级和保护", ["protect 1"]),
    ]
    assert [e.title for s in sections for e in s.entries if e.current] == ["look 2"]


def test_a_room_of_few_pages_has_none() -> None:
    navigation.register(Item(place="catalog", title="graded", url="/catalog/graded/", group="protect"))
    _purposes, rooms = navigation.navigation(actor("business_office"), "/")
    assert [(s.title, len(s.entries)) for s in rooms[0].sections] == [("", 2)]


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(Broken):
        navigation.register(Item(place="catalog", title="x", url="/x/", group="attic"))
