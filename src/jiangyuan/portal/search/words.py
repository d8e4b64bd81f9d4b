"""Chinese words: segmentation with the terms of the field, synonyms, and the initials of pinyin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from importlib import resources
from threading import Lock
from typing import Any

from jiangyuan.portal.search.folding import fold, pieces, runs

FREQUENCY = 100_000
"""How common a term of the field is held to be, so that it stays whole."""
EMPTY = frozenset("的了和及与或等在是有为之于")  # i18n: words to leave out of a search
"""Words that say nothing by themselves."""
_LETTERS = 3
_KEPT = 400_000


def _lines(name: str) -> list[str]:
    text = resources.files(__package__ or "").joinpath(name).read_text("utf-8")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


@lru_cache(maxsize=1)
def terms() -> tuple[str, ...]:
    """Give the terms of the field."""
    return tuple(_lines("terms.txt"))


@lru_cache(maxsize=1)
def synonyms() -> Mapping[str, tuple[str, ...]]:
    """Give the synonyms of each word that has some."""
    found: dict[str, tuple[str, ...]] = {}
    for line in _lines("synonyms.txt"):
        group = line.split()
        for word in group:
            found[word] = tuple(other for other in group if other != word)
    return found


_loading = Lock()


def _segmenter() -> Any:
    """Give the segmentation with the terms of the field; who comes while it takes them in waits, for it cannot do both."""
    with _loading:
        return _taught()


@lru_cache(maxsize=1)
def _taught() -> Any:
    """Teach the segmentation the terms of the field. It knows nothing else: who indexes and who asks must agree."""
    import rjieba

    for word in {fold(word) for word in (*terms(), *synonyms())}:
        rjieba.add_word(word, FREQUENCY, "n")
    return rjieba


class _Kept(dict[str, str]):
    """What was once worked out of a word or a text, for as many as a province's catalogue uses; then begun anew."""

    def __init__(self, work: Callable[[str], str]) -> None:
        super().__init__()
        self._work = work

    def __missing__(self, text: str) -> str:
        if len(self) >= _KEPT:
            self.clear()
        found = self[text] = self._work(text)
        return found


def cut(folded: str) -> list[str]:
    """Cut a folded text into its words, and what stands between them."""
    return _segmenter().cut(folded)


def _inside(word: str) -> str:
    """Give a word and the shorter ones inside it; nothing for marks and spaces."""
    found = dict.fromkeys([word, *_segmenter().cut_for_search(word)])
    for run, chinese in runs(word):
        found |= dict.fromkeys([run] if chinese else pieces(run))
    return " ".join(one for one in found if any(map(str.isalnum, one)))


_parts = _Kept(_inside)
_texts = _Kept(lambda text: found_by(cut(fold(text))))
_initials = _Kept(lambda word: _letters_of(word))


def found_by(words: Iterable[str]) -> str:
    """Give the words of a cut text to be found by, with a space between: long ones and the shorter ones inside them."""
    return " ".join(map(_parts.__getitem__, words))


def known_text(text: str) -> str:
    """Give by what a text is found that comes again and again: the name of a body, of an item."""
    return _texts[text]


def index_words(folded: str) -> list[str]:
    """Give the words of a text to be found by, one by one."""
    return found_by(cut(folded)).split()


def query_words(run: str) -> list[str]:
    """Give the words of a run that is searched for, without those that say nothing."""
    found = [word for word in cut(run) if any(map(str.isalnum, word))]
    return [word for word in found if word not in EMPTY] or found or [run]


@lru_cache(maxsize=1)
def _first_letters() -> tuple[dict[str, str], frozenset[str]]:
    """Give the initial of each character as it is read most, and the characters whose readings begin differently."""
    from pypinyin import Style, pinyin_dict
    from pypinyin.style import convert

    found, several = {}, set()
    for code, readings in pinyin_dict.pinyin_dict.items():
        letters = [convert(one, Style.FIRST_LETTER, strict=False)[:1] for one in readings.split(",")]
        if letters[0].isascii() and letters[0].isalpha():
            found[chr(code)] = letters[0]
        if len(set(letters)) > 1 or chr(code) not in found:
            several.add(chr(code))
    return found, frozenset(several)


def _letters_of(word: str) -> str:
    """Give the initials of a word; a word of two and more characters tells how its ambiguous ones are read."""
    letters, several = _first_letters()
    if len(word) == 1 or several.isdisjoint(word):  # reading a word as a whole costs a hundred times as much
        return "".join([letters.get(one, "") for one in word])
    from pypinyin import Style, lazy_pinyin

    return "".join(one[:1] for one in lazy_pinyin(word, style=Style.FIRST_LETTER, errors="ignore"))


def initials(words: Iterable[str]) -> str:
    """Give the initials of the Chinese characters of a name that was cut into words: 常住人口 is `czrk`."""
    return "".join(map(_initials.__getitem__, words))


def letter_grams(letters: str) -> list[str]:
    """Give every three neighbouring initials; fewer say too little to be found by."""
    return [letters[i : i + _LETTERS] for i in range(len(letters) - _LETTERS + 1)]
