"""Signing in: one refusal for every cause, locks, the second factor used once, tokens bound to an appointment."""

from datetime import timedelta

import pyotp
import pytest
from django.utils import timezone

from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import service_actor
from jiangyuan.kernel.errors import Forbidden, Refused
from jiangyuan.kernel.models import Event
from jiangyuan.organization.models import Jurisdiction, Person
from jiangyuan.organization.queries import acting
from jiangyuan.organization.signin import SignInRefused, actor_of_token, sign_in

SETUP = service_actor("setup")
PASSWORD = "river-source-2026"


@pytest.fixture
def person(db) -> Person:
    Jurisdiction.objects.create(code="630000", name="青海省", level="province")
    body = act("organization.body.register", actor=SETUP, name="青海省民政厅", short_name="省民政厅",
               alias="civil_affairs", jurisdiction="630000")  # fmt: skip
    made = act("organization.person.register", actor=SETUP, username="wangmin", name="王敏", password=PASSWORD)
    act("organization.appointment.make", made.pk, actor=SETUP, body=body.pk, capacity="business_office")
    return Person.objects.get(pk=made.pk)


def _try(password: str = PASSWORD, *, username: str = "wangmin", code: str = "", network: str = "10.1.1.1") -> Person:
    return sign_in(username=username, password=password, code=code, network=network)


def test_a_right_password_signs_in_and_is_remembered(person) -> None:
    assert _try().pk == person.pk
    assert Event.objects.filter(type="organization.session.opened", object_id=person.pk).count() == 1


def test_every_cause_gives_the_same_refusal(person) -> None:
    causes = []
    for wrong in ({"password": "wrong"}, {"username": "nobody"}):
        with pytest.raises(SignInRefused) as caught:
            _try(**wrong)
        causes.append(str(caught.value))
    assert len(set(causes)) == 1


def test_five_failures_lock_even_the_right_password(person) -> None:
    for _attempt in range(5):
        with pytest.raises(SignInRefused):
            _try("wrong")
    with pytest.raises(SignInRefused):
        _try()
    Person.objects.filter(pk=person.pk).update(locked_until=timezone.now() - timedelta(seconds=1))
    assert _try().pk == person.pk


def test_one_network_cannot_try_for_ever(person) -> None:
    for _attempt in range(50):
        with pytest.raises(SignInRefused):
            _try("wrong", network="10.9.9.9")
    with pytest.raises(SignInRefused) as caught:
        _try(network="10.9.9.9")
    assert caught.value.where == "network"


def test_the_second_factor_is_asked_and_each_code_is_good_once(person) -> None:
    me = acting(person, None)
    uri = act("organization.totp.begin", person.pk, actor=me, current=PASSWORD)
    totp = pyotp.parse_uri(uri)
    with pytest.raises(Refused):
        act("organization.totp.confirm", person.pk, actor=me, code="000000")
    # the code that turns the factor on is used up by it
    act("organization.totp.confirm", person.pk, actor=me, code=totp.at(timezone.now() - timedelta(seconds=30)))
    with pytest.raises(SignInRefused):
        _try()
    code = totp.now()
    assert _try(code=code).pk == person.pk
    with pytest.raises(SignInRefused):
        _try(code=code)


def test_a_token_acts_for_its_appointment_until_it_ends(person, rf) -> None:
    me, held = acting(person, None), person.current_appointments().get()
    token = act("organization.token.issue", person.pk, actor=me, appointment=held.pk, label="cli")
    actor = actor_of_token(rf.get("/"), token)
    assert actor is not None and actor.capacity == "business_office"
    act("organization.appointment.end", held.pk, actor=SETUP)
    assert actor_of_token(rf.get("/"), token) is None
    assert actor_of_token(rf.get("/"), token + "x") is None


def test_nobody_touches_another_account(person) -> None:
    other = act("organization.person.register", actor=SETUP, username="libo", name="李波", password=PASSWORD)
    with pytest.raises(Forbidden):
        act("organization.totp.begin", person.pk, actor=acting(other, None), current=PASSWORD)
