"""Attempts on door one: approve one's own, hold two offices, post twice, decide twice, decide on what has changed."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection

from jiangyuan.catalog.entries.models import Entry, EntryVersion
from jiangyuan.kernel import actions, egress, events, policy
from jiangyuan.kernel.actions import StaleVersion, act, action
from jiangyuan.kernel.actor import Actor, Scene, service_actor
from jiangyuan.kernel.errors import Broken, Forbidden, JiangyuanError
from jiangyuan.kernel.identifiers import uuid7
from jiangyuan.kernel.models import Event
from jiangyuan.kernel.workflow import WrongState
from jiangyuan.organization.models import Appointment, Body, Jurisdiction, Person

pytestmark = [pytest.mark.attack, pytest.mark.usefixtures("committed")]

SETUP = service_actor("setup")
SCENE = Scene(channel="portal")


@pytest.fixture
def body(committed: None) -> Body:
    Jurisdiction.objects.create(code="630000", name="青海省", level="province")
    return register_body("jia")


def register_body(alias: str, *, key: str | None = None) -> Body:
    return act(
        "organization.body.register",
        actor=SETUP,
        scene=SCENE,
        idempotency_key=key,
        name=f"青海省{alias}厅",
        short_name=alias,
        alias=alias,
        jurisdiction="630000",
    )


def person(place: Body, capacity: str, *, identity: UUID | None = None, also: frozenset[str] = frozenset()) -> Actor:
    return Actor(
        kind="person",
        id=identity or uuid7(),
        name="某人",
        body=place.pk,
        capacity=capacity,
        capacities=frozenset({capacity}) | also,
        jurisdiction="630000",
    )


def submitted(place: Body, *, by: UUID, state: str = "authority_review") -> Entry:
    return Entry.objects.create(body=place, name="婚姻登记信息", state=state, submitted_by=by, version=3)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Do the works in threads that begin together; give what each returned or raised."""
    line = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        try:
            line.wait(10)
            return work()
        except JiangyuanError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def refusals() -> list[dict[str, Any]]:
    return [event.payload for event in Event.objects.filter(type="kernel.act.refused").order_by("at")]


def test_nobody_approves_what_he_submitted_in_whatever_capacity(body: Body) -> None:
    author = uuid7()
    entry = submitted(body, by=author, state="department_review")
    with pytest.raises(Forbidden) as caught:
        act("catalog.entry.approve", entry.pk, actor=person(body, "department_head", identity=author), scene=SCENE)
    assert caught.value.code == "own"
    entry.refresh_from_db()
    assert (entry.state, entry.version) == ("department_review", 3)
    assert [(r["action"], r["code"]) for r in refusals()] == [("catalog.entry.approve", "own")]
    act("catalog.entry.approve", entry.pk, actor=person(body, "department_head"), scene=SCENE)


def test_a_security_administrator_does_not_appoint_himself(body: Body) -> None:
    someone = Person.objects.create(username="zhao", name="赵")
    himself = person(body, "security_admin", identity=someone.pk)
    with pytest.raises(Forbidden) as caught:
        act("organization.appointment.make", someone.pk, actor=himself, body=body.pk, capacity="department_head")
    assert caught.value.code == "own"
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(
    ("capacity", "other"),
    [("security_admin", "system_admin"), ("security_admin", "auditor"), ("system_admin", "auditor")],
)
def test_whoever_holds_two_administrators_capacities_may_do_nothing_at_all(
    body: Body, capacity: str, other: str
) -> None:
    both = person(body, capacity, also=frozenset({other}))
    someone = Person.objects.create(username="qian", name="钱")
    for name in ("organization.person.disable", "organization.totp.reset"):
        with pytest.raises(Forbidden) as caught:
            act(name, someone.pk, actor=both, scene=SCENE)
        assert caught.value.code == "administrators"


def test_a_form_posted_twice_at_once_is_carried_out_once(body: Body) -> None:
    first, second = at_once(*[lambda: register_body("yi", key="form-1")] * 2)
    assert first.pk == second.pk
    assert Body.objects.filter(alias="yi").count() == 1
    assert Event.objects.filter(type="organization.body.registered", object_id=first.pk).count() == 1


def test_a_form_whose_first_posting_failed_may_be_posted_again(body: Body) -> None:
    with pytest.raises(JiangyuanError):
        register_body("jia", key="form-2")
    body.name, body.alias = "青海省另一厅", "ling"
    body.save()
    assert register_body("jia", key="form-2").alias == "jia"


def test_of_two_approvals_at_once_one_decides(body: Body) -> None:
    entry = submitted(body, by=uuid7())
    deciders = [person(body, "authority_handler") for _each in range(2)]
    answers = at_once(
        *[lambda who=who: act("catalog.entry.publish", entry.pk, actor=who, scene=SCENE) for who in deciders]
    )
    assert sorted(type(answer) for answer in answers if isinstance(answer, Exception)) == [WrongState]
    assert EntryVersion.objects.filter(entry=entry).count() == 1
    entry.refresh_from_db()
    assert (entry.state, entry.version, entry.live_version) == ("published", 4, 1)
    assert Event.objects.filter(type="catalog.entry.published").count() == 1


def test_of_an_approval_and_a_return_at_once_one_decides(body: Body) -> None:
    entry = submitted(body, by=uuid7())
    answers = at_once(
        lambda: act("catalog.entry.publish", entry.pk, actor=person(body, "authority_handler"), scene=SCENE),
        lambda: act(
            "catalog.entry.return",
            entry.pk,
            actor=person(body, "authority_head"),
            scene=SCENE,
            reasons={"name": "名称不规范"},
        ),
    )
    assert sum(isinstance(answer, JiangyuanError) for answer in answers) == 1
    entry.refresh_from_db()
    decided = {"published": "catalog.entry.published", "returned": "catalog.entry.returned"}[entry.state]
    assert list(Event.objects.filter(object_id=entry.pk).exclude(type="kernel.act.refused").values_list("type")) == [
        (decided,)
    ]


def test_what_changed_since_the_page_was_opened_is_not_decided_on(body: Body) -> None:
    entry = submitted(body, by=uuid7())
    with pytest.raises(StaleVersion):
        act("catalog.entry.publish", entry.pk, actor=person(body, "authority_head"), scene=SCENE, expected_version=2)
    entry.refresh_from_db()
    assert entry.state == "authority_review"
    act("catalog.entry.publish", entry.pk, actor=person(body, "authority_head"), scene=SCENE, expected_version=3)


# --- bodies that misbehave --------------------------------------------------------------------------------------------


@pytest.fixture
def trial(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[..., Any]], None]]:
    """Register a body as the action `trial.body.do`, which every actor may do, for one test."""
    permit = '@id("trial") permit (principal, action == Action::"trial.body.do", resource);'
    built = policy._build(list(policy._statements(permit, "trial").values()))
    known = {**policy.policy_sets(), "trial.body.do": built}
    monkeypatch.setattr(policy, "policy_sets", lambda: known)

    def register(work: Callable[..., Any]) -> None:
        action("trial.body.do", on=Body, event="trial.body.done", title="试")(work)

    yield register
    actions.ACTIONS.pop("trial.body.do", None)


def test_a_body_that_tries_the_network_is_stopped_and_leaves_nothing(body: Body, trial: Callable[..., None]) -> None:
    egress.install_network_guard()
    listener = socket.create_server(("127.0.0.1", 0))

    def dial(place: Body) -> Body:
        place.name = "改过的名称"
        socket.create_connection(listener.getsockname(), timeout=1).close()
        return place

    trial(dial)
    with listener, pytest.raises(Broken):
        act("trial.body.do", body.pk, actor=SETUP, scene=SCENE)
    body.refresh_from_db()
    assert body.name == "青海省jia厅"
    assert not Event.objects.filter(type="trial.body.done").exists()
    with socket.create_server(("127.0.0.1", 0)) as other:  # outside of an act the door is not in the way
        socket.create_connection(other.getsockname(), timeout=1).close()


def test_a_body_that_fails_in_the_middle_undoes_the_acts_that_joined_it(body: Body, trial: Callable[..., None]) -> None:
    def half(place: Body) -> Body:
        register_body("bing")
        raise ZeroDivisionError(place.name)

    trial(half)
    with pytest.raises(ZeroDivisionError):
        act("trial.body.do", body.pk, actor=SETUP, scene=SCENE)
    assert not Body.objects.filter(alias="bing").exists()
    assert Event.objects.filter(type="organization.body.registered").count() == 1


def test_a_body_may_not_speak_of_its_act_outside_of_it() -> None:
    for word in (lambda: actions.describe(a=1), lambda: actions.seal(subject="s", a=1)):
        with pytest.raises(Broken):
            word()


# --- a handler that dies between the event and its effect -------------------------------------------------------------

DYING = """
import os, signal, sys, django
django.setup()
from django.db import connection
from jiangyuan.kernel import events

@events.handler("organization.body.registered", name="trial.count")
def count(event):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO trial_effect VALUES (%s)", [event.id])
    if sys.argv[1] == "die":
        os.kill(os.getpid(), signal.SIGKILL)

only = events.HANDLERS["trial.count"]
events.HANDLERS.clear()
events.HANDLERS["trial.count"] = only
events.ACCESS_HANDLERS.clear()
events.run_handlers()
"""


@pytest.fixture
def effects(urls: dict[str, str], body: Body) -> Iterator[Callable[[], list[UUID]]]:
    with psycopg.connect(urls["owner_url"], autocommit=True) as owner:
        owner.execute("CREATE TABLE trial_effect (event uuid)")
        owner.execute("GRANT SELECT, INSERT ON trial_effect TO jy_app")
        yield lambda: [row[0] for row in owner.execute("SELECT event FROM trial_effect").fetchall()]
        owner.execute("DROP TABLE trial_effect")


def test_a_handler_that_is_killed_between_event_and_effect_has_its_effect_once(
    body: Body, effects: Callable[[], list[UUID]]
) -> None:
    def run(how: str) -> int:
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "jiangyuan.settings"}
        program = [sys.executable, "-c", textwrap.dedent(DYING), how]
        return subprocess.run(program, env=environment, capture_output=True, timeout=60, check=False).returncode

    assert run("die") == -signal.SIGKILL
    assert effects() == []
    assert run("live") == 0
    assert effects() == [Event.objects.get(type="organization.body.registered").id]
    assert run("live") == 0
    assert len(effects()) == 1
    assert events.HANDLERS.get("trial.count") is None
