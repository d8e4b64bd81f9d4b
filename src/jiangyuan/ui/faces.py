"""The fonts of printed documents, made at setup (`tools/fonts.py`).

Every text is in the printing face. What that lacks — the rare characters of people's and places' names — comes out of
the slice of a large font that holds it, which is opened when it is first needed. What no font has is printed by its
code point, 〔U+31350〕, never as an empty box.
"""

from __future__ import annotations

import json
import threading
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

from django.utils.translation import gettext_lazy as _
from reportlab.pdfbase import pdfmetrics, ttfonts

from jiangyuan.kernel.errors import Broken

FONTS = Path(__file__).with_name("fonts")
REGULAR, BOLD = "print-regular", "print-bold"
RARE = "rare.json"
"""Which characters, in runs from the first to the last, are in which slice."""
BLANK = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})
_loading = threading.RLock()


def _unicode_map(fontname: str, subset: Sequence[int]) -> bytes:
    """Tell readers of a PDF which characters its glyphs are, in UTF-16 also beyond the basic plane."""
    pairs = "\n".join(
        f"<{code:02X}> <{chr(character).encode('utf-16-be', 'surrogatepass').hex().upper()}>"
        for code, character in enumerate(subset)
    )
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        f"/CIDSystemInfo\n<< /Registry ({fontname})\n/Ordering ({fontname})\n/Supplement 0\n>> def\n"
        f"/CMapName /{fontname} def\n/CMapType 2 def\n1 begincodespacerange\n<00> <{len(subset) - 1:02X}>\n"
        f"endcodespacerange\n{len(subset)} beginbfchar\n{pairs}\nendbfchar\nendcmap\n"
        "CMapName currentdict /CMap defineresource pop\nend\nend"
    ).encode("ascii")


def _register(name: str) -> None:
    file = FONTS / f"{name}.ttf"
    if not file.is_file():
        raise Broken(_("打印字体没有安装"), code="printing.fonts", where=name, mend=_("请运行 make setup。"))
    font = ttfonts.TTFont(name, str(file))
    # slices of one font bear one name, under which a document would hold only the first of them
    font.face.name = name.encode()
    pdfmetrics.registerFont(font)


@lru_cache(maxsize=1)
def _characters() -> frozenset[int]:
    # the library spells a character beyond the basic plane with five digits, which no reader understands
    ttfonts.makeToUnicodeCMap = _unicode_map
    for name in (REGULAR, BOLD):
        _register(name)
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)
    return frozenset(pdfmetrics.getFont(REGULAR).face.charToGlyph)


@lru_cache(maxsize=1)
def _runs() -> list[tuple[int, int, str]]:
    file = FONTS / RARE
    if not file.is_file():
        raise Broken(_("打印字体没有安装"), code="printing.fonts", where=RARE, mend=_("请运行 make setup。"))
    listed: dict[str, list[list[int]]] = json.loads(file.read_text("utf-8"))
    return sorted((first, last, name) for name, runs in listed.items() for first, last in runs)


@cache
def _slice(name: str) -> str:
    _register(name)
    # it has one weight, which serves for both
    pdfmetrics.registerFontFamily(name, normal=name, bold=name, italic=name, boldItalic=name)
    return name


def _rare(character: str) -> str | None:
    code = ord(character)
    place = bisect_right(_runs(), code, key=lambda run: run[0]) - 1
    if place < 0 or code > _runs()[place][1]:
        return None
    with _loading:
        return _slice(_runs()[place][2])


def load() -> frozenset[int]:
    """Load the printing faces once, and give the characters they draw. Raises `Broken` where setup did not make them."""
    with _loading:
        return _characters()


def _drawn(character: str, known: frozenset[int]) -> tuple[str, str]:
    """Give the face of one character ('' the printing face itself) and what is printed for it."""
    if ord(character) in known:
        return "", character
    # one that is private or newer than the tables of this interpreter is a character, not a control
    if unicodedata.category(character) in BLANK:
        return "", " "
    face = _rare(character)
    coded = f"〔U+{ord(character):04X}〕"  # i18n: signs that documents put around a code point
    return (face, character) if face else ("", coded)


def parts(text: str) -> Iterator[tuple[str, str]]:
    """Part a text into what one face can print: the face ('' the printing face itself) and the part of the text."""
    known = load()
    for face, drawn in groupby((_drawn(c, known) for c in text), key=lambda each: each[0]):
        yield face, "".join(part for _face, part in drawn)


def marked(text: str) -> str:
    """Write a text as the markup of a paragraph, with the face of every part that the printing face lacks."""
    return "".join(f'<font name="{face}">{escape(part)}</font>' if face else escape(part) for face, part in parts(text))
