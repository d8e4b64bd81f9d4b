"""The components of a page, as typed values: a page fills them in, `{% part %}` draws them.

Each part names its template; a template of a room writes `{% load ui %}{% part header %}{% part table %}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

Tone = Literal["idle", "running", "good", "warn", "bad", "closed", "plain"]
Query = Mapping[str, str] | Sequence[tuple[str, str]]
"""The query of an address: a mapping, or pairs where a name may stand more than once."""


def pairs_of(query: Query) -> list[tuple[str, str]]:
    """Give a query as pairs."""
    return list(query.items() if isinstance(query, Mapping) else query)


ICONS: dict[str, str] = {
    "idle": "circle-dashed",
    "running": "progress",
    "good": "circle-check",
    "warn": "alert-triangle",
    "bad": "alert-octagon",
    "closed": "circle-x",
    "plain": "",
}
"""The icon of each tone: a colour never stands alone. `plain` says a kind, which is no state: it has neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A component; `template` draws it with the part under the name `part`."""

    template: ClassVar[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge(Part):
    """A state: a word with the icon and colour of its tone. Red (`bad`) is only for what needs a person; what is no
    state but a kind (national, primary key) is `plain`, for the circle of `running` says that something goes on."""

    template: ClassVar[str] = "ui/parts/badge.html"
    label: Any
    tone: Tone = "idle"

    @property
    def icon(self) -> str:
        """Give the icon of the tone."""
        return ICONS[self.tone]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(Part):
    """A link. In tabs and crumbs, `current` marks where one is; `count` stands behind a tab's title."""

    template: ClassVar[str] = "ui/parts/link.html"
    title: Any
    url: str = ""
    icon: str = ""
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Button(Part):
    """A button that says the act and its object. `method="post"` makes a small form of it with `fields` hidden."""

    template: ClassVar[str] = "ui/parts/button.html"
    title: Any
    url: str
    method: Literal["get", "post"] = "get"
    kind: Literal["primary", "plain", "danger"] = "primary"
    icon: str = ""
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Code(Part):
    """A code in monospace with a copy button; `shown` stands for one too long to read, the whole is what is copied."""

    template: ClassVar[str] = "ui/parts/code.html"
    text: str
    shown: str = ""


def _said(thing: Any) -> Any:
    return getattr(thing, "shown", "") or getattr(thing, "title", "") or getattr(thing, "label", "") or thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack(Part):
    """Two values of one cell, the second smaller below the first: what belongs together takes one column."""

    template: ClassVar[str] = "ui/parts/stack.html"
    first: Any
    second: Any = ""

    @property
    def text(self) -> str:
        """Say both on one line, as a file has them."""
        return " · ".join(str(_said(one)) for one in (self.first, self.second) if one)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header(Part):
    """The head of a page: crumbs, title with state and code, a sentence, at most one primary action."""

    template: ClassVar[str] = "ui/parts/header.html"
    title: Any
    crumbs: tuple[Link, ...] = ()
    badge: Badge | None = None
    clock: Part | None = None
    code: Code | None = None
    lead: Any = ""
    action: Button | None = None
    further: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One line of a definition list: `value` may be text, a number, a date or a part."""

    term: Any
    value: Any
    help: Any = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions(Part):
    """A list of terms and their values."""

    template: ClassVar[str] = "ui/parts/definitions.html"
    rows: tuple[Definition, ...]
    title: Any = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty(Part):
    """An empty state: that there is nothing, why, and what to do."""

    template: ClassVar[str] = "ui/parts/empty.html"
    title: Any
    why: Any
    todo: Any = ""
    action: Button | None = None
    icon: str = "inbox"
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table. `order` is the name it sorts by (empty: not sortable); `unit` stands in the heading."""

    title: Any
    numeric: bool = False
    order: str = ""
    unit: Any = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager(Part):
    """Links to the page before and after; pages are reached by key, so there are no page numbers."""

    template: ClassVar[str] = "ui/parts/pager.html"
    previous_url: str = ""
    next_url: str = ""
    note: Any = ""
    sizes: tuple[Link, ...] = ()
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A column's heading as drawn: where its link sorts to, and how it is sorted now ("ascending", "descending", "")."""

    column: Column
    url: str
    sorted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A row that may be chosen: what is sent for it, what it is called, and the codes of what may be done with it."""

    value: str
    label: str
    acts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch(Part):
    """What may be done with the rows that are chosen, and how many may be; `key` is the number of this submission."""

    template: ClassVar[str] = "ui/parts/batch.html"
    acts: tuple[Choice, ...]
    url: str = ""
    key: str = ""
    code: str = "jy"
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One act of a batch."""

    code: str
    title: Any
    danger: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Part):
    """A table. `rows` hold one cell per column (text, number, date or part); `order` is the sort in force ("-name").

    `query` is the query of the page (a mapping, or pairs where a name stands twice), from which sort links are made:
    the address carries the whole state. `marks` stand beside the rows, None for one that cannot be chosen. `code` begins
    the ids of its links, by which the focus is found again when the table was changed in its place.
    """

    template: ClassVar[str] = "ui/parts/table.html"
    caption: Any
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Any]]
    empty: Empty
    order: str = ""
    query: Query = ()
    pager: Pager | None = None
    show_caption: bool = False
    marks: Sequence[Mark | None] = ()
    batch: Batch | None = None
    dense: bool = False
    code: str = ""

    @property
    def headings(self) -> list[Heading]:
        """Give the headings; sorting again by the same column turns the direction, and goes back to the first page."""
        return [self._heading(column) for column in self.columns]

    def _heading(self, column: Column) -> Heading:
        if not column.order:
            return Heading(column=column, url="", sorted="")
        now = {column.order: "ascending", f"-{column.order}": "descending"}.get(self.order, "")
        target = f"-{column.order}" if now == "ascending" else column.order
        kept = [(k, v) for k, v in pairs_of(self.query) if k not in ("cursor", "order")]
        return Heading(column=column, url="?" + urlencode([*kept, ("order", target)]), sorted=now)

    @property
    def lines(self) -> list[list[tuple[Column, Any]]]:
        """Give the cells with their columns. Raises ValueError for a row of the wrong width."""
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]

    @property
    def drawn(self) -> list[tuple[Mark | None, list[tuple[Column, Any]]]]:
        """Give the lines with their marks."""
        marks = self.marks or [None] * len(self.rows)
        return list(zip(marks, self.lines, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A filter in force; `url` is the page without it."""

    title: Any
    value: Any
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chips(Part):
    """The filters in force, each with a link that takes it away."""

    template: ClassVar[str] = "ui/parts/chips.html"
    items: tuple[Chip, ...]
    clear_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tabs(Part):
    """Tabs as links: each is a page of its own with an address."""

    template: ClassVar[str] = "ui/parts/tabs.html"
    label: Any
    items: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field that differs: what it was and what it becomes (None: it was not there)."""

    label: Any
    before: Any
    after: Any

    @property
    def kind(self) -> str:
        """Tell whether the field is new, gone, changed, or the same."""
        if self.before == self.after:
            return "same"
        return "new" if self.before is None else "gone" if self.after is None else "changed"


DIFFERENCES = _("与现行版本的差异")


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences(Part):
    """A table of differences against the live version."""

    template: ClassVar[str] = "ui/parts/differences.html"
    rows: tuple[Difference, ...]
    title: Any = DIFFERENCES


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the reviewer's checklist: the verdict, its evidence, the article it rests on."""

    title: Any
    badge: Badge
    evidence: Any = ""
    article: Any = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review(Part):
    """A review: what is asked on the left, the checklist and the decision on the right, then the next in the queue."""

    template: ClassVar[str] = "ui/parts/review.html"
    differences: Part
    checks: tuple[Check, ...]
    forms: tuple[Any, ...] = ()
    next_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of what happens next: what, on whose desk, by when."""

    title: Any
    who: Any = ""
    when: Any = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation(Part):
    """What was done and what happens next, by when, under which article."""

    template: ClassVar[str] = "ui/parts/confirmation.html"
    title: Any
    code: Code | None = None
    lead: Any = ""
    steps: tuple[Step, ...] = ()
    article: Any = ""
    actions: tuple[Button | Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Part):
    """A notice on the page; the same shape draws flash messages."""

    template: ClassVar[str] = "ui/parts/notice.html"
    title: Any
    tone: Tone = "running"
    text: Any = ""
    article: Any = ""

    @property
    def icon(self) -> str:
        """Give the icon of the tone."""
        return "info-circle" if self.tone in ("running", "idle", "plain") else ICONS[self.tone]
