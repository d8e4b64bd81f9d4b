"""A choice among very many is looked for, not written into the page; without a script the typed name is resolved."""

from html import unescape

import pytest
from django.test import Client
from tests.exchange import factories
from tests.portal.conftest import client_of

from jiangyuan.organization.models import Appointment, Body
from jiangyuan.ui.options import SHOWN


@pytest.fixture
def client(db, settings) -> Client:
    settings.STATIC_ROOT = None
    return client_of(factories.authority("security_admin"))


def test_a_body_is_typed_by_name_and_resolved_when_the_form_is_sent(client) -> None:
    homes = [factories.body("青海省民政厅", alias="minzheng"), factories.body("西宁市民政局", alias="xnmz")]
    person = factories.person("卓玛")
    url = f"/organization/people/{person.pk}/make/"
    page = client.get(url).content.decode()
    assert 'data-options="/options/bodies/"' in page and str(homes[0].pk) not in page and "西宁市民政局" not in page
    sent = {"capacity": "sharing_handler"}
    for typed, said in (
        ("民政", "没有找到“民政”。相近的有："),
        ("青海省民证厅", "“青海省民政厅”"),
        ("<b>没有这样的地方</b>", "请核对名称"),
        ("", "请填写“"),
        ("00000000-0000-0000-0000-000000000000", "没有找到"),
    ):
        answer = client.post(url, {**sent, "body": typed})
        text = answer.content.decode()
        assert answer.status_code == 422 and said in unescape(text), typed
        assert f'value="{typed}"' in unescape(text) or not typed or "-" in typed
        assert "<b>没有" not in text
    assert not Appointment.objects.filter(person=person).exists()
    assert client.post(url, {**sent, "body": " 青海省民政厅\u200b "}).status_code == 303
    assert Appointment.objects.get(person=person).body == homes[0]


def test_options_are_found_by_every_name_bounded_and_only_for_who_is_signed_in(client) -> None:
    province = factories.province()
    Body.objects.bulk_create(
        Body(name=f"第{n}乡镇人民政府", short_name=f"{n}乡", alias=f"town{n}", jurisdiction=province) for n in range(60)
    )
    found = client.get("/options/bodies/", {"q": "乡镇 人民"}).json()
    assert len(found["options"]) == SHOWN and found["more"]
    assert client.get("/options/bodies/", {"q": "town59"}).json() == {"options": ["第59乡镇人民政府"], "more": False}
    for bad in ("%", "_" * 4000, "<script>", "\u202e\ud800".encode("utf-8", "replace").decode(), "' OR 1=1 --"):
        answer = client.get("/options/bodies/", {"q": bad})
        assert answer.status_code == 200 and len(answer.json()["options"]) <= SHOWN
    assert client.get("/options/none/").status_code == 404
    assert client.post("/options/bodies/").status_code == 405
    assert Client().get("/options/bodies/", headers={"accept": "application/json"}).status_code == 401


def test_a_page_with_thousands_of_bodies_stays_small(client) -> None:
    held = Appointment.objects.get(person_id=factories.desk().analyst.id)
    province = factories.province()
    Body.objects.bulk_create(
        Body(name=f"第{n}县水利局", short_name=f"{n}水利", alias=f"water{n}", jurisdiction=province)
        for n in range(2000)
    )
    page = client.get(f"/organization/appointments/{held.pk}/transfer/").content.decode()
    assert len(page) < 60_000 and "data-options" in page and "县水利局" not in page
