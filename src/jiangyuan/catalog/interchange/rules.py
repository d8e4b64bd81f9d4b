"""Pure decisions of interchange: what a row of a file comes to, which relations run in circles, whose record a record is."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from jiangyuan.catalog.interchange import spelling

NAME, SUMMARY, TEXT, SHORT = 200, 4000, 2000, 200
LIMITS = {
    "name": NAME,
    "summary": SUMMARY,
    "share_condition": TEXT,
    "share_basis": TEXT,
    "open_condition": TEXT,
    "code": 100,
    "part_of": 100,
    "address": 2000,
    "department": 120,
    "classification": 20,
}
MOST_ITEMS = 500
CODE = re.compile(r"^[\w./:#-]{1,100}$")
CLASSIFICATION = re.compile(r"^[123]\d{2}\d{3}\d*$")
_TAG = re.compile(r"<\s*[/!a-zA-Z][^>]{0,2000}>?")
_ENTITY = re.compile(r"&(#\d+|#x[0-9a-fA-F]+|[a-zA-Z]{2,10});")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\ufeff]")
_FORMULA = "=+-@＝＋－＠"  # i18n: what begins a formula

Note = tuple[str, str, str, str, str]
"""(how, field, reason, what stood there (cut), what it was taken for): how is mapped, guessed or refused."""


@dataclass(slots=True)
class Checked:
    """What a row comes to: the fields of an entry, and what was mapped, guessed or refused on the way."""

    content: dict[str, Any] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """Give refused, guessed or good: the worst of its notes."""
        hows = {note[0] for note in self.notes}
        return "refused" if "refused" in hows else "guessed" if "guessed" in hows else "good"

    def note(self, how: str, field: str, reason: str, given: str = "", taken: str = "") -> None:
        """Keep what was made of a cell."""
        self.notes.append((how, field, reason, given[:80], taken[:80]))


class _Text(HTMLParser):
    """Keeps the words of marked-up text; what a script or style holds is no text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._silent += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style") and self._silent > 0

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)


def without_markup(text: str) -> str:
    """Give the words of a text without tags, scripts and entities, blanks folded."""
    reader = _Text()
    try:
        reader.feed(text)
        reader.close()
    except (AssertionError, ValueError):
        return " ".join(_TAG.sub(" ", text).split())
    return " ".join(_TAG.sub(" ", html.unescape(" ".join(reader.words))).split())


def clean(text: str) -> str:
    """Give a cell as it was meant: no control characters, no blanks around, no apostrophe of a neutralised formula."""
    plain = _CONTROL.sub("", text).strip(" \t\r\n\u3000\u00a0")
    return plain[1:] if len(plain) > 1 and plain[0] == "'" and plain[1] in _FORMULA else plain


def check_row(
    cells: Mapping[str, str],
    cut: Mapping[str, int],
    *,
    classification: str,
    asked: Collection[str] = ("update_cycle", "format", "open_type", "share_type"),
) -> Checked:
    """Judge one row: `cells` by field, `cut` the true length of cells too long to be handed on.

    `classification` is the class of those that name none; `asked` are the fields that the file has a column for: what a
    whole file leaves unsaid follows the table of spellings, what one row leaves empty is a guess about that row.
    """
    made = Checked()
    _texts(made, cells, cut)
    name = made.content.get("name", "")
    if not any(c.isalnum() for c in name):
        made.note("refused", "name", "no_name", cells.get("name", ""))
    elif name.isdigit():
        made.note("refused", "name", "name_is_number", name)
    if not made.content.get("summary"):
        made.note("guessed", "summary", "left_empty")
    _coded(made, cells, asked)
    if cells.get("items"):
        items, notes = items_of(cells["items"])
        made.content["items"] = items
        made.notes += notes
    chosen = made.content.pop("classification", "")
    if chosen and not CLASSIFICATION.match(chosen):
        made.note("refused", "classification", "classification", chosen)
    made.content["classification"] = chosen or classification
    return made


def _texts(made: Checked, cells: Mapping[str, str], cut: Mapping[str, int]) -> None:
    for name, most in LIMITS.items():
        text = clean(cells.get(name, ""))
        if not text:
            continue
        if name in cut:
            made.note("refused", name, "too_long", str(cut[name]), str(most))
            continue
        if ("<" in text and _TAG.search(text)) or ("&" in text and _ENTITY.search(text)):
            made.note("mapped", name, "markup_removed", text)
            text = without_markup(text)
        if name in ("name", "department", "code"):
            text = " ".join(text.split())
        if len(text) > most:
            made.note("refused", name, "too_long", str(len(text)), str(most))
            continue
        made.content[name] = text
    for name in ("code", "part_of"):
        if name in made.content and not CODE.match(made.content[name]):
            made.note("refused", name, "code_form", made.content[name])


def _coded(made: Checked, cells: Mapping[str, str], asked: Collection[str]) -> None:
    """Read what is chosen from a list; what a file does not say of sharing follows from what it says of opening."""
    for name in ("update_cycle", "format", "open_type", "share_type"):
        given = clean(cells.get(name, ""))[:200]
        reading = spelling.read(name, given)
        if name == "share_type" and reading.reason == "empty":
            opened = made.content.get("open_type")
            taken = "unconditional" if opened == "unconditional" else "conditional"
            reading = spelling.Reading(taken, "guessed", "share_from_open")
        if reading.how != "given":
            how = reading.how if name in asked or reading.how == "refused" else "mapped"
            made.note(how, name, reading.reason if name in asked else "not_asked", given, reading.value or "")
        made.content[name] = reading.value
        if name == "open_type" and reading.how == "guessed" and reading.reason == "pattern":
            made.content.setdefault("open_condition", given)
    content = made.content
    if content["share_type"] == "conditional" and not content.get("share_condition"):
        content["share_condition"] = content.get("open_condition", "")
    if content["open_type"] == "unconditional" and content["share_type"] == "none":
        made.note("refused", "open_type", "open_not_shared", content["open_type"], content["share_type"])


def items_of(text: str) -> tuple[list[dict[str, Any]], list[Note]]:
    """Read the data items that stand in one cell: JSON objects, or names parted by marks."""
    try:
        told = json.loads(text) if text.lstrip().startswith("[{") else None
    except (ValueError, RecursionError):
        told = None
    given: Sequence[Any] = told if isinstance(told, list) else spelling.listed_texts(text)
    if len(given) > MOST_ITEMS:
        return [], [("refused", "items", "too_many_items", str(len(given)), str(MOST_ITEMS))]
    found, notes = [], []
    for one in given:
        cells = {k: str(v) for k, v in one.items()} if isinstance(one, Mapping) else {"name": str(one)}
        item, faults = check_item(cells)
        notes += [("refused", "items", reason, what[:80], "") for reason, what in faults]
        found.append(item)
    columns = [item["column"] for item in found]
    if twice := next((c for c in columns if columns.count(c) > 1), ""):
        notes.append(("refused", "items", "item_twice", twice[:80], ""))
    return found, notes


def check_item(cells: Mapping[str, str]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Judge one data item; gives it with its faults as (reason, what stood there)."""
    faults: list[tuple[str, str]] = []
    name = " ".join(without_markup(clean(cells.get("name", ""))).split())
    column = clean(cells.get("column", "")) or name
    if not name or len(name) > NAME or len(column) > SHORT:
        faults.append(("item_name", name[:40] or column[:40]))
    grade = clean(cells.get("grade", "")).removesuffix("级") or "1"  # i18n: as typed in the template
    if grade not in ("1", "2", "3", "4"):
        faults.append(("item_grade", grade))
    marks = {key: spelling.yes(clean(cells.get(key, ""))) for key in ("personal", "shareable", "key")}
    faults += [("item_mark", cells[key]) for key, value in marks.items() if value is None]
    item = {
        "name": name[:NAME],
        "column": column[:SHORT],
        "type": clean(cells.get("type", ""))[:SHORT] or "text",
        "grade": int(grade) if grade.isdigit() and len(grade) == 1 else 1,
        "personal": bool(marks["personal"]),
        "shareable": bool(marks["shareable"]) or not clean(cells.get("shareable", "")),
        "key": bool(marks["key"]),
        "description": clean(cells.get("description", ""))[:1000],
    }
    return item, faults


def circles(parents: Mapping[str, str]) -> dict[str, list[str]]:
    """Give for each code that lies on a circle of `part_of` the circle, beginning with itself."""
    found: dict[str, list[str]] = {}
    done: set[str] = set()
    for start in parents:
        path: list[str] = []
        places: dict[str, int] = {}
        here = start
        while here in parents and here not in done and here not in places:
            places[here] = len(path)
            path.append(here)
            here = parents[here]
        if here in places:
            circle = path[places[here] :]
            for n, code in enumerate(circle):
                found[code] = [*circle[n:], *circle[:n]]
        done.update(path)
    return found


def comes_from(chain: Iterable[str], own: str) -> bool:
    """Tell whether a record has been in this node before: harvesting it again would go round in a circle."""
    return own in {spelling.folded(one) for one in chain} or own in set(chain)


def longer_chain(chain: Sequence[str], own: str) -> list[str]:
    """Give the origin chain of what this node hands on: where it came from, then this node; each once."""
    return [*dict.fromkeys(one for one in chain if one != own), own]
