"""An action on a real record, an actor in the session, and the pages of a room that has nothing else."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import Field

from jiangyuan.kernel import policy
from jiangyuan.kernel.actions import ACTIONS, action
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Refused
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.kernel.models import Clock
from jiangyuan.ui import session

ACTOR = Actor(kind="person", id=UUID(int=7), name="王敏", capacity="operations", capacities=frozenset({"operations"}))


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Who is signed in (`actor`), by session and by the token "good"; may be changed by the test."""
    who: dict[str, Any] = {"actor": ACTOR}
    monkeypatch.setattr(session, "_actor_loader", lambda request: who["actor"])
    monkeypatch.setattr(session, "_token_loader", lambda request, token: ACTOR if token == "good" else None)
    monkeypatch.setattr(session, "_account_loader", lambda request: None)
    return who


@pytest.fixture
def actions(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two actions on clocks, allowed to everybody: policies have tests of their own."""
    monkeypatch.setattr(policy, "require", lambda **asked: None)

    @action("test.clock.rename", on=Clock, event="test.clock.renamed", title="更名")
    def rename(clock: Clock, *, name: Annotated[str, Field(title="名称", min_length=2, max_length=20)]) -> Clock:
        """Give a clock another name."""
        if name == "不行":
            raise Refused("名称已被使用", where="name", mend="请换一个。", article="第一条")
        clock.object_type = name
        return clock

    @action("test.clock.stop", on=Clock, event="test.clock.stopped", title="停表")
    def stop(clock: Clock) -> Clock:
        """Stop a clock."""
        if clock.status == Clock.MET:
            raise Refused("已经停了", mend="不必再停。")
        clock.status = Clock.MET
        return clock

    yield
    for name in ("test.clock.rename", "test.clock.stop"):
        ACTIONS.pop(name, None)


@pytest.fixture
def clock(db: None) -> Clock:
    """A clock in the database, version 1."""
    return Clock.objects.create(
        id=uuid7(), limit="sharing.supply", object_type="x", object_id=uuid7(), received_on=date(2026, 11, 2), version=1
    )


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    """Static files come from the source here; a folder of collected ones does not exist."""
    settings.STATIC_ROOT = None
