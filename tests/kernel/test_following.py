"""Handlers that are asked only when the memory has grown miss nothing, and a quiet memory costs one question."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.kernel.test_events import TYPE, numbers, write

from jiangyuan.kernel import events
from jiangyuan.kernel.following import Follower
from jiangyuan.kernel.models import Event, HandlerCursor


@pytest.fixture
def seen(committed: None) -> Iterator[list[Event]]:
    """What the only handler has seen."""
    kept, kept_access = dict(events.HANDLERS), dict(events.ACCESS_HANDLERS)
    events.HANDLERS.clear()
    events.ACCESS_HANDLERS.clear()
    found: list[Event] = []
    events.handler(TYPE, name="trial.see")(found.append)
    yield found
    for registry, before in ((events.HANDLERS, kept), (events.ACCESS_HANDLERS, kept_access)):
        registry.clear()
        registry.update(before)  # type: ignore[arg-type]


def test_a_quiet_memory_is_asked_once_and_a_new_event_is_seen(seen: list[Event]) -> None:
    follower = Follower()
    write(1)
    assert follower.step() == 1
    assert follower.step() == 0
    with CaptureQueriesContext(connection) as asked:
        assert follower.step() == 0
    assert len(asked) == 1
    write(2)
    assert follower.step() == 1
    assert numbers(seen) == [1, 2]


def test_an_event_of_an_older_transaction_that_ends_later_is_seen(seen: list[Event], urls: dict[str, str]) -> None:
    follower = Follower()
    with psycopg.connect(urls["database_url"]) as other:
        # it has a number, and so stands before what is written now
        other.execute("SELECT pg_current_xact_id()")
        write(1)
        assert follower.step() == 0
        assert follower.step() == 0
        other.commit()
    assert follower.step() == 1
    assert numbers(seen) == [1]


def test_what_a_handler_could_not_do_is_tried_again(seen: list[Event]) -> None:
    broken = [True]

    def stumble(event: Event) -> None:
        if broken[0]:
            raise ConnectionError("downstream")

    events.handler(TYPE, name="trial.a_stumble")(stumble)
    follower = Follower()
    write(1)
    assert follower.step() == 1
    assert follower.step() == 0
    broken[0] = False
    HandlerCursor.objects.filter(name="trial.a_stumble").update(next_at=timezone.now())
    assert follower.step() == 1
    assert follower.step() == 0
