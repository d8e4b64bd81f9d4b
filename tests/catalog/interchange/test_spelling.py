"""The tables of spellings, on the spellings that real portals use."""

import csv
import gzip

import pytest

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.catalog.interchange import spelling

CYCLES = {
    "实时": ("realtime", "given"),
    "即时": ("realtime", "mapped"),
    "小时级": ("realtime", "mapped"),
    "分钟级(更新说明:暂无新业务数据产生)": ("realtime", "mapped"),
    "每日": ("daily", "given"),
    "每天": ("daily", "mapped"),
    "每天(更新说明:暂无新业务数据产生)": ("daily", "mapped"),
    "每周": ("weekly", "given"),
    "每月(更新说明:暂无新业务数据产生)": ("monthly", "mapped"),
    "季度": ("quarterly", "mapped"),
    "每季度": ("quarterly", "given"),
    "年": ("yearly", "mapped"),
    "每年": ("yearly", "given"),
    "不定时": ("irregular", "mapped"),
    "不定期更新": ("irregular", "mapped"),
    "不更新": ("irregular", "guessed"),
    "静态数据": ("irregular", "guessed"),
    "每半月": ("monthly", "guessed"),
    "其它": ("irregular", "guessed"),
    "自定义": ("irregular", "guessed"),
    "": ("irregular", "guessed"),
    "２０２３": (None, "refused"),
}
OPENNESS = {
    "无条件开放": ("unconditional", "given"),
    "完全开放": ("unconditional", "mapped"),
    "无条件开发": ("unconditional", "guessed"),
    "有条件开放": ("conditional", "given"),
    "登录开放": ("conditional", "mapped"),
    "实名制开放": ("conditional", "mapped"),
    "依申请公开": ("conditional", "mapped"),
    "开放网站": ("conditional", "guessed"),
    "涉及个人信息的公共数据已匿名化处理,于开放网站申请后开放": ("conditional", "guessed"),
    "用于数据校验": ("conditional", "guessed"),
    "禁止开放": ("none", "mapped"),
    "部门间数据共享": ("none", "guessed"),
    "null": ("none", "guessed"),
    "暂无": ("none", "guessed"),
    "3": (None, "refused"),
    "L1": (None, "refused"),
    "1级\t不脱敏": (None, "refused"),
}
FORMATS = {
    "mysql": ("database", "mapped"),
    "数据库-oracle": ("database", "mapped"),
    "数据库/sqlServer": ("database", "mapped"),
    "数据库:greenplum": ("database", "mapped"),
    "电子表格-xlsx": ("spreadsheet", "mapped"),
    "['xls']": ("spreadsheet", "mapped"),
    "xls|csv": ("spreadsheet", "mapped"),
    "[csv,json,rdf,xlsx,xml]": ("spreadsheet", "guessed"),
    "['xls', 'xml', 'json', 'csv', 'rdf', '接口']": ("service", "guessed"),
    "03,0310": ("database", "guessed"),
    "01,0112": ("file", "guessed"),
    "excl": ("spreadsheet", "guessed"),
    "电子表格:xlsx;数据库:greenplum": ("database", "guessed"),
    "[]": ("file", "guessed"),
    "数据库": ("database", "given"),
    "不可名状": (None, "refused"),
}


@pytest.mark.parametrize(
    ("field", "text", "wanted"),
    [("update_cycle", *pair) for pair in CYCLES.items()]
    + [("open_type", *pair) for pair in OPENNESS.items()]
    + [("format", *pair) for pair in FORMATS.items()],
)
def test_a_real_spelling_is_read_as_it_is_meant(field, text, wanted):
    reading = spelling.read(field, text)
    assert (reading.value, reading.how) == wanted, reading


def test_half_a_year_is_read_as_the_platform_can_say_it():
    known = {code for code, _label in Entry.CYCLES}
    reading = spelling.read("update_cycle", "每半年")
    assert reading.value == ("half_yearly" if "half_yearly" in known else "yearly")
    assert reading.how == ("given" if "half_yearly" in known else "guessed")


def test_every_choice_of_the_platform_is_read_as_itself():
    for field, choices in (("update_cycle", Entry.CYCLES), ("open_type", Entry.OPEN), ("share_type", Entry.SHARE)):
        for code, label in choices:
            assert spelling.read(field, str(label)) == (code, "given", "")
            assert spelling.read(field, code) == (code, "given", "")


def test_what_the_tables_name_is_a_choice_or_has_a_lesser_one():
    for field in ("update_cycle", "open_type", "share_type", "format"):
        known = {code for code, _label in Entry._meta.get_field(field).choices}  # pyright: ignore
        table = spelling.tables()[field]
        named = {*table["exact"], *table.get("guess", {}), *table.get("patterns", {}).values(), table["empty"]}
        assert {code for code in named if code not in known} <= set(spelling._LEAST)


def test_of_the_real_catalogue_every_cycle_and_format_is_read_and_what_is_refused_says_nothing(refer):
    with gzip.open(refer("catalogue_entries.csv.gz"), "rt", encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    refused = {
        (field, row[column])
        for field, column in (("update_cycle", "update_frequency"), ("open_type", "open_type"), ("format", "formats"))
        for row in rows
        if spelling.read(field, row[column]).value is None
    }
    assert not {pair for pair in refused if pair[0] != "open_type"}
    assert 0 < len(refused) < 20, refused
    assert all(not any(word in text for word in ("开放", "申请", "公开")) for _field, text in refused)


def test_lists_are_read_however_they_are_written():
    for text in ("['甲', '乙']", '["甲","乙"]', "甲,乙", "甲；乙", "甲、乙", "[甲|乙]"):
        assert spelling.listed_texts(text) == ["甲", "乙"]
