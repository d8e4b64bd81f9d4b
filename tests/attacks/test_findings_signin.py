"""Attempts on signing in: guessing side by side, under names that nobody has, behind others' failures, with a code twice."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pyotp
import pytest
from django.db import connection
from tests.attacks.identities import PASSWORD, SETUP, registered

from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Scene
from jiangyuan.kernel.errors import Refused
from jiangyuan.kernel.models import Event
from jiangyuan.organization import signin
from jiangyuan.organization.models import Body, Person
from jiangyuan.organization.queries import acting
from jiangyuan.organization.signin import ATTEMPTS, SIGN_IN, SignInRefused, sign_in

pytestmark = [pytest.mark.attack, pytest.mark.usefixtures("committed")]


def attempt(password: str, *, username: str = "wangmin", network: str = "10.1.1.1", code: str = "") -> Person:
    return sign_in(username=username, password=password, code=code, network=network)


def failures() -> int:
    return Event.objects.filter(type="organization.session.failed").count()


def test_names_that_nobody_has_count_against_the_network_and_are_not_kept() -> None:
    for number in range(signin.NETWORK_ATTEMPTS):
        with pytest.raises(SignInRefused):
            attempt("wrong", username=f"secret-typed-in-the-wrong-field-{number}")
    with pytest.raises(SignInRefused) as caught:
        attempt("wrong", username="whoever")
    assert caught.value.where == "network"
    assert failures() == signin.NETWORK_ATTEMPTS
    assert not any(b"secret" in bytes(event.canonical) for event in Event.objects.all())


def test_a_network_does_not_hide_behind_the_failures_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    person, _body = registered("wangmin")
    for number in range(520):
        network = f"10.2.{number // 250}.{number % 250}"
        act("organization.session.report_stranger", actor=SIGN_IN, scene=Scene(channel="portal", network=network))
    monkeypatch.setattr(signin, "NETWORK_ATTEMPTS", 4)
    for _again in range(4):
        with pytest.raises(SignInRefused):
            attempt("wrong", network="10.9.9.9")
    with pytest.raises(SignInRefused) as caught:
        attempt(PASSWORD, network="10.9.9.9")
    assert caught.value.where == "network"
    assert attempt(PASSWORD).pk == person.pk


def test_a_guess_that_was_right_is_worth_nothing_once_the_others_have_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    person, _body = registered("wangmin")
    compare = signin.check_password

    def slowly(password: str, encoded: str) -> bool:
        # the right guess is being compared while the wrong ones are counted
        fits = compare(password, encoded)
        if fits:
            for _wrong in range(ATTEMPTS):
                act("organization.session.report_failed", person.pk, actor=SIGN_IN)
        return fits

    monkeypatch.setattr(signin, "check_password", slowly)
    with pytest.raises(SignInRefused):
        attempt(PASSWORD)
    assert not Event.objects.filter(type="organization.session.opened").exists()


def test_the_code_that_turned_the_second_factor_on_does_not_sign_in_as_well() -> None:
    person, _body = registered("wangmin")
    me = acting(person, None)
    totp = pyotp.parse_uri(act("organization.totp.begin", person.pk, actor=me, current=PASSWORD))
    code = totp.now()
    act("organization.totp.confirm", person.pk, actor=me, code=code)
    with pytest.raises(SignInRefused):
        attempt(PASSWORD, code=code)


def test_one_code_signs_in_once_also_twice_at_the_same_moment() -> None:
    person, _body = registered("wangmin")
    totp = pyotp.parse_uri(act("organization.totp.begin", person.pk, actor=acting(person, None), current=PASSWORD))
    step = int(time.time()) // 30
    act("organization.totp.confirm", person.pk, actor=acting(person, None), code=totp.generate_otp(step - 1))
    line = Barrier(4)

    def once(_number: int) -> str:
        line.wait(10)
        try:
            attempt(PASSWORD, code=totp.generate_otp(step))
            return "in"
        except Refused as refusal:
            return str(refusal.message)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(once, range(4)))
    assert told.count("in") == 1
    # who comes second does not learn that name, password and code were right
    assert set(told) - {"in"} == {str(signin._refusal().message)}


@pytest.mark.parametrize(("first", "second"), [("system_admin", "auditor"), ("security_admin", "system_admin")])
def test_two_administrators_capacities_do_not_meet_in_one_person_by_dates(first: str, second: str) -> None:
    person, body = registered("wangmin")
    assert isinstance(body, Body)
    ahead = {"since": "2099-01-01"}
    act("organization.appointment.make", person.pk, actor=SETUP, body=body.pk, capacity=first, **ahead)
    with pytest.raises(Refused) as caught:
        act("organization.appointment.make", person.pk, actor=SETUP, body=body.pk, capacity=second, since="2099-06-01")
    assert caught.value.code == "administrators"
