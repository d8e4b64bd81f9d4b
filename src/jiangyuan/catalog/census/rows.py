"""Rows of an upload: each becomes one thing with typed facts, or faults that name row, column, reason and mend."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import chain, islice
from typing import Any

from django.utils.translation import gettext as _
from pydantic import TypeAdapter, ValidationError

from jiangyuan.catalog.census.kinds import CODE, KINDS, NAME, PARENT, Code, Fact, Kind, Name
from jiangyuan.kernel.errors import Refused
from jiangyuan.kernel.parameters import fault_text
from jiangyuan.kernel.texts import listed

MOST_ROWS = 10_000
MOST_FAULTS = 500
"""Faults that are told; a sheet of ten thousand wrong rows is wrong in the same way throughout."""
_YES = ("是", "有", "true", "1", "yes", "y", "√")  # i18n: what people write
_NO = ("否", "无", "false", "0", "no", "n", "")  # i18n: what people write
_Said = tuple[str, Callable[[], str], str]
"""A fault on its way: the field, what says the reason, and how to mend it."""
_CODE, _NAME = TypeAdapter(Code), TypeAdapter(Name)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a sheet: the row as the spreadsheet numbers it, the column's heading, why, and how to mend it."""

    row: int
    column: str
    reason: str
    mend: str


@dataclass(slots=True)
class Checked:
    """What a sheet came to: good rows, the first faults, how many rows have any, how many rows there are."""

    rows: int = 0
    faulty: int = 0
    good: list[dict[str, Any]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)


def check_lines(kind: Kind, lines: Sequence[Sequence[str]], *, parents: Collection[str]) -> Checked:
    """Check the lines of a sheet, headings first. `parents`: the codes that its rows may lie within.

    Raises `Refused` for a sheet without rows or with too many, and for headings that are not the template's.
    """
    if len(lines) > MOST_ROWS + 1:
        raise Refused(
            _("一次最多导入 %(most)s 行") % {"most": f"{MOST_ROWS:,}"}, where="file", mend=_("请分成几个文件导入。")
        )
    sheet = _Sheet(kind, _columns(kind, lines[0] if lines else ()), parents)
    for number, line in enumerate(lines[1:], 2):
        if any(cell.strip() for cell in line):
            sheet.row(number, line)
    if not sheet.checked.rows:
        raise Refused(_("文件里没有数据行"), where="file", mend=_("请在模板第二行起填写后再导入。"))
    return sheet.checked


def _columns(kind: Kind, headings: Sequence[str]) -> list[str]:
    """Give the field of each column; a heading is the template's label, or the field's own name."""
    known = {str(label): name for name, label in kind.headings.items()} | {name: name for name in kind.headings}
    found = [known.get(heading.strip().lstrip("*"), "") for heading in headings]
    unknown = [h.strip() for h, name in zip(headings, found, strict=True) if not name and h.strip()]
    needed = [CODE, NAME, *(one.name for one in kind.facts if one.required), *([PARENT] if kind.bound else [])]
    missing = [str(kind.headings[name]) for name in needed if name not in found]
    twice = [str(kind.headings[name]) for name in kind.headings if found.count(name) > 1]
    wrong = (
        (missing, _("缺少列：%(names)s")),
        (unknown, _("不认识的列：%(names)s")),
        (twice, _("重复的列：%(names)s")),
    )
    for names, text in wrong:
        if names:
            raise Refused(
                text % {"names": listed(name[:40] for name in names[:10])},
                code="headings",
                where="file",
                mend=_("请下载“%(kind)s”的模板，第一行保持不变。") % {"kind": kind.title},
            )
    return found


class _Sheet:
    """A sheet while its rows are checked; what is said of every row alike is put into words once."""

    def __init__(self, kind: Kind, names: list[str], parents: Collection[str]) -> None:
        self.kind, self.names, self.parents = kind, names, parents
        self.checked = Checked()
        self._seen: set[tuple[str, str]] = set()
        self._labels = {name: str(label) for name, label in kind.headings.items()}
        self._choices = {
            one.name: {text: code for code, label in one.choices for text in (code, str(label))}
            for one in kind.facts
            if one.choices
        }
        self._hints = {one.name: _hint(one) for one in kind.facts}

    def row(self, number: int, line: Sequence[str]) -> None:
        """Check one row; it joins the good ones, or its faults are told while there is room."""
        self.checked.rows += 1
        cells = {name: cell.strip() for name, cell in zip(self.names, line, strict=False) if name}
        facts = self._given(cells)
        room = MOST_FAULTS - len(self.checked.faults)
        found = chain(self._own_faults(cells), self._fact_faults(facts, cells))
        if room <= 0:  # enough is told: a row is only found to be wrong or right
            wrong = next(found, None) is not None
        else:
            faults = [Fault(number, self._labels[name], reason(), mend) for name, reason, mend in islice(found, room)]
            self.checked.faults += [asdict(one) for one in faults]
            wrong = bool(faults)
        if wrong:
            self.checked.faulty += 1
            return
        parent = cells.get(PARENT, "")
        self._seen.add((parent, cells[CODE]))
        typed = self.kind.model.model_validate(facts).model_dump(mode="json")
        self.checked.good.append({"code": cells[CODE], "name": cells[NAME], "parent": parent, "facts": typed})

    def _given(self, cells: dict[str, str]) -> dict[str, Any]:
        """Give the facts as they were written; empty cells are left out, choices may be named by their labels."""
        given: dict[str, Any] = {}
        for one in self.kind.facts:
            if text := cells.get(one.name, ""):
                known = self._choices.get(one.name)
                given[one.name] = known.get(text, text) if known else _read(one, text)
        return given

    def _own_faults(self, cells: dict[str, str]) -> Iterator[_Said]:
        for name, adapter in ((CODE, _CODE), (NAME, _NAME)):
            text = cells.get(name, "")
            try:
                adapter.validate_python(text)
            except ValidationError as exc:
                yield name, partial(fault_text, exc.errors(include_url=False)[0]), _("请改正后重新导入。")
            if "\0" in text:
                yield name, _hidden, _("请改正后重新导入。")
        parent, kind = cells.get(PARENT, ""), self.kind
        if (parent or kind.bound) and parent not in self.parents:
            within = KINDS[kind.within].title
            yield (
                PARENT,
                partial(_no_parent, parent, within),
                _("请先登记%(within)s，或改正代码。") % {"within": within},
            )
        if (parent, cells.get(CODE, "")) in self._seen:
            yield CODE, _twice, _("请删除重复的行，或改正代码。")

    def _fact_faults(self, facts: dict[str, Any], cells: dict[str, str]) -> Iterator[_Said]:
        for one in self.kind.facts:
            if "\0" in cells.get(one.name, ""):
                yield one.name, _hidden, self._hints[one.name]
        try:
            self.kind.model.model_validate(facts)
        except ValidationError as exc:
            for fault in exc.errors(include_url=False):
                name = str(fault["loc"][0])
                if name in self._hints:
                    yield name, partial(fault_text, fault), self._hints[name]


def _hidden() -> str:
    return _("内容中含有不可见的控制字符")


def _twice() -> str:
    return _("与前面的行重复")


def _no_parent(code: str, within: Any) -> str:
    return _("报告中没有登记代码为“%(code)s”的%(within)s") % {"code": code[:60], "within": within}


def _read(one: Fact, text: str) -> Any:
    if one.type == "flag":
        lower = text.lower()
        return True if lower in _YES else False if lower in _NO else text
    if one.type in ("count", "number"):
        return text.replace(",", "").replace("，", "")  # i18n: a separator, not a text
    if one.type == "day":
        return text.replace("/", "-").replace(".", "-")
    return text


def _hint(one: Fact) -> str:
    """Say how a field is written."""
    if one.choices:
        return _("请填：%(choices)s。") % {"choices": listed(label for _code, label in one.choices)}
    hints = {
        "count": _("请只填整数，不带单位。"),
        "number": _("请只填数字，不带单位。"),
        "day": _("请写成 2026-11-22 的形式。"),
        "flag": _("请填“是”或“否”。"),
    }
    return hints.get(one.type, _("请补充或缩短内容。"))
