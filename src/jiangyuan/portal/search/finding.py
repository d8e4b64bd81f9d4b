"""From what somebody typed to a query of the index; whoever asks, only his tokens open documents."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tantivy import FieldType, Occur, Query, Searcher

from jiangyuan.kernel.actor import Actor
from jiangyuan.portal.search import index, visibility, words
from jiangyuan.portal.search.folding import fold, pieces, query_grams, runs
from jiangyuan.portal.search.shape import LONGEST_CODE, SHORTEST_CODE, STARTS, Document, schema

Facets = Mapping[str, Sequence[str]]
"""What results are narrowed to: the values chosen of each facet; one of them must fit."""

TERMS, LONGEST = 8, 60
"""Most terms of one search, and most characters of one of them."""
FACETS: Mapping[str, int] = {
    "kind": 20, "jurisdiction": 12, "body": 12, "classification": 12, "grade": 5, "share": 5, "format": 8, "cycle": 10,
    "fresh": 4, "score": 4,
}  # fmt: skip
"""What results can be narrowed by, and how many values of each are shown."""
CHOICES = 12
"""Most values of one facet that are chosen together."""
_DAYS = {"30": (0, 30), "180": (30, 180), "365": (180, 365), "older": (365, 36_500)}
"""Freshness: how many days ago the last change was, from and below."""
_SCORES = {"90": (90, 101), "75": (75, 90), "60": (60, 75), "0": (0, 60)}
"""Scores of entries, from and below."""
NEAR = 0.5
"""Share of the pairs of characters that a near word must have."""
_SHORTEST_LETTERS, _LONGEST_LETTERS = 3, 16
ENTRY = "entries.entry"
FEW = ("request", "grant", "delivery", "source", "table", "body", "system", "person")
"""Kinds of which there are few beside the entries."""
CLASS = 6
"""Digits of a whole class: fewer stand at the beginning of the codes of half a catalogue."""
_LIFT = 12.0
"""How far bodies and systems, which are few, stand above entries of the same words."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found: its label and key, what the index shows of it, and what its tables say of it now."""

    label: str
    pk: str
    name: str
    body: str
    url: str
    document: Document | None = None


def _term(name: str, value: str, boost: float = 1.0) -> Query:
    made = Query.term_query(schema(), name, value)
    return made if boost == 1.0 else Query.boost_query(made, boost)


def _any(queries: Sequence[Query]) -> Query:
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Should, q) for q in queries])


def _all(queries: Sequence[Query]) -> Query:
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Must, q) for q in queries])


def _best(queries: Sequence[Query]) -> Query:
    return queries[0] if len(queries) == 1 else Query.disjunction_max_query(list(queries), 0.1)


def _word(word: str, *, name: str = "name") -> Query:
    """Find one word in the fields, the name before all; its synonyms count a little less."""
    found = [_term(name, word, 6.0), _term("items", word, 3.0), _term("about", word, 1.0)]
    for other in words.synonyms().get(word, ()):
        parts = [part for run, chinese in runs(other) for part in (words.query_words(run) if chinese else [run])]
        for name, boost in (("name", 3.0), ("items", 2.0)):
            found.append(_all([_term(name, part, boost) for part in parts]))
    return _best(found)


def searched_words(run: str) -> list[str]:
    """Give the words that must be found: single characters beside longer words stand in too many texts to be asked for."""
    found = words.query_words(run)
    return [word for word in found if len(word) > 1] or found


def _chinese(run: str) -> Query:
    """Find a run of Chinese characters by its words, or as a part of a name."""
    asked = searched_words(run)
    if asked == [run] and len(run) == 2:  # a pair of neighbours is in a name wherever the word is
        return _word(run, name="grams")
    part = _all([_term("grams", gram, 2.0) for gram in query_grams(run)])
    found = [_all([_word(word) for word in asked]), part]
    if run in words.synonyms() and asked != [run]:
        found.append(_word(run))
    return _best(found)


def _code(run: str) -> list[Query]:
    """Find a code by its beginning."""
    return [_term("code", run[:LONGEST_CODE], 8.0)] if len(run) >= SHORTEST_CODE else []


def _letters(run: str) -> list[Query]:
    if not (run.isalpha() and _SHORTEST_LETTERS <= len(run) <= _LONGEST_LETTERS):
        return []
    return [_all([_term("letters", gram, 1.5) for gram in words.letter_grams(run)])]


def _latin(run: str) -> Query:
    found = [_all([_word(word) for word in searched_words(run)]), *_code(run), *_letters(run)]
    if run in words.synonyms():
        found.append(_word(run))
    if parts := pieces(run)[1:]:
        found.append(_all([_word(part) for part in parts]))
    return _best(found)


def terms(text: str) -> list[str]:
    """Give the folded terms of what was typed, bounded."""
    return [term[:LONGEST] for term in fold(text[:400]).split()[:TERMS]]


def _lifted() -> list[tuple[Occur, Query]]:
    """Let few kinds stand before many of the same words: bodies and systems first, what is asked of entries after them.

    Entries, the most by far, are neither lifted nor lowered: scoring a million of them costs more than the search.
    """
    few = Query.term_set_query(schema(), "kind", ["body", "system"])
    asked = Query.term_set_query(schema(), "kind", ["request", "grant", "delivery"])
    return [
        (Occur.Should, Query.const_score_query(few, _LIFT)),
        (Occur.Should, Query.const_score_query(asked, -_LIFT / 4)),
    ]


def _start(compact: str) -> Query:
    return Query.const_score_query(_term("starts", compact[:STARTS]), 3.0)


def wording(text: str) -> Query | None:
    """Make the query of the words alone: every run must be found. None for a text without words."""
    found = [_chinese(run) if chinese else _latin(run) for term in terms(text) for run, chinese in runs(term)]
    if not found:
        return None
    compact = "".join(terms(text))
    musts = [(Occur.Must, query) for query in found[: 2 * TERMS]]
    return Query.boolean_query(
        [*musts, (Occur.Should, _term("exact", compact, 10.0)), (Occur.Should, _start(compact)), *_lifted()]
    )  # fmt: skip


def nearly(text: str) -> Query | None:
    """Make a query that half of the pairs of characters satisfy, or a word with a letter or two amiss."""
    found: list[Query] = []
    for term in terms(text):
        for run, chinese in runs(term):
            if chinese:
                found += [_term("grams", gram) for gram in query_grams(run)]
                found += [_word(word) for word in words.query_words(run) if len(word) > 1]
            else:
                found.append(Query.fuzzy_term_query(schema(), "name", run, 1 if len(run) < 6 else 2))
                found += _letters(run)
    if not found:
        return None
    return Query.boolean_query([(Occur.Should, q) for q in found], minimum_number_should_match=_enough(len(found)))


def _enough(count: int) -> int:
    return max(1, int(count * NEAR))


def _begun(run: str, *, few: bool) -> Query:
    """Find a run of letters and digits as the beginning of something; entries by their codes from a whole class on."""
    return _best([_term("name", run, 3.0), *(_code(run) if few or len(run) >= CLASS else []), *_letters(run)])


def beginning(text: str, *, few: bool = False) -> Query | None:
    """Make the query of suggestions: parts of names, codes, initials; no segmentation, so it costs little.

    `few`: only names that begin so, and things of which there are few.
    """
    found: list[Query] = []
    for term in terms(text):
        for run, chinese in runs(term):
            if chinese:
                found.append(_all([_term("grams", gram) for gram in query_grams(run)]))
            else:
                found.append(_begun(run, few=few))
    if not found:
        return None
    compact = "".join(terms(text))
    musts = [(Occur.Must, query) for query in found]
    if few:
        musts.append((Occur.Must, Query.const_score_query(_any([_term("starts", compact[:STARTS]), _few()]), 0.0)))
    return Query.boolean_query([*musts, (Occur.Should, _start(compact)), *_lifted()])


def _few() -> Query:
    return Query.term_set_query(schema(), "kind", list(FEW))


# --- whom and what it is narrowed to ----------------------------------------------------------------------------------


def _day() -> int:
    return int(time.time() // 86_400)


def _range(name: str, value: str) -> Query | None:
    """Make the query of one freshness or one span of scores; None for one there is not."""
    span = (_DAYS if name == "fresh" else _SCORES).get(value)
    if span is None:
        return None
    begin, end = (_day() - span[1] + 1, _day() - span[0] + 1) if name == "fresh" else span
    number = "changed" if name == "fresh" else "score"
    return Query.range_query(schema(), number, FieldType.Integer, begin, end, include_upper=False)


def _chosen(name: str, values: Sequence[str]) -> Query:
    """Make the query of the values chosen of one facet; nothing fits values there are not."""
    if name in ("fresh", "score"):
        spans = [made for value in values if (made := _range(name, value)) is not None]
        return _any(spans) if spans else Query.empty_query()
    return Query.term_set_query(schema(), name, list(values))


def seen_by(actor: Actor, query: Query, facets: Facets | None = None) -> Query | None:
    """Narrow a query to what the actor may find, and to facets. None for an actor who may find nothing."""
    tokens = visibility.tokens(actor)
    if not tokens:
        return None
    made = [
        (Occur.Must, query),
        (Occur.Must, Query.const_score_query(_any([_term("who", token) for token in tokens]), 0.0)),
        (Occur.MustNot, Query.term_set_query(schema(), "hidden_from", tokens)),
    ]
    for name, values in (facets or {}).items():
        if values and name in FACETS:
            made.append((Occur.Must, Query.const_score_query(_chosen(name, values), 0.0)))
    return Query.boolean_query(made)


def hits(searcher: Searcher, query: Query, *, limit: int, offset: int = 0) -> list[Hit]:
    """Give the best hits, best first."""
    found = []
    for _score, address in searcher.search(query, limit, count=False, offset=offset).hits:
        key, (name, body, url) = index.shown(searcher, address)
        label, _colon, pk = key.partition(":")
        found.append(Hit(label, pk, name, body, url))
    return found


def suggested(searcher: Searcher, actor: Actor, text: str, *, limit: int, enough: int) -> list[Hit]:
    """Give what a beginning may mean, best first: what begins so before what holds it inside.

    A million names may hold two characters; they are looked through only where fewer than `enough` entries begin so.
    """
    found: dict[tuple[str, str], Hit] = {}
    for few in (True, False):
        query = beginning(text, few=few)
        narrowed = seen_by(actor, query) if query is not None else None
        for hit in hits(searcher, narrowed, limit=limit) if narrowed is not None else ():
            found.setdefault((hit.label, hit.pk), hit)
        if sum(label == ENTRY for label, _pk in found) >= enough:
            break
    return list(found.values())[:limit]


def keys(searcher: Searcher, query: Query, *, limit: int) -> list[str]:
    """Give the keys of the best hits alone."""
    found = searcher.search(query, limit, count=False).hits
    return [index.key_at(searcher, address) for _score, address in found]


def _asked(name: str) -> dict[str, Any]:
    if name == "fresh":
        today = _day()
        spans = [{"key": key, "from": today - end + 1, "to": today - begin + 1} for key, (begin, end) in _DAYS.items()]
        return {"range": {"field": "changed", "ranges": spans}}
    if name == "score":
        spans = [{"key": key, "from": begin, "to": end} for key, (begin, end) in _SCORES.items()]
        return {"range": {"field": "score", "ranges": spans}}
    return {"terms": {"field": name, "size": FACETS[name]}}


def counted(searcher: Searcher, query: Query, names: Sequence[str] = tuple(FACETS)) -> dict[str, list[tuple[str, int]]]:
    """Count what was found by facet: {name: [(value, count), …]}; marks the largest first, spans the best first."""
    answer = searcher.aggregate(query, {name: _asked(name) for name in names})
    found: dict[str, list[tuple[str, int]]] = {}
    for name in names:
        counts = {str(bucket["key"]): int(bucket["doc_count"]) for bucket in answer[name]["buckets"]}
        spans = {"fresh": _DAYS, "score": _SCORES}.get(name)
        order = list(spans) if spans else list(counts)
        found[name] = [(key, counts[key]) for key in order if counts.get(key)]
    return found
