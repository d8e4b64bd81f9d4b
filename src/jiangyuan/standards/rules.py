"""Pure decisions of the standards room: which element a column is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_BRACKETS = re.compile(r"[（(].*?[）)]")


def _clean(text: str) -> str:
    return _BRACKETS.sub("", text).strip().lower()


def recognise(name: str, comment: str, synonyms: Mapping[str, Sequence[str]]) -> str | None:
    """Give the code of the element that a column is, judged by its comment first, then its name; None if unknown.

    An exact synonym wins; else the longest synonym of at least three characters that ends the comment or name, so
    that 法定代表人公民身份号码 is a citizen id and 姓名拼音 is not a name.
    """
    for text in (_clean(comment), _clean(name)):
        if not text:
            continue
        exact = next((code for code, words in synonyms.items() if text in (w.lower() for w in words)), None)
        if exact:
            return exact
        ending = [(len(w), code) for code, words in synonyms.items() for w in words if _ends(text, w.lower())]
        if ending:
            return max(ending)[1]
    return None


def _ends(text: str, word: str) -> bool:
    if not text.endswith(word) or len(word) < 2:
        return False
    if word.isascii():
        return len(word) > 3 and text[: -len(word)].endswith("_")
    return True
