"""Who looked at one person: by pseudonym, for a case, remembered as a read; and a record's trace narrowed and taken."""

from datetime import date

import pytest
from tests.exchange import factories

from jiangyuan.kernel import events, vault
from jiangyuan.kernel.actor import Actor, Scene
from jiangyuan.kernel.identifiers import make_citizen_id
from jiangyuan.kernel.models import Access

WHO = make_citizen_id(division="630102", birth=date(1990, 3, 7), sequence=851)
OTHER = make_citizen_id(division="630102", birth=date(1985, 12, 12), sequence=2)
SENT = {"identifier": WHO.lower(), "case_number": "TS-2026-7", "purpose": "本人投诉", "days": "30"}


def _read_by(actor: Actor, *people: str, case_number: str = "JZ-9") -> None:
    reading = events.Reading(
        form="match", actor=actor, scene=Scene(purpose="social-aid", case_number=case_number, operator="窗口王敏")
    )
    joined = b"".join(vault.pseudonym(one) for one in people)
    events.finish_access(reading, events.start_access(reading), rows=len(people), digest="d", subjects=joined)


def test_the_question_finds_the_reads_and_is_one_itself(way, browser) -> None:
    _read_by(way.consumer.sharing_handler, OTHER, WHO)
    _read_by(way.consumer.sharing_handler, OTHER, case_number="JZ-OTHER")
    guard = factories.authority("security_admin")
    shown = browser(guard).post("/trace/subject/", SENT)
    page = shown.content.decode()
    assert "JZ-9" in page and "窗口王敏" in page and "JZ-OTHER" not in page
    assert "no-store" in shown["Cache-Control"]
    asked = Access.objects.filter(form="trace", actor_id=guard.id)
    assert {one.phase for one in asked} == {"started", "finished"}
    ended = asked.get(phase="finished")
    assert ended.content["case_number"] == "TS-2026-7" and ended.rows == 1
    assert bytes(ended.subjects) == vault.pseudonym(WHO)
    assert WHO not in str([one.content for one in asked]), "the identifier is kept nowhere"
    again = browser(guard).post("/trace/subject/", SENT).content.decode()
    assert "查问留痕" in again and "TS-2026-7" in again, "who asked is told like who read"


def test_the_answer_as_a_file_and_over_rest(way, browser) -> None:
    _read_by(way.consumer.sharing_handler, WHO)
    guard = factories.authority("auditor")
    taken = browser(guard).post("/trace/subject/", {**SENT, "_file": "csv"})
    assert taken["Content-Type"].startswith("text/csv") and "JZ-9" in taken.content.decode("utf-8-sig")
    told = browser(guard).post("/api/v1/trace/subjects", {**SENT, "days": 7}, content_type="application/json")
    assert told.status_code == 200, told.content
    assert any(one["case_number"] == "JZ-9" for one in told.json()["items"])
    assert Access.objects.filter(form="trace", phase="finished").count() == 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"identifier": WHO[:-1] + ("0" if WHO[-1] != "0" else "1")}, "校验"),
        ({"identifier": "12"}, "18 位"),
        ({"identifier": ""}, "请填写"),
        ({"case_number": " "}, "请填写"),
        ({"case_number": "号" * 61}, "不超过 60 个字"),
        ({"purpose": ""}, "请填写"),
        ({"purpose": "a\x07b"}, "事由"),
        ({"days": "9999"}, "请从列出的选项中选择"),
    ],
)
def test_what_cannot_be_asked_is_said_and_nothing_is_looked_for(way, browser, changed, said) -> None:
    guard = factories.authority("auditor")
    answer = browser(guard).post("/trace/subject/", {**SENT, **changed})
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not Access.objects.filter(form="trace").exists()


def test_a_trace_is_narrowed_by_kind_person_and_time_and_taken(way, browser) -> None:
    asked = factories.walk(factories.ask(way), way, to="provider_handler")
    client, url = browser(way.consumer.sharing_head), f"/trace/sharing.request/{asked.pk}/"
    whole = client.get(url).content.decode()
    assert "同意提出" in whole or way.consumer.sharing_head.name in whole
    mine = client.get(f"{url}?person={way.consumer.sharing_head.id}").content.decode()
    assert mine.count('class="jy-moment') < whole.count('class="jy-moment') or len(mine) < len(whole)
    none = client.get(f"{url}?type=sharing.request.opened&person={way.consumer.sharing_head.id}").content.decode()
    assert "没有符合条件的内容" in none
    assert client.get(f"{url}?type=nonsense&person=x&days=y").status_code == 200
    taken = client.post(f"{url}?type=sharing.request.opened", {"_export": "csv"})
    lines = b"".join(taken.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 2 and way.consumer.business_office.name in lines[1]
