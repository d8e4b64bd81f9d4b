"""The import wizard, exports and their REST, as a browser and a program use them."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.interchange import jobs
from jiangyuan.catalog.interchange.models import ImportBatch
from jiangyuan.kernel.models import Event
from jiangyuan.organization.models import Person
from office import appoint, body

HEAD = "目录名称,摘要,资源格式,更新周期,共享类型,共享条件,开放类型\n"
GOOD = "养老机构,登记,数据库,每月,有条件共享,用于养老,不予开放\n"
WRONG = "气象<b>,登记,数据库,2023,有条件共享,用于养老,3\n"


@pytest.fixture
def browser(db, office):
    def of(actor):
        client = Client()
        client.force_login(Person.objects.get(pk=actor.id))
        return client

    return of


def sent(text, name="目录.csv"):
    return SimpleUploadedFile(name, text.encode())


def test_upload_check_report_and_go_on(browser, office):
    client = browser(office.handler)
    assert "导入文件" in client.get("/catalog/import/").content.decode()
    answer = client.post("/catalog/import/new/", {"file": sent(HEAD + GOOD + WRONG)})
    batch = ImportBatch.objects.get()
    assert answer.status_code == 303 and answer["Location"] == f"/catalog/import/{batch.pk}/"
    assert "正在逐行核对" in client.get(answer["Location"]).content.decode()
    jobs.check_batch(str(batch.pk))
    shown = client.get(answer["Location"]).content.decode()
    assert "读不懂“2023”" in shown and "下载核对结果" in shown and "<b>," not in shown
    report = client.get(f"/catalog/import/{batch.pk}/report.xlsx")
    assert report.status_code == 200 and b"".join(report.streaming_content).startswith(b"PK")
    form = client.get(f"/catalog/import/{batch.pk}/proceed/").content.decode()
    assert "有推断的行也导入" in form
    batch.refresh_from_db()
    done = client.post(f"/catalog/import/{batch.pk}/proceed/", {"_version": batch.version, "with_guessed": "on"})
    assert done.status_code == 303, done.content.decode()[:500]
    jobs.draft_batch(str(batch.pk), str(office.handler.id))
    assert Entry.objects.get().name == "养老机构"
    assert "已生成草稿" in client.get(f"/catalog/import/{batch.pk}/").content.decode()


def test_a_refused_file_says_so_on_the_page(browser, office):
    client = browser(office.handler)
    assert client.post("/catalog/import/new/", {}).status_code == 422
    client.post("/catalog/import/new/", {"file": sent("姓名\n甲\n")})
    batch = ImportBatch.objects.get()
    jobs.check_batch(str(batch.pk))
    assert "请下载模板" in client.get(f"/catalog/import/{batch.pk}/").content.decode()


def test_who_may_not_import_is_not_shown_the_form_and_strangers_see_no_batch(browser, office, hand_in):
    batch = hand_in(HEAD + GOOD)
    stranger = browser(appoint(body(), "sharing_handler"))
    for tail in ("", "report.xlsx", "proceed/"):
        assert stranger.get(f"/catalog/import/{batch.pk}/{tail}").status_code == 404
    analyst = browser(appoint(office.place, "analyst"))
    assert analyst.get("/catalog/import/new/").status_code == 303


def test_the_template_is_given(browser, office):
    answer = browser(office.business).get("/catalog/import/template.xlsx")
    assert b"".join(answer.streaming_content).startswith(b"PK") and "attachment" in answer["Content-Disposition"]


def test_an_export_follows_the_list_and_is_remembered(browser, office, hand_in, let_go):
    let_go(hand_in(HEAD + GOOD + GOOD.replace("养老", "殡葬")))
    client = browser(office.handler)
    assert "/catalog/export/?" in client.get("/catalog/?q=殡葬").content.decode()
    answer = client.post("/catalog/export/?format=json&q=殡葬")
    told = json.loads(b"".join(answer.streaming_content))
    assert [one["name"] for one in told["entries"]] == ["殡葬机构"]
    (event,) = Event.objects.filter(type="catalog.export.taken")
    assert event.payload["count"] == 1 and event.payload["format"] == "json"
    assert client.get("/catalog/export/?format=json").status_code == 405
    assert client.post("/catalog/export/?format=exe").status_code == 422


def test_rest_hands_in_reads_and_goes_on(browser, office):
    client = browser(office.handler)
    made = client.post("/api/v1/catalog/batches", {"file": sent(HEAD + GOOD + WRONG)})
    assert made.status_code == 200, made.content
    pk = made.json()["id"]
    jobs.check_batch(pk)
    batch = client.get(f"/api/v1/catalog/batches/{pk}").json()
    assert (batch["state"], batch["good"], batch["refused"]) == ("checked", 1, 1)
    rows = client.get(f"/api/v1/catalog/batches/{pk}/rows").json()
    assert rows["items"][0]["number"] == 3 and any("2023" in m for m in rows["items"][0]["messages"])
    went = client.post(
        f"/api/v1/catalog/batches/{pk}/proceed", {"with_guessed": False}, content_type="application/json"
    )
    assert went.status_code == 200 and went.json()["state"] == "drafting"
    jobs.draft_batch(pk, str(office.handler.id))
    assert client.get(f"/api/v1/catalog/batches/{pk}").json()["drafted"] == 1
    taken = client.get("/api/v1/catalog/export?format=csv")
    assert "养老机构" in io.BytesIO(b"".join(taken.streaming_content)).getvalue().decode("utf-8-sig")


def test_harvesting_and_docking_in_the_portal(browser, office):
    client = browser(office.handler)
    given = {"name": "邻省目录", "kind": "ckan", "address": "http://127.0.0.1:1", "node": "gansu", "hours": "24"}
    made = client.post("/catalog/harvest/new/", given)
    assert made.status_code == 303, made.content.decode()[-2000:]
    shown = client.get(made["Location"]).content.decode()
    assert "立即采集" in shown and "还没有采集过" in shown
    assert "邻省目录" in client.get("/catalog/harvest/").content.decode()
    assert client.get(f"{made['Location']}start/").status_code == 200
    wrong = client.post("/catalog/harvest/new/", {**given, "address": "file:///etc/passwd"})
    assert wrong.status_code == 422 and "http 或 https" in wrong.content.decode()
    authority = browser(office.authority)
    docked = authority.post(
        "/catalog/dockings/new/",
        {"name": "国家目录", "profile": "national", "address": "http://127.0.0.1:1/up", "account": "a", "secret": "s"},
    )
    assert docked.status_code == 303, docked.content.decode()[-2000:]
    assert "推送已发布目录" in authority.get(docked["Location"]).content.decode()
    assert "国家目录" in authority.get("/catalog/dockings/").content.decode()
    assert client.get(docked["Location"]).status_code == 404
    assert client.get("/api/v1/catalog/harvests").json()["items"][0]["node"] == "gansu"
    assert authority.get("/api/v1/catalog/dockings").json()["items"][0]["profile"] == "national"
