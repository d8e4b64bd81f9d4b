"""Pure decisions of the library: what may be asked, issued and adopted, and how lines become codes and fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from jiangyuan.kernel.errors import Conflict, Refused

LEAST_DAYS = 7
"""The shortest time for opinions that the platform takes; a body may give more."""
CODE_COLUMNS = ("code", "name", "parent", "valid_from", "valid_to", "successor", "note")
FIELD_COLUMNS = ("name", "element", "required", "key")
MOST_LINES = 5000
YES = frozenset({"是", "必填", "主键", "y", "yes", "true", "1", "√"})  # i18n: what is typed
NO = frozenset({"", "否", "n", "no", "false", "0", "×"})  # i18n: what is typed


def require_period(until: date, today: date) -> None:
    """Refuse a time for opinions that is over before anybody could read the draft."""
    if (until - today).days < LEAST_DAYS:
        raise Refused(
            _("征求意见的时间不能少于 %(n)s 天") % {"n": LEAST_DAYS},
            where="until",
            mend=_("请把截止日期定在 %(day)s 或以后。") % {"day": date.fromordinal(today.toordinal() + LEAST_DAYS)},
        )


def require_substance(*, kind: str, text: str, content: Mapping[str, Any]) -> None:
    """Refuse to put an empty draft before others."""
    if kind == "document" and not text.strip():
        raise Refused(_("规范文件还没有正文"), where="text", mend=_("请先填写正文。"))
    if kind != "document" and not content:
        raise Refused(_("标准还没有内容"), where="content", mend=_("请先填写内容。"))


def require_open(state: str, until: date | None, today: date) -> None:
    """Refuse an opinion on a draft that does not ask for any, or no longer does."""
    if state != "opinion" or (until is not None and today > until):
        raise Conflict(
            _("该标准现在不征求意见"), where="standard", mend=_("征求意见期已过或尚未开始；可向起草单位书面反映。")
        )


def require_settled(*, unanswered: int, until: date | None, today: date) -> None:
    """Refuse to issue while opinions may still come, or wait for their answers."""
    if until is not None and today <= until:
        raise Conflict(
            _("征求意见至 %(day)s，期满前不能发布") % {"day": until.isoformat()},
            where="state",
            mend=_("请在期满次日以后发布。"),
        )
    if unanswered:
        raise Conflict(
            ngettext("还有 %(n)s 条意见没有答复", "还有 %(n)s 条意见没有答复", unanswered) % {"n": unanswered},
            where="opinions",
            mend=_("请起草单位逐条写明采纳情况和理由后再发布。"),
        )


def require_unanswered(result: str) -> None:
    """Refuse a second answer: what was told to a body stays as it was told."""
    if result:
        raise Conflict(_("这条意见已经答复"), where="opinion", mend=_("需要更正时，请在标准的修订说明中写明。"))


def require_issued(state: str) -> None:
    """Refuse to adopt what is not in force."""
    if state != "issued":
        raise Conflict(_("只能采用现行的标准"), where="standard", mend=_("请选择现行版本。"))


def require_kind(kind: str, wanted: str) -> None:
    """Refuse to edit a standard in the form of another kind."""
    if kind != wanted:
        raise Refused(_("这项标准不是这一类"), where="kind", mend=_("请从标准的页面进入修改。"))


def _cells(line: str, columns: int) -> list[str]:
    """Part a line at tabs or commas; the last column keeps what further commas it holds."""
    comma = "，"  # i18n: what is typed
    mark = "\t" if "\t" in line else comma if comma in line and "," not in line else ","
    return [cell.strip() for cell in line.split(mark, columns - 1)]


def _refused(place: int, line: str, what: Any, mend: Any) -> Refused:
    told = _("第 %(n)s 行“%(line)s”：%(what)s") % {"n": place, "line": line[:60], "what": what}
    return Refused(told, where=f"lines.{place}", mend=mend)


def _day(text: str, place: int, line: str) -> str | None:
    if not text:
        return None
    digits = text.replace("/", "-").replace(".", "-")
    if len(digits) == 8 and digits.isdigit():
        digits = f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
    try:
        return date.fromisoformat(digits).isoformat()
    except ValueError as error:
        what = _("“%(text)s”不是日期") % {"text": text}
        raise _refused(place, line, what, _("日期写成 2026-11-22。")) from error


def codes_of_lines(lines: Sequence[str]) -> list[dict[str, Any]]:
    """Read codes from lines: 代码,名称,上级代码,起用,停用,接替代码,说明; all but the first two may be left out.

    Raises `Refused` naming the line and how to mend it.
    """
    found: list[dict[str, Any]] = []
    for place, line in enumerate(lines, start=1):
        cells = _cells(line, len(CODE_COLUMNS))
        one: dict[str, Any] = dict(zip(CODE_COLUMNS, [*cells, *[""] * len(CODE_COLUMNS)], strict=False))
        if not one["code"] or not one["name"]:
            raise _refused(place, line, _("缺少代码或名称"), _("每行先写代码，再写名称，用逗号隔开。"))
        if len(one["code"]) > 40 or len(one["name"]) > 200:
            raise _refused(place, line, _("代码或名称过长"), _("代码不超过 40 个字符，名称不超过 200 个字符。"))
        for name in ("valid_from", "valid_to"):
            one[name] = _day(one[name], place, line)
        found.append(one)
    return found


HEADINGS: Mapping[str, frozenset[str]] = {
    "code": frozenset({"代码", "编码", "值", "code"}),  # i18n: headings as people write them in sheets
    "name": frozenset({"名称", "含义", "代码名称", "值含义", "name"}),  # i18n: headings in sheets
    "parent": frozenset({"上级代码", "父代码", "上级", "parent"}),  # i18n: headings in sheets
    "valid_from": frozenset({"起用日期", "启用日期", "生效日期", "起用", "valid_from"}),  # i18n: headings in sheets
    "valid_to": frozenset({"停用日期", "失效日期", "停用", "valid_to"}),  # i18n: headings in sheets
    "successor": frozenset({"接替代码", "替代代码", "新代码", "successor"}),  # i18n: headings in sheets
    "note": frozenset({"说明", "备注", "note"}),  # i18n: headings in sheets
}
"""Under which headings the columns of a code table are found in a sheet."""


def lines_of_sheet(sheet: Sequence[Sequence[str]]) -> list[str]:
    """Read a sheet of codes, headings first, into the lines of a draft, each held against the rules of lines.

    Raises `Refused` for a sheet without code or name, for more rows than a set may have, and for a row that is wrong.
    """
    headings = [cell.strip().lower() for cell in sheet[0]] if sheet else []
    places = {
        name: next((place for place, title in enumerate(headings) if title in known), -1)
        for name, known in HEADINGS.items()
    }
    if places["code"] < 0 or places["name"] < 0:
        raise Refused(
            _("表格中没有“代码”或“名称”列"),
            where="file",
            mend=_("请把第一行改为列名，例如：代码、名称、上级代码、起用日期、停用日期。"),
        )
    comma = "，"  # i18n: a comma of their own would part the cell
    rows = [
        {name: row[at].replace(",", comma).strip() if 0 <= at < len(row) else "" for name, at in places.items()}
        for row in sheet[1:]
    ]
    lines = lines_of_codes(rows)
    codes_of_lines(lines)
    return lines


def lines_of_codes(codes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Write codes as the lines that `codes_of_lines` reads."""
    return [",".join(str(one.get(name) or "") for name in CODE_COLUMNS).rstrip(",") for one in codes]


def fields_of_lines(lines: Sequence[str]) -> list[dict[str, Any]]:
    """Read the fields of a table model from lines: 字段名称,数据元代码,必填,主键. Raises `Refused` naming the line."""
    found = []
    for place, line in enumerate(lines, start=1):
        cells = [*_cells(line, len(FIELD_COLUMNS)), "", "", ""]
        if not cells[0] or not cells[1]:
            raise _refused(place, line, _("缺少字段名称或数据元代码"), _("每行先写字段名称，再写数据元代码。"))
        flags = []
        for cell in cells[2:4]:
            if cell.lower() not in YES | NO:
                what = _("“%(text)s”不是“是”或“否”") % {"text": cell}
                raise _refused(place, line, what, _("必填和主键写“是”或“否”。"))
            flags.append(cell.lower() in YES)
        found.append({"name": cells[0], "element": cells[1], "required": flags[0], "key": flags[1]})
    return found


def lines_of_fields(fields: Sequence[Mapping[str, Any]], yes: str, no: str) -> list[str]:
    """Write fields as the lines that `fields_of_lines` reads."""
    return [
        ",".join([one["name"], one["element"], yes if one["required"] else no, yes if one["key"] else no])
        for one in fields
    ]
