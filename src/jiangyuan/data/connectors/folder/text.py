"""What encoding and which delimiter a text file has, decided over the whole of it.

A guess from the first lines reads GB18030 files with Latin beginnings as something else and returns garbage, so every
byte is decoded: UTF-8, then GB18030, UTF-16 only with its mark. What is neither is refused.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter

from jiangyuan.data.connectors.folder.problems import FileProblem

DELIMITERS = (",", "\t", ";", "|", "，")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def decode(data: bytes) -> tuple[str, str]:
    """Give (text, encoding name) of a whole file. Raises `FileProblem` where it is no text in a known encoding."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _strict(data, name), name
    if b"\0" in data:
        raise FileProblem("not_text")
    for name in ("utf-8", "gb18030"):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if name == "gb18030" and _implausible(text):
            break
        return text, name
    raise FileProblem("encoding")


def _strict(data: bytes, name: str) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        raise FileProblem("encoding_damaged", encoding=name, byte=error.start) from error


def _implausible(text: str) -> bool:
    """Tell whether text decoded as GB18030 is mostly private or unassigned places, as binary data would give."""
    wide = [c for c in text if ord(c) > 0x7F]
    odd = sum(1 for c in wide if 0xE000 <= ord(c) <= 0xF8FF or ord(c) > 0x2FFFF or (0x80 <= ord(c) < 0xA0))
    return odd * 5 > len(wide)


def delimiter(text: str) -> str:
    """Give the delimiter that splits the first lines most evenly; a comma where nothing does."""
    head = "".join(text[: 1 << 18].splitlines(keepends=True)[:100])
    best, score = ",", 0.0
    for candidate in DELIMITERS:
        widths = Counter(len(row) for row in csv.reader(io.StringIO(head), delimiter=candidate) if any(row))
        if not widths:
            continue
        width, lines = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))
        evenness = lines / sum(widths.values()) * (width > 1)
        if evenness * min(width, 20) > score:
            best, score = candidate, evenness * min(width, 20)
    return best
