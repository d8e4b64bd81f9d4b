"""The memory: what an event says, what is sealed in it, and handlers that see everything once committed."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from jiangyuan.kernel import events, vault
from jiangyuan.kernel.actor import Actor, Scene
from jiangyuan.kernel.errors import Broken
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.kernel.models import Access, Event, HandlerCursor

ACTOR = Actor(kind="person", id=uuid7(), name="张三", body=uuid7(), capacity="sharing_handler")
SCENE = Scene(purpose="social-aid", case_number="A-1", operator="李四", channel="portal")
TYPE = "trial.thing.done"


def write(number: int = 0, *, type: str = TYPE, subject: str = "", **sealed: str) -> UUID:
    draft = events.Draft(
        type=type,
        actor=ACTOR,
        scene=SCENE,
        at=timezone.now(),
        object_type="trial.thing",
        object_id=uuid7(),
        payload={"number": number},
        sealed_subject=subject,
        sealed=sealed or None,
    )
    with transaction.atomic():
        return events.write([draft])[0]


def numbers(seen: list[Event]) -> list[int]:
    return [event.payload["number"] for event in seen]


@pytest.fixture
def alone() -> Iterator[None]:
    """Let only the handlers of the test run."""
    kept, kept_access = dict(events.HANDLERS), dict(events.ACCESS_HANDLERS)
    events.HANDLERS.clear()
    events.ACCESS_HANDLERS.clear()
    yield
    for registry, before in ((events.HANDLERS, kept), (events.ACCESS_HANDLERS, kept_access)):
        registry.clear()
        registry.update(before)  # type: ignore[arg-type]


@pytest.fixture
def seen(alone: None, committed: None) -> list[Event]:
    """What a handler of `TYPE` has seen."""
    found: list[Event] = []
    events.handler(TYPE, name="trial.see")(found.append)
    return found


# --- what is written --------------------------------------------------------------------------------------------------


def test_an_event_says_who_what_and_in_which_scene(committed: None) -> None:
    event = Event.objects.get(id=write(7))
    said = event.content
    assert said["type"] == event.type == TYPE and said["payload"] == {"number": 7}
    assert said["actor"] == {
        "kind": "person",
        "id": str(ACTOR.id),
        "body": str(ACTOR.body),
        "capacity": "sharing_handler",
    }
    assert said["scene"]["case_number"] == "A-1" and said["scene"]["operator"] == "李四"
    assert said["object"]["id"] == str(event.object_id) and said["sealed"] is None
    assert "张三" not in bytes(event.canonical).decode()


def test_canonical_bytes_do_not_depend_on_the_order_of_keys() -> None:
    one = events.canonical({"b": {"y": 1, "x": [date(2026, 1, 2), None]}, "a": frozenset({"乙", "甲"})})
    two = events.canonical({"a": {"甲", "乙"}, "b": {"x": ["2026-01-02", None], "y": 1}})
    assert one == two == '{"a":["乙","甲"],"b":{"x":["2026-01-02",null],"y":1}}'.encode()
    moment = datetime(2026, 1, 2, 3, tzinfo=UTC)
    assert events.canonical({"at": moment}) == b'{"at":"2026-01-02T03:00:00+00:00"}'


def test_a_number_that_languages_spell_differently_is_not_written() -> None:
    with pytest.raises(Broken):
        events.canonical({"amount": 0.1})


def test_an_event_that_is_undone_with_its_act_was_never_written(committed: None, seen: list[Event]) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write()
        raise ZeroDivisionError
    assert not Event.objects.exists()
    assert events.run_handlers() == 0 and seen == []


def test_history_is_newest_first_and_of_one_object(committed: None) -> None:
    first = Event.objects.get(id=write(1))
    write(2)
    assert [e.id for e in events.history(object_type="trial.thing", object_id=first.object_id)] == [first.id]


# --- sealed parts and erasure -----------------------------------------------------------------------------------------


def test_a_sealed_part_opens_until_its_subject_is_erased(committed: None) -> None:
    person, other = f"person:{uuid4()}", f"person:{uuid4()}"
    mine, theirs = write(1, subject=person, 姓名="李四"), write(2, subject=other, 姓名="王五")
    event = Event.objects.get(id=mine)
    assert events.unseal(event) == {"姓名": "李四"}
    assert "李四".encode() not in bytes(event.ciphertext)
    with transaction.atomic():
        assert vault.destroy(person) == event.key_id
    event.refresh_from_db()
    assert events.unseal(event) is None
    assert event.payload == {"number": 1}
    assert events.unseal(Event.objects.get(id=theirs)) == {"姓名": "王五"}


def test_two_equal_sealed_parts_commit_to_different_bytes(committed: None) -> None:
    subject = f"person:{uuid4()}"
    first, second = (Event.objects.get(id=write(0, subject=subject, 结论="符合")) for _each in range(2))
    assert first.content["sealed"]["key"] == second.content["sealed"]["key"]
    assert first.content["sealed"]["digest"] != second.content["sealed"]["digest"]


# --- handlers ---------------------------------------------------------------------------------------------------------


def test_a_handler_sees_each_event_of_its_types_once_and_in_order(seen: list[Event]) -> None:
    for number in range(5):
        write(number)
    write(99, type="trial.thing.other")
    assert events.run_handlers() == 5
    assert events.run_handlers() == 0
    assert numbers(seen) == [0, 1, 2, 3, 4]


def test_a_handler_stops_at_the_limit_and_goes_on_from_there(seen: list[Event]) -> None:
    for number in range(5):
        write(number)
    assert events.run_handlers(limit=2) == 2
    assert events.run_handlers(limit=2) == 2
    assert events.run_handlers(limit=2) == 1
    assert numbers(seen) == [0, 1, 2, 3, 4]


def test_a_handler_that_fails_keeps_its_place_and_stops_nobody_else(seen: list[Event]) -> None:
    broken = [True]

    def stumble(event: Event) -> None:
        vault.seal(b"x", subject=f"effect:{event.id}", place="trial")
        if broken[0]:
            raise ConnectionError("下游不可用")

    events.handler(TYPE, name="trial.a_stumble")(stumble)
    write(1)
    assert events.run_handlers() == 1
    assert numbers(seen) == [1]
    cursor = HandlerCursor.objects.get(name="trial.a_stumble")
    assert cursor.attempts == 1 and "下游不可用" in cursor.last_error
    assert cursor.next_at is not None and cursor.next_at > timezone.now()
    assert not vault.DataKey.objects.filter(subject__startswith="effect:").exists()
    assert events.run_handlers() == 0  # its time has not come
    HandlerCursor.objects.filter(name=cursor.name).update(next_at=timezone.now())
    broken[0] = False
    assert events.run_handlers() == 1
    cursor.refresh_from_db()
    assert (cursor.attempts, cursor.last_error, cursor.next_at) == (0, "", None)
    assert vault.DataKey.objects.filter(subject__startswith="effect:").count() == 1


def test_the_pauses_of_a_failing_handler_grow_to_five_minutes(seen: list[Event]) -> None:
    def always(event: Event) -> None:
        raise ConnectionError

    events.handler(TYPE, name="trial.always")(always)
    write()
    pauses = []
    for _attempt in range(11):
        events.run_handlers()
        cursor = HandlerCursor.objects.get(name="trial.always")
        assert cursor.next_at is not None
        pauses.append(round((cursor.next_at - timezone.now()).total_seconds()))
        HandlerCursor.objects.filter(name=cursor.name).update(next_at=timezone.now())
    assert pauses[:4] == [1, 2, 4, 8] and pauses[-1] == 300


def test_a_late_committer_is_not_skipped(seen: list[Event], urls: dict[str, str]) -> None:
    late = uuid7()
    with psycopg.connect(urls["database_url"]) as slow:
        content = events.canonical({"payload": {"number": 1}})
        slow.execute(
            "INSERT INTO kernel_event (id, at, type, actor_kind, actor_id, object_type, canonical)"
            " VALUES (%s, now(), %s, 'person', %s, '', %s)",
            [late, TYPE, uuid7(), content],
        )
        write(2)  # began later, committed earlier
        assert events.run_handlers() == 0
        slow.commit()
    assert events.run_handlers() == 2
    assert numbers(seen) == [1, 2]


def test_a_handler_of_rare_events_moves_on_and_misses_nothing(seen: list[Event], urls: dict[str, str]) -> None:
    with psycopg.connect(urls["database_url"], autocommit=True) as busy:
        for _each in range(1100):
            busy.execute("SELECT pg_current_xact_id()")
    events.run_handlers()
    cursor = HandlerCursor.objects.get(name="trial.see")
    assert cursor.xid > 1000
    write(3)
    events.run_handlers()
    assert numbers(seen) == [3]


def test_while_one_worker_holds_a_handlers_place_another_passes_by(seen: list[Event], urls: dict[str, str]) -> None:
    write(1)
    HandlerCursor.objects.create(name="trial.see")
    with psycopg.connect(urls["database_url"]) as other:
        other.execute("SELECT 1 FROM kernel_handlercursor WHERE name = 'trial.see' FOR UPDATE")
        assert events.run_handlers() == 0
        other.rollback()
    assert events.run_handlers() == 1


def test_two_handlers_of_one_name_are_refused(alone: None) -> None:
    events.handler(TYPE, name="trial.twin")(lambda event: None)
    with pytest.raises(Broken):
        events.handler(TYPE, name="trial.twin")(lambda event: None)
    events.access_handler(name="trial.twin")(lambda access: None)
    with pytest.raises(Broken):
        events.access_handler(name="trial.twin")(lambda access: None)


# --- reads of governed data -------------------------------------------------------------------------------------------


def read(subjects: bytes = b"") -> UUID:
    reading = events.Reading(
        form="query", actor=ACTOR, scene=SCENE, grants=((uuid7(), 3),), query="q", data_version="v"
    )
    begun = events.start_access(reading)
    events.finish_access(reading, begun, rows=2, digest="d", subjects=subjects)
    return begun


def test_a_read_is_remembered_before_its_first_byte_and_after_its_last(committed: None) -> None:
    begun = read(b"\x01" * 32)
    started, finished = Access.objects.filter(read=begun).order_by("id")
    assert (started.phase, started.rows) == ("started", None)
    assert (finished.phase, finished.rows) == ("finished", 2)
    assert finished.content["case_number"] == "A-1" and finished.content["grants"][0][1] == 3
    assert [a.id for a in events.reads_of(grant=started.grant)] == [finished.id, started.id]


def test_an_access_handler_sees_each_record_that_names_subjects_once(alone: None, committed: None) -> None:
    found: list[Access] = []
    events.access_handler(name="trial.access")(found.append)
    read()
    concerned = [read(b"\x01" * 16), read(b"\x02" * 16)]
    assert events.run_handlers() == 2
    assert events.run_handlers() == 0
    assert [a.read for a in found] == concerned


def test_the_pseudonym_of_a_person_is_keyed_and_does_not_depend_on_spelling(committed: None) -> None:
    one = vault.pseudonym("63010219900101123x")
    assert one == vault.pseudonym(" 63010219900101123X ") and len(one) == vault.PSEUDONYM_BYTES
    assert one != vault.pseudonym("630102199001011241")


@pytest.mark.parametrize("work", [lambda c: c.execute("UPDATE kernel_event SET type = 'x'"),
                                  lambda c: c.execute("DELETE FROM kernel_event")])  # fmt: skip
def test_the_application_can_neither_change_nor_delete_what_happened(committed: None, work: Callable) -> None:
    from django.db.utils import ProgrammingError

    write()
    with connection.cursor() as cursor, pytest.raises(ProgrammingError):
        work(cursor)
    assert Event.objects.count() == 1
