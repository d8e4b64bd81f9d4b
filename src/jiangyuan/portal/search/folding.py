"""Text as the index holds it: one spelling for full and half width, capitals, and traditional characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # i18n: ranges of characters
_RUN = re.compile(rf"([{HAN}]+)|([0-9a-z_]+(?:[./-][0-9a-z_]+)*)")
LONGEST = 4000
"""Characters of one field that are indexed; what follows adds nothing that anybody searches for."""


@lru_cache(maxsize=1)
def _simplified() -> dict[int, str]:
    import opencc

    converter = opencc.OpenCC("t2s")
    found = {code: converter.convert(chr(code)) for code in range(0x4E00, 0xA000)}
    return {code: text for code, text in found.items() if text != chr(code)}


@lru_cache(maxsize=1)
def _traditional() -> frozenset[str]:
    return frozenset(map(chr, _simplified()))


def fold(text: str) -> str:
    """Give a text in its one spelling: half width, lower case, simplified characters."""
    if text.isascii():
        return text[:LONGEST].lower()
    found = unicodedata.normalize("NFKC", text[:LONGEST]).lower()
    return found if _traditional().isdisjoint(found) else found.translate(_simplified())


def runs(folded: str) -> Iterator[tuple[str, bool]]:
    """Give the runs of a folded text and whether each is of Chinese characters; what stands between is left out."""
    for found in _RUN.finditer(folded):
        yield (found[1], True) if found[1] else (found[2], False)


def pieces(run: str) -> list[str]:
    """Give the parts of a run of letters and digits: `birth_date` is also `birth` and `date`."""
    parts = [part for part in re.split(r"[^0-9a-z]+", run) if part]
    return [run, *parts] if len(parts) > 1 else [run]


def query_grams(run: str) -> list[str]:
    """Give what a part of a name must hold: its pairs of neighbours, or its one character."""
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]
