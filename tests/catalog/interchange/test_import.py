"""Files of entries handed in: what is read, what is refused and how it is told, and the drafts that come of it."""

import io
import json
import zipfile
from uuid import uuid4

import openpyxl
import pytest
from django.db import connection
from procrastinate.contrib.django import app

from jiangyuan.catalog.entries.models import Entry, EntryRelation
from jiangyuan.catalog.interchange import jobs
from jiangyuan.catalog.interchange.models import ImportBatch, ImportRow
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Conflict, Forbidden, Refused
from jiangyuan.kernel.events import run_handlers
from jiangyuan.kernel.models import Event
from jiangyuan.kernel.workflow import WrongState
from office import ASSESSED, appoint, body, client_of

HEAD = "目录名称,目录代码,提供部门,摘要,资源格式,更新周期,共享类型,共享条件,开放类型\n"
GOOD = "养老机构信息,,,全省养老机构的登记信息,数据库,每月,有条件共享,用于养老服务,不予开放\n"


def reasons(batch, number=None):
    rows = ImportRow.objects.filter(batch=batch)
    rows = rows.filter(number=number) if number else rows
    return {(note[0], note[1], note[2]) for row in rows for note in row.notes}


def workbook(entries, items=()):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "目录"
    for row in entries:
        sheet.append(row)
    if items:
        second = book.create_sheet("信息项")
        for row in items:
            second.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_good_row_becomes_a_draft_of_the_one_workflow(hand_in, let_go, office):
    batch = hand_in(HEAD + GOOD)
    assert (batch.state, batch.rows, batch.good, batch.refused, batch.encoding) == ("checked", 1, 1, 0, "utf-8")
    let_go(batch)
    assert (batch.state, batch.drafted) == ("drafted", 1)
    entry = Entry.objects.get(name="养老机构信息")
    assert (entry.state, entry.body_id, entry.update_cycle, entry.live_version) == (
        "draft",
        office.place.pk,
        "monthly",
        0,
    )
    assert entry.created_by == office.handler.id and entry.known_name == entry.name
    act("catalog.entry.edit", entry.pk, actor=office.handler, summary="全省养老机构的登记、等级和床位")
    act("catalog.entry.assess", entry.pk, actor=office.handler, **ASSESSED)
    entry.refresh_from_db()
    assert entry.state == "draft" and entry.version == 3


def test_one_event_names_the_number_and_the_digest(hand_in, let_go):
    let_go(hand_in(HEAD + GOOD + GOOD.replace("养老", "殡葬")))
    (event,) = Event.objects.filter(type="catalog.entry.drafted_many")
    assert event.payload["count"] == 2 and len(event.payload["digest"]) == 64
    assert Event.objects.filter(type="catalog.batch.drafted").count() == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_an_encoding_is_recognised_and_told(hand_in, encoding):
    batch = hand_in((HEAD + GOOD).encode(encoding))
    assert batch.good == 1 and batch.encoding == encoding


def test_text_in_no_known_encoding_is_refused_with_what_to_do(hand_in):
    batch = hand_in((HEAD + GOOD).encode() + b"\xff\xfe\xff\x80\x81")
    assert batch.state == "unreadable" and "UTF-8" in batch.error["message"] and batch.error["mend"]


def test_good_rows_go_on_alone_and_the_others_are_told_by_row_column_reason(hand_in, let_go):
    bad = ",,,无名,数据库,每月,有条件共享,,不予开放\n" + "气象,,,观测,数据库,2023,有条件共享,,3\n"
    batch = hand_in(HEAD + GOOD + bad)
    assert (batch.good, batch.refused) == (1, 2)
    assert ("refused", "name", "no_name") in reasons(batch, 3)
    assert {("refused", "update_cycle", "unknown_value"), ("refused", "open_type", "unknown_value")} <= reasons(
        batch, 4
    )
    assert let_go(batch).drafted == 1 and Entry.objects.count() == 1


def test_guessed_rows_may_be_left_behind(hand_in, let_go):
    guessed = GOOD.replace("每月", "每半月").replace("养老", "儿童")
    batch = hand_in(HEAD + GOOD + guessed)
    assert (batch.good, batch.guessed) == (1, 1)
    assert let_go(batch, with_guessed=False).drafted == 1


def test_ten_thousand_wrong_rows_are_told_within_seconds(hand_in, office):
    batch = hand_in(HEAD + ",,,x,数据库,从不,随缘,,3\n" * 10_000)
    assert (batch.rows, batch.refused, batch.good) == (10_000, 10_000, 0)
    assert {(h, f, r): n for h, f, r, n in batch.counts}["refused", "name", "no_name"] == 10_000
    with pytest.raises(Refused):
        act("catalog.batch.proceed", batch.pk, actor=office.handler)


def test_repeated_codes_and_repeated_rows_are_refused_and_point_to_the_first(hand_in):
    rows = "甲,A1,,,数据库,每月,有条件共享,,\n乙,A1,,,数据库,每月,有条件共享,,\n丙,,,,,,,,\n丙,,,,,,,,\n"
    batch = hand_in(HEAD + rows)
    assert ("refused", "code", "repeated") in reasons(batch, 3)
    assert ("refused", "name", "repeated") in reasons(batch, 5)
    assert batch.refused == 2
    assert ImportRow.objects.get(batch=batch, number=3).notes[-1][3] == "2"


def test_a_code_that_the_catalogue_gave_to_another_entry_is_refused(hand_in, office):
    entry = Entry.objects.create(
        body=office.place, name="在册", code="307001/000009", state="published", live_version=1
    )
    batch = hand_in(HEAD + f"甲,{entry.code},,,数据库,每月,有条件共享,,\n")
    assert ("refused", "code", "code_taken") in reasons(batch) and batch.refused == 1


def test_what_was_imported_before_is_refused_the_second_time(hand_in, let_go):
    let_go(hand_in(HEAD + GOOD))
    again = hand_in(HEAD + GOOD + GOOD.replace("养老", "殡葬"))
    assert ("refused", "name", "already") in reasons(again, 2) and again.good == 1
    assert let_go(again).drafted == 1 and Entry.objects.count() == 2


def test_relations_that_run_in_a_circle_or_into_nothing_are_refused(hand_in):
    head = "目录名称,目录代码,所属目录代码\n"
    rows = "甲,A,B\n乙,B,C\n丙,C,A\n丁,D,A\n戊,E,E\n己,F,不存在的\n庚,G,\n"
    batch = hand_in(head + rows)
    kept = {row.content["name"]: row for row in ImportRow.objects.filter(batch=batch)}
    assert [kept[n].notes[-1][2] for n in "甲乙丙戊"] == ["circle"] * 4
    assert kept["甲"].notes[-1][3] == "A → B → C → A"
    assert kept["己"].notes[-1][2] == "unknown_parent"
    assert kept["丁"].verdict != "refused" and kept["庚"].verdict != "refused"
    assert batch.refused == 5


def test_what_a_row_belongs_to_is_kept_with_its_draft(hand_in, let_go, office):
    above = Entry.objects.create(body=office.place, name="总目录", code="307001/000009", version=1)
    head = "目录名称,目录代码,所属目录代码\n"
    rows = f"甲,A,B\n乙,B,{above.code}\n丁,D,E\n戊,E,E\n"
    batch = hand_in(head + rows)
    assert batch.refused == 1
    let_go(batch)
    made = {entry.name: entry for entry in Entry.objects.all()}
    kept = set(EntryRelation.objects.values_list("entry__name", "to__name", "kind", "dropped", "known"))
    assert kept == {("甲", "乙", "part_of", False, False), ("乙", "总目录", "part_of", False, False)}
    with pytest.raises(Refused) as caught:
        act("catalog.entry.relate", made["乙"].pk, actor=office.handler, to=made["甲"].pk, kind="part_of")
    assert caught.value.code == "circle"
    again = [{"entry": made["甲"].pk, "to": made["乙"].pk}, {"entry": made["甲"].pk, "to": uuid4()}]
    assert act("catalog.entry.relate_many", actor=jobs.SERVICE, author=None, source="x", relations=again) == 0
    with pytest.raises(Forbidden):
        act("catalog.entry.relate_many", actor=office.handler, author=None, source="x", relations=again)


def _rezipped(content, change):
    """Give a workbook with its parts changed, as somebody would who forges one."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return made.getvalue()


def test_a_workbook_that_unpacks_without_end_is_refused_before_it_is_unpacked(hand_in):
    good = workbook([HEAD.strip().split(","), GOOD.strip().split(",")])
    bomb = _rezipped(good, lambda name, part: part + b" " * (64 * 2**20) if name.endswith("sheet1.xml") else part)
    assert len(bomb) < 2**18
    batch = hand_in(bomb, "目录.xlsx")
    assert (batch.state, batch.error["code"]) == ("unreadable", "source.file.bomb") and batch.error["mend"]
    assert not ImportRow.objects.filter(batch=batch).exists()


def test_a_workbook_reads_no_file_of_the_platform(hand_in):
    good = workbook([HEAD.strip().split(","), GOOD.strip().split(",")])
    secret = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'

    def forged(name, part):
        if not name.endswith(("sharedStrings.xml", "sheet1.xml")):
            return part
        body = part.partition(b"?>")[2] if part.startswith(b"<?xml") else part
        return secret + body.replace("养老机构".encode(), b"&e;")

    batch = hand_in(_rezipped(good, forged), "目录.xlsx")
    told = str(list(ImportRow.objects.filter(batch=batch).values_list("raw", "content", "notes")))
    assert "root:" not in told and "root:" not in str(batch.error)


def test_markup_is_taken_out_and_its_script_too(hand_in, let_go):
    text = "<p>全省&nbsp;<b>养老</b></p><script>alert(1)</script><img src=x onerror=alert(2)>机构"
    batch = hand_in(HEAD + f'养老机构,,,"{text}",数据库,每月,有条件共享,,不予开放\n')
    assert ("mapped", "summary", "markup_removed") in reasons(batch)
    let_go(batch)
    summary = Entry.objects.get().summary
    assert summary == "全省 养老 机构" and "<" not in summary and "alert" not in summary


def test_ten_megabytes_in_a_field_are_refused_in_words_not_kept(hand_in):
    batch = hand_in(HEAD + f'甲,,,"{"长" * (10 * 2**20 // 3)}",数据库,每月,有条件共享,,不予开放\n' + GOOD)
    row = ImportRow.objects.get(batch=batch, number=2)
    assert row.verdict == "refused" and row.notes[0][:3] == ["refused", "summary", "too_long"]
    assert int(row.notes[0][3]) == 10 * 2**20 // 3 and len(row.raw[3]) <= 20_000
    assert batch.good == 1


def test_a_department_imports_its_own_alone(hand_in, office):
    other = body()
    batch = hand_in(
        HEAD + f"甲,,{other.name},,数据库,每月,有条件共享,,\n乙,,{office.place.name},,数据库,每月,有条件共享,,\n"
    )
    assert ("refused", "department", "other_body") in reasons(batch, 2) and batch.refused == 1


def test_the_authority_imports_for_those_it_names_and_for_one_it_chooses(hand_in, let_go, office):
    other, authority = body(), office.authority
    rows = f"甲,,{other.name},摘要,数据库,每月,有条件共享,x,不予开放\n乙,,无人知道的局,摘要,数据库,每月,有条件共享,x,不予开放\n"
    alone = hand_in(HEAD + rows, actor=authority)
    assert alone.good == 1 and ("refused", "department", "unknown_body") in reasons(alone, 3)
    act("catalog.batch.discard", alone.pk, actor=authority)
    batch = hand_in(HEAD + rows, actor=authority, otherwise=office.place.pk)
    assert ("guessed", "department", "body_otherwise") in reasons(batch, 3)
    let_go(batch, actor=authority)
    assert {(e.name, e.body_id) for e in Entry.objects.all()} == {("甲", other.pk), ("乙", office.place.pk)}


def test_nobody_imports_for_another_body_or_without_the_duty(hand_in, office):
    other = body()
    for actor, place in ((office.handler, other), (office.head, office.place), (appoint(other, "analyst"), other)):
        with pytest.raises(Forbidden):
            hand_in(HEAD + GOOD, actor=actor, body=place.pk)
    with pytest.raises(Refused, match="主管部门"):
        hand_in(HEAD + GOOD, otherwise=other.pk)


def test_a_batch_is_its_own_bodys_and_the_authoritys(hand_in, office):
    batch = hand_in(HEAD + GOOD)
    stranger = appoint(body(), "sharing_handler")
    assert batch in ImportBatch.visible_to(office.business) and batch in ImportBatch.visible_to(office.authority)
    assert batch not in ImportBatch.visible_to(stranger)
    with pytest.raises(Forbidden):
        act("catalog.batch.proceed", batch.pk, actor=stranger)


def test_the_same_file_twice_at_once_is_refused_and_a_batch_goes_on_once(hand_in, let_go, office):
    batch = hand_in(HEAD + GOOD)
    with pytest.raises(Conflict):
        hand_in(HEAD + GOOD)
    let_go(batch)
    with pytest.raises(WrongState):
        act("catalog.batch.proceed", batch.pk, actor=office.handler)


def test_a_worker_that_died_goes_on_where_it_was_and_drafts_nothing_twice(hand_in, office, monkeypatch):
    batch = hand_in(HEAD + "".join(GOOD.replace("养老", f"第{n}类") for n in range(5)))
    act("catalog.batch.proceed", batch.pk, actor=office.handler)
    monkeypatch.setattr("jiangyuan.catalog.interchange.actions.PART", 2)
    real, done = jobs.act, []

    def dies(name, *target, **given):
        if name == "catalog.batch.draft_part" and len(done) == 1:
            raise KeyboardInterrupt
        done.append(name)
        return real(name, *target, **given)

    monkeypatch.setattr(jobs, "act", dies)
    with pytest.raises(KeyboardInterrupt):
        jobs.draft_batch(str(batch.pk), str(office.handler.id))
    assert Entry.objects.count() == 2
    monkeypatch.setattr(jobs, "act", real)
    jobs.draft_batch(str(batch.pk), str(office.handler.id))
    jobs.draft_batch(str(batch.pk), str(office.handler.id))
    batch.refresh_from_db()
    assert Entry.objects.count() == 5 and (batch.state, batch.drafted) == ("drafted", 5)


def test_a_workbook_brings_its_data_items_and_tells_the_wrong_ones(hand_in, let_go):
    entries = [["目录名称*", "摘要", "更新周期"], ["养老机构", "登记", "每月"], ["社会组织", "登记", "每年"]]
    items = [
        ["目录名称或代码*", "信息项名称*", "字段", "级别", "个人信息", "主键"],
        ["养老机构", "统一社会信用代码", "code", "1级", "否", "是"],
        ["养老机构", "法定代表人", "name", 3, "是", ""],
        ["社会组织", "名称", "name", "9", "否", ""],
        ["没有这条", "名称", "name", "1", "否", ""],
    ]
    batch = hand_in(workbook(entries, items), "目录.xlsx")
    wrong = {(r.sheet, r.number): r.notes[-1][2] for r in ImportRow.objects.filter(batch=batch, verdict="refused")}
    assert wrong == {(0, 3): "item_wrong", (1, 4): "item_grade", (1, 5): "item_of_nothing"}
    let_go(batch)
    entry = Entry.objects.get()
    assert [(i.name, i.column, i.grade, i.personal, i.key, i.shareable) for i in entry.items.all()] == [
        ("统一社会信用代码", "code", 1, False, True, True),
        ("法定代表人", "name", 3, True, False, True),
    ]
    assert entry.grade == 3, "the highest of its items"


def test_json_is_read_with_nested_items(hand_in, let_go):
    told = [{"name": "养老机构", "summary": "登记", "items": [{"name": "名称", "grade": 2}, {"name": "地址"}]}]
    batch = hand_in(json.dumps(told), "目录.json")
    let_go(batch)
    assert [item.name for item in Entry.objects.get().items.all()] == ["名称", "地址"]


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "x.csv", None),
        ("姓名,年龄\n甲,1\n", "x.csv", "import.headings"),
        ("<html><table></table></html>", "x.csv", "source.file.markup"),
        ("{", "x.json", "source.file.broken_json"),
        ("[1,2]", "x.json", "source.file.json_shape"),
        (b"PK\x03\x04garbage", "x.xlsx", "source.file.broken_archive"),
        ("[" * 100_000, "x.json", "source.file.broken_json"),
    ],
)
def test_what_is_no_catalogue_is_refused_in_words(hand_in, content, name, code):
    if code is None:
        with pytest.raises(Refused):
            hand_in(content, name)
        return
    batch = hand_in(content, name)
    assert batch.state == "unreadable" and batch.error["code"] == code and batch.error["mend"]


def test_a_batch_that_is_given_up_leaves_nothing_but_its_trace(hand_in, office):
    batch = hand_in(HEAD + GOOD)
    act("catalog.batch.discard", batch.pk, actor=office.handler)
    assert not ImportRow.objects.filter(batch=batch).exists()
    assert Event.objects.filter(type="catalog.batch.discarded", object_id=batch.pk).exists()


def test_every_fault_of_a_row_is_told_at_once_whatever_else_is_wrong_with_it(hand_in, office):
    head = "目录名称,目录代码,所属目录代码,更新周期,开放类型,信息项\n"
    known = Entry.objects.create(
        body=office.place, name="在册", code="307001/000009", state="published", live_version=1
    )
    rows = (
        f"甲,{known.code},没有的,从不,3,\n"  # code given already, parent unknown, two spellings unknown
        "12,B,B,每月,3,\n"  # a number for a name, its own parent, one spelling unknown
        "丙,C,,每月,不予开放,\n丙,C,没有的,随缘,不予开放,\n"  # repeated, parent unknown, spelling unknown
    )
    batch = hand_in(head + rows)
    refused = {n: {(f, r) for h, f, r in reasons(batch, n) if h == "refused"} for n in (2, 3, 4, 5)}
    assert refused[2] == {
        ("code", "code_taken"), ("part_of", "unknown_parent"),
        ("update_cycle", "unknown_value"), ("open_type", "unknown_value"),
    }  # fmt: skip
    assert refused[3] == {("name", "name_is_number"), ("part_of", "circle"), ("open_type", "unknown_value")}
    assert refused[5] == {("code", "repeated"), ("part_of", "unknown_parent"), ("update_cycle", "unknown_value")}
    assert refused[4] == set(), "what is wrong with the second row of a code is not told of the first"
    assert (batch.refused, batch.rows) == (3, 4)
    counted = {(f, r): n for h, f, r, n in batch.counts if h == "refused"}
    assert counted["part_of", "unknown_parent"] == 2 and counted["update_cycle", "unknown_value"] == 2
    client = client_of(office.handler)
    page = client.get(f"/catalog/import/{batch.pk}/").content.decode()
    assert "没有代码为“没有的”的目录。请核对所属目录的代码。" in page and "从不" in page
    file = client.post(f"/catalog/import/{batch.pk}/report.xlsx")
    assert file.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(b"".join(file.streaming_content) if file.streaming else file.content))
    lines = [" ".join(str(c) for c in row if c) for sheet in book for row in sheet.iter_rows(values_only=True)]
    assert sum("没有代码为“没有的”的目录" in line for line in lines) == 2 and any("随缘" in line for line in lines)


def deferred(name: str) -> int:
    """Run the jobs of a name that wait in the queue, as the worker does; gives how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM procrastinate_jobs WHERE status = 'todo' AND task_name LIKE %s RETURNING task_name, args",
            [f"%{name}"],
        )
        found = cursor.fetchall()
    for task, args in found:
        app.tasks[task].func(**(json.loads(args) if isinstance(args, str) else args))
    return len(found)


def test_imported_drafts_are_scored_by_the_job_that_is_deferred_for_them(committed, office, monkeypatch):
    monkeypatch.setattr("jiangyuan.kernel.jobs.close_old_connections", lambda: None)  # the test's own is in use
    fields = {"body": office.place.pk, "name": "目录.csv", "kind": "csv"}
    told = "全省养老机构的登记、等级、床位和年检信息，由县级民政部门在办理登记和年检时产生，自2015年起逐月更新"
    rows = (
        GOOD.replace("全省养老机构的登记信息", told),
        GOOD.replace("养老机构信息", "殡葬机构信息").replace("全省养老机构的登记信息", ""),
    )
    content = (HEAD + "".join(rows)).encode()
    batch = act("catalog.batch.upload", actor=office.handler, content=content, **fields)
    assert deferred("interchange.check") == 1
    act("catalog.batch.proceed", batch.pk, actor=office.handler)
    assert deferred("interchange.draft") == 1
    assert set(Entry.objects.values_list("score", flat=True)) == {None}, "nobody waits for scores while drafts are made"
    run_handlers()
    assert deferred("entries.judge") >= 1
    good, poor = (Entry.objects.get(name=name) for name in ("养老机构信息", "殡葬机构信息"))
    assert good.score is not None and poor.score is not None
    assert 0 < good.score < 100 and poor.score < good.score, "what says less is worth less"
    lines = good.judgement.lines
    assert len(lines) >= 5 and {line["code"] for line in lines} >= {"summary"}
    page = client_of(office.handler).get(f"/catalog/{poor.pk}/?tab=score").content.decode()
    assert "评分" in page and "摘要" in page
