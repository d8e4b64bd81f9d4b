"""Pure decisions of coverage: what covers, how figures are counted, and whether a row of a register can be taken."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from jiangyuan.kernel.errors import Refused

ART13 = gettext_noop("《政务数据共享条例》第十三条")
CODE = re.compile(r"^[0-9A-Za-z一-鿿][0-9A-Za-z一-鿿._（）()/-]{0,59}$")  # i18n: ranges of characters
MATTER = re.compile(r"^[0-9A-Z]{8,40}$")
WHOLE = 10_000
"""A share of one, in hundredths of a per cent."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many obligations are in force, and how many of them are covered and excused."""

    total: int = 0
    covered: int = 0
    excused: int = 0

    @property
    def open(self) -> int:
        """Give how many are neither covered nor excused."""
        return self.total - self.covered - self.excused

    @property
    def share(self) -> int | None:
        """Give the covered or excused part in hundredths of a per cent, rounded down; None where nothing is in force.

        Rounded down, so that 100% is said only when nothing is open; an empty denominator is never 100%.
        """
        return (self.covered + self.excused) * WHOLE // self.total if self.total else None

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.total + other.total, self.covered + other.covered, self.excused + other.excused)


def coverage_of(*, published: bool, excused: bool) -> str:
    """Decide over one obligation: a published entry covers it, an accepted excuse excuses it, else it is open."""
    return "covered" if published else "excused" if excused else "open"


def in_force(valid_from: date, valid_to: date | None, *, today: date) -> bool:
    """Tell whether an obligation counts on a day; both its days are included."""
    return valid_from <= today and (valid_to is None or today <= valid_to)


def require_days(valid_from: date, valid_to: date | None) -> None:
    """Refuse an obligation that ends before it begins."""
    if valid_to is not None and valid_to < valid_from:
        raise Refused(_("失效日期早于生效日期"), where="valid_to", mend=_("请核对两个日期。"))


def require_same_body(entry_body: Any, body: Any) -> None:
    """Refuse an entry of another body: a catalogue is measured by its own entries."""
    if entry_body != body:
        raise Refused(
            _("只能用本部门的目录覆盖本部门的职责、系统和事项"),
            where="entry",
            mend=_("数据由其他部门或上级保管的，请申请豁免并写明保管单位。"),
        )


def require_fitting(*, kind: str, state: str, nature: str) -> None:
    """Refuse an entry that was withdrawn, and for a service matter one that is no item entry (事项类)."""
    if state == "withdrawn":
        raise Refused(_("该目录已撤销"), where="entry", mend=_("请选择编制中或已发布的目录。"))
    if kind == "matter" and nature == "non_item":
        raise Refused(
            _("政务服务事项只能由事项类目录覆盖"), where="entry", mend=_("请修订目录，改为事项类，或另选目录。")
        )


# --- rows of a register -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell: the row as the sheet counts it (headings are row 1), the column, why, how to mend."""

    row: int
    column: str
    reason: Any
    mend: Any

    def as_dict(self) -> dict[str, Any]:
        """Give it as it is kept."""
        return {"row": self.row, "column": self.column, "reason": str(self.reason), "mend": str(self.mend)}


@dataclass(frozen=True, slots=True)
class Heading:
    """One column of the sheet: its heading, the field, whether it must be filled, how long it may be, an example."""

    title: str
    field: str
    required: bool = False
    longest: int = 200
    example: str = ""


# fmt: off
_COMMON = (
    Heading("来源文件", "document", True, 200, "省民政厅职能配置、内设机构和人员编制规定"),  # i18n: as sheets are written
    Heading("条款", "article", False, 200, "第三条第（一）项"),  # i18n: as sheets are written
    Heading("生效日期", "valid_from", False, 20, "2024-01-01"),  # i18n: as sheets are written
    Heading("失效日期", "valid_to", False, 20, ""),  # i18n: as sheets are written
)
HEADINGS: Mapping[str, tuple[Heading, ...]] = {
    "duty": (
        Heading("部门", "body", True, 120, "省民政厅"),  # i18n: as sheets are written
        Heading("编号", "code", True, 60, "01"),  # i18n: as sheets are written
        Heading("职责名称", "name", True, 200, "社会救助"),  # i18n: as sheets are written
        Heading("职责内容", "content", False, 4000, "拟订社会救助政策和标准并组织实施"),  # i18n: as sheets are written
        Heading("清单", "source_list", True, 10, "三定规定"),  # i18n: as sheets are written
        Heading("类型", "category", False, 40, "主要职责"),  # i18n: as sheets are written
        *_COMMON,
    ),
    "matter": (
        Heading("部门", "body", True, 120, "省民政厅"),  # i18n: as sheets are written
        Heading("国家事项编码", "code", True, 40, "000711001000"),  # i18n: as sheets are written
        Heading("事项名称", "name", True, 200, "最低生活保障对象认定"),  # i18n: as sheets are written
        Heading("事项说明", "content", False, 4000, "收入和财产状况符合规定的家庭予以认定"),  # i18n: as sheets are written
        Heading("事项类型", "category", False, 40, "行政给付"),  # i18n: as sheets are written
        Heading("申请材料", "materials", False, 4000, "申请书；家庭成员情况声明"),  # i18n: as sheets are written
        *_COMMON,
    ),
}
# fmt: on
"""The columns of the sheets, in the order of the templates; systems come from the organization and are not imported."""
LISTS = {"三定规定": "mandate", "权责清单": "powers"}  # i18n: as sheets are written
_SEPARATORS = re.compile(r"[；;\n、]")  # i18n: separators


def rows_of(kind: str, lines: list[list[str]]) -> list[dict[str, str]]:
    """Read lines of a sheet, headings first, into rows by field. Refuses headings that are missing or unknown."""
    wanted = {h.title: h for h in HEADINGS[kind]}
    titles = [cell.strip().strip("*＊ ") for cell in lines[0]]  # i18n: marks of what must be filled in
    missing = [h.title for h in HEADINGS[kind] if h.required and h.title not in titles]
    unknown = [title for title in titles if title and title not in wanted]
    if missing or unknown or len(set(filter(None, titles))) < len([t for t in titles if t]):
        told = missing or unknown or [_("列名重复")]
        raise Refused(
            (_("缺少列：%(names)s") if missing else _("有模板以外的列：%(names)s"))
            % {"names": "、".join(map(str, told[:8]))},  # i18n: names of columns, as the sheet has them
            where="file",
            mend=_("请用下载的模板填写，不改列名。"),
        )
    fields = [wanted[t].field if t in wanted else "" for t in titles]
    return [{f: cell for f, cell in zip(fields, line, strict=False) if f} for line in lines[1:]]


def judge(
    kind: str, number: int, row: Mapping[str, str], *, body_of: Callable[[str], Any], today: date
) -> tuple[dict[str, Any] | None, list[Fault]]:
    """Judge one row: the values of an obligation, or every fault of it.

    `number`: the row as the sheet counts it; `body_of(name)` gives the body that the actor may load for, None for none.
    """
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    for heading in HEADINGS[kind]:
        text = (
            " ".join(str(row.get(heading.field, "")).split()) if heading.longest <= 200 else row.get(heading.field, "")
        )
        fault = _measure(heading, str(text))
        if fault:
            faults.append(Fault(number, heading.title, *fault))
            continue
        found, told = _read(kind, heading.field, str(text).strip(), body_of, today)
        if told:
            faults.append(Fault(number, heading.title, *told))
        values[heading.field] = found
    if not faults and values["valid_to"] is not None and values["valid_to"] < values["valid_from"]:
        faults.append(Fault(number, _COMMON[3].title, _("失效日期早于生效日期"), _("请核对两个日期。")))
    return (None, faults) if faults else (values, [])


def _measure(heading: Heading, text: str) -> tuple[Any, Any] | None:
    if heading.required and not text.strip():
        return _("没有填写"), _("请填写“%(column)s”。") % {"column": heading.title}
    if len(text) > heading.longest:
        return _("内容过长，最多 %(most)s 个字") % {"most": heading.longest}, _("请删减后重新导入。")
    if any(ord(c) < 32 and c not in "\n\t\r" for c in text):
        return _("含有看不见的控制字符"), _("请重新输入这一格。")
    return None


def _read(
    kind: str, field: str, text: str, body_of: Callable[[str], Any], today: date
) -> tuple[Any, tuple[Any, Any] | None]:
    if field == "body":
        found = body_of(text)
        return found, None if found else (
            _("没有这个部门，或不由您导入"),
            _("请写部门全称或简称；部门只能导入本部门的。"),
        )
    if field == "code":
        fits = (MATTER if kind == "matter" else CODE).match(text)
        mend = (
            _("事项编码为 8 至 40 位大写字母和数字。") if kind == "matter" else _("编号用字母、数字和汉字，不含空格。")
        )
        return text, None if fits else (_("编码的写法不对"), mend)
    if field == "source_list":
        found = LISTS.get(text)
        return found, None if found else (_("清单只能是三定规定或权责清单"), _("请改为其中之一。"))
    if field == "materials":
        return [part.strip()[:200] for part in _SEPARATORS.split(text) if part.strip()][:100], None
    if field in ("valid_from", "valid_to"):
        return _day(text, today if field == "valid_from" else None)
    return text, None


def _day(text: str, default: date | None) -> tuple[date | None, tuple[Any, Any] | None]:
    if not text:
        return default, None
    plain = re.sub(r"[年月/.]", "-", text).rstrip("日").strip()  # i18n: how days are written
    try:
        year, month, day = (int(part) for part in plain.split(" ")[0].split("-"))
        found = date(year, month, day)
    except ValueError:
        return default, (_("日期的写法不对"), _("请写成 2026-11-22 的形式。"))
    if not 1949 <= found.year <= 2100:
        return default, (_("日期不在合理范围"), _("请核对年份。"))
    return found, None
