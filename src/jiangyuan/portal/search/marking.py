"""Why a hit was found, and where in its texts what was searched for stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jiangyuan.portal.search import words
from jiangyuan.portal.search.finding import searched_words, terms
from jiangyuan.portal.search.folding import fold, query_grams, runs
from jiangyuan.portal.search.shape import Document

Marked = list[tuple[str, bool]]
"""Pieces of a text, and whether each was searched for."""
BEFORE, SNIPPET = 24, 110


def needles(text: str, *, near: bool = False) -> list[str]:
    """Give what is to be marked: the runs that were typed, their words and synonyms; `near`: pairs of characters too."""
    found: set[str] = set()
    for term in terms(text):
        for run, chinese in runs(term):
            found.add(run)
            if not chinese:
                continue
            split = [word for word in words.query_words(run) if len(word) > 1 or len(run) == 1]
            found.update(split, *(words.synonyms().get(word, ()) for word in [run, *split]))
            if near:
                found.update(query_grams(run))
    return sorted(found, key=len, reverse=True)


def marked(text: str, wanted: Iterable[str]) -> Marked:
    """Cut a text where a needle begins and ends. A text whose spelling has another length folded stays whole."""
    folded = fold(text)
    if len(folded) != len(text):
        return [(text, False)]
    hit = bytearray(len(text))
    for needle in wanted:
        at = folded.find(needle)
        while at >= 0:
            hit[at : at + len(needle)] = b"\1" * len(needle)
            at = folded.find(needle, at + len(needle))
    pieces: Marked = []
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or hit[at] != hit[start]:
            pieces.append((text[start:at], bool(hit[start])))
            start = at
    return pieces


def snippet(text: str, wanted: Sequence[str]) -> Marked:
    """Give the part of a long text around the first needle, marked."""
    plain = " ".join(text.split())
    folded = fold(plain)
    places = [at for needle in wanted if (at := folded.find(needle)) >= 0]
    begin = max(0, min(places, default=0) - BEFORE)
    cut = plain[begin : begin + SNIPPET]
    made = marked(cut, wanted)
    if begin:
        made.insert(0, ("…", False))
    if begin + SNIPPET < len(plain):
        made.append(("…", False))
    return made


def matching(items: Sequence[str], wanted: Sequence[str], *, most: int = 6) -> list[Marked]:
    """Give the items that hold a needle, marked."""
    return [marked(item, wanted) for item in items if any(needle in fold(item) for needle in wanted)][:most]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a thing was found: `how` (text, synonym, letters, near), in which field, and the words that stand there."""

    how: str
    field: str
    words: str


def _fields(document: Document) -> dict[str, str]:
    """Give the folded texts of a document by field, in the order in which they weigh."""
    items = "\n".join(document.items)
    named = {"name": document.name, "code": " ".join(document.codes), "items": items}
    return {key: fold(text) for key, text in {**named, "body": document.body_name, "about": document.about}.items()}


def _where(fields: dict[str, str], wanted: Sequence[str]) -> str:
    """Give the first field that holds all the words; empty for none."""
    return next((name for name, text in fields.items() if all(word in text for word in wanted)), "")


def _reasons_of(run: str, chinese: bool, fields: dict[str, str]) -> list[Reason]:
    if place := _where(fields, [run]):
        return [Reason("text", place, run)]
    found = []
    for word in searched_words(run):
        place = _where(fields, [word])
        if place:
            found.append(Reason("text", place, word))
            continue
        others = [(other, _where(fields, words.query_words(other))) for other in words.synonyms().get(word, ())]
        found += [Reason("synonym", place, other) for other, place in others if place][:1]
    if not found:
        others = [(other, _where(fields, words.query_words(other))) for other in words.synonyms().get(run, ())]
        found += [Reason("synonym", place, other) for other, place in others if place][:1]
    if not found and not chinese and run in words.initials(words.cut(fields["name"])):
        found.append(Reason("letters", "name", run))
    return found


def reasons(document: Document, text: str, *, near: bool = False) -> list[Reason]:
    """Say why a document was found by what was typed; `near`: the pairs of characters that it shares with it."""
    fields = _fields(document)
    found: list[Reason] = []
    for term in terms(text):
        for run, chinese in runs(term):
            told = _reasons_of(run, chinese, fields)
            if not told and near:
                shared = [gram for gram in query_grams(run) if gram in fields["name"]]
                between = "、"  # i18n: stands between Chinese words
                told = [Reason("near", "name", between.join(shared))] if shared else []
            found += told
    return list(dict.fromkeys(found))
