"""Pages and REST of the library: the plan's lists, drafting in each kind's form, opinions, adoption."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.portal.conftest import client_of

from jiangyuan.kernel.actions import act
from jiangyuan.organization.models import Body
from jiangyuan.standards.library.actions import STANDARDS
from jiangyuan.standards.library.models import Standard
from jiangyuan.standards.library.queries import national
from office import Office, appoint, body


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    settings.STATIC_ROOT = None


@pytest.fixture
def place(db):
    return Body.objects.filter(is_authority=True).first() or body(is_authority=True)


def test_the_plans_lists_are_shown_by_name_with_how_far_they_are(place):
    act("standards.library.install", actor=STANDARDS)
    client = client_of(appoint(place, "authority_handler"))
    page = client.get("/standards/library/").content.decode()
    for name in ("数据目录", "数据分类分级", "平台对接", "基础库建设指引", "数据回流", "运行审批"):
        assert name in page
    assert "本省自定的标准规范" in page and "现行国家和行业标准" in page
    assert national(actor=appoint(place, "authority_handler"))["grading"] >= 1, "the nation's stand beside"
    listed = page.split('id="jy-list"')[-1].split("<tbody>")[-1].split("</tr>")[0]
    assert listed.index("/standards/library/") < listed.index("jy-code"), "a standard is known by its name"
    assert (
        page.count("尚未起草") == 13 and "政务数据共享条例" in client.get("/standards/library/?q=条例").content.decode()
    )


def test_an_element_is_drafted_edited_and_asked_about_in_the_browser(place):
    client = client_of(appoint(place, "authority_handler"))
    assert "代码集" in client.get("/standards/library/new/").content.decode()
    sent = {"number": "QHZW 201", "name": "户籍编号", "edition": "2026", "code": "register_number", "type": "C",
            "length": "12", "grade": "2", "personal": "on", "synonyms": "户籍编号\n户口簿编号"}  # fmt: skip
    wrong = client.post("/standards/library/new/?kind=element", {**sent, "pattern": "(["})
    assert wrong.status_code == 422 and "表达式" in wrong.content.decode()
    assert client.post("/standards/library/new/?kind=element", sent).status_code == 303
    made = Standard.objects.get(number="QHZW 201")
    assert made.content["length"] == 12 and made.content["synonyms"] == ["户籍编号", "户口簿编号"]
    base = f"/standards/library/{made.pk}/"
    assert "户口簿编号" in client.get(f"{base}edit-element/").content.decode()
    assert client.get(f"{base}edit-document/").status_code == 404
    assert client.post(f"{base}edit-element/", {**sent, "length": "14"}).status_code == 303
    assert client.post(f"{base}ask/", {"until": "2099-01-01"}).status_code == 303
    made.refresh_from_db()
    assert made.state == "opinion" and made.content["length"] == 14
    other = client_of(Office(body()).handler)
    assert other.post(f"{base}opinion/", {"text": "建议改为 14 位。"}).status_code == 303
    assert "建议改为 14 位" in client.get(f"{base}?tab=opinions").content.decode()
    answer = f"/standards/library/opinions/{made.opinions.get().pk}/answer/"
    assert client.post(answer, {"result": "adopted", "answer": "已改。"}).status_code == 303
    assert "采纳" in other.get(f"{base}?tab=opinions").content.decode()
    for tab in ("", "adoptions", "trace"):
        assert client.get(f"{base}?tab={tab}").status_code == 200


def test_rest_drafts_and_lists(place):
    client = client_of(appoint(place, "authority_handler"))
    body_ = {
        "number": "QHZW 301",
        "name": "状态代码",
        "edition": "2026",
        "code": "status_code",
        "lines": ["1,正常", "2,注销"],
    }
    answer = client.post("/api/v1/standards/standards/code-set", body_, content_type="application/json")
    assert answer.status_code == 200, answer.content
    listed = client.get("/api/v1/standards/standards?kind=code_set").json()["items"]
    assert [one["content"]["codes"][1]["name"] for one in listed] == ["注销"]
    bad = client.post("/api/v1/standards/standards/code-set", {**body_, "edition": "2", "lines": ["x"]},
                      content_type="application/json")  # fmt: skip
    assert bad.status_code == 422 and bad.json()["where"] == "lines.1" and bad.json()["mend"]


def test_a_code_table_is_uploaded_and_becomes_a_draft_and_what_is_wrong_is_said_by_line(place):
    client = client_of(appoint(place, "authority_handler"))
    assert "上传代码表" in client.get("/standards/library/new/").content.decode()
    assert client.get("/standards/library/upload/").status_code == 200
    good = "代码,名称,停用日期\n01,在用,\n02,注销,2020-12-31\n".encode("utf-8-sig")
    page = client.post("/standards/library/upload/", {"file": SimpleUploadedFile("状态.csv", good)})
    assert page.status_code == 200 and "02,注销,,,2020-12-31" in page.content.decode()
    assert "/standards/library/new/?kind=code_set" in page.content.decode()
    for content, said in (
        ("甲,乙\n1,2\n".encode(), "没有“代码”或“名称”列"),
        ("代码,名称,停用日期\n01,在用,\n02,注销,去年\n".encode(), "第 2 行"),
        (b"", "8 MB"),
    ):
        wrong = client.post("/standards/library/upload/", {"file": SimpleUploadedFile("x.csv", content)})
        assert wrong.status_code == 422 and said in wrong.content.decode(), said
    assert client_of(Office(body()).head).get("/standards/library/upload/").status_code == 403
