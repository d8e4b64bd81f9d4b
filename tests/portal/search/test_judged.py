"""Recall on fifty judged queries over real catalogue entries: a sample of them, which the benchmark does over all."""

import csv
import gzip
import os
import tomllib
from collections import defaultdict
from pathlib import Path
from uuid import UUID

import pytest

from jiangyuan.kernel.actor import Actor
from jiangyuan.portal.search import finding, index
from jiangyuan.portal.search.shape import Document
from jiangyuan.portal.search.visibility import GOVERNMENT

FOLDER = Path(os.environ.get("JIANGYUAN_REFERENCE", Path(__file__).parents[4] / "shared" / "reference"))
REFERENCE = FOLDER / "catalogue_entries.csv.gz"
JUDGED = tomllib.loads(Path(__file__).with_name("judged.toml").read_text("utf-8"))["query"]
ASKER = Actor(kind="person", id=UUID(int=1), name="", body=UUID(int=2), capacity="business_office")
EACH = 10
"""One of how many real entries stands in the sample, besides those that were judged."""


def sample() -> list[Document]:
    wanted = {name for one in JUDGED for name in one["finds"]}
    with gzip.open(REFERENCE, "rt", encoding="utf-8") as lines:
        rows = [row for n, row in enumerate(csv.DictReader(lines)) if n % EACH == 0 or row["title"] in wanted]
    return [
        Document(
            label="entries.entry",
            pk=UUID(int=n + 1),
            kind="entry",
            name=row["title"][:200],
            about=row["description"],
            body_name=row["department"],
            who=[GOVERNMENT],
        )
        for n, row in enumerate(rows)
    ]


def ten_best(searcher, typed: str) -> list[str]:
    for make in (finding.wording, finding.nearly):
        found = finding.hits(searcher, finding.seen_by(ASKER, make(typed)), limit=10)
        if found:
            return [hit.name for hit in found]
    return []


def test_fifty_queries_are_judged_each_by_names() -> None:
    assert len(JUDGED) == 50 and len({one["typed"] for one in JUDGED}) == 50
    assert all(one["finds"] and one["how"] for one in JUDGED)


@pytest.mark.skipif(
    not REFERENCE.is_file() and not os.environ.get("CI"), reason="no reference data beside the repository"
)
def test_what_was_judged_is_among_the_ten_best(tmp_path) -> None:
    writer = index.Writer(tmp_path, building=True)
    writer.add(sample())
    writer.commit(index.Place())
    writer.close()
    searcher = index.open_index(tmp_path).searcher()
    recall: dict[str, list[float]] = defaultdict(list)
    missed = {}
    for one in JUDGED:
        found = ten_best(searcher, one["typed"])
        missed[one["typed"]] = [name for name in one["finds"] if name not in found]
        recall[one["how"]].append(1 - len(missed[one["typed"]]) / len(one["finds"]))
    told = {typed: names for typed, names in missed.items() if names}
    all_of_them = [value for values in recall.values() for value in values]
    assert sum(all_of_them) / len(all_of_them) >= 0.95, told
    assert all(sum(values) / len(values) >= 0.75 for values in recall.values()), told
