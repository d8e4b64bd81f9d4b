"""Files as offices make them: encodings, headers, footnotes, full-width digits; and files made to do harm."""

import gzip
import io
import os
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from jiangyuan.data.connections import ConnectionSpec
from jiangyuan.data.connectors import SourceRefused, connector
from jiangyuan.kernel.config import settings

SPEC = ConnectionSpec(kind="folder", path="office")
MESSY = Path(os.environ.get("JIANGYUAN_REFERENCE", Path(__file__).parents[4] / "shared" / "reference"))


@pytest.fixture
def office(tmp_path, monkeypatch):
    monkeypatch.setenv("JIANGYUAN_FILE_ROOT", str(tmp_path))
    settings.cache_clear()
    (tmp_path / "office").mkdir()
    yield tmp_path / "office"
    settings.cache_clear()


def scan():
    return connector("folder").scan(SPEC)


def codes(table):
    return {finding.code for finding in table.findings}


def types(table):
    return {column.name: column.type for column in table.columns}


def rows(name, count=100):
    return connector("folder").sample(SPEC, name, rows=count).to_pylist()


CSV = "\r\n".join(
    [
        "青海省低保对象名册",
        "填报单位：省民政厅,,,填报日期：2024年3月",
        "身份证号码,姓名,发放金额,比例,发放日期,发放日期",
        '63010219900101001X,张三,"1,234.50",１２%,2024年3月5日,2024/3/5',
        "630102199001010028,李 四,800,5%,二〇二四年十二月三十一日,2024-12-31",
        "注：本表金额单位为元。",
        "资料来源：省民政厅",
    ]
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_with_title_footnotes_and_chinese_values(office, encoding):
    (office / "低保.csv").write_bytes(CSV.encode(encoding))
    (table,) = scan().tables
    assert table.rows == 2
    assert types(table) == {
        "身份证号码": "text",
        "姓名": "text",
        "发放金额": "numeric(38,2)",
        "比例": "numeric(38,0)",
        "发放日期": "date",
        "发放日期_2": "date",
    }
    assert {"encoding", "title", "footnote", "thousands", "percent", "dates", "header_duplicate"} <= codes(table)
    found = rows("低保.csv")
    assert found[0]["发放金额"] == Decimal("1234.50") and found[0]["比例"] == 12
    assert found[1]["发放日期"] == date(2024, 12, 31) and found[0]["身份证号码"] == "63010219900101001X"
    named = next(f for f in table.findings if f.code == "encoding")
    assert encoding in str(named.message)


def book(path):
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "名册"
    sheet["A1"] = "人员情况表"
    sheet.merge_cells("A1:E1")
    for place, text in {"A2": "单位", "B2": "姓名", "C2": "人数", "E2": "编号", "C3": "男", "D3": "女"}.items():
        sheet[place] = text
    for merged in ("A2:A3", "B2:B3", "C2:D2", "E2:E3"):
        sheet.merge_cells(merged)
    sheet.append(["城东区", "张三", "１２", 3, "００１"])
    sheet.append([None, "李四", "1,005", 4, "００２"])
    sheet.merge_cells("A4:A5")
    sheet.append(["注：人数含外来人口。"])
    sheet.append([])
    sheet.append(["第二张表"])
    sheet.append(["年度", "数值"])
    sheet.append([2023, 1.5])
    sheet.append([2024, 2.5])
    made.create_sheet("空表")
    made.save(path)


def test_an_excel_sheet_with_merged_header_full_width_digits_and_a_stacked_table(office):
    book(office / "表.xlsx")
    first, second = scan().tables
    assert first.name == "表.xlsx#名册#1"
    assert types(first) == {
        "单位": "text",
        "姓名": "text",
        "人数_男": "numeric(38,0)",
        "人数_女": "bigint",
        "编号": "text",
    }
    assert {"title", "header_rows", "merged_filled", "full_width", "footnote"} <= codes(first)
    assert [list(row.values()) for row in rows(first.name)] == [
        ["城东区", "张三", 12, 3, "001"],
        ["城东区", "李四", 1005, 4, "002"],
    ]
    assert types(second) == {"年度": "bigint", "数值": "numeric(38,1)"}
    assert second.comment == "第二张表" and second.rows == 2


def test_json_arrays_one_after_another(office):
    (office / "a.json").write_text(
        '[{"编号": "001", "值": 1.10, "表": [1, 2.50]}]\n[{"编号": "002", "时间": "2024-01-02\\n08:30"}]', "utf-8"
    )
    (table,) = scan().tables
    assert "concatenated" in codes(table)
    found = rows("a.json")
    assert found[0]["值"] == Decimal("1.10") and found[0]["编号"] == "001"
    assert str(found[1]["时间"]) == "2024-01-02 08:30:00"


def test_months_that_lost_their_zero_and_headers_of_two_rows_in_a_csv(office):
    (office / "m.csv").write_text("地区,2016.09,2016.1,2016.11\n青海,1.5,2.5,3.5\n", "utf-8")
    (office / "h.csv").write_text("地区,人口,,面积\n,男,女,\n".replace("\n,男", "\n地区,男") + "青海,1,2,3\n", "utf-8")
    tables = {table.name: table for table in scan().tables}
    assert "2016.10" in types(tables["m.csv"])
    assert "m.csv" in tables and "month_ten" in codes(tables["m.csv"])


def test_line_breaks_inside_fields_and_no_header(office):
    (office / "n.csv").write_text('1,"a\nb",2\n2,"c",3\n', "utf-8")
    (table,) = scan().tables
    assert table.rows == 2 and "header_missing" in codes(table)
    assert [column.name for column in table.columns] == ["列1", "列2", "列3"]


@pytest.mark.slow
def test_a_large_text_takes_the_streaming_road_to_the_same_answer(office):
    body = "".join(f"{n},名{n},{n}.25,2024年1月{n % 28 + 1}日\n" for n in range(400_000))
    (office / "big.csv").write_bytes(("大表\n序,名,额,日期\n" + body + "资料来源：某局\n").encode("gb18030"))
    (table,) = scan().tables
    assert table.rows == 400_000
    assert list(types(table).values()) == ["bigint", "text", "numeric(38,2)", "date"]
    assert {"title", "footnote"} <= codes(table)


def bomb(path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * (64 << 20))
    path.write_bytes(packed.getvalue())


@pytest.mark.attack
@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"\x81\xff\xfe\x00 binary \x00", "not_text"),
        ("a.csv", b"name,\xff\xff\xff\xff\n", "encoding"),
        ("a.csv", b"\xef\xbb\xbfname,\xff\n", "encoding_damaged"),
        ("a.csv", b"", "empty"),
        ("a.xls", b"<html><table><tr><td>1</td></tr></table></html>", "markup"),
        ("a.xlsx", b"PK\x03\x04 no archive", "broken_archive"),
        ("a.xlsx", b"not a sheet", "broken_sheet"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "broken_sheet"),
        ("a.json", b'[{"a": 1', "broken_json"),
        ("a.json", b"[" * 200_000, "broken_json"),
        ("a.json", b"[1, 2]", "json_shape"),
        ("a.csv.gz", gzip.compress(b"\0" * (64 << 20), mtime=0), "bomb"),
        ("a.csv.gz", gzip.compress(b"a,b\n1,2\n", mtime=0)[:-6], "broken_archive"),
        ("a.pdf", b"%PDF", "unknown_format"),
    ],
)
def test_a_bad_file_is_named_with_what_to_mend(office, name, content, code):
    (office / name).write_bytes(content)
    found = scan()
    assert found.tables == ()
    (problem,) = found.problems
    assert problem.code == code
    assert name in str(problem.message)


@pytest.mark.attack
def test_a_zip_bomb_is_refused_before_it_is_unpacked(office):
    bomb(office / "a.xlsx")
    (problem,) = scan().problems
    assert problem.code == "bomb"


@pytest.mark.attack
def test_links_and_paths_outside_the_root_are_refused(office, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\n1,2\n", "utf-8")
    os.symlink(secret, office / "link.csv")
    (tmp_path / "inner").mkdir()
    os.symlink(tmp_path / "inner", office / "folder")
    found = scan()
    assert found.tables == () and {problem.code for problem in found.problems} == {"symlink"}
    for table in ("link.csv", "../secret.csv", "folder/x.csv", "/etc/passwd.csv"):
        with pytest.raises(SourceRefused) as refused:
            connector("folder").sample(SPEC, table)
        assert refused.value.mend
    linked = tmp_path / "linked"
    os.symlink(office, linked)
    report = connector("folder").test(ConnectionSpec(kind="folder", path="linked"))
    assert not report.usable and "符号链接" in str(report.checks[0].detail)


def test_the_report_of_a_folder(office):
    assert not connector("folder").test(SPEC).usable
    (office / "a.csv").write_text("a,b\n1,2\n", "utf-8")
    assert connector("folder").test(SPEC).usable
    assert not connector("folder").test(ConnectionSpec(kind="folder", path="gone")).usable


@pytest.fixture
def messy(monkeypatch):
    if not MESSY.is_dir():
        if os.environ.get("CI"):
            pytest.fail("reference files are required under CI")
        pytest.skip("reference files (shared/reference/messy) are not here")
    monkeypatch.setenv("JIANGYUAN_FILE_ROOT", str(MESSY))
    settings.cache_clear()
    yield connector("folder").scan(ConnectionSpec(kind="folder", path="messy"))
    settings.cache_clear()


def test_every_messy_file_of_the_reference_is_read(messy):
    assert messy.problems == ()
    assert len({table.name.partition("#")[0] for table in messy.tables}) == 12
    assert all(len(table.columns) > 1 and table.rows >= 20 for table in messy.tables)
    found = {table.name: table for table in messy.tables}
    gdp = found["nbs_RenJiyi163_分省年度数据.csv"]
    assert gdp.rows == 31 and types(gdp)["2024年"] == "numeric(38,1)" and {"title", "footnote"} <= codes(gdp)
    cpi = next(table for name, table in found.items() if "cpi" in name)
    assert "2016.10" in types(cpi) and "2016.1" not in types(cpi)
    hainan = next(table for name, table in found.items() if "hainan" in name)
    assert hainan.rows == 3947 and types(hainan)["数据更新时间"] == "timestamp without time zone"
    assert "concatenated" in codes(hainan)


def test_a_value_that_only_looks_like_a_number_or_date_is_not_lost(office):
    (office / "v.csv").write_text("甲,乙,丙,丁\n+,2023-02-30,1e999,0012\n1.5,2023-02-28,1e2,0013\n", "utf-8")
    assert rows("v.csv")[0] == {"甲": "+", "乙": "2023-02-30", "丙": "1e999", "丁": "0012"}
