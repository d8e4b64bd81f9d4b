"""Search over a million catalogue entries: built, asked, counted, completed and followed, beside two peers in the same run.

The entries stand in the platform's own tables. They are those of real open-data catalogues where a folder of reference
data is given (`--reference`), else made of the field's own words, and come again with places before their names until
there are enough. Half of the variations are drafts, nearly all of bodies the asker does not belong to, so that
visibility costs what it costs. Index, queries and follower are the platform's own. The peers answer the same words over the same rows
and the same visibility: PostgreSQL by `ILIKE '%…%'` over the very table, without pg_trgm, which the embedded server
does not bring; SQLite by FTS5 with its trigram tokenizer, and by `LIKE` where a word is shorter than three characters.

Times are milliseconds of single calls, one at a time: of the wall, and of the processor of the one thread that answers,
by which the goals of the queries are judged. Recall: the share of what fifty judged queries must find that is among the
ten best, over the real entries alone. The peers answer every third query, for ninety seconds each at most; `asked` tells how
many calls that were.
"""

import shutil
import sqlite3
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from _bench import arguments, percentile, report, say
from _catalogue import bodies, fill, is_live, originals, varied
from sequencer_rate import prepare

from jiangyuan.supervisor.cluster import Cluster
from jiangyuan.supervisor.roles import DATABASE

GOALS = {"query": 20.0, "facets": 60.0, "suggest": 10.0}
BUILT, FOLLOWED, BEST = 60.0, 2.0, 10
PATIENCE = 90.0
"""Seconds in which a peer is asked over everything: a peer that answers slowly is measured on fewer calls."""
PAUSE = 1.0
"""Seconds that the worker rests between two looks at the memory."""
JUDGED = Path(__file__).parents[1] / "tests" / "portal" / "search" / "judged.toml"
QUERIES = (
    "常住人口", "低保", "医疗机构", "空气质量 监测", "行政许可", "社会保险", "机动车", "企业登记", "学校", "czrk",
    "不动产登记", "污染源", "公交站点", "残疾人", "财政预算", "食品经营许可", "气象", "信息", "水库", "公民身份号码",
    "统一社会信用代码", "gdp", "婚姻登記", "农机补贴", "307012/", "互助县 幼儿园", "退役军人", "地质灾害隐患点", "驾照", "yljg",
)  # fmt: skip


def milliseconds(
    work: Callable[[str], Any], rounds: int, *, texts: Sequence[str] = QUERIES, patience: float = float("inf")
) -> dict[str, float]:
    """Run every query some rounds after one unmeasured; gives milliseconds of the wall and of this thread's processor.

    `patience`: seconds after which no more is asked; `asked` tells how many calls were measured.
    """
    walls, processors = [], []
    until = time.perf_counter() + patience
    for number in range(rounds + 1):
        for text in texts:
            if walls and time.perf_counter() > until:
                break
            wall, processor = time.perf_counter(), time.thread_time()
            work(text)
            if number:
                walls.append((time.perf_counter() - wall) * 1000)
                processors.append((time.thread_time() - processor) * 1000)
    return {
        "asked": len(walls),
        "p50": round(percentile(walls, 0.5), 2),
        "p95": round(percentile(walls, 0.95), 2),
        "processor_p50": round(percentile(processors, 0.5), 2),
        "processor_p95": round(percentile(processors, 0.95), 2),
    }


def recall(names: Callable[[str], list[str]]) -> float:
    """Give the mean share of what each judged query must find that `names` gives among its ten best."""
    shares = []
    for one in tomllib.loads(JUDGED.read_text("utf-8"))["query"]:
        found = names(one["typed"])
        shares.append(sum(name in found for name in one["finds"]) / len(one["finds"]))
    return round(sum(shares) / len(shares), 3)


# --- the platform -----------------------------------------------------------------------------------------------------


def built() -> dict[str, float]:
    """Build the index from the tables; gives seconds of the wall and of this process's processors."""
    from jiangyuan.portal.search import following

    wall, processor = time.perf_counter(), time.process_time()
    following.rebuild(say)
    return {
        "build_seconds": round(time.perf_counter() - wall, 1),
        "build_processor_seconds": round(time.process_time() - processor, 1),
    }


def asked(actor: Any, rounds: int) -> dict[str, dict[str, float]]:
    """Measure the ten best, seven facets and more, and suggestions; and a whole page read again from the tables."""
    from jiangyuan.portal.search import finding, index, queries

    searcher = index.reader.searcher()
    assert searcher is not None

    def seen(query: Any) -> Any:
        return finding.seen_by(actor, query)

    works: dict[str, Callable[[str], Any]] = {
        "query": lambda text: finding.hits(searcher, seen(finding.wording(text)), limit=BEST),
        "facets": lambda text: finding.counted(searcher, seen(finding.wording(text))),
        "suggest": lambda text: queries.begun(searcher, actor, text[:3]),
        "page_of_twenty_with_tables": lambda text: queries.search(actor, text),
    }
    return {name: milliseconds(work, rounds) for name, work in works.items()}


def own_recall(actor: Any, count: int, folder: Path) -> float:
    """Judge an index of the real entries alone."""
    from jiangyuan.portal.search import finding, index
    from jiangyuan.portal.search.documents import BY_CODE

    searched = BY_CODE["entry"]
    writer = index.Writer(folder, building=True)
    writer.add(searched.documents(list(searched.rows().filter(pk__lte=UUID(int=count)))))
    writer.commit(index.Place())
    writer.close()
    searcher = index.open_index(folder).searcher()

    def names(text: str) -> list[str]:
        for make in (finding.wording, finding.nearly):
            narrowed = finding.seen_by(actor, make(text))  # type: ignore[arg-type]
            if narrowed is not None and (found := finding.hits(searcher, narrowed, limit=BEST)):
                return [hit.name for hit in found]
        return []

    return recall(names)


def followed(actor: Any, rounds: int) -> float:
    """Give the longest time from an act until its change is found, with the worker's pause before it looks."""
    from jiangyuan.kernel.actions import act
    from jiangyuan.kernel.actor import service_actor
    from jiangyuan.portal.search import following, queries

    follower, times = following.Follower(), []
    follower.step()
    for number in range(rounds):
        name = f"冰川观测第{number}站"
        act(
            "organization.body.register",
            actor=service_actor("setup"),
            name=name,
            short_name=name,
            alias=f"glacier{number}",
            jurisdiction="630100",
        )
        began = time.perf_counter()
        follower.step()
        assert name in [hit.name for hit in queries.search(actor, name).hits], "the change is not found"
        times.append(time.perf_counter() - began)
    follower.close()
    return round(max(times) + PAUSE, 2)


# --- the peers --------------------------------------------------------------------------------------------------------


def ilike(connection: psycopg.Connection, text: str, body: UUID, until: UUID) -> list[str]:
    """Ask PostgreSQL for the ten best: the shortest names that hold all terms."""
    terms = text.split()
    where = " AND ".join("(known_name ILIKE %s OR known_summary ILIKE %s)" for _term in terms)
    found = connection.execute(
        f"SELECT known_name FROM entries_entry WHERE {where} AND (live_version > 0 OR body_id = %s) AND id <= %s"
        f" ORDER BY length(known_name) LIMIT {BEST}".encode(),
        [*(f"%{term}%" for term in terms for _twice in range(2)), body, until],
    )
    return [name for (name,) in found]


def trigrams(file: Path, rows: list[Any], count: int, bodies_of: int) -> sqlite3.Connection:
    """Make the table of SQLite: what is not live is a draft of the body of its number."""
    opened = sqlite3.connect(file)
    opened.execute(
        "CREATE VIRTUAL TABLE entry USING fts5(name, summary, live UNINDEXED, body UNINDEXED, tokenize='trigram')"
    )
    opened.executemany(
        "INSERT INTO entry (rowid, name, summary, live, body) VALUES (?, ?, ?, ?, ?)",
        ((n, name, summary, is_live(n, len(rows)), n % bodies_of) for n, name, summary in varied(rows, count)),
    )
    opened.commit()
    return opened


def fts5(opened: sqlite3.Connection, text: str, until: int) -> list[str]:
    """Ask SQLite for the ten best by its own rank; words below three characters it can only look for one by one."""
    terms = text.split()
    quoted = [term.replace('"', "") for term in terms]
    seen = f"(live = 1 OR body = 0) AND rowid <= {until}"
    if all(len(term) >= 3 for term in terms):
        wanted = " ".join(f'"{term}"' for term in quoted)
        found = opened.execute(
            f"SELECT name FROM entry WHERE entry MATCH ? AND {seen} ORDER BY rank LIMIT {BEST}", [wanted]
        )
    else:
        where = " AND ".join("(name LIKE ? OR summary LIKE ?)" for _term in terms)
        likes = [f"%{term}%" for term in terms for _twice in range(2)]
        found = opened.execute(
            f"SELECT name FROM entry WHERE {where} AND {seen} ORDER BY length(name) LIMIT {BEST}", likes
        )
    return [name for (name,) in found]


def peers(dsn: str, home: Path, rows: list[Any], count: int, body: UUID, rounds: int) -> dict[str, Any]:
    """Measure both peers: speed over everything by every third query, as long as patience lasts; recall over the real
    entries by all judged queries."""
    few: dict[str, Any] = {"texts": QUERIES[::3], "patience": PATIENCE}
    everything = UUID(int=2**128 - 1)
    with psycopg.connect(dsn, autocommit=True) as connection:
        postgres = {
            **milliseconds(lambda text: ilike(connection, text, body, everything), rounds, **few),
            "recall": recall(lambda text: ilike(connection, text, body, UUID(int=len(rows)))),
        }
    # another process answers: this thread's processor says nothing
    postgres = {key: value for key, value in postgres.items() if not key.startswith("processor")}
    say(f"postgresql {postgres}")
    opened = trigrams(home / "peer.sqlite3", rows, count, 60)
    sqlite = {
        **milliseconds(lambda text: fts5(opened, text, count), rounds, **few),
        "recall": recall(lambda text: fts5(opened, text, len(rows))),
    }
    opened.close()
    return {"postgresql_ilike": postgres, "sqlite_fts5_trigram": sqlite}


def measured(given: Any, home: Path, dsn: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fill, build, ask, follow; then the peers."""
    from jiangyuan.kernel.actor import Actor

    rows = originals(Path(given.reference))[: given.documents]
    owners = bodies(rows)
    began = time.perf_counter()
    fill(dsn, rows, given.documents, owners)
    say(f"filled in {time.perf_counter() - began:.0f} s")
    asker = Actor(kind="person", id=uuid4(), name="", body=owners[0].pk, capacity="business_office")
    figures: dict[str, Any] = {"documents": given.documents, **built()}
    say(str(figures))
    figures |= asked(asker, given.rounds)
    say(str(figures))
    (home / "real").mkdir()
    figures["recall"] = own_recall(asker, len(rows), home / "real")
    figures["followed_seconds"] = followed(asker, 5)
    say(str(figures))
    return figures, peers(dsn, home, rows, given.documents, owners[0].pk, given.peer_rounds)


def main() -> int:
    """Measure."""
    given = arguments(__doc__ or "", documents=1_000_000, rounds=10, reference="../shared/reference", peer_rounds=1)
    home = Path(tempfile.mkdtemp(prefix="jiangyuan-bench-"))
    home.chmod(0o711)
    try:
        with Cluster(home) as cluster:
            prepare(home, cluster)
            figures, others = measured(given, home, cluster.superuser_dsn(DATABASE))
            from django.db import connections

            connections.close_all()
        for name, peer in others.items():
            figures[f"times_faster_than_{name}_p50"] = round(peer["p50"] / figures["query"]["p50"], 1)
        met = all(figures[name]["processor_p95"] < goal for name, goal in GOALS.items())
        met = met and figures["build_seconds"] < BUILT and figures["followed_seconds"] < FOLLOWED
        goals = ", ".join(f"{name} < {goal:g}" for name, goal in GOALS.items())
        return report(
            bench="catalog_search",
            figures=figures,
            peers=others,
            goal=f"p95 in milliseconds of one processor: {goals}; built < {BUILT:g} s, followed < {FOLLOWED:g} s",
            met=met,
            distributions=("tantivy", "rjieba", "psycopg"),
        )
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
