"""A text stored in the platform's first language is said again in the reader's, with its figures and names."""

import pytest
from django.utils.translation import ngettext, override

from jiangyuan.catalog.census.comparing import retold as compared
from jiangyuan.catalog.census.kinds import KINDS
from jiangyuan.data.connectors.folder.messages import finding
from jiangyuan.ui import wording
from jiangyuan.ui.retelling import Retold, retold

TOLD = [
    ("unreported", "12 个字段，约 1,154 行", "12 columns, about 1,154 rows"),
    ("unreported", "1 个字段，约 154 行", "1 column, about 154 rows"),
    ("columns", "1 个字段", "1 column"),
    ("rows", "约 2,000 行", "About 2,000 rows"),
    ("unconnected", "数据源还没有扫描过", "The source was never scanned"),
    ("unlisted", "户籍库", "户籍库"),
    ("missing", "", ""),
]


@pytest.mark.parametrize(("code", "kept", "english"), TOLD)
def test_a_difference_of_the_census_is_said_in_the_language_of_its_reader(code: str, kept: str, english: str) -> None:
    for language, expected in (("zh-hans", kept), ("en", english)):
        with override(language):
            assert compared(KINDS["table"], code, kept) == expected


def test_what_changed_since_the_census_before_is_said_field_by_field() -> None:
    with override("zh-hans"):
        label = str(KINDS["table"].headings["name"])
    with override("en"):
        said = compared(KINDS["table"], "changed", f"{label}：人口；甲")
        assert said == f"{KINDS['table'].headings['name']}: 人口; 甲"


@pytest.mark.parametrize(
    ("code", "params", "english"),
    [
        ("title", {"row": 1, "text": "2026年花名册（盖章）"}, "Row 1 was recognised as a title: 2026年花名册（盖章）"),
        ("trimmed", {"column": "3", "count": 1}, "In column “3”, blanks at either end were removed from 1 value"),
        ("trimmed", {"column": "3", "count": 20}, "In column “3”, blanks at either end were removed from 20 values"),
    ],
)
def test_what_a_scan_found_is_said_in_the_language_of_its_reader(code: str, params: dict, english: str) -> None:
    with override("zh-hans"):
        kept = str(finding("recognised", code, params).message)
    assert kept != english
    with override("en"):
        assert retold(kept) == english


def test_a_fault_kept_beside_a_record_is_said_again_and_one_of_elsewhere_stays() -> None:
    kept = {"message": "文件“甲.xlsx”设有打开密码", "mend": "请取消密码后重新保存。"}
    with override("en"):
        assert (
            wording.fault_text(kept)
            == "File “甲.xlsx” needs a password to open. Please remove the password and save it again."
        )
        assert wording.fault_text({"message": "server closed", "mend": ""}) == "server closed"
        assert retold("2 个文件") == "2 files" and retold("1 个文件") == "1 file"


def test_a_message_takes_the_whole_text_or_nothing() -> None:
    counted = Retold((lambda n: ngettext("%(n)s 项", "%(n)s 项", n),))
    with override("en"):
        assert counted("共 3 项") == "共 3 项"
        assert counted("没有登记为数据源") == "没有登记为数据源"
