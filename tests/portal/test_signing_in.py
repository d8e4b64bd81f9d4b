"""Sign-in, capacities, one's own account and secrets that are shown once."""

import re

import pytest
from django.test import Client
from pyotp.totp import TOTP
from tests.exchange import factories

from jiangyuan.kernel.models import IdempotencyKey
from jiangyuan.organization.models import ApiToken, Person, SystemKey
from jiangyuan.organization.signin import totp_of

PASSWORD = "river-source-2026"


@pytest.fixture
def person(db) -> Person:
    made = factories.act(
        "organization.person.register", actor=factories.SETUP, username="wangmin", name="王敏", password=PASSWORD
    )
    place = factories.body()
    for capacity in ("business_office", "sharing_handler"):
        factories.actor(place, capacity, who=made)
    return Person.objects.get(pk=made.pk)


@pytest.fixture
def signed_in(person) -> Client:
    client = Client()
    sent = {"username": "wangmin", "password": PASSWORD, "next": "/account/"}
    answer = client.post("/login/", sent)
    assert (answer.status_code, answer["Location"]) == (303, "/account/")
    return client


def test_every_refused_sign_in_reads_the_same_and_keeps_the_name(person) -> None:
    texts = set()
    for name, password in (("wangmin", "wrong"), ("nobody", PASSWORD)):
        answer = Client().post("/login/", {"username": name, "password": password})
        page = answer.content.decode()
        assert answer.status_code == 401 and f'value="{name}"' in page and password not in page
        texts.add(re.search(r"<b>(登录名.*?)</b>", page).group(1))
    assert len(texts) == 1


def test_a_sign_in_never_leads_off_the_site_and_needs_the_forms_own_token(person) -> None:
    sent = {"username": "wangmin", "password": PASSWORD, "next": "https://elsewhere.example/"}
    assert Client().post("/login/", sent)["Location"] == "/"
    assert Client(enforce_csrf_checks=True).post("/login/", sent).status_code == 403


def test_a_person_acts_in_one_of_the_own_capacities_only(signed_in, person) -> None:
    second = list(person.current_appointments())[1]
    assert signed_in.post("/act-for/", {"capacity": str(second.pk)}).status_code == 303
    assert "数据共享工作机构经办人" in signed_in.get("/").content.decode().partition("jy-account-menu")[0]
    stranger = factories.actor(factories.body(), "auditor")
    foreign = Person.objects.get(pk=stranger.id).appointments.get()
    assert signed_in.post("/act-for/", {"capacity": str(foreign.pk)}).status_code == 404
    assert signed_in.get("/logout/").status_code == 405
    assert signed_in.post("/logout/")["Location"] == "/login/"
    assert signed_in.get("/account/").status_code == 302


def test_the_second_factor_is_set_up_and_then_asked_for(signed_in, person) -> None:
    assert signed_in.post("/account/totp/", {"begin": "1", "current": "wrong"}).status_code == 422
    assert signed_in.post("/account/totp/", {"begin": "1", "current": PASSWORD}).status_code == 303
    page = signed_in.get("/account/totp/").content.decode()
    assert "<svg" in page and "style=" not in page.partition("<svg")[2].partition("</svg>")[0]
    wrong = signed_in.post("/account/totp/", {"code": "12345"})
    assert wrong.status_code == 422
    person.refresh_from_db()
    code = TOTP(totp_of(person).secret).now()
    assert signed_in.post("/account/totp/", {"code": code}).status_code == 303
    without = Client().post("/login/", {"username": "wangmin", "password": PASSWORD})
    assert without.status_code == 401


def test_a_changed_password_keeps_this_session_and_ends_the_others(signed_in, person) -> None:
    other = Client()
    other.post("/login/", {"username": "wangmin", "password": PASSWORD})
    sent = {"current": PASSWORD, "password": "another-river-2027"}
    refused = signed_in.post("/account/password/", {**sent, "current": "wrong"})
    assert refused.status_code == 422 and "another-river-2027" not in refused.content.decode()
    assert signed_in.post("/account/password/", sent).status_code == 303
    assert signed_in.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302


def test_a_token_is_shown_once_and_kept_nowhere_in_clear(signed_in, person) -> None:
    held = person.current_appointments().first()
    sent = {"appointment": str(held.pk), "label": "月报脚本", "days": "30", "_key": "k1"}
    page = signed_in.post("/account/tokens/new/", sent).content.decode()
    token = re.search(r"jy_[\w-]{20,}", page).group()
    assert token not in signed_in.get("/account/").content.decode()
    assert not any(token in str(kept.result) for kept in IdempotencyKey.objects.all())
    asked = Client().get("/api/v1/bodies", headers={"Authorization": f"Bearer {token}"})
    assert asked.status_code == 200 and asked.json()["items"]
    kept = ApiToken.objects.get()
    assert signed_in.post(f"/account/tokens/{kept.pk}/revoke/").status_code == 303
    assert Client().get("/api/v1/bodies", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_tools_sign_in_for_a_token_and_issue_keys_by_rest(person) -> None:
    client = Client()
    wrong = {"username": "wangmin", "password": "wrong"}
    assert client.post("/api/v1/token", wrong, content_type="application/json").status_code == 401
    handler = list(person.current_appointments())[1]
    sent = {"username": "wangmin", "password": PASSWORD, "appointment": str(handler.pk)}
    answer = client.post("/api/v1/token", sent, content_type="application/json").json()
    bearer = {"Authorization": f"Bearer {answer['token']}", "Idempotency-Key": "same"}
    system = factories.system(handler.body)
    terms = {"expires_on": factories.in_days(100).isoformat()}
    issued = client.post(f"/api/v1/systems/{system.pk}/keys", terms, content_type="application/json", headers=bearer)
    assert issued.status_code == 200 and len(issued.json()["secret"]) == 64
    assert SystemKey.objects.get().system_id == system.pk and not IdempotencyKey.objects.exists()
