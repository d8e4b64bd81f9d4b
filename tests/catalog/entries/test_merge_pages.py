"""Two people edit one draft: the second sees both sides, chooses what both changed, and saves against the newest version."""

import re

import pytest
from django.test import Client

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.kernel.actions import act
from jiangyuan.sources.models import ScannedTable
from office import appoint, client_of

TABLE = "CREATE TABLE person (citizen_id TEXT PRIMARY KEY, name TEXT NOT NULL, income DECIMAL(10,2), remark TEXT)"


@pytest.fixture
def entry(db, office) -> Entry:
    _file, source = office.sqlite(TABLE)
    office.scan(source)
    return office.draft(ScannedTable.objects.get(source=source), name="人员信息")


@pytest.fixture
def colleague(entry, office) -> Client:
    return client_of(appoint(entry.body, "sharing_handler"))


def _form(html: str) -> dict[str, list[str]]:
    """Give what a browser would send of the page's form as it stands."""
    form = re.search(r'<form class="jy-(?:form|card jy-merge|items-form)[^>]*method="post".*?</form>', html, re.S)
    assert form is not None, html[-3000:]
    text, sent = form[0], {}
    for tag in re.findall(r"<input [^>]*>", text):
        name, value = (re.search(rf' {a}="([^"]*)"', tag) for a in ("name", "value"))
        kind = re.search(r'type="(\w+)"', tag)
        if name and (kind is None or kind[1] not in ("radio", "checkbox") or " checked" in tag):
            sent.setdefault(name[1], []).append(value[1] if value else "on" if kind and kind[1] == "checkbox" else "")
    for name, text_ in re.findall(r'<textarea [^>]*name="([^"]+)"[^>]*>\s*(.*?)</textarea>', text, re.S):
        sent.setdefault(name, []).append(text_)
    for name, options in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', text, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        sent.setdefault(name, []).append(chosen[1] if chosen else "")
    return sent


def _get(client: Client, url: str) -> dict[str, list[str]]:
    answer = client.get(url)
    assert answer.status_code == 200
    return _form(answer.content.decode())


def _save(client: Client, url: str, sent: dict, status: int = 303, **changes: object) -> str:
    answer = client.post(url, {**sent, **changes})
    told = answer.content.decode()
    assert answer.status_code == status, re.sub(r"<[^>]+>|\s+", " ", told)[-2000:]
    return told


def test_what_one_changed_is_taken_over_and_what_both_changed_is_chosen(entry, office, colleague) -> None:
    mine, url = client_of(office.handler), f"/catalog/{entry.pk}/edit/"
    opened, faster = _get(mine, url), _get(colleague, url)
    _save(colleague, url, faster, summary="他写的摘要", space_scope="全省", share_condition="依职责", contact="数据处")
    told = _save(mine, url, opened, 409, summary="我写的摘要", contact_phone="0971-1", share_condition="凭公函",
                 share_methods=["file"])  # fmt: skip
    entry.refresh_from_db()
    assert entry.summary == "他写的摘要", "nothing is saved before it was looked at"
    assert "两人都改了，请逐项选择" in told and "他写的摘要" in told and "我写的摘要" in told
    assert "已自动合并" in told and "全省" in told and "0971-1" in told
    assert re.search(r"采用人员\d+于 \d{4}-\d\d-\d\d \d\d:\d\d 保存的", told)
    sent = _form(told)
    assert sorted(sent["_asked"]) == ["share_condition", "summary"]
    again = _save(mine, url, sent, 422, **{"_choose-summary": "mine"})
    assert "请选择采用哪一方的内容" in again and 'name="_choose-summary" value="mine" checked' in again
    sent = _form(again)
    _save(
        mine, url, sent, summary="我写的摘要，再改", **{"_choose-summary": "mine", "_choose-share_condition": "theirs"}
    )
    entry.refresh_from_db()
    assert (entry.summary, entry.share_condition) == ("我写的摘要，再改", "依职责")
    assert (entry.space_scope, entry.contact, entry.contact_phone) == ("全省", "数据处", "0971-1")
    assert entry.share_methods == ["file"]


def test_emptied_fields_stay_emptied_and_a_third_is_met_again(entry, office, colleague) -> None:
    act("catalog.entry.edit", entry.pk, actor=office.handler, summary="原来的", contact="处室")
    mine, url = client_of(office.handler), f"/catalog/{entry.pk}/edit/"
    opened = _get(mine, url)
    act("catalog.entry.edit", entry.pk, actor=office.handler, summary="他人的")
    opened.pop("share_methods")
    told = _save(mine, url, opened, 409, contact="")
    assert "没有两人都改的内容" in told
    act("catalog.entry.edit", entry.pk, actor=office.handler, contact="第三人")
    told = _save(mine, url, _form(told), 409)
    sent = _form(told)
    assert sent["_asked"] == ["contact"], "what was merged the first time is not asked about again"
    _save(mine, url, sent, **{"_choose-contact": "mine"})
    entry.refresh_from_db()
    assert (entry.summary, entry.contact, entry.share_methods) == ("他人的", "", [])


def test_somebody_submitted_meanwhile_so_that_there_is_nothing_to_merge_into(entry, office) -> None:
    mine, url = client_of(office.handler), f"/catalog/{entry.pk}/edit/"
    opened = _get(mine, url)
    Entry.objects.filter(pk=entry.pk).update(state="department_review", version=entry.version + 3)
    told = _save(mine, url, opened, 409, summary="我的")
    assert "保存合并结果" not in told and "内容已被他人更新" in told and "我的" in told


def test_a_page_without_what_it_held_asks_about_every_difference(entry, office) -> None:
    mine, url = client_of(office.handler), f"/catalog/{entry.pk}/edit/"
    opened = _get(mine, url)
    act("catalog.entry.edit", entry.pk, actor=office.handler, summary="他人的")
    told = _save(mine, url, {**opened, "_base": "?"}, 409, contact="甲")
    assert sorted(_form(told)["_asked"]) == ["contact", "summary"]


def test_items_are_merged_by_item(entry, office, colleague) -> None:
    mine, url = client_of(office.handler), f"/catalog/{entry.pk}/items/"
    opened, faster = _get(mine, url), _get(colleague, url)
    at = {item.column: item.position for item in entry.items.all()}
    _save(colleague, url, faster, **{f"name-{at['income']}": "月收入", f"grade-{at['remark']}": "3",
                                     f"required-{at['remark']}": "on"})  # fmt: skip
    told = _save(mine, url, opened, 409, **{f"name-{at['income']}": "年收入", f"description-{at['remark']}": "说明"})
    sent = _form(told)
    assert sent["_asked"] == [f"name-{at['income']}"] and "信息项 income" in told and "信息项 remark" in told
    _save(mine, url, sent, **{f"_choose-name-{at['income']}": "theirs"})
    items = {item.column: item for item in entry.items.all()}
    assert items["income"].name == "月收入"
    remark = items["remark"]
    assert (remark.grade, remark.nullable, remark.description) == (3, False, "说明")
    assert not items["citizen_id"].nullable and items["citizen_id"].personal, "what nobody touched stays"


def test_a_row_written_anew_by_both_is_one_item(db, office) -> None:
    made = act("catalog.entry.compose", actor=office.handler, body=office.place.pk, name="影像", format="image")
    mine, url = client_of(office.handler), f"/catalog/{made.pk}/items/"
    opened = _get(mine, url)
    sheets = [{"column": "tile", "name": "图幅号", "data_type": "C", "grade": 2}, {"column": "size", "name": "大小"}]
    act("catalog.entry.edit", made.pk, actor=office.handler, items=sheets)
    rows = {
        "new-column-0": "tile",
        "new-name-0": "图号",
        "new-column-1": "day",
        "new-name-1": "日期",
        "new-type-1": "D",
    }
    told = _save(mine, url, opened, 409, **rows)
    sent = _form(told)
    assert len(sent["_asked"]) == 1 and "图幅号" in told and "图号" in told
    _save(mine, url, sent, **{f"_choose-{sent['_asked'][0]}": "mine"})
    found = [(i.column, i.name, i.data_type, i.grade) for i in made.items.all()]
    assert found == [("tile", "图号", "C", 2), ("size", "大小", "", 1), ("day", "日期", "D", 1)]


def test_what_was_kept_of_a_form_is_merged_when_it_is_sent_later(entry, office) -> None:
    mine, url = client_of(office.handler), f"/catalog/{entry.pk}/edit/"
    opened = _get(mine, url)
    assert mine.post("/drafts/", {**opened, "summary": "先前写的"}).status_code == 200
    act("catalog.entry.edit", entry.pk, actor=office.handler, contact="他人填的")
    resumed = _get(mine, f"{url}?_draft=catalog.entry.edit")
    assert resumed["summary"] == ["先前写的"]
    told = _save(mine, url, resumed, 409)
    _save(mine, url, _form(told))
    entry.refresh_from_db()
    assert (entry.summary, entry.contact) == ("先前写的", "他人填的")
