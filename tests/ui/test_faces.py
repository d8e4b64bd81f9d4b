"""What is printed has a face: the rare characters of names are drawn and can be read out again, all else by its code."""

from io import BytesIO
from typing import Any, cast

import pytest
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from jiangyuan.ui import faces, printing
from jiangyuan.ui.printing import Facts, Sheet, Text

# of names that people bear: extensions A, B, E and D, the last of the unified ideographs, and two of extension B
RARE = "䶮𠮷㑇𬱖𫖯龻𡩋𦭎"
UNKNOWN = "\U00031350"


def _printed(text: str) -> bytes:
    blocks = (Facts(rows=[[("经办人", f"王{text}敏")]]), Text(text=f"{text}<b>&"))
    return printing.pdf(Sheet(title=f"审批单{text}", number="一号", blocks=blocks, foot=f"打印人：李{text}"))


def _read(content: bytes) -> str:
    return "".join("".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


def _embedded(content: bytes) -> dict[str, TTFont]:
    (page,) = PdfReader(BytesIO(content)).pages
    fonts = [cast("Any", font).get_object() for font in cast("Any", page["/Resources"])["/Font"].values()]
    own = [font for font in fonts if "/FontDescriptor" in font]
    files = {str(font["/BaseFont"]): font["/FontDescriptor"]["/FontFile2"].get_data() for font in own}
    return {name: TTFont(BytesIO(data)) for name, data in files.items()}


def test_rare_characters_of_names_are_printed_wherever_they_stand() -> None:
    text = _read(_printed(RARE))
    assert "U+" not in text
    for expected in (f"审批单{RARE}", f"王{RARE}敏", f"{RARE}<b>&", f"打印人：李{RARE}"):
        assert expected in text


def test_each_has_ink_in_the_font_that_the_document_carries() -> None:
    held = _embedded(_printed(RARE))
    rare = {name: font for name, font in held.items() if "rare" in name}
    inked = 0
    for font in rare.values():
        glyphs = font.getGlyphSet()
        for name in font.getGlyphOrder()[1:]:
            pen = BoundsPen(glyphs)
            glyphs[name].draw(pen)
            inked += pen.bounds is not None and pen.bounds[2] - pen.bounds[0] > font["head"].unitsPerEm // 2
    assert inked == sum(len(part) for face, part in faces.parts(RARE) if face) > 5


@pytest.mark.parametrize("text", ["普通的文字 ABC", ""])
def test_a_text_that_needs_nothing_rare_opens_no_slice(text: str) -> None:
    faces._slice.cache_clear()
    printing.pdf(Sheet(title="表", number="一", blocks=(Text(text=text),)))
    assert faces._slice.cache_info().currsize == 0
    assert list(faces.parts(text)) == ([("", text)] if text else [])


def test_what_no_font_has_is_printed_by_its_code_and_controls_as_blanks() -> None:
    assert list(faces.parts(f"甲{UNKNOWN}\ue000\x00\u202e乙")) == [("", "甲〔U+31350〕〔U+E000〕  乙")]
    assert "王〔U+31350〕敏" in _read(_printed(UNKNOWN))


def test_the_same_sheet_gives_the_same_bytes_and_stays_small() -> None:
    first, again = _printed(RARE * 3), _printed(RARE * 3)
    assert first == again and len(first) < 150_000
