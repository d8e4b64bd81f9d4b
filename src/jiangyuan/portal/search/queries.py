"""What an actor finds: from the index, read again through `visible_to`; from the database while there is no index."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db import connection
from django.db.models import Q
from tantivy import Searcher

from jiangyuan.kernel.actor import Actor
from jiangyuan.portal.search import finding, index, visibility
from jiangyuan.portal.search.documents import BY_LABEL, SEARCHED
from jiangyuan.portal.search.finding import Facets, Hit
from jiangyuan.portal.search.folding import fold
from jiangyuan.portal.search.shape import Document

PAGE, DEEPEST = 20, 50
"""Hits of a page, and the last page: who has not found it by then searches with other words."""
MATCHES = 1000
"""Most entries that the words of the catalogue's own list give."""
LATE = 60
"""Seconds behind the memory after which the index is held to be stale."""
ASKED_AGAIN = 5.0
DIRECT = 10
"""Most things of a kind that are found without an index."""
SUGGESTED, _OF_A_KIND = 40, 4


@dataclass(slots=True)
class Results:
    """One page of what was found. `near`: nothing fits wholly, these come close; `direct`: without the index."""

    hits: list[Hit]
    page: int = 1
    more: bool = False
    near: bool = False
    direct: bool = False


@dataclass(slots=True)
class Counts:
    """How many things were found, and how many of them by facet and value."""

    total: int = 0
    facets: dict[str, list[tuple[str, int]]] = field(default_factory=dict)


def still_visible(actor: Actor, found: Iterable[Hit]) -> list[Hit]:
    """Keep the hits whose rows the actor may see now, in their order; of one thing only the first."""
    found = list(found)
    wanted: dict[str, list[UUID]] = defaultdict(list)
    for hit in found:
        wanted[hit.label].append(UUID(hit.pk))
    seen = set()
    for label, pks in wanted.items():
        rows = BY_LABEL[label].model.visible_to(actor).filter(pk__in=pks)
        seen |= {(label, str(pk)) for pk in rows.values_list("pk", flat=True)}
    kept: dict[tuple[str, str], Hit] = {}
    for hit in found:
        if (hit.label, hit.pk) in seen:
            kept.setdefault((hit.label, hit.pk), hit)
    return list(kept.values())


def as_told(actor: Actor, found: Iterable[Hit]) -> list[Hit]:
    """Read hits again from their tables, as this actor may know them now; who may not know one does not get it."""
    kept = still_visible(actor, found)
    wanted: dict[str, list[UUID]] = defaultdict(list)
    for hit in kept:
        wanted[hit.label].append(UUID(hit.pk))
    told = {
        (one.label, str(one.pk)): one
        for label, pks in wanted.items()
        for one in _opened(actor, BY_LABEL[label].of(pks))
    }
    return [replace(hit, document=told[hit.label, hit.pk]) for hit in kept if (hit.label, hit.pk) in told]


def _opened(actor: Actor, documents: Iterable[Document]) -> list[Document]:
    held = set(visibility.tokens(actor))
    return [one for one in documents if held & set(one.who) and not held & set(one.hidden_from)]


def search(actor: Actor, text: str, *, facets: Facets | None = None, page: int = 1) -> Results:
    """Find everything that the words fit; where nothing does, what comes near. Pages count from 1, at most `DEEPEST`."""
    searcher = usable()
    if searcher is None:
        return Results(_in_database(actor, text, (facets or {}).get("kind", ())), direct=True)
    page = max(1, min(page, DEEPEST))
    for near, make in ((False, finding.wording), (True, finding.nearly)):
        query = make(text)
        narrowed = finding.seen_by(actor, query, facets) if query is not None else None
        if narrowed is None:
            return Results([])
        found = finding.hits(searcher, narrowed, limit=PAGE + 1, offset=(page - 1) * PAGE)
        if found:
            more = len(found) > PAGE and page < DEEPEST
            return Results(as_told(actor, found[:PAGE]), page, more, near)
    return Results([])


def counts(actor: Actor, text: str, *, facets: Facets | None = None, near: bool = False) -> Counts:
    """Count what `search` finds by facet; a facet that is narrowed shows what its other values would give.

    `near`: count what comes near, as `search` says it had to. A second answer, so that the hits need not wait for it.
    """
    searcher, facets = usable(), facets or {}
    query = (finding.nearly if near else finding.wording)(text)
    narrowed = finding.seen_by(actor, query, facets) if searcher is not None and query is not None else None
    if searcher is None or query is None or narrowed is None:
        return Counts()
    free = [name for name in finding.FACETS if not facets.get(name)]
    found = finding.counted(searcher, narrowed, list(dict.fromkeys(["kind", *free])))
    total = sum(count for _kind, count in found["kind"])
    for name in finding.FACETS:
        if facets.get(name):
            others = finding.seen_by(actor, query, {key: kept for key, kept in facets.items() if key != name})
            found |= finding.counted(searcher, others, [name]) if others is not None else {}
    return Counts(total, found)


def suggest(actor: Actor, text: str) -> list[Hit]:
    """Give what the beginning of a word may mean, at most four of a kind, kinds in the order of their best."""
    searcher = usable()
    if searcher is None:
        return []
    found = begun(searcher, actor, text)
    by_label: dict[str, list[Hit]] = defaultdict(list)
    for hit in found:
        if len(by_label[hit.label]) < _OF_A_KIND:
            by_label[hit.label].append(hit)
    chosen = [hit for group in by_label.values() for hit in group]
    return still_visible(actor, chosen)


def begun(searcher: Searcher, actor: Actor, text: str) -> list[Hit]:
    """Give what the index suggests for a beginning, as many as a list is chosen from."""
    return finding.suggested(searcher, actor, text, limit=SUGGESTED, enough=_OF_A_KIND)


def near_names(actor: Actor, text: str, *, limit: int = 5) -> list[str]:
    """Give names that come near to the words, of things the actor may see: what he may have meant."""
    searcher, query = usable(), finding.nearly(text)
    narrowed = finding.seen_by(actor, query) if searcher is not None and query is not None else None
    if searcher is None or narrowed is None:
        return []
    found = still_visible(actor, finding.hits(searcher, narrowed, limit=limit * 2))
    return list(dict.fromkeys(hit.name for hit in found))[:limit]


def entries_by_words(actor: Actor, text: str) -> list[UUID] | None:
    """Give the entries that words fit, the best `MATCHES` at most; None while there is no index to ask."""
    searcher = usable()
    if searcher is None or actor.kind != "person":
        return None
    query = finding.wording(text)
    narrowed = finding.seen_by(actor, query, {"kind": ["entry"]}) if query is not None else None
    if narrowed is None:
        return []
    return [UUID(pk) for pk in finding.keys(searcher, narrowed, limit=MATCHES)]


# --- without an index -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Freshness:
    asked: float = 0.0
    fresh: bool = False
    generation: str = ""


_freshness = _Freshness()


def usable() -> Searcher | None:
    """Give a searcher over an index that follows the memory; None for none, or one that was left behind."""
    searcher = index.reader.searcher()
    if searcher is None:
        return None
    generation, now = str(index.current()), time.monotonic()
    if generation != _freshness.generation or now - _freshness.asked > ASKED_AGAIN:
        _freshness.fresh = _follows(searcher)
        _freshness.asked, _freshness.generation = now, generation
    return searcher if _freshness.fresh else None


def _follows(searcher: Searcher) -> bool:
    place = index.place_of(searcher)
    if place is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM kernel_event WHERE (xid, id) > (%s, %s)"
            " AND at < now() - make_interval(secs => %s))",
            [place.xid, place.event, LATE],
        )
        return not cursor.fetchone()[0]  # type: ignore[index]


_NAMED: Mapping[str, Sequence[str]] = {
    "entries.entry": ("known_name", "known_summary", "name", "summary", "code"),
    "sharing.request": ("entry__known_name",),
    "sharing.grant": ("entry__known_name",),
    "delivery.delivery": ("grant__entry__known_name",),
    "sources.source": ("name",),
    "sources.scannedtable": ("comment", "name"),
    "organization.body": ("name", "short_name"),
    "organization.applicationsystem": ("name", "code"),
    "organization.person": ("name", "username"),
}


def _in_database(actor: Actor, text: str, kinds: Sequence[str]) -> list[Hit]:
    """Find by parts of names in the tables themselves, a few of each kind."""
    terms = [term for term in fold(text).split()[:8] if term]
    if not terms or actor.kind != "person":
        return []
    found: list[Hit] = []
    for searched in SEARCHED:
        if kinds and searched.code not in kinds:
            continue
        where = Q()
        for term in terms:
            named = [Q(**{f"{name}__icontains": term}) for name in _NAMED[searched.label]]
            one = named[0]
            for other in named[1:]:
                one |= other
            where &= one
        pks = list(searched.model.visible_to(actor).filter(where).values_list("pk", flat=True)[:DIRECT])
        found += _fitting(actor, searched.of(pks), terms) if pks else []
    return found


def _fitting(actor: Actor, documents: Iterable[Document], terms: Sequence[str]) -> list[Hit]:
    """Make hits of documents as this actor may see them; words that stand only in what he may not see find nothing."""
    found = []
    for one in _opened(actor, documents):
        text = fold(" ".join((one.name, one.about, one.body_name, *one.codes)))
        if all(term in text for term in terms):
            found.append(Hit(one.label, str(one.pk), one.name, one.body_name, one.url, one))
    return found
