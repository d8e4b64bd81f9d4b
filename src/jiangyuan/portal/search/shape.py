"""What stands in the index for one thing: its fields, and how its words become terms.

The segmentation cuts words in Python; parts of names, beginnings of codes and runs of initials are cut by the index
itself, which costs a tenth of that.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
import tantivy

from jiangyuan.portal.search import folding, words

VERSION = "v2"
"""The shape of the documents; an index of another one is built anew."""
STARTS, SHORTEST_CODE, LONGEST_CODE, LETTERS = 6, 2, 24, 3
_BETWEEN = "\x1f"
MARKS = ("kind", "jurisdiction", "body", "classification", "grade", "share", "format", "cycle")
"""Fields of one code each, which results are counted by and narrowed to."""
NUMBERS = ("changed", "score")
"""Fields of one number each: the day of the last change (days since 1970), the score (0-100)."""


@dataclass(slots=True, kw_only=True)
class Document:
    """One thing as it is found: its words by field, the tokens of those who may find it, and what a hit shows.

    `who` and `hidden_from` hold tokens of `visibility`; `state` is the code of its state; `changed` counts days since
    1970. An empty mark and a number that is None stand in no facet. Not frozen: a million are made at a time.
    """

    label: str
    pk: UUID | str
    kind: str
    name: str
    who: Sequence[str]
    hidden_from: Sequence[str] = ()
    items: Sequence[str] = ()
    about: str = ""
    jurisdiction: str = ""
    body: str = ""
    body_name: str = ""
    classification: str = ""
    share: str = ""
    grade: str = ""
    format: str = ""
    cycle: str = ""
    changed: int | None = None
    score: int | None = None
    state: str = ""
    codes: Sequence[str] = ()
    url: str = ""


@lru_cache(maxsize=1)
def schema() -> tantivy.Schema:
    """Give the fields of the index."""
    made = tantivy.SchemaBuilder()
    made.add_text_field("key", stored=True, tokenizer_name="raw", index_option="basic")
    for name in ("who", "hidden_from", "exact"):
        made.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in MARKS:
        made.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    for name in NUMBERS:
        made.add_integer_field(name, indexed=True, fast=True)
    for name in ("name", "items", "about"):
        made.add_text_field(name, tokenizer_name="spaces", index_option="freq")
    for name in ("grams", "letters"):
        made.add_text_field(name, tokenizer_name=name, index_option="freq")
    for name in ("starts", "code"):
        made.add_text_field(name, tokenizer_name=name, index_option="basic")
    made.add_bytes_field("shown", stored=True, indexed=False)
    return made.build()


def register(opened: tantivy.Index) -> tantivy.Index:
    """Tell an index how its fields are cut."""
    cut = tantivy.Tokenizer
    for name, tokenizer in {
        "spaces": cut.whitespace(),
        "grams": cut.ngram(1, 2),
        "starts": cut.ngram(1, STARTS, prefix_only=True),
        "code": cut.ngram(SHORTEST_CODE, LONGEST_CODE, prefix_only=True),
        "letters": cut.ngram(LETTERS, LETTERS),
    }.items():
        opened.register_tokenizer(name, tantivy.TextAnalyzerBuilder(tokenizer).build())
    return opened


def key_of(label: str, pk: UUID | str) -> str:
    """Give the key under which a thing's documents stand."""
    return f"{label}:{pk}"


def stored(document: Document) -> str:
    """Make what the index keeps of a document, as JSON: so it is handed over for less than as an object."""
    name = folding.fold(document.name)
    compact = "".join(name.split())
    cut = words.cut(name)
    fields: dict[str, Any] = {
        "key": key_of(document.label, document.pk),
        "who": document.who,
        "kind": document.kind,
        "name": words.found_by(cut),
        "about": _about(document),
        "grams": compact,
        "starts": compact,
        "exact": compact,
        "letters": words.initials(cut),
        "shown": b64encode(_BETWEEN.join((document.name, document.body_name, document.url)).encode()).decode("ascii"),
    }
    if document.items:
        fields["items"] = " ".join([words.known_text(item) for item in document.items])
    if document.hidden_from:
        fields["hidden_from"] = document.hidden_from
    if document.codes:
        fields["code"] = ["".join(folding.fold(code).split()) for code in document.codes]
    for mark in MARKS[1:]:
        if value := getattr(document, mark):
            fields[mark] = value
    for number in NUMBERS:
        if (value := getattr(document, number)) is not None:
            fields[number] = value
    return orjson.dumps(fields).decode()


def _about(document: Document) -> str:
    """Give by what the rest is found; a text that only repeats the name says nothing more."""
    body = words.known_text(document.body_name)
    if document.about == document.name:
        return body
    return f"{body} {words.found_by(words.cut(folding.fold(document.about)))}"


def shown_of(stored: bytes) -> list[str]:
    """Give what the index shows of a document: its name, its body's name, its page."""
    return stored.decode().split(_BETWEEN)
