"""The template, the marked file and exports: what goes out can come in again, and no cell is a formula."""

import csv
import io
import json

import openpyxl
import pytest
from django.utils import timezone, translation

from jiangyuan.catalog.entries.models import DataItem, Entry, EntryVersion
from jiangyuan.catalog.entries.queries import entries, snapshot
from jiangyuan.catalog.interchange import workbook
from jiangyuan.catalog.interchange.models import ImportRow
from office import appoint, body

pytestmark = pytest.mark.django_db
HEAD = "目录名称,目录代码,提供部门,摘要,资源格式,更新周期,共享类型,共享条件,开放类型\n"


def opened(write, *given):
    file = io.BytesIO()
    write(file, *given)
    file.seek(0)
    return openpyxl.load_workbook(file)


def entry_of(place, **given):
    fields = {"name": "养老机构", "summary": "登记", "code": "307001/000001", "update_cycle": "monthly", **given}
    entry = Entry.objects.create(body=place, state="published", live_version=1, published_at=timezone.now(), **fields)
    entry.make_known()
    entry.save()
    DataItem.objects.create(entry=entry, position=0, name="名称", column="name", type="text", grade=2, key=True)
    EntryVersion.objects.create(entry=entry, number=1, content=snapshot(entry))
    return entry


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_template_offers_lists_that_name_what_the_platform_knows(language):
    with translation.override(language):
        book = opened(workbook.template)
    sheet = book["目录"]
    titles = [cell.value for cell in sheet[1]]
    offered = {str(v.sqref).split("2:")[0]: v.formula1 for v in sheet.data_validations.dataValidation}
    values = {column[0].value: [c.value for c in column[1:] if c.value] for column in book["取值"].columns}
    assert values["update_cycle"] == [str(label) for _c, label in Entry.CYCLES]
    for name in ("format", "update_cycle", "share_type", "open_type"):
        letter = openpyxl.utils.get_column_letter(titles.index(workbook.TITLES[name]) + 1)
        place = openpyxl.utils.get_column_letter(list(values).index(name) + 1)
        assert offered[letter] == f"'取值'!${place}$2:${place}${len(values[name]) + 1}"
    assert len(book["信息项"].data_validations.dataValidation) == 4


def test_a_filled_in_template_is_read_without_a_guess(hand_in, let_go, office):
    book = opened(workbook.template)
    book["目录"].append(
        ["养老机构", "", "", "登记", "307001", "数据库", "每月", "有条件共享", "用于养老", "", "不予开放", ""]
    )
    book["信息项"].append(["养老机构", "名称", "name", "text", "2", "否", "是", "是", "机构全称"])
    file = io.BytesIO()
    book.save(file)
    batch = hand_in(file.getvalue(), "目录.xlsx")
    assert (batch.rows, batch.good) == (1, 1), list(ImportRow.objects.values_list("notes", flat=True))
    let_go(batch)
    assert Entry.objects.get().items.get().name == "名称"


def test_the_marked_file_is_what_was_handed_in_with_verdict_and_mend(hand_in):
    batch = hand_in(HEAD + "甲,,,摘要,数据库,从不,有条件共享,x,不予开放\n乙,,,摘要,数据库,每月,有条件共享,x,不予开放\n")
    rows = [[cell.value for cell in row] for row in opened(workbook.marked, batch)["目录"].rows]
    assert rows[0][-2:] == ["核对结果", "原因和怎样处理"] and rows[0][0] == "目录名称"
    assert rows[1][0] == "甲" and "未通过" in rows[1][-2] and "更新周期" in rows[1][-1] and "从不" in rows[1][-1]  # pyright: ignore
    assert rows[2][0] == "乙" and rows[2][-2] == "可导入"


def test_a_mended_marked_file_is_read_again(hand_in):
    batch = hand_in(HEAD + "甲,,,摘要,数据库,从不,有条件共享,x,不予开放\n")
    book = opened(workbook.marked, batch)
    book["目录"]["F2"] = "每月"
    file = io.BytesIO()
    book.save(file)
    assert hand_in(file.getvalue(), "改正.xlsx").good == 1


@pytest.mark.parametrize("kind", ["xlsx", "csv", "json"])
def test_what_is_exported_is_read_in_again_as_it_was(hand_in, let_go, office, kind):
    entry = entry_of(office.place, share_type="none", share_basis="《统计法》第二十五条", open_type="none")
    file = io.BytesIO()
    assert workbook.write_entries(file, workbook.described(Entry.objects.all(), office.handler), kind) == 1
    other = appoint(body(), "sharing_handler")
    Entry.objects.filter(pk=entry.pk).update(code=None)
    text = file.getvalue().replace(office.place.name.encode(), b"") if kind != "xlsx" else _without_body(file)
    batch = hand_in(text, f"出.{kind}", actor=other)
    assert batch.refused == 0, list(ImportRow.objects.values_list("notes", flat=True))
    let_go(batch, actor=other)
    made = Entry.objects.exclude(pk=entry.pk).get()
    same = ("name", "summary", "update_cycle", "share_type", "share_basis", "open_type", "format", "classification")
    assert [getattr(made, f) for f in same] == [getattr(entry, f) for f in same]
    assert [(i.name, i.column, i.grade, i.key) for i in made.items.all()] == [("名称", "name", 2, True)]


def _without_body(file):
    book = openpyxl.load_workbook(io.BytesIO(file.getvalue()))
    book["目录"]["C2"] = ""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_others_are_given_the_published_version_not_what_is_being_revised(office):
    entry = entry_of(office.place)
    Entry.objects.filter(pk=entry.pk).update(state="draft", name="秘密改名", summary="秘密")
    stranger = appoint(body(), "business_office")
    seen = list(workbook.described(entries(actor=stranger), stranger))
    own = list(workbook.described(entries(actor=office.handler), office.handler))
    assert [one["name"] for one in seen] == ["养老机构"] and "秘密" not in json.dumps(seen, ensure_ascii=False)
    assert [one["name"] for one in own] == ["秘密改名"]


@pytest.mark.attack
@pytest.mark.parametrize("nasty", ["=cmd|'/c calc'!A1", "+1+1", "-2+3", "@SUM(A1)", "＝1+1", "\t=1"])
def test_no_exported_cell_is_a_formula_and_comes_back_as_it_was(office, nasty):
    entry_of(office.place, name=f"{nasty}信息", summary=nasty)
    for kind in ("xlsx", "csv"):
        file = io.BytesIO()
        workbook.write_entries(file, workbook.described(Entry.objects.all(), office.handler), kind)
        file.seek(0)
        if kind == "csv":
            cells = [c for row in csv.reader(io.TextIOWrapper(file, "utf-8-sig", newline="")) for c in row]
        else:
            sheet = openpyxl.load_workbook(file)["目录"]
            assert all(cell.data_type != "f" for row in sheet.rows for cell in row)
            cells = [str(cell.value or "") for row in sheet.rows for cell in row]
        assert not [c for c in cells if c.lstrip(" \u3000").startswith(tuple("=+-@＝＋－＠\t"))]
