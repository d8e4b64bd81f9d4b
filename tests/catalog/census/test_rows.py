"""Sheets: good rows go on alone, faults name row, column, reason and mend; ten thousand wrong rows are told within bounds."""

import io
import time
from typing import Any

import openpyxl
import pytest
from tests.catalog.census.rig import opened, record, report_of, sent, system

from jiangyuan.catalog.census.kinds import KINDS
from jiangyuan.catalog.census.models import Asset
from jiangyuan.catalog.census.rows import MOST_FAULTS, MOST_ROWS, check_lines
from jiangyuan.data.uploads import sheet
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.errors import Conflict, Refused

STAFF = ["代码", "名称", "岗位类别", "人数", "其中外包"]
TABLE = ["代码", "名称", "所属数据库代码", "字段", "行数", "含个人信息"]


def _book(lines: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_workbook_and_a_csv_in_the_encoding_of_offices_are_checked_alike() -> None:
    lines = [STAFF, ["it", "运维岗", "运行维护", 3, None], ["db", "数据岗", "数据管理", 1200, 0]]
    as_csv = "\r\n".join(",".join("" if c is None else str(c) for c in line) for line in lines)
    given = [
        ("岗位.xlsx", _book([*lines, [None], []])),
        *(("岗位.csv", as_csv.encode(e)) for e in ("utf-8-sig", "gb18030")),
    ]
    found = [check_lines(KINDS["staff"], sheet(name, data, most=MOST_ROWS), parents=()) for name, data in given]
    assert all(not one.faults for one in found) and found[0].good == found[1].good == found[2].good
    assert [one["facts"]["people"] for one in found[0].good] == [3, 1200]


def test_each_fault_names_row_column_reason_and_mend() -> None:
    lines = [
        TABLE,
        ["public.people", "人员", "front", "12", "1,000", "是"],
        ["public.people", "人员", "front", "", "", ""],
        ["", "无代码", "front", "", "", ""],
        ["public.a", "甲", "nowhere", "十二", "-1", "也许"],
        ["", "", "", "", "", ""],
        ["public.b", "乙", "front", "", "", "否"],
    ]
    checked = check_lines(KINDS["table"], lines, parents={"front"})
    assert (checked.rows, checked.faulty) == (5, 3)
    assert [one["code"] for one in checked.good] == ["public.people", "public.b"]
    assert checked.good[0]["facts"] == {"columns": 12, "rows": 1000, "cycle": None, "personal": True, "types": ""}
    told = {(one["row"], one["column"]) for one in checked.faults}
    assert told == {
        (3, "代码"), (4, "代码"), (5, "所属数据库代码"), (5, "字段"), (5, "行数"), (5, "含个人信息"),
    }  # fmt: skip
    assert all(one["reason"] and one["mend"] for one in checked.faults)


def test_choices_are_taken_by_label_or_code_and_the_offered_ones_are_named() -> None:
    lines = [STAFF, ["a", "甲", "运行维护", "1", ""], ["b", "乙", "operate", "2", ""], ["c", "丙", "打杂", "3", ""]]
    checked = check_lines(KINDS["staff"], lines, parents=())
    assert [one["facts"]["duty"] for one in checked.good] == ["operate", "operate"]
    assert "数据管理" in checked.faults[0]["mend"]


@pytest.mark.parametrize(
    ("headings", "named"),
    [(["代码", "名称"], "岗位类别"), ([*STAFF, "身份证号"], "身份证号"), ([*STAFF, "人数"], "人数"), ([], "代码")],
)
def test_other_headings_than_the_templates_are_refused(headings: list[str], named: str) -> None:
    with pytest.raises(Refused, match=named) as refused:
        check_lines(KINDS["staff"], [headings, ["a"]], parents=())
    assert refused.value.code == "headings" and "模板" in str(refused.value.mend)


def test_ten_thousand_wrong_rows_are_told_within_bounds(db, office) -> None:
    report = report_of(office, opened(office))
    lines = [STAFF, *([f"c{n}", "岗位", "打杂", "很多", "若干"] for n in range(MOST_ROWS))]
    begun = time.process_time()
    told = act("census.report.upload", report.pk, actor=office.business, kind="staff", file_name="坏.csv", lines=lines)
    assert time.process_time() - begun < 20, "of this process: others may be busy"
    assert (told.rows, told.faulty, len(told.faults)) == (MOST_ROWS, MOST_ROWS, MOST_FAULTS)
    with pytest.raises(Refused, match="没有可以导入的行"):
        act("census.upload.apply", told.pk, actor=office.business)
    with pytest.raises(Refused):
        act(
            "census.report.upload",
            report.pk,
            actor=office.business,
            kind="staff",
            file_name="x",
            lines=[*lines, *lines],
        )
    with pytest.raises(Refused, match="10,000"):
        check_lines(KINDS["staff"], [*lines, lines[1]], parents=())
    assert not Asset.objects.filter(report=report).exists()


def test_good_rows_go_on_alone_and_the_same_sheet_again_doubles_nothing(db, office) -> None:
    report = report_of(office, opened(office))
    record(office, report, "database", "front", engine="postgres")
    lines = [TABLE, *([f"public.t{n}", f"表{n}", "front", "3", "", ""] for n in range(3_000)), ["", "坏", "front"]]
    taken: Any = None
    for _turn in range(2):
        taken = act(
            "census.report.upload", report.pk, actor=office.handler, kind="table", file_name="表.csv", lines=lines
        )
        assert (taken.rows, taken.faulty) == (3_001, 1)
        act("census.upload.apply", taken.pk, actor=office.handler)
    report.refresh_from_db()
    assert report.counts == {"database": 1, "table": 3_000} and str(office.handler.id) in report.filled_by
    with pytest.raises(Conflict):
        act("census.upload.apply", taken.pk, actor=office.handler)


def test_what_an_upload_hangs_on_must_still_be_there_and_the_report_open(db, office) -> None:
    report = report_of(office, opened(office))
    record(office, report, "database", "front", engine="postgres")
    lines = [TABLE, ["public.a", "甲", "front", "", "", ""]]
    given = {"actor": office.business, "kind": "table", "file_name": "表.csv", "lines": lines}
    taken = act("census.report.upload", report.pk, **given)
    act("census.report.remove", report.pk, actor=office.business, kind="database", code="front")
    with pytest.raises(Conflict, match="front"):
        act("census.upload.apply", taken.pk, actor=office.business)
    record(office, report, "database", "front", engine="postgres")
    system(office, report)
    sent(office, report)
    with pytest.raises(Conflict):
        act("census.upload.apply", taken.pk, actor=office.business)


def test_every_kind_reads_its_own_template_back() -> None:
    example = {"text": "文字", "long": "id bigint", "count": "5", "number": "1.5", "flag": "是", "day": "2026/11/22"}
    for kind in KINDS.values():
        headings = [str(label) for label in kind.headings.values()]
        facts = [str(one.choices[0][1]) if one.choices else example[one.type] for one in kind.facts]
        line = ["c1", "名称", *(["up"] if kind.within else []), *facts]
        checked = check_lines(kind, [headings, line], parents={"up"})
        assert not checked.faults and len(checked.good) == 1, kind.code
        assert set(checked.good[0]["facts"]) == {one.name for one in kind.facts}
