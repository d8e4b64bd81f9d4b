"""Keeping the index: built from the tables, then following the memory, batch by batch.

One writer a host: the worker that holds the lock of the index. Every batch is committed together with its place in the
memory, so whatever is killed is gone on with where the index itself says.
"""

from __future__ import annotations

import fcntl
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from uuid import UUID

from django.db import connection

from jiangyuan.catalog.entries.models import Entry
from jiangyuan.kernel import events
from jiangyuan.kernel.models import Event, Record
from jiangyuan.portal.search import index
from jiangyuan.portal.search.documents import BY_LABEL, FOLLOWS, SEARCHED, Searched
from jiangyuan.portal.search.index import Place, Writer

log = logging.getLogger("jiangyuan.search")
BATCH = 500
PIECE = 2000
TOGETHER = frozenset({"catalog.entry.taken_over", "catalog.entry.drafted_many", "catalog.entry.redrafted_many"})
"""Events of acts that make or change many entries at once and name at most their body."""
AT_ONCE = timedelta(minutes=5)
RESTING = 5.0
"""Seconds after which a place that moved over events of no interest is kept as well."""


class Busy(Exception):
    """Somebody else on this host is building the index."""


@contextmanager
def _alone() -> Iterator[None]:
    index.root().mkdir(parents=True, exist_ok=True)
    with (index.root() / "building.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise Busy from exc
        yield


def _newest() -> Place:
    """Give the place below which everything is committed: what was done later is followed afterwards."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1")
        return Place(int(cursor.fetchone()[0]), UUID(int=2**128 - 1))  # type: ignore[index]


def rebuild(say: Callable[[str], None] = lambda line: None) -> int:
    """Build the index anew beside the one in use, and put it in its place. Returns how many documents it holds.

    Raises `Busy` while another process builds. A builder that dies leaves the index in use as it was.
    """
    with _alone():
        index.sweep(keep=index.current())
        folder = index.new_generation()
        place = _newest()
        writer, count = Writer(folder, building=True), 0
        for searched in SEARCHED:
            made = writer.add(searched.all())
            say(f"{searched.title} {made}")
            count += made
        writer.commit(place)
        writer.close()
        index.put_in_use(folder)
    return count


def _made_together(event: Event) -> list[UUID]:
    """Give the entries that one act made or changed, up to thousands, without naming each: those of its time."""
    made = Entry.objects.filter(updated_at__range=(event.at - AT_ONCE, event.at + AT_ONCE))
    if body := event.payload.get("body"):
        made = made.filter(body_id=body)
    return list(made.values_list("pk", flat=True))


class Follower:
    """Follows the memory into the index in use; makes the index when there is none."""

    def __init__(self) -> None:
        self._writer: Writer | None = None
        self._place = Place()
        self._kept = 0.0

    def step(self) -> int:
        """Follow what was remembered since the last step. Returns how many events that were."""
        folder = index.current()
        if folder is None or index.rebuild_asked():
            self.close()
            with suppress(Busy):
                log.info("index built: %s documents", rebuild())
                index.rebuild_asked(done=True)
            return 0
        if self._writer is None or self._writer.folder != folder:
            self.close()
            if not self._open(folder):
                return 0
        done = 0
        while found := events.committed_after(self._place.xid, self._place.event, limit=BATCH):
            self._follow(found)
            done += len(found)
        return done

    def close(self) -> None:
        """Let the index go."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _open(self, folder: index.Path) -> bool:
        try:
            self._writer = Writer(folder)
        except ValueError:  # another worker of this host writes
            return False
        searcher = index.open_index(folder).searcher()
        place = index.place_of(searcher)
        self._place, self._kept = place or Place(), time.monotonic()
        return True

    def _follow(self, found: list[Event]) -> None:
        assert self._writer is not None
        touched: dict[str, set[UUID]] = defaultdict(set)
        for event in found:
            if event.object_id is not None and event.object_type in FOLLOWS:
                touched[event.object_type].add(event.object_id)
            elif event.type in TOGETHER:
                touched["entries.entry"].update(_made_together(event))
        for label, pks in touched.items():
            for model, where in FOLLOWS[label](list(pks)).items():
                self._put(model, where, pks if model._meta.label_lower == label else set())
        self._place = Place(found[-1].xid, found[-1].pk)
        if touched or time.monotonic() - self._kept > RESTING:
            self._writer.commit(self._place)
            self._kept = time.monotonic()

    def _put(self, model: type[Record], where: object, named: set[UUID]) -> None:
        """Put rows in again; of those named, one that is gone is taken out."""
        assert self._writer is not None
        searched: Searched = BY_LABEL[model._meta.label_lower]
        pks = list(model._default_manager.filter(where).values_list("pk", flat=True).distinct())  # type: ignore[arg-type]
        wanted = list({*pks, *named})
        for at in range(0, len(wanted), PIECE):
            piece = wanted[at : at + PIECE]
            self._writer.put(searched.label, piece, searched.of(piece))
