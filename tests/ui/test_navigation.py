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
