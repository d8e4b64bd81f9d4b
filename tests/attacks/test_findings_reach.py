"""Attempts to reach further than one's post: other capacities by a bound token, nobody's colleagues, others' folders, lists asked crookedly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from tests.attacks.identities import SETUP, appointed, department, registered

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.exchange.sharing.models import Grant, Request
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import Refused
from jiangyuan.organization.models import ApplicationSystem, Appointment, Person
from jiangyuan.organization.queries import acting
from jiangyuan.sources.models import Source

pytestmark = [pytest.mark.attack, pytest.mark.usefixtures("committed")]


def folder(actor: Actor, path: str, *, alias: str) -> Any:
    return act(
        "sources.source.register", actor=actor, body=actor.body, name="文件", alias=alias, kind="folder", path=path
    )


def token_of(actor: Actor, capacity: str) -> str:
    held = Appointment.objects.get(person_id=actor.id, capacity=capacity)
    return act("organization.token.issue", actor.id, actor=actor, appointment=held.pk, label="script")


def test_a_capacity_that_is_not_acted_in_opens_nothing() -> None:
    handler = appointed("zhao", "sharing_handler", "auditor")
    other = appointed("qian", "sharing_handler")
    folder(other, "qian", alias="qian_files")
    Entry.objects.create(body_id=other.body, name="草稿")
    for model in (Source, Entry, Request, Grant, ApplicationSystem):
        assert not model.visible_to(handler).exists(), model
    assert not Person.visible_to(handler).filter(pk=other.id).exists()
    auditor = replace(handler, capacity="auditor")
    assert Source.visible_to(auditor).exists() and Person.visible_to(auditor).filter(pk=other.id).exists()


def test_a_token_bound_to_one_appointment_does_not_see_with_another(client: Client) -> None:
    handler = appointed("zhao", "sharing_handler", "auditor")
    other = appointed("qian", "sharing_handler")
    folder(other, "qian", alias="qian_files")
    headers = {"Authorization": f"Bearer {token_of(handler, 'sharing_handler')}"}
    assert client.get("/api/v1/sources", headers=headers).json()["items"] == []


def test_who_is_appointed_nowhere_knows_nobody() -> None:
    person, _body = registered("zhao")
    registered("qian")
    assert [found.username for found in Person.visible_to(acting(person, None))] == ["zhao"]


@pytest.mark.parametrize("path", ["qian", "qian/deep", "./qian", "qian//", "q\\..", ".", "./", "", "qian\\deep"])
def test_a_folder_of_another_department_cannot_be_registered(path: str) -> None:
    owner, thief = appointed("qian", "sharing_handler"), appointed("zhao", "sharing_handler")
    folder(owner, "qian", alias="qian_files")
    folder(owner, "q/..", alias="qian_odd")
    with pytest.raises(Refused):
        folder(thief, path, alias="stolen")
    assert Source.objects.filter(body_id=thief.body).count() == 0
    folder(thief, "zhao", alias="own")
    folder(owner, "qian/deep", alias="qian_deep")


@pytest.mark.parametrize(
    "query",
    [
        "/api/v1/appointments?person=nobody",
        "/api/v1/appointments?body=%00",
        "/api/v1/systems?code=%00",
        "/api/v1/sources/scans?source=1",
        "/api/v1/sharing/grants?state=%00",
        "/api/v1/delivery/uses?grant=x",
        "/api/v1/sources?size=100000",
        "/api/v1/sources?cursor=x",
    ],
)
def test_a_list_asked_crookedly_is_a_refusal_and_no_fault(client: Client, query: str) -> None:
    actor = appointed("zhao", "sharing_handler")
    headers = {"Authorization": f"Bearer {token_of(actor, 'sharing_handler')}"}
    client.raise_request_exception = False
    answer = client.get(query, headers=headers)
    assert answer.status_code in (400, 404, 422), (answer.status_code, answer.content[:200])


def test_a_session_changes_nothing_over_rest_without_the_forms_token() -> None:
    person, body = registered("zhao")
    act("organization.appointment.make", person.pk, actor=SETUP, body=body.pk, capacity="sharing_handler")
    department("qian")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    form = {"body": str(body.pk), "name": "系统", "code": "forged"}
    answer = browser.post("/api/v1/systems", form, content_type="application/json")
    assert answer.status_code in (401, 403)
    assert not ApplicationSystem.objects.exists()
