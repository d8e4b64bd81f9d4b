"""The entries of real open-data catalogues, dirty as found, become drafts: read, normalised, validated, drafted, reported.

83,480 entries of 53 places (34 spellings of a cycle, 148 of openness, 212 of formats, repeated addresses) are handed in
by the authority as one file, checked and drafted as the platform does it: the limited parser, the tables of spellings,
COPY into the batch, drafts in acts of two thousand, each act remembered. Peak memory is that of this process and of its
largest child. The peer is what one writes with Django alone: a loop of `full_clean()` and `save()` per row, measured on
a sample of the same rows with the values already read (so without the parser and the spellings) and extrapolated.
"""

import csv
import gzip
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from _bench import arguments, report, say

REPOSITORY = Path(__file__).resolve().parent.parent
GOAL = "83,480 entries in < 90 s, peak memory < 1 GB"
SECONDS, MEMORY_MB = 90.0, 1024.0
_UNASKED = (
    "drafted_from",
    "assessed_by",
    "assessed_at",
    "submitted_by",
    "return_reasons",
    "published_at",
    "share_methods",
)
"""Fields of later steps, which a draft has not."""


def prepare(home: Path, cluster: Any) -> None:
    """Make a migrated platform in this process."""
    from jiangyuan.supervisor.roles import bootstrap

    urls = bootstrap(cluster, home=home)
    os.environ.update({f"JIANGYUAN_{name.upper()}": url for name, url in urls.items()})
    os.environ.update(JIANGYUAN_HOME=str(home / "platform"), JIANGYUAN_SECRET_KEY="bench", JIANGYUAN_EGRESS_ALLOW="")
    os.environ.update(DJANGO_SETTINGS_MODULE="jiangyuan.settings", JIANGYUAN_LOG_LEVEL="WARNING")
    import django

    from jiangyuan.kernel.config import database_options, settings

    settings.cache_clear()
    django.setup()
    from django.core.management import call_command
    from django.db import connections

    for url in (urls["owner_url"], urls["database_url"]):
        connections["default"].close()
        options = database_options(url)
        connections.databases["default"].update(options)
        connections["default"].settings_dict.update(options)
        if url == urls["owner_url"]:
            call_command("migrate", verbosity=0)


def people() -> tuple[Any, Any]:
    """Found an authority with a handler, and forty departments as the rows name them; gives (actor, authority)."""
    from jiangyuan.kernel.actions import act
    from jiangyuan.kernel.actor import Actor, service_actor
    from jiangyuan.kernel.identifiers import uuid7
    from jiangyuan.organization.models import Jurisdiction

    setup = service_actor("setup")
    place = Jurisdiction.objects.get_or_create(scheme="mca", code="630000", name="青海省", level="province")[0]
    register = {"actor": setup, "jurisdiction": place.code}
    name = "organization.body.register"
    authority = act(name, name="青海省数据局", short_name="数据局", alias="data", is_authority=True, **register)
    for n, title in enumerate(("省统计局", "省民政厅", "市民政局", "市教育局", "市交通运输局", "市文化广电旅游局")):
        act(name, name=title, short_name=title, alias=f"dept{n}", is_authority=False, **register)
    capacities = frozenset({"authority_handler"})
    handler = Actor("person", uuid7(), "经办人", authority.pk, "authority_handler", capacities, place.code)
    return handler, authority


def imported(actor: Any, authority: Any, content: bytes) -> tuple[Any, dict[str, float]]:
    """Hand in, check, let go on and draft; gives the batch and the seconds of each step."""
    from jiangyuan.catalog.interchange import jobs
    from jiangyuan.catalog.interchange.models import ImportBatch
    from jiangyuan.kernel.actions import act

    given = {"body": authority.pk, "otherwise": authority.pk, "name": "catalogue_entries.csv.gz", "kind": "csv"}
    times: dict[str, float] = {}
    begun = time.perf_counter()
    batch = act("catalog.batch.upload", actor=actor, content=content, **given)
    times["hand_in"] = time.perf_counter() - begun
    jobs.check_batch(str(batch.pk))
    times["check"] = time.perf_counter() - begun - sum(times.values())
    act("catalog.batch.proceed", batch.pk, actor=actor)
    jobs.draft_batch(str(batch.pk), str(actor.id))
    times["draft"] = time.perf_counter() - begun - sum(times.values())
    return ImportBatch.objects.get(pk=batch.pk), times


def row_by_row(authority: Any, batch: Any, sample: int) -> float:
    """Save a sample of the same drafts one by one, as one would without a bulk path; gives rows per second."""
    from django.db import transaction

    from jiangyuan.catalog.entries.models import Entry
    from jiangyuan.catalog.interchange.models import ImportRow

    rows = list(ImportRow.objects.filter(batch=batch, verdict__in=batch.wanted).order_by("id")[:sample])
    begun = time.perf_counter()
    for row in rows:
        said = {k: v for k, v in row.content.items() if k not in ("code", "part_of", "address", "items")}
        with transaction.atomic():
            entry = Entry(body=authority, state="draft", origin_id=f"peer-{row.pk}", **said)
            entry.full_clean(exclude=_UNASKED)
            entry.save()
    return len(rows) / (time.perf_counter() - begun)


def peak() -> dict[str, float]:
    """Give the peak resident memory in MB of this process and of its largest child so far."""
    kinds = {"process": resource.RUSAGE_SELF, "largest_child": resource.RUSAGE_CHILDREN}
    return {name: round(resource.getrusage(kind).ru_maxrss / 1024, 1) for name, kind in kinds.items()}


def processor_seconds() -> float:
    """Give the processor time of this process and its children so far; the database's own is not in it."""
    used = [resource.getrusage(kind) for kind in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def repeated(file: Path) -> int:
    """Count how many rows of the file repeat an address, for the reader's sense of the data."""
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        urls = [row["url"] for row in csv.DictReader(lines)]
    return len(urls) - len(set(urls))


def main() -> int:
    """Measure."""
    given = arguments(__doc__ or "", reference=str(REPOSITORY.parent / "shared" / "reference"), sample=3000)
    file = Path(given.reference) / "catalogue_entries.csv.gz"
    if not file.is_file():
        say(f"no reference data at {file.parent}: give --reference")
        return 2
    from jiangyuan.supervisor.cluster import Cluster

    with tempfile.TemporaryDirectory(prefix="jiangyuan-bench-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        with Cluster(home / "postgres") as cluster:
            prepare(home, cluster)
            before = peak()
            actor, authority = people()
            began = processor_seconds()
            batch, times = imported(actor, authority, file.read_bytes())
            used, busy = peak(), processor_seconds() - began
            say(f"{batch.rows} rows: {times}")
            rate = row_by_row(authority, batch, given.sample)
    total = sum(times.values())
    say(f"{batch.drafted} drafts of {batch.rows} rows in {total:.1f} s ({times}); peak {used}")
    by_reason = {f"{how}.{field}.{reason}": count for how, field, reason, count in batch.counts}
    figures = {
        "rows": batch.rows,
        "drafted": batch.drafted,
        "seconds": round(total, 1),
        "processor_seconds": round(busy, 1),
        "seconds_by_step": {name: round(value, 1) for name, value in times.items()},
        "rows_per_second": round(batch.rows / total),
        "peak_mb": used,
        "peak_mb_before": before,
        "verdicts": {"good": batch.good, "guessed": batch.guessed, "refused": batch.refused},
        "by_reason": by_reason,
        "spellings_told": len(batch.spellings),
        "repeated_addresses": repeated(file),
        "times_faster_than_row_by_row": round(batch.rows / rate / total, 1),
    }
    peer = {"sample": given.sample, "rows_per_second": round(rate), "seconds_extrapolated": round(batch.rows / rate, 1)}
    met = total < SECONDS and max(used.values()) < MEMORY_MB
    return report(bench="catalog_import", figures=figures, peers={"django_row_by_row": peer}, goal=GOAL, met=met)


if __name__ == "__main__":
    sys.exit(main())
