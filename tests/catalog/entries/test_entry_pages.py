"""The pages and the REST of entries: from composing by hand to classes, relations, scores, versions, several at once."""

import json
import re

import pytest
from django.test import Client

from jiangyuan.catalog.entries.actions_score import rejudge
from jiangyuan.catalog.entries.models import Entry, EntryRelation
from jiangyuan.kernel.actions import act
from jiangyuan.sources.models import ScannedTable
from office import ASSESSED, SETUP, Office, body, client_of

TABLE = "CREATE TABLE person (citizen_id TEXT PRIMARY KEY, name TEXT NOT NULL, income DECIMAL(10,2), remark TEXT)"


@pytest.fixture(autouse=True)
def no_collected_files(settings) -> None:
    settings.STATIC_ROOT = None


@pytest.fixture
def entry(db, office) -> Entry:
    _file, source = office.sqlite(TABLE)
    office.scan(source)
    return office.draft(ScannedTable.objects.get(source=source), name="人员信息")


def _text(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, (url, answer.status_code)
    return answer.content.decode()


def _send(client: Client, url: str, sent: dict) -> None:
    answer = client.post(url, sent)
    assert answer.status_code == 303, re.sub(r"<[^>]+>|\s+", " ", answer.content.decode())[-1500:]


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return found[1]


def test_an_entry_is_composed_by_hand_and_gets_its_items(db, office) -> None:
    client = client_of(office.handler)
    act("catalog.classification.install", actor=SETUP)
    assert "手工编制目录" in _text(client, "/catalog/compose/")
    sent = {"name": "航空影像", "format": "image", "share_type": "conditional", "share_methods": ["file"],
            "update_cycle": "yearly", "classification": "103001", "nature": "non_item"}  # fmt: skip
    _send(client, "/catalog/compose/", sent)
    made = Entry.objects.get(name="航空影像")
    url = f"/catalog/{made.pk}/items/"
    page = _text(client, url)
    rows = {"new-column-0": "tile", "new-name-0": "图幅号", "new-type-0": "C", "new-name-1": "影像"}
    _send(client, url, {"_version": _hidden(page, "_version"), **rows})
    assert [(i.column, i.name, i.data_type) for i in made.items.all()] == [
        ("tile", "图幅号", "C"),
        ("影像", "影像", ""),
    ]
    shown = _text(client, f"/catalog/{made.pk}/")
    assert "图形图像" in shown and "103001 " in shown and "文件下载" in shown and "非事项类" in shown


def test_the_core_elements_are_edited_and_emptied_and_shown(entry, office) -> None:
    client, url = client_of(office.handler), f"/catalog/{entry.pk}/edit/"
    page = _text(client, url)
    sent = {
        "_version": _hidden(page, "_version"), "name": "人员信息", "summary": "<script>alert(1)</script>全省登记的人员",
        "classification": "101001", "nature": "item", "format": "database", "update_cycle": "half_yearly",
        "share_type": "conditional", "share_condition": "依法履职", "share_methods": ["service", "batch"],
        "open_type": "none", "open_condition": "", "time_from": "2020-01-01", "time_to": "", "space_scope": "青海省",
        "contact": "数据处", "contact_phone": "0971-6112233",
    }  # fmt: skip
    _send(client, url, sent)
    shown = _text(client, f"/catalog/{entry.pk}/")
    for words in ("事项类", "每半年", "2020-01-01", "0971-6112233", "服务接口", "101001 人口信息综合"):
        assert words in shown, words
    assert "<script>alert(1)" not in shown and "&lt;script&gt;alert(1)" in shown, "text, not markup"
    page = _text(client, url)
    _send(client, url, {**sent, "_version": _hidden(page, "_version"), "contact": "", "time_from": "", "share_methods": ["file"]})  # fmt: skip
    entry.refresh_from_db()
    assert (entry.contact, entry.time_from, entry.share_methods, entry.contact_phone) == (
        "",
        None,
        ["file"],
        "0971-6112233",
    )


def test_who_is_late_keeps_what_he_typed(entry, office) -> None:
    client, url = client_of(office.handler), f"/catalog/{entry.pk}/edit/"
    version = _hidden(_text(client, url), "_version")
    act("catalog.entry.edit", entry.pk, actor=office.business, summary="同事先改的")
    late = client.post(url, {"_version": version, "name": "人员信息", "summary": "我改的摘要"})
    assert late.status_code == 409 and "我改的摘要" in late.content.decode()
    entry.refresh_from_db()
    assert entry.summary == "同事先改的"


def test_ten_megabytes_in_a_field_are_refused_kindly(entry, office) -> None:
    client, url = client_of(office.handler), f"/catalog/{entry.pk}/edit/"
    client.raise_request_exception = False
    much = client.post(url, {"name": "人员信息", "summary": "字" * 5000})
    assert much.status_code == 422 and "4000" in much.content.decode()
    flood = client.post(url, {"name": "人员信息", "summary": "字" * 3_500_000})
    assert 400 <= flood.status_code < 500 and "Traceback" not in flood.content.decode()
    entry.refresh_from_db()
    assert entry.summary == "登记的基本信息"


def test_what_is_to_be_corrected_stands_beside_its_field(entry, office) -> None:
    act("catalog.entry.assess", entry.pk, actor=office.handler, **ASSESSED)
    act("catalog.entry.edit", entry.pk, actor=office.business, summary="人员", share_condition="用于救助")
    act("catalog.entry.submit", entry.pk, actor=office.business)
    reasons = {"summary": "没有写明年份", "items": "字段说明不全", "privacy_result": "没有写明保护措施"}
    act("catalog.entry.return", entry.pk, actor=office.office_head, reasons=reasons)
    client = client_of(office.handler)
    for page, name, label in (("edit", "summary", "摘要"), ("assess", "privacy_result", "个人信息保护影响评估")):
        shown = _text(client, f"/catalog/{entry.pk}/{page}/")
        beside, _field, _rest = shown.partition(f'name="{name}"')
        assert label in beside and f"退回纠正：{reasons[name]}" in beside and shown.count("退回纠正：") == 1
    assert "退回纠正：字段说明不全" in _text(client, f"/catalog/{entry.pk}/items/")


def test_items_are_described_in_the_guides_words(entry, office) -> None:
    items = {i.column: i for i in entry.items.all()}
    assert (items["citizen_id"].data_type, items["citizen_id"].length) == ("C", 18) and not items["citizen_id"].nullable
    client, url = client_of(office.handler), f"/catalog/{entry.pk}/items/"
    page, sent = _text(client, url), {}
    for item in entry.items.all():
        at = item.position
        sent |= {f"name-{at}": item.name, f"grade-{at}": "2", f"type-{at}": "N", f"length-{at}": "10,2", f"mask-{at}": "none",
                 f"element-{at}": "", f"description-{at}": "说明", f"required-{at}": "on", f"sensitive-{at}": "on"}  # fmt: skip
    refused = client.post(url, {**sent, "_version": _hidden(page, "_version"), "element-0": "no_such"})
    assert refused.status_code == 422 and "no_such" in refused.content.decode()
    _send(client, url, {**sent, "_version": _hidden(page, "_version")})
    item = entry.items.get(column="remark")
    assert (item.data_type, item.length, item.scale, item.description) == ("N", 10, 2, "说明")
    assert item.sensitive and item.personal and not item.nullable
    assert "数值型，最长 10 位，小数 2 位" in _text(client, f"/catalog/{entry.pk}/?tab=items")


def test_classes_are_browsed_by_all_and_kept_by_the_authority(entry, office) -> None:
    reader, authority = client_of(office.business), client_of(office.authority)
    assert "人口信息" in _text(reader, "/catalog/classes/") and "增加分类" not in _text(reader, "/catalog/classes/")
    assert "人员信息" in _text(reader, "/catalog/classes/307001/")
    _text(reader, "/catalog/classes/99/", 404)
    _send(authority, "/catalog/classes/new/", {"code": "307002", "name": "省直部门"})
    _send(authority, "/catalog/classes/307002/rename/", {"name": "省直部门信息"})
    assert "省直部门信息" in _text(reader, "/catalog/classes/307/")
    _send(authority, "/catalog/classes/307002/close/", {"reason": "并入综合"})
    assert "已停用" in _text(reader, "/catalog/classes/307/")
    assert "人员信息" in _text(reader, "/catalog/?class=3") and "人员信息" not in _text(reader, "/catalog/?class=1")


def test_a_moved_entry_is_found_by_its_old_code(entry, office) -> None:
    office.publish(entry)
    old = entry.code
    authority = client_of(office.authority)
    _send(authority, f"/catalog/{entry.pk}/reclassify/", {"classification": "101001", "reason": "归入人口"})
    reader = client_of(Office(body()).business)
    answer = reader.get(f"/catalog/codes/{old}/")
    assert answer.status_code == 303 and str(entry.pk) in answer["Location"]
    told = json.loads(_text(reader, f"/api/v1/catalog/codes/{old}"))
    assert told["former_codes"] == [old] and told["code"].startswith("101001/")
    assert old in _text(reader, f"/catalog/{entry.pk}/")


def test_relations_are_shown_on_both_entries(entry, office) -> None:
    other = act(
        "catalog.entry.compose", actor=office.handler, body=office.place.pk, name="户籍登记", share_methods=["file"]
    )
    client = client_of(office.handler)
    _send(client, f"/catalog/{entry.pk}/relate/", {"to": "户籍登记", "kind": "derived_from"})
    assert "加工自" in _text(client, f"/catalog/{entry.pk}/") and "被加工为" in _text(client, f"/catalog/{other.pk}/")
    circle = client.post(f"/catalog/{other.pk}/relate/", {"to": "人员信息", "kind": "derived_from"})
    assert circle.status_code == 422 and "循环" in circle.content.decode()
    page = _text(client, f"/catalog/{entry.pk}/")
    form = page.split(f"/catalog/{entry.pk}/unrelate/")[1]
    _send(client, f"/catalog/{entry.pk}/unrelate/", {n: _hidden(form, n) for n in ("_version", "to", "kind")})
    assert EntryRelation.objects.get().dropped


def test_the_score_explains_itself_and_leads_to_the_field(entry, office) -> None:
    rejudge([entry.pk])
    client = client_of(office.handler)
    page = _text(client, f"/catalog/{entry.pk}/?tab=score")
    assert (
        "最值得补上的一项" in page
        and f"/catalog/{entry.pk}/edit/#catalog-entry-edit_summary" in page
        and "写明联系人和电话" in page
    )
    assert "catalog-entry-edit_summary" in _text(client, f"/catalog/{entry.pk}/edit/")
    assert "人员信息" in _text(client, "/catalog/scores/?below=80")
    stranger = client_of(Office(body()).handler)
    assert "人员信息" not in _text(stranger, "/catalog/scores/")
    assert "人员信息" in _text(client_of(office.authority), "/catalog/scores/")


def test_any_two_versions_are_compared_and_the_revision_with_them(entry, office) -> None:
    for number in (1, 2, 3):
        if number > 1:
            act("catalog.entry.revise", entry.pk, actor=office.handler, trigger="own_information", reason="更正")
            act("catalog.entry.edit", entry.pk, actor=office.handler, summary=f"第{number}版的摘要")
        office.publish(entry)
    reader = client_of(Office(body()).business)
    page = _text(reader, f"/catalog/{entry.pk}/?tab=versions&old=1&new=3")
    assert "第 3 版与第 1 版的差异" in page and "登记的基本信息" in page and "第3版的摘要" in page
    assert "第 3 版与第 2 版的差异" in _text(reader, f"/catalog/{entry.pk}/?tab=versions&old=x&new=99")
    act("catalog.entry.revise", entry.pk, actor=office.handler, trigger="own_information", reason="更正")
    act("catalog.entry.edit", entry.pk, actor=office.handler, summary="还没发布的摘要")
    assert "还没发布的摘要" not in _text(reader, f"/catalog/{entry.pk}/?tab=versions&old=3&new=draft")
    assert "修订稿与第 3 版的差异" in _text(client_of(office.handler), f"/catalog/{entry.pk}/?tab=versions")
    act("catalog.entry.assess", entry.pk, actor=office.handler, **ASSESSED)
    act("catalog.entry.submit", entry.pk, actor=office.handler)
    review = _text(client_of(office.office_head), f"/catalog/{entry.pk}/review/")
    assert "第3版的摘要" in review and "还没发布的摘要" in review and "同意报送" in review


def test_several_are_submitted_endorsed_and_returned_at_once(entry, office) -> None:
    second = office.draft(entry.drafted_from, name="第二项")
    third = office.draft(entry.drafted_from, name="没有评估的")
    for one in (entry, second):
        act("catalog.entry.assess", one.pk, actor=office.handler, **ASSESSED)
    client = client_of(office.handler)
    rows = [f"{one.pk}.{Entry.objects.get(pk=one.pk).version}" for one in (entry, second, third)]
    told = client.post(
        "/catalog/", {"_do": "batch", "_act": "catalog.entry.submit", "_row": rows, "_key": "k1", "_sure": "1"}
    )
    page = told.content.decode()
    assert "2 项已办理" in page and "尚未记录保密风险评估结论" in page
    head = client_of(office.office_head)
    rows = [f"{one.pk}.{Entry.objects.get(pk=one.pk).version}" for one in (entry, second)]
    sent = {"_do": "batch", "_act": "catalog.entry.return", "_row": rows, "_key": "k2", "_sure": "1"}
    assert "2 项已办理" in head.post("/catalog/review/", {**sent, "reason": "摘要都过于简略"}).content.decode()
    assert set(Entry.objects.values_list("state", flat=True)) == {"returned", "draft"}
    assert "整体：摘要都过于简略" in _text(client, f"/catalog/{entry.pk}/")
    for one in (entry, second):
        act("catalog.entry.submit", one.pk, actor=office.handler)
    given = {"step": "endorse", "entries": [str(one.pk) for one in (entry, second, third)]}
    answer = json.loads(
        head.post("/api/v1/catalog/entries/batch", json.dumps(given), content_type="application/json").content
    )
    assert [line["state"] for line in answer] == ["department_review", "department_review", ""]
    assert answer[2]["message"] and answer[2]["mend"]


def test_the_lists_of_entries_do_not_ask_row_by_row(entry, office, django_assert_max_num_queries) -> None:
    Entry.objects.bulk_create(
        Entry(body=office.place, name=f"目录{n}", known_name=f"目录{n}", state="draft") for n in range(40)
    )
    rejudge(Entry.objects.values_list("pk", flat=True))
    client = client_of(office.handler)
    client.get("/catalog/scores/")
    with django_assert_max_num_queries(40):
        client.get("/catalog/scores/")
