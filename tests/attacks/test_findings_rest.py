"""What left the platform before it was decided, under a name alone, or without a trace: each was possible once."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from tests.exchange import factories
from tests.organization.test_oidc import person as person
from tests.organization.test_oidc import provider as provider
from tests.organization.test_oidc import way as arrive
from tests.portal.conftest import client_of

from jiangyuan.exchange.sharing import documents
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import service_actor
from jiangyuan.kernel.errors import Forbidden, Refused
from jiangyuan.kernel.models import Event
from jiangyuan.organization.models import BrowserSession, Person
from jiangyuan.organization.queries import acting

pytestmark = [pytest.mark.attack, pytest.mark.django_db]
OPINION = "建议不同意：对方去年有三次超范围使用"
PASSWORD = "river-source-2026"


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    settings.STATIC_ROOT = None


# --- the handler's proposal -------------------------------------------------------------------------------------------


@pytest.fixture
def proposed() -> tuple[Any, Any]:
    way = factories.road()
    asked = factories.walk(factories.ask(way), way, to="provider_handler")
    act("sharing.request.propose", asked.pk, actor=way.provider.sharing_handler, proposal=OPINION)
    asked.refresh_from_db()
    return way, asked


def test_the_proposal_does_not_reach_the_consumer_before_the_decision(proposed: tuple[Any, Any]) -> None:
    way, asked = proposed
    event = Event.objects.get(type="sharing.request.proposed")
    for actor in (way.consumer.business_office, way.consumer.sharing_head):
        browser = client_of(actor)
        for url in (
            f"/exchange/requests/{asked.pk}/",
            f"/exchange/requests/{asked.pk}/review/",
            f"/trace/sharing.request/{asked.pk}/",
            f"/api/v1/sharing/requests/{asked.pk}",
            "/api/v1/sharing/requests",
            f"/api/v1/trace/sharing.request/{asked.pk}",
        ):
            answer = browser.get(url)
            assert answer.status_code == 200, url
            assert OPINION not in answer.content.decode(), url
        assert browser.get(f"/trace/receipt/{event.pk}/").status_code == 404
        assert browser.get(f"/api/v1/trace/receipts/{event.pk}").status_code == 404
        taken = browser.post(f"/trace/sharing.request/{asked.pk}/", {"_export": "csv"})
        assert OPINION not in b"".join(taken.streaming_content).decode()
        assert OPINION not in repr(documents.approval_sheet(asked, by="", reader=actor).sheet)


def test_the_provider_sees_it_and_the_consumer_after_the_decision(proposed: tuple[Any, Any]) -> None:
    way, asked = proposed
    url = f"/api/v1/sharing/requests/{asked.pk}"
    assert client_of(way.provider.sharing_head).get(url).json()["proposal"] == OPINION
    assert OPINION in repr(documents.approval_sheet(asked, by="", reader=way.provider.sharing_head).sheet)
    act("sharing.request.agree", asked.pk, actor=way.provider.sharing_head)
    assert client_of(way.consumer.sharing_head).get(url).json()["proposal"] == OPINION


# --- the first sign-in through the provider ---------------------------------------------------------------------------


def test_a_name_at_the_provider_takes_no_account_over(provider: Any, person: Person) -> None:
    thief = Client()
    assert arrive(provider, thief).status_code == 401
    person.refresh_from_db()
    assert person.identity is None and not BrowserSession.objects.filter(person=person).exists()
    assert thief.get("/account/").status_code in (302, 303)
    wrong = {"username": "wangmin", "password": "guessed-password", "next": "/"}
    assert thief.post("/login/", wrong).status_code == 401
    person.refresh_from_db()
    assert person.identity is None


def test_the_waiting_account_is_bound_to_its_own_person_only(provider: Any, person: Person) -> None:
    other = act(
        "organization.person.register",
        actor=service_actor("setup"),
        username="libo",
        name="李波",
        password=PASSWORD,
    )
    browser = Client()
    assert arrive(provider, browser).status_code == 401
    assert browser.post("/login/", {"username": "libo", "password": PASSWORD}).status_code == 303
    other.refresh_from_db()
    person.refresh_from_db()
    assert other.identity is None and person.identity is None


def test_the_security_administrator_binds_by_number_and_never_his_own(provider: Any, person: Person) -> None:
    guard = factories.authority("security_admin")
    act("organization.person.link", person.pk, actor=guard, subject="u-1")
    assert arrive(provider, Client()).status_code == 303
    with pytest.raises(Forbidden):
        act("organization.person.link", guard.id, actor=guard, subject="u-9")
    with pytest.raises(Forbidden):
        act("organization.person.link", person.pk, actor=factories.authority("system_admin"), subject="u-9")
    second = factories.authority("auditor")
    with pytest.raises(Refused):
        act("organization.person.link", second.id, actor=guard, subject="u-1")


# --- what outlasts a session asks for the password --------------------------------------------------------------------


def test_a_session_alone_sets_up_no_second_factor_and_makes_no_codes(person: Person) -> None:
    browser, me = Client(), acting(person, None)
    assert browser.post("/login/", {"username": "wangmin", "password": PASSWORD}).status_code == 303
    for sent in ({"begin": "1"}, {"begin": "1", "current": "wrong"}):
        assert browser.post("/account/totp/", sent).status_code == 422
    person.refresh_from_db()
    assert person.totp_secret is None
    act("organization.totp.begin", person.pk, actor=me, current=PASSWORD)
    Person.objects.filter(pk=person.pk).update(totp_confirmed_at=person.created_at)
    for sent in ({}, {"current": "wrong"}):
        assert browser.post("/account/recovery/", sent).status_code == 422
    person.refresh_from_db()
    assert person.recovery_digests == []
    made = browser.post("/account/recovery/", {"current": PASSWORD})
    assert made.status_code == 200 and "恢复码已生成" in made.content.decode()
    person.refresh_from_db()
    assert len(person.recovery_digests) == 10
