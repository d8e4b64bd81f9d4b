"""Cases are opened and closed by form; whoever is listed is nowhere shown."""

import dataclasses
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.exchange import factories
from tests.exchange.gateway_rig import DROLMA, ZHANG
from tests.portal.conftest import client_of

from jiangyuan.exchange.sharing import case_forms, case_pages
from jiangyuan.exchange.sharing.models import Case
from jiangyuan.kernel import ciphers, events
from jiangyuan.kernel.models import Access


@pytest.fixture
def way(db, settings) -> factories.Road:
    settings.STATIC_ROOT = None
    return factories.road()


def _fields(way, **changes: str) -> dict[str, str]:
    return {
        "system": str(way.system.pk),
        "number": "JZ2026-0100",
        "purpose": "social-aid",
        "authorisation_digest": "ab" * 32,
        "citizen_ids": f"{ZHANG}\n{DROLMA}\n",
        "open_until": factories.in_days(10).isoformat(),
        **changes,
    }


def test_a_case_is_opened_seen_and_closed_and_its_persons_are_a_number_only(way) -> None:
    client = client_of(way.consumer.sharing_handler)
    assert "登记办件" in client.get("/exchange/cases/new/").content.decode()
    assert client.post("/exchange/cases/new/", _fields(way)).status_code == 303
    case = Case.objects.get(number="JZ2026-0100")
    listed = client.get("/exchange/cases/?state=open").content.decode()
    shown = client.get(f"/exchange/cases/{case.pk}/").content.decode()
    assert case.number in listed and "办理中" in shown and "2 人" in shown and "ab" * 32 in shown
    assert ZHANG not in listed + shown and bytes(case.members.first().subject).hex() not in shown
    assert client.post(f"/exchange/cases/{case.pk}/close/", {"_version": str(case.version)}).status_code == 303
    assert "已办结" in client.get(f"/exchange/cases/{case.pk}/").content.decode()
    assert case.number in client.get("/exchange/cases/?state=over").content.decode()
    assert case.number not in client.get("/exchange/cases/?state=open").content.decode()


def test_a_wrong_citizen_id_is_told_by_its_place_and_never_repeated(way) -> None:
    client = client_of(way.consumer.sharing_handler)
    wrong = ZHANG[:-1] + ("0" if ZHANG[-1] != "0" else "1")
    answer = client.post("/exchange/cases/new/", _fields(way, citizen_ids=f"{DROLMA}\n{wrong}"))
    assert answer.status_code == 422 and "第 2 个公民身份号码不正确" in answer.content.decode()
    assert not Case.objects.exists()


def test_cases_of_others_are_not_found_and_heads_open_none(way) -> None:
    case = factories.case(way.system, [ZHANG])
    for who in (way.provider.sharing_handler, factories.authority(), factories.desk().business_office):
        client = client_of(who)
        assert client.get(f"/exchange/cases/{case.pk}/").status_code == 404
        assert case.number not in client.get("/exchange/cases/").content.decode()
        assert client.post(f"/exchange/cases/{case.pk}/close/", {}).status_code == 404
    head = client_of(way.consumer.sharing_head)
    assert head.get(f"/exchange/cases/{case.pk}/").status_code == 200
    assert head.get("/exchange/cases/new/").status_code == 403


def test_the_authorisation_is_chosen_as_a_file_and_its_digest_is_worked_out(way) -> None:
    client = client_of(way.consumer.sharing_handler)
    page = client.get("/exchange/cases/new/").content.decode()
    assert 'type="file"' in page and 'enctype="multipart/form-data"' in page and "64 位" not in page
    told = _fields(way)
    del told["authorisation_digest"]
    paper = b"%PDF-1.7 signed"
    assert client.post("/exchange/cases/new/", told).status_code == 422
    wrong = client.post("/exchange/cases/new/", {**told, "number": "", "authorisation_file": _file(paper)})
    digest = ciphers.sm3(paper).hex()
    assert wrong.status_code == 422 and f'value="{digest}"' in wrong.content.decode(), "not chosen a second time"
    assert client.post("/exchange/cases/new/", {**told, "authorisation_file": _file(paper)}).status_code == 303
    assert Case.objects.get().authorisation_digest == digest


def test_a_file_that_is_too_large_or_empty_is_refused_at_its_field(way, monkeypatch) -> None:
    monkeypatch.setattr(case_forms, "MOST_BYTES", 8)
    client = client_of(way.consumer.sharing_handler)
    told = _fields(way)
    del told["authorisation_digest"]
    for paper in (b"", b"123456789"):
        answer = client.post("/exchange/cases/new/", {**told, "authorisation_file": _file(paper)})
        assert answer.status_code == 422 and "授权书文件是空的，或超过 20 MB" in answer.content.decode()
    assert not Case.objects.exists()


def _file(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("authorisation.pdf", content, content_type="application/pdf")


def test_watching_is_shown_and_ended_where_it_is_shown(way) -> None:
    case = factories.case(way.system, [ZHANG])
    client = client_of(way.consumer.sharing_handler)
    url = f"/exchange/cases/{case.pk}/"
    assert "未关注" in client.get(url).content.decode() and "停止关注" not in client.get(url).content.decode()
    assert client.post(f"{url}watch/", {"_version": str(case.version), "watched": "on"}).status_code == 303
    case.refresh_from_db()
    page = client.get(url).content.decode()
    assert case.watched and "已关注" in page and "停止关注" in page
    assert client.post(f"{url}watch/", {"_version": str(case.version)}).status_code == 303
    case.refresh_from_db()
    assert not case.watched


@pytest.mark.usefixtures("committed")
def test_alike_reads_are_one_line_and_a_refusal_says_why(settings) -> None:
    settings.STATIC_ROOT = None
    way = factories.road()
    made = factories.grant(way)
    case = factories.case(way.system, [ZHANG])
    Case.objects.filter(pk=case.pk).update(purpose=made.purpose)
    scene = dataclasses.replace(factories.SCENE, case_number=case.number)
    who = way.consumer.sharing_handler
    for _times in range(3):
        one = events.Reading(form="match", actor=who, scene=scene, grants=((made.pk, 1),))
        events.finish_access(one, events.start_access(one), rows=1, digest="")
    page = client_of(who).get(f"/exchange/cases/{case.pk}/").content.decode()
    assert page.count(f"/exchange/grants/{made.pk}/?tab=reads") == 1
    assert re.search(r">\s*3\s*<", page)
    assert case_pages._result(Access(phase="refused"), {"query": "gateway.not_listed"}).startswith("未提供：此人不在")
