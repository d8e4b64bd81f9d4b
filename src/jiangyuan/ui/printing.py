"""Printing: a sheet of typed blocks becomes a PDF whose fonts travel inside it.

Rendering is bounded in length and in how many are drawn at once, and the same sheet gives the same bytes. In which
fonts: `faces`.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from django.utils.translation import gettext_lazy as _
from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Spacer, Table

from jiangyuan.kernel.errors import Refused, Transient
from jiangyuan.ui import faces
from jiangyuan.ui.faces import BOLD, REGULAR

MOST_CHARACTERS = 200_000
"""Longer than any document of the platform; beyond, somebody means harm or something is wrong."""
AT_ONCE, WAIT_SECONDS = 2, 20.0
_places = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text in paragraphs, one a line; leading blanks indent."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A bordered table of terms and their values, as a form has them: two pairs in a line, or one over the whole width."""

    rows: Sequence[Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A bordered table with a heading that comes again on every page; `widths` are shares of the page's width."""

    titles: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A document to print. `notes` stand in small type at its end; `foot` stands on every page beside the page number."""

    title: str
    number: str
    blocks: Sequence[Text | Facts | Grid]
    notes: Sequence[str] = field(default=())
    foot: str = ""


def _style(name: str, **changes: Any) -> ParagraphStyle:
    common: dict[str, Any] = {"fontName": REGULAR, "fontSize": 10.5, "leading": 16, "wordWrap": "CJK"}
    return ParagraphStyle(name, **{**common, **changes})


BODY = _style("body", fontSize=12, leading=21)
CELL = _style("cell", fontSize=10, leading=14)
TERM = _style("term", fontSize=10, leading=14, fontName=BOLD, alignment=TA_CENTER)
TITLE = _style("title", fontSize=20, leading=28, fontName=BOLD, alignment=TA_CENTER, spaceAfter=4 * mm)
NOTE = _style("note", fontSize=8.5, leading=12.5, textColor=colors.HexColor("#404040"))
_LINES = [
    ("GRID", (0, 0), (-1, -1), 0.6, colors.black),
    ("BOX", (0, 0), (-1, -1), 1.2, colors.black),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("TOPPADDING", (0, 0), (-1, -1), 4),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
]
WIDTH = A4[0] - 50 * mm


def _paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph("<br/>".join(faces.marked(line) for line in text.split("\n")), style)


def _text(block: Text) -> list[Any]:
    drawn: list[Any] = []
    for line in block.text.split("\n"):
        bare = line.lstrip(" 　")
        indent = 12.0 * (len(line) - len(bare))
        style = ParagraphStyle("line", parent=BODY, leftIndent=indent)
        drawn.append(Paragraph(faces.marked(bare), style) if bare else Spacer(1, 3 * mm))
    return drawn


def _facts(block: Facts) -> list[Any]:
    term, value = WIDTH * 0.16, WIDTH * 0.34
    rows: list[list[Any]] = []
    spans: list[Any] = []
    for place, pairs in enumerate(block.rows):
        cells = [_paragraph(t, TERM if n == 0 else CELL) for pair in pairs for n, t in enumerate(pair)]
        if len(pairs) == 1:
            spans.append(("SPAN", (1, place), (3, place)))
            cells += ["", ""]
        rows.append(cells)
    return [Table(rows, colWidths=[term, value, term, value], style=[*_LINES, *spans])]


def _grid(block: Grid) -> list[Any]:
    heading = [_paragraph(title, TERM) for title in block.titles]
    rows = [[_paragraph(cell, CELL) for cell in row] for row in block.rows]
    widths = [WIDTH * share / sum(block.widths) for share in block.widths]
    shade = ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#f0f0f0"))
    # a long opinion may go on over the page
    return [Table([heading, *rows], colWidths=widths, repeatRows=1, splitInRow=1, style=[*_LINES, shade])]


class _Numbered(Canvas):
    """A canvas that knows how many pages there are before it draws the foot of each."""

    def __init__(self, *args: Any, sheet: Sheet, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "initialFontName": REGULAR})
        self._sheet, self._kept = sheet, []

    def showPage(self) -> None:
        self._kept.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for kept in self._kept:
            self.__dict__.update(kept)
            self._foot(len(self._kept))
            super().showPage()
        super().save()

    def _foot(self, pages: int) -> None:
        self.line(25 * mm, 17 * mm, A4[0] - 25 * mm, 17 * mm)
        foot = self.beginText(25 * mm, 12.5 * mm)
        for face, part in faces.parts(self._sheet.foot[:90]):
            foot.setFont(face or REGULAR, 8.5)
            foot.textOut(part)
        self.drawText(foot)
        self.setFont(REGULAR, 8.5)
        page = f"第 {self.getPageNumber()} 页　共 {pages} 页"
        self.drawRightString(A4[0] - 25 * mm, 12.5 * mm, page)


def _story(sheet: Sheet) -> list[Any]:
    makers = {Text: _text, Facts: _facts, Grid: _grid}
    story: list[Any] = [_paragraph(sheet.title, TITLE), _paragraph(sheet.number, CELL), Spacer(1, 3 * mm)]
    for block in sheet.blocks:
        story += [*makers[type(block)](block), Spacer(1, 4 * mm)]
    return [*story, *(_paragraph(note, NOTE) for note in sheet.notes)]


def _length(sheet: Sheet) -> int:
    return len(repr(sheet.blocks)) + len(repr(sheet.notes))


def pdf(sheet: Sheet) -> bytes:
    """Draw a sheet as a PDF (A4). Raises `Refused` for one that is too long, `Transient` while too many are drawn."""
    if _length(sheet) > MOST_CHARACTERS:
        raise Refused(_("文书过长，不能生成"), code="printing.long", mend=_("请在页面上查看，或导出数据。"))
    if not _places.acquire(timeout=WAIT_SECONDS):
        raise Transient(_("正在生成的文书较多"), code="printing.busy", mend=_("请稍后再下载。"))
    try:
        faces.load()
        made = BytesIO()
        frame = Frame(25 * mm, 22 * mm, WIDTH, A4[1] - 44 * mm, leftPadding=0, rightPadding=0)
        document = BaseDocTemplate(
            made,
            pagesize=A4,
            title=sheet.title,
            subject=sheet.number,
            author="",
            creator="",
            lang="zh-CN",
            invariant=1,
            pageTemplates=[PageTemplate(frames=[frame])],
        )
        document.build(_story(sheet), canvasmaker=lambda *args, **kwargs: _Numbered(*args, sheet=sheet, **kwargs))
        return made.getvalue()
    finally:
        _places.release()
