"""How a spelling is read: by the tables of `spellings.toml`, each reading telling how sure it is.

A reading is `given` (as the platform writes it), `mapped` (another spelling of one meaning), `guessed` (what is meant
most probably, or promises least; a person sees it) or `refused`.
"""

from __future__ import annotations

import json
import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from django.utils.translation import override

from jiangyuan.catalog.entries.models import Entry

FILE = Path(__file__).with_name("spellings.toml")
_CHOICES = {
    "update_cycle": Entry.CYCLES,
    "open_type": Entry.OPEN,
    "share_type": Entry.SHARE,
    "format": Entry.FORMATS,
}
_REMARK = re.compile(r"[（(\[].*$", re.DOTALL)
_PARTS = re.compile(r"[|;；、/\s\[\]'\"]+")
_LEAST = {"image": "file", "media": "file", "described": "file", "half_yearly": "yearly"}
"""What stands in for a choice that the platform does not have."""


class Reading(NamedTuple):
    """What a cell was read as: the value (None: nothing can be read), how, and the reason's code."""

    value: str | None
    how: str
    reason: str


@lru_cache(maxsize=1)
def tables() -> dict[str, Any]:
    """Give the tables of spellings."""
    return tomllib.loads(FILE.read_text("utf-8"))


def folded(text: str) -> str:
    """Give a text as spellings are compared: half width, lower case, one blank, none around."""
    half = text.translate(_HALF).strip().lower()
    return " ".join(half.split())


_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xFEFF: None, 0x200B: None}


@lru_cache(maxsize=1)
def nothing() -> frozenset[str]:
    """Give the words that stand for an empty cell."""
    return frozenset(map(folded, tables()["nothing"]))


@lru_cache(maxsize=4)
def headings(table: str) -> dict[str, str]:
    """Give by its folded heading which field a column holds (`columns` or `item_columns`)."""
    return {folded(title): field for field, titles in tables()[table].items() for title in titles}


@lru_cache(maxsize=8)
def _known(field: str) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Give (as the platform writes it, exact spellings, probable spellings) of a field, each to its code."""
    table, codes = tables()[field], {code for code, _label in _CHOICES[field]}

    def spelled(kind: str) -> dict[str, str]:
        said = table.get(kind, {})
        return {folded(word): _there(code, codes) for code, words in said.items() for word in words}

    with override("zh-hans"):  # files are written in the platform's first language, whoever looks at them
        given = {folded(str(label)): code for code, label in _CHOICES[field]} | {code: code for code in codes}
    exact, probable = spelled("exact"), spelled("guess")
    # a choice that is missing here is read as the next lesser one: that is a guess
    poorer = {folded(w) for code, words in table["exact"].items() if code not in codes for w in words}
    probable |= {word: exact[word] for word in poorer}
    return given, {word: code for word, code in exact.items() if word not in poorer}, probable


def _there(code: str, codes: set[str]) -> str:
    return code if code in codes else _LEAST[code]


@lru_cache(maxsize=20_000)
def read(field: str, text: str) -> Reading:
    """Read a cell of `update_cycle`, `open_type`, `share_type` or `format`."""
    plain = folded(text)
    table = tables()[field]
    if plain in nothing() and plain not in _known(field)[0]:
        return Reading(table["empty"], "guessed", "empty")
    found = _one(field, plain)
    if found is not None:
        return found
    if field == "format":
        return _several(plain)
    bare = _REMARK.sub("", plain).strip()
    if bare and bare != plain and (found := _one(field, bare)) is not None:
        return found._replace(how="mapped" if found.how == "given" else found.how, reason="remark_dropped")
    return _probable(field, plain)


def _one(field: str, plain: str) -> Reading | None:
    given, exact, probable = _known(field)
    if plain in given:
        return Reading(given[plain], "given", "")
    if plain in exact:
        return Reading(exact[plain], "mapped", "spelling")
    if plain in probable:
        return Reading(probable[plain], "guessed", "probable")
    return None


def _probable(field: str, plain: str) -> Reading:
    table = tables()[field]
    if any(re.search(pattern, plain) for pattern in table.get("refuse", {}).get("patterns", ())):
        return Reading(None, "refused", "unknown_value")
    codes = {code for code, _label in _CHOICES[field]}
    for pattern, code in table.get("patterns", {}).items():
        if re.search(pattern, plain):
            return Reading(_there(code, codes), "guessed", "pattern")
    return Reading(None, "refused", "unknown_value")


def _several(plain: str) -> Reading:
    """Read a cell that names formats, one or many, as a list in whatever writing."""
    if (coded := _probable("format", plain)).value is not None:
        return coded
    parts = [part for chunk in _PARTS.split(plain) for part in re.split(r"[,，:：-]", chunk) if part]
    found = [reading for part in parts if (reading := _one("format", part)) is not None]
    values = {reading.value for reading in found}
    if not values:
        reason = "empty" if not parts else "unknown_value"
        return Reading(
            tables()["format"]["empty"] if not parts else None, "guessed" if not parts else "refused", reason
        )
    order = tables()["format"]["priority"]
    value = min(values, key=lambda code: order.index(code) if code in order else len(order))
    if len(values) > 1:
        return Reading(value, "guessed", "several_formats")
    sure = all(reading.how != "guessed" for reading in found)
    return Reading(value, "mapped" if sure else "guessed", "list" if len(parts) > 1 else "spelling")


def yes(text: str) -> bool | None:
    """Read yes or no; None for neither."""
    plain, table = folded(text), tables()["yes"]
    return True if plain in table["exact"] else False if plain in table["no"] else None


def listed_texts(text: str) -> list[str]:
    """Read a list written as text: JSON, a Python list, or parted by commas, semicolons and bars."""
    plain = text.strip()
    if plain.startswith("["):
        try:
            told = json.loads(plain.replace("'", '"'))
        except (ValueError, RecursionError):
            told = None
        if isinstance(told, list):
            return [str(one).strip() for one in told if str(one).strip()]
    return [one.strip() for one in re.split(r"[,，;；、|]", plain.strip("[]")) if one.strip(" '\"")]
