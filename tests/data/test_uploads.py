"""Uploaded sheets: texts as they were written, bounds, and what is no sheet."""

from io import BytesIO

import pytest

from jiangyuan.data import uploads
from jiangyuan.data.connectors.interface import SourceRefused
from jiangyuan.kernel.errors import Refused
from jiangyuan.ui import sheets

LINES = [["名称", "代码"], ["甲", "001"], ["乙", "012"]]


def workbook(lines):
    file = BytesIO()
    sheets.write_xlsx(file, (("清单", lines),))
    return file.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_text_is_read_in_its_encoding_and_a_code_keeps_its_zeros(encoding):
    text = "名称,代码\n甲,001\n,\n乙,012\n"
    assert uploads.sheet("a.csv", text.encode(encoding)) == LINES


def test_a_workbook_reads_like_a_text():
    assert uploads.sheet("a.xlsx", workbook(LINES)) == LINES


def test_a_cell_of_any_length_is_cut_where_its_length_still_tells():
    found = uploads.sheet("a.csv", ("名称\n" + "长" * 100_000).encode())
    assert len(found[1][0]) == 4_001


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00\x01", b"PK\x03\x04not a zip", b"<html></html>", "只有列名\n".encode(), b"a\n" + b"1\n" * 5_001],
    ids=["empty", "binary", "broken", "markup", "headings only", "too many rows"],
)
def test_what_is_no_sheet_is_refused_with_how_to_mend_it(data):
    with pytest.raises((SourceRefused, Refused)) as told:
        uploads.sheet("a.xlsx", data)
    assert str(told.value.mend)


def test_more_than_the_bound_is_not_even_read():
    with pytest.raises(uploads.Unreadable):
        uploads.sheet("a.csv", b"a" * (uploads.LARGEST + 1))
