"""What the question "who looked at this person" could be made to tell, and to whom."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.exchange import factories
from tests.portal.conftest import client_of

from jiangyuan.kernel import vault
from jiangyuan.kernel.identifiers import make_citizen_id
from jiangyuan.kernel.models import Access
from jiangyuan.portal.trace import subjects

pytestmark = [pytest.mark.attack, pytest.mark.django_db]
WHO = make_citizen_id(division="630102", birth=date(1990, 3, 7), sequence=851)
SENT = {"identifier": WHO, "case_number": "TS-1", "purpose": "本人投诉", "days": "30"}


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    settings.STATIC_ROOT = None


@pytest.mark.parametrize("capacity", ["business_office", "sharing_handler", "sharing_head", "authority_head"])
def test_nobody_else_learns_that_a_person_stands_in_any_record(capacity: str) -> None:
    somebody = factories.authority(capacity)
    browser = client_of(somebody)
    assert browser.get("/trace/subject/").status_code == 403
    assert browser.post("/trace/subject/", SENT).status_code == 403
    over = browser.post("/api/v1/trace/subjects", {**SENT, "days": 30}, content_type="application/json")
    assert over.status_code == 403
    assert "/trace/subject/" not in browser.get("/").content.decode()
    assert not Access.objects.filter(form="trace").exists()


def test_the_question_is_durable_before_anything_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: Any) -> Any:
        raise RuntimeError("the search died")

    monkeypatch.setattr(subjects, "_found", broken)
    browser = client_of(factories.authority("auditor"))
    with pytest.raises(RuntimeError):
        browser.post("/trace/subject/", SENT)
    assert Access.objects.filter(form="trace", phase="started").count() == 1


def test_identifiers_cannot_be_tried_one_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subjects, "PER_HOUR", 3)
    browser = client_of(factories.authority("security_admin"))
    codes = [browser.post("/trace/subject/", SENT).status_code for _time in range(5)]
    assert codes == [200, 200, 200, 429, 429]


def test_a_shifted_pseudonym_is_no_person() -> None:
    """Half of one pseudonym and half of the next must not be found as a third person."""
    from jiangyuan.kernel import events
    from jiangyuan.kernel.actor import Scene

    actor, own = factories.authority("auditor"), vault.pseudonym(WHO)
    reading = events.Reading(form="match", actor=actor, scene=Scene(case_number="JZ-SHIFTED"))
    mixed = b"\0" * 8 + own + b"\0" * 8
    events.finish_access(reading, events.start_access(reading), rows=2, digest="", subjects=mixed)
    assert "JZ-SHIFTED" not in client_of(actor).post("/trace/subject/", SENT).content.decode()


def test_the_identifier_goes_into_no_address_and_no_statement() -> None:
    browser = client_of(factories.authority("auditor"))
    with CaptureQueriesContext(connection) as asked:
        shown = browser.post("/trace/subject/", SENT)
    assert shown.status_code == 200 and not shown.has_header("Location")
    assert not any(WHO in one["sql"] for one in asked.captured_queries)
