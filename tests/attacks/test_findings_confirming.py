"""Attempts on the password from within: who holds a session that is not his asks the account pages instead of the door."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from tests.attacks.identities import PASSWORD, registered

from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Scene
from jiangyuan.kernel.errors import Refused
from jiangyuan.kernel.models import Event
from jiangyuan.organization.models import BrowserSession, Person
from jiangyuan.organization.queries import acting
from jiangyuan.organization.signin import ATTEMPTS, LOCKED_FOR, SignInRefused, sign_in

pytestmark = [pytest.mark.attack, pytest.mark.usefixtures("committed")]

NEW = "another-river-2026"
ASKING: tuple[tuple[str, dict[str, Any]], ...] = (
    ("organization.password.change", {"password": NEW}),
    ("organization.totp.begin", {}),
    ("organization.recovery.issue", {}),
)


def guess(person: Person, given: str, name: str = "organization.password.change", **more: Any) -> str:
    """Give the code of the refusal; empty when the guess went through."""
    more = more or dict(ASKING)[name]
    try:
        act(name, person.pk, actor=acting(person, None), scene=Scene(network="10.1.1.1"), current=given, **more)
    except Refused as refusal:
        return refusal.code
    return ""


def failures() -> int:
    return Event.objects.filter(type="organization.session.failed").count()


@pytest.mark.parametrize("name", [name for name, _more in ASKING])
def test_guessing_ends_with_the_fifth_and_the_right_one_comes_too_late(name: str) -> None:
    person, _body = registered("wangmin")
    assert [guess(person, f"guess number {n}", name) for n in range(ATTEMPTS)] == ["secret"] * ATTEMPTS
    assert guess(person, PASSWORD, name) == "locked"
    assert failures() == ATTEMPTS
    person.refresh_from_db()
    assert person.locked_until is not None
    assert not Event.objects.filter(type__in=("organization.password.changed", "organization.totp.begun")).exists()


def test_guesses_count_over_all_the_doors_together() -> None:
    person, _body = registered("wangmin")
    for number, (name, _more) in enumerate(ASKING):
        assert guess(person, f"guess number {number}", name) == "secret"
    for number in range(ATTEMPTS - len(ASKING)):
        with pytest.raises(SignInRefused):
            sign_in(username="wangmin", password=f"guess at the door {number}", code="", network="10.1.1.2")
    assert guess(person, PASSWORD) == "locked"
    with pytest.raises(SignInRefused):
        sign_in(username="wangmin", password=PASSWORD, code="", network="10.1.1.2")


def test_a_session_that_guesses_is_ended_with_all_others() -> None:
    registered("wangmin")
    stolen, own = Client(), Client()
    for browser in (stolen, own):
        assert browser.post("/login/", {"username": "wangmin", "password": PASSWORD, "code": ""}).status_code == 303
    page = "/account/password/"
    for number in range(ATTEMPTS):
        version = Person.objects.get(username="wangmin").version
        sent = {"current": f"guess number {number}", "password": NEW, "_version": version}
        answer = stolen.post(page, sent)
        assert answer.status_code == 422, answer.content.decode()[:2000]
    for browser in (stolen, own):
        answer = browser.get("/account/")
        assert answer.status_code in (302, 303) and answer["Location"].startswith("/login/")
    assert {one.ended_why for one in BrowserSession.objects.all()} == {"guessed"}
    for secret in (b"guess number", PASSWORD.encode(), NEW.encode()):
        assert not any(secret in bytes(event.canonical) for event in Event.objects.all())


def test_guesses_side_by_side_are_all_counted() -> None:
    person, _body = registered("wangmin")

    def once(number: int) -> str:
        try:
            return guess(person, f"guess number {number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(once, range(4 * ATTEMPTS)))
    # those already under way when the fifth was counted are looked at as well, and no more
    assert told.count("secret") <= ATTEMPTS + 3
    assert guess(person, PASSWORD) == "locked"
    assert failures() == told.count("secret")


def test_after_a_quarter_of_an_hour_its_owner_goes_on_and_starts_from_none() -> None:
    person, _body = registered("wangmin")
    for number in range(ATTEMPTS):
        guess(person, f"guess number {number}")
    Person.objects.filter(pk=person.pk).update(locked_until=timezone.now() - timedelta(seconds=1))
    assert timedelta(minutes=15) == LOCKED_FOR
    assert guess(person, "mistyped") == "secret"
    assert guess(person, PASSWORD) == ""
    person.refresh_from_db()
    assert person.failed_logins == 0
