"""Every read of the catalogue's own tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from jiangyuan.catalog.entries.models import AUTHORITY, Classification, Entry, EntryVersion, FormerCode
from jiangyuan.catalog.entries.proposals import Grader
from jiangyuan.catalog.entries.rules import CYCLE_ORDER as CYCLE_ORDER
from jiangyuan.catalog.entries.rules import Locked as Locked
from jiangyuan.catalog.entries.rules import differences
from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.errors import NotFound

_FIELDS = (
    "name",
    "summary",
    "category",
    "classification",
    "format",
    "update_cycle",
    "share_type",
    "share_condition",
    "share_basis",
    "open_type",
    "open_condition",
    "grade",
    "nature",
    "share_methods",
    "contact",
    "contact_phone",
    "space_scope",
)


def snapshot(entry: Entry) -> dict[str, Any]:
    """Give an entry as a version keeps it: its fields, and its items by column."""
    items = [
        {
            "column": item.column,
            "name": item.name,
            "type": item.type,
            "data_type": item.data_type,
            "length": item.length,
            "scale": item.scale,
            "nullable": item.nullable,
            "element": item.element.code if item.element else "",
            "grade": item.grade,
            "personal": item.personal,
            "sensitive": item.sensitive,
            "shareable": item.shareable,
            "identifies": item.identifies,
            "mask": item.mask,
            "key": item.key,
            "description": item.description,
        }
        for item in entry.items.select_related("element")
    ]
    return {**fields_of(entry), "related": _related(entry), "items": items}


def _related(entry: Entry) -> list[dict[str, str]]:
    """Give the relations of an entry as it stands: kind, id, code and known name of the other entry (关联资源代码)."""
    rows = entry.relations.filter(dropped=False).select_related("to").order_by("kind", "to__code", "to_id")
    return [{"kind": r.kind, "id": str(r.to_id), "code": r.to.code or "", "name": r.to.known_name} for r in rows]


def fields_of(entry: Entry) -> dict[str, Any]:
    """Give the fields of an entry as a version keeps them, without its items."""
    days = {name: day.isoformat() if (day := getattr(entry, name)) else "" for name in ("time_from", "time_to")}
    provider = {"provider": entry.body.name, "provider_code": entry.body.credit_code}
    return {**{name: getattr(entry, name) for name in _FIELDS}, **days, **provider}


PUBLIC = frozenset({"catalog.entry.published", "catalog.entry.withdrawn"})
"""What everybody who sees an entry may read of its trace; how it came about is its own body's and the authority's."""

Problems = Callable[[Sequence[UUID]], Mapping[UUID, int]]


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of open problem of entries: what counts them by entry, how a number of them is said, how and where they are
    mended (`url`: the page for people who may mend them)."""

    count: Problems
    said: Any
    mend: Any
    url: Callable[[Entry], str]


_problems: dict[str, ProblemKind] = {}


def register_problems(name: str, kind: ProblemKind) -> None:
    """Register a kind of open problem (overdue updates, disputes …); they cost points of the score and are told with it."""
    _problems[name] = kind


def problem_kinds() -> Mapping[str, ProblemKind]:
    """Give the kinds of open problems that the rooms count."""
    return _problems


def problems_of(pks: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Give the open problems of entries, by kind; entries without any are left out."""
    found: dict[UUID, dict[str, int]] = {}
    for name, kind in _problems.items():
        for pk, many in kind.count(pks).items():
            if many:
                found.setdefault(pk, {})[name] = many
    return found


Finder = Callable[[Actor, str], "list[UUID] | None"]
_finder: Finder | None = None


def register_finder(find: Finder) -> None:
    """Register what finds entries by words among those the actor may know of (None: it cannot tell now)."""
    global _finder
    _finder = find


_grader: Grader | None = None


def register_grader(grade: Grader) -> None:
    """Register what proposes grades for the columns of a table; without one the elements' own grades are proposed."""
    global _grader
    _grader = grade


def grader() -> Grader | None:
    """Give what proposes grades, if something was registered."""
    return _grader


def entries(*, actor: Actor, text: str = "", body: str = "", state: str = "", share_type: str = "") -> QuerySet[Entry]:
    """Give the entries the actor may know of, narrowed by words and by facets.

    Words are found by the search, its best thousand; without one, in name and summary, or as the beginning of the code.
    """
    found = told(Entry.visible_to(actor), actor).select_related("body")
    if text:
        best = _finder(actor, text) if _finder is not None else None
        found = found.filter(pk__in=best) if best is not None else _with_words(found, actor, text)
    exact = {"body__alias": body, "told_state": state, "known_share_type": share_type}
    return found.filter(**{key: value for key, value in exact.items() if value})


def sees_revision(entry: Entry, actor: Actor) -> bool:
    """Tell whether the actor may see what is being revised: its own body and the authority, nobody else."""
    return actor.kind == "service" or actor.body == entry.body_id or actor.capacity in AUTHORITY


def state_told(entry: Entry, actor: Actor) -> str:
    """Give the state in which the actor knows an entry that is not of `entries`."""
    return entry.state if sees_revision(entry, actor) or not entry.live_version else "published"


def told(rows: QuerySet[Entry], actor: Actor) -> QuerySet[Entry]:
    """Say as `told_state` in which state the actor knows each entry: that one is being revised is its own body's affair."""
    if actor.kind == "service" or actor.capacity in AUTHORITY:
        return rows.annotate(told_state=F("state"))
    public = When(~Q(body_id=actor.body) & Q(live_version__gt=0), then=Value("published"))
    return rows.annotate(told_state=Case(public, default=F("state")))


def _with_words(found: QuerySet[Entry], actor: Actor, text: str) -> QuerySet[Entry]:
    """Find words in the database. What is being revised is found by those alone who may see the revision."""
    own = Q() if actor.capacity in AUTHORITY else Q(body_id=actor.body)
    for word in text.split()[:8]:
        known = Q(known_name__icontains=word) | Q(known_summary__icontains=word)
        revised = (Q(name__icontains=word) | Q(summary__icontains=word)) & own
        former = Exists(FormerCode.objects.filter(entry=OuterRef("pk"), code=word))
        found = found.filter(known | revised | Q(code__startswith=word) | former)
    return found


def by_code(code: str, *, actor: Actor) -> Entry:
    """Give the entry that has a code, or had it until it was reclassified. Raises `NotFound`."""
    rows = entries(actor=actor)
    found = rows.filter(code=code).first() or rows.filter(former_codes__code=code).first()
    if found is None:
        raise NotFound(_("没有代码为“%(code)s”的目录") % {"code": code[:60]}, where="code", mend=_("请核对目录代码。"))
    return found


def classes(*, actor: Actor, under: str = "") -> QuerySet[Classification]:
    """Give the classes of the tree in the order of their codes, all or those below one."""
    rows = Classification.visible_to(actor).order_by("code")
    return rows.filter(code__startswith=under).exclude(code=under) if under else rows


def live(entry: Entry) -> dict[str, Any] | None:
    """Give what the published version says; None for an entry that was never published."""
    if not entry.live_version:
        return None
    return EntryVersion.objects.get(entry=entry, number=entry.live_version).content


def live_items(entry: Entry) -> list[dict[str, Any]]:
    """Give the items that the published version has, as it keeps them; none for an entry without one."""
    content = live(entry)
    return content["items"] if content is not None else []


def item_names(entry: Entry, *, actor: Actor) -> dict[str, str]:
    """Give the items' names by column as the actor may know them: what is being revised is its body's and the authority's,
    everybody else knows what was published."""
    content = None if sees_revision(entry, actor) else live(entry)
    if content is not None:
        return {item["column"]: item["name"] for item in content["items"]}
    return {item.column: item.name for item in entry.items.all()}


def pending_differences(entry: Entry) -> list[dict[str, Any]]:
    """List in what the entry as it is being revised differs from its published version (empty: nothing, or no version)."""
    published = live(entry)
    return differences(published, snapshot(entry)) if published else []
