"""Cases are opened and closed by form; whoever is listed is nowhere shown."""

import pytest
from tests.exchange import factories
from tests.exchange.gateway_rig import DROLMA, ZHANG
from tests.portal.conftest import client_of

from jiangyuan.exchange.sharing.models import Case


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
