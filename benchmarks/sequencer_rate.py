"""How fast the sequencer gives leaves to acts, and how long after its commit an act is under a signed head.

Measured on a durable embedded PostgreSQL (fsync on): a backlog of acts, then acts arriving at a steady rate while the
sequencer runs. The acts are written set-based, so that the writer is not what is measured.
"""

import os
import sys
import tempfile
import threading
import time
from pathlib import Path

import psycopg
from _bench import arguments, median_of_runs, percentile, report, say

from jiangyuan.supervisor.cluster import Cluster
from jiangyuan.supervisor.roles import bootstrap

WRITE = """
INSERT INTO kernel_event (id, at, type, actor_kind, actor_id, object_type, object_id, canonical)
SELECT gen_random_uuid(), now(), 'sharing.granted', 'person', gen_random_uuid(), 'sharing.grant', gen_random_uuid(),
    convert_to('{"at":"' || now() || '","payload":{"text":"' || repeat('x', 520) || n || '"}}', 'UTF8')
FROM generate_series(1, %s) n
"""


def write(url: str, acts: int) -> None:
    """Write a backlog in one transaction."""
    with psycopg.connect(url) as connection:
        connection.execute(WRITE, [acts])


def steady(url: str, rate: int, seconds: float) -> None:
    """Write acts in transactions of twenty, at `rate` acts a second."""
    with psycopg.connect(url, autocommit=True) as connection:
        began, written = time.perf_counter(), 0
        while (now := time.perf_counter() - began) < seconds:
            if written < now * rate:
                connection.execute(WRITE, [20])
                written += 20
            else:
                time.sleep(0.002)


def lags(url: str) -> list[float]:
    """Give, for each act, the seconds from its writing to the first head over it."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT extract(epoch FROM (SELECT min(h.at) FROM kernel_tree_head h WHERE h.size > l.index) - e.at)"
            " FROM kernel_leaf l JOIN kernel_event e ON e.id = l.event"
        ).fetchall()
    return [float(row[0]) for row in rows]


def prepare(home: Path, cluster: Cluster) -> dict[str, str]:
    """Migrate a new platform database and connect this process to it as the application."""
    urls = bootstrap(cluster, home=home)
    os.environ.update({f"JIANGYUAN_{name.upper()}": url for name, url in urls.items()})
    os.environ["JIANGYUAN_HOME"] = str(home / "platform")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiangyuan.settings")
    os.environ["JIANGYUAN_DATABASE_URL"] = urls["owner_url"]
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    return urls


def drain() -> None:
    """Sequence until nothing is left."""
    from jiangyuan.kernel import evidence

    while evidence.sequence_once():
        pass


def backlog_rate(url: str, acts: int, runs: int) -> float:
    """Give the acts sequenced in a second, from a backlog, median of the runs."""
    times = []
    for _run in range(runs):
        write(url, acts)
        times.append(median_of_runs(drain, runs=1, label=f"backlog of {acts}"))
    return acts / percentile(times, 0.5)


def steady_lags(urls: dict[str, str], rate: int, seconds: float) -> list[float]:
    """Give the seconds from writing to signed head while acts arrive steadily; the log is emptied first."""
    from jiangyuan.kernel import evidence, witness

    with psycopg.connect(urls["owner_url"], autocommit=True) as owner:
        owner.execute("TRUNCATE kernel_event, kernel_leaf, kernel_tree_node, kernel_tree_head")
    witness.heads_file().unlink()
    say(f"steadily {rate} acts/s for {seconds:.0f} s")
    writer = threading.Thread(target=steady, args=(urls["database_url"], rate, seconds))
    writer.start()
    while writer.is_alive():
        if not evidence.sequence_once():
            time.sleep(0.02)
    writer.join()
    drain()
    return lags(urls["owner_url"])


def check_rate() -> float:
    """Give the acts that a check of the whole log reads and computes again in a second."""
    from jiangyuan.kernel import evidence

    began = time.perf_counter()
    return evidence.verify_log().events / (time.perf_counter() - began)


def main() -> int:
    """Run the benchmark; the goal is 2,000 acts a second, in a backlog and steadily with a lag below one second."""
    options = arguments(__doc__ or "", acts=50_000, rate=2_000, seconds=10.0, runs=3)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        # PostgreSQL runs under an account of its own when this runs as root
        home.chmod(0o711)
        with Cluster(home) as cluster:
            urls = prepare(home, cluster)
            backlog = backlog_rate(urls["database_url"], options.acts, options.runs)
            waited = steady_lags(urls, options.rate, options.seconds)
            figures = {
                "backlog_acts_per_second": round(backlog),
                "steady_acts_per_second": round(len(waited) / options.seconds),
                "lag_p50_seconds": round(percentile(waited, 0.5), 3),
                "lag_p95_seconds": round(percentile(waited, 0.95), 3),
                "check_acts_per_second": round(check_rate()),
            }
            from django.db import connections

            connections.close_all()
    met = backlog >= options.rate and figures["lag_p95_seconds"] < 1.0
    goal = f"{options.rate} acts/s in a backlog and steadily, p95 from commit to signed head < 1 s"
    return report(
        bench="sequencer_rate", figures=figures, goal=goal, met=met, distributions=("cryptography", "psycopg")
    )


if __name__ == "__main__":
    sys.exit(main())
