"""A capture process of its own, for tests that kill it: `python capture_process.py SOURCE TARGET PLATFORM [KILL_AT]`.

It journals into PLATFORM durably, and kills itself at the KILL_AT-th moment of its work, wherever that falls.
"""

import os
import signal
import sys
import time
from pathlib import Path
from unittest.mock import patch

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiangyuan.settings")
os.environ["JIANGYUAN_EGRESS_ALLOW"] = "127.0.0.1"
sys.path[:0] = [str(Path(__file__).parents[2] / "src"), str(Path(__file__).parents[1] / "data" / "movement")]

import django  # noqa: E402

django.setup()

import psycopg  # noqa: E402
from road import Grants, Road  # noqa: E402  # pyright: ignore[reportMissingImports]

from jiangyuan.data import plan as plans  # noqa: E402
from jiangyuan.data.movement import apply, lanes  # noqa: E402
from jiangyuan.data.relations import Column, Mask  # noqa: E402

COLUMNS = [Column("id", "integer"), Column("name", "text", Mask("name")), Column("version", "bigint")]


class DurableJournal:
    """Writes a row per batch and waits for it to be on disk."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.connection: psycopg.Connection | None = None

    def _write(self, *line: object) -> None:
        if self.connection is None or self.connection.closed:
            self.connection = psycopg.connect(self.dsn, autocommit=True)
            self.connection.execute(
                "CREATE TABLE IF NOT EXISTS journal (id bigserial, moment text, lsn bigint, rows bigint, digest text)"
            )
        self.connection.execute("INSERT INTO journal (moment, lsn, rows, digest) VALUES (%s, %s, %s, %s)", line)

    def started(self, subscription, lsn, rows) -> None:
        self._write("started", lsn, rows, None)

    def finished(self, subscription, lsn, rows, digest) -> None:
        self._write("finished", lsn, rows, digest)

    def failed(self, subscription, error) -> None:
        self._write("failed", None, None, type(error).__name__)


def killing(at: int):
    """Count the moments at which the process may die, and die at the chosen one."""
    count = 0

    def moment() -> None:
        nonlocal count
        count += 1
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)

    return moment


def main() -> None:
    source, target, platform, *rest = sys.argv[1:]
    grants = Grants()
    plans.register_resolver(grants.resolve)
    moment = killing(int(rest[0]) if rest else 0)
    for owner, name in [
        (apply.Target, "write"),
        (apply.Target, "commit"),
        (apply.Target, "advance"),
        (apply.Target, "load"),
        (lanes.Router, "feed"),
        (DurableJournal, "_write"),
    ]:
        original = getattr(owner, name)

        def watched(*words, _original=original, **options):
            moment()
            answer = _original(*words, **options)
            moment()
            return answer

        patch.object(owner, name, watched).start()
    road = Road(source, target, grants, DurableJournal(platform))  # type: ignore[arg-type]
    runner = road.runner(road.subscription("people", columns=COLUMNS), heartbeat=0.2)
    print("started", flush=True)
    while runner.status().running:
        time.sleep(0.2)


if __name__ == "__main__":
    main()
