"""A list as a file: CSV that spreadsheets open rightly, and XLSX; every row written as it comes, no cell a formula."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import IO, Any
from xml.sax.saxutils import escape

from django.utils import timezone
from django.utils.translation import gettext as _

from jiangyuan.kernel.models import Stated

Cell = str | int | float | Decimal
FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""The formats, and how each is called in the head of an answer."""
LAST_ROW = 20_000
"""Down to this row a column that is chosen from a list offers it."""
LONGEST = 32_000
"""Characters in one cell: spreadsheets take 32,767."""
_FORMULA = tuple("=+-@＝＋－＠\t\r\n")  # i18n: what begins a formula
_SPACES = " \u00a0\u3000"  # i18n: spaces of every width
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def plain(value: Any) -> Cell:
    """Give what a cell of a table says, as plain text or as a number."""
    if value is None or value == "":
        return ""
    if isinstance(value, Stated):
        return value.state_label
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        return f"{local:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        members = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return _("、").join(str(plain(member)) for member in members)
    if hasattr(value, "template"):
        return _said(value)
    return str(value)


def _said(part: Any) -> Cell:
    """Give what a part says: a state its word, a link its title, a code itself; a button says nothing that is so."""
    if hasattr(part, "method"):
        return ""
    for name in ("label", "text", "title"):
        said = getattr(part, name, "")
        if said:
            return str(said)
    return ""


def neutral(cell: Cell) -> Cell:
    """Give a cell that no spreadsheet takes for a formula: text that begins like one gets an apostrophe before it."""
    if isinstance(cell, str):
        cell = _NOT_XML.sub("", cell)[:LONGEST]
        return f"'{cell}" if cell.lstrip(_SPACES).startswith(_FORMULA) else cell
    return cell


def write_csv(file: IO[bytes], lines: Iterable[Sequence[Cell]]) -> None:
    """Write lines as CSV in UTF-8 with the mark by which Excel knows it."""
    text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
    try:
        writer = csv.writer(text)
        for line in lines:
            writer.writerow([neutral(cell) for cell in line])
    finally:
        text.detach()


_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/styles.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>{sheets}</Types>'
)
_SHEET_TYPE = (
    '<Override PartName="/xl/worksheets/sheet{n}.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
)
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ROOT = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{links}</Relationships>'
)
_LINK = '<Relationship Id="rId{n}" Type="' + _RELATIONS + '/{type}" Target="{target}"/>'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STYLES = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><styleSheet xmlns="{_MAIN}">'
    '<fonts count="2"><font><sz val="11"/><name val="Microsoft YaHei"/></font>'
    '<font><b/><sz val="11"/><name val="Microsoft YaHei"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf xfId="0"/><xf xfId="0" fontId="1" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def _cell(cell: Cell, style: int) -> str:
    cell = neutral(cell)
    if isinstance(cell, str):
        return (
            f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{escape(cell)}</t></is></c>' if cell else "<c/>"
        )
    return f'<c s="{style}"><v>{cell}</v></c>'


Choice = tuple[int, str]
"""A column (from 1) whose cells are chosen from a list: the formula of a range, as `'Values'!$A$2:$A$9`."""


def _letters(column: int) -> str:
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def _chosen(choices: Sequence[Choice]) -> str:
    """Say which columns offer a list; what is not on it is refused by the spreadsheet itself."""
    if not choices:
        return ""
    each = "".join(
        f'<dataValidation type="list" allowBlank="1" showErrorMessage="1" sqref="{_letters(c)}2:{_letters(c)}{LAST_ROW}">'
        f"<formula1>{escape(formula)}</formula1></dataValidation>"
        for c, formula in choices
    )
    return f'<dataValidations count="{len(choices)}">{each}</dataValidations>'


def _sheet(
    book: zipfile.ZipFile, number: int, lines: Iterable[Sequence[Cell]], *, headed: bool, choices: Sequence[Choice] = ()
) -> None:
    with book.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as file:
        view = (
            '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" state="frozen"/></sheetView>'
            '</sheetViews><sheetFormatPr defaultRowHeight="18"/><cols><col min="1" max="1" width="40" customWidth="1"/>'
            '<col min="2" max="60" width="18" customWidth="1"/></cols>'
        )
        head = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet xmlns="{_MAIN}">{view}<sheetData>'
        file.write(head.encode())
        for index, line in enumerate(lines):
            style = 1 if headed and index == 0 else 0
            file.write(f"<row>{''.join(_cell(cell, style) for cell in line)}</row>".encode())
        file.write(f"</sheetData>{_chosen(choices)}</worksheet>".encode())


def write_xlsx(
    file: IO[bytes],
    sheets: Iterable[tuple[str, Iterable[Sequence[Cell]]]],
    *,
    choices: Mapping[str, Sequence[Choice]] = MappingProxyType({}),
) -> None:
    """Write sheets (title, lines with the headings first) as a workbook; texts are texts, numbers are numbers.

    A sheet's lines are read when it is its turn, so that a later sheet may tell of an earlier one. `choices`: by a sheet's
    title the columns that are filled in from a list.
    """
    titles: list[str] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as book:
        for title, lines in sheets:
            titles.append(re.sub(r"[\[\]:*?/\\']", " ", title)[:31] or "1")
            _sheet(book, len(titles), lines, headed=True, choices=choices.get(title, ()))
        numbers = range(1, len(titles) + 1)
        types = "".join(_SHEET_TYPE.format(n=n) for n in numbers)
        book.writestr("[Content_Types].xml", _TYPES.format(sheets=types))
        book.writestr(
            "_rels/.rels", _ROOT.format(links=_LINK.format(n=1, type="officeDocument", target="xl/workbook.xml"))
        )
        links = "".join(_LINK.format(n=n, type="worksheet", target=f"worksheets/sheet{n}.xml") for n in numbers)
        links += _LINK.format(n=len(titles) + 1, type="styles", target="styles.xml")
        book.writestr("xl/_rels/workbook.xml.rels", _ROOT.format(links=links))
        quote = {'"': "&quot;"}
        named = (f'<sheet name="{escape(titles[n - 1], quote)}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
        book.writestr(
            "xl/workbook.xml",
            f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">'
            f"<sheets>{''.join(named)}</sheets></workbook>",
        )
        book.writestr("xl/styles.xml", _STYLES)
