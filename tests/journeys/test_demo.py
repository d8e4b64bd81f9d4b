"""`jiangyuan demo --once` on a new home, and once more on the same: every step ends well and is proved by an event."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jiangyuan.supervisor.cluster import Cluster
from jiangyuan.supervisor.ports import free_port
from jiangyuan.supervisor.roles import DATABASE

PEOPLE = 1000
ROOT = Path(__file__).parents[2]
STEPS = [
    "population",
    "departments",
    "organization",
    "sources",
    "scan",
    "entries",
    "ingest",
    "check",
    "request",
    "grant",
    "delivery",
    "case",
    "verification",
    "outsider",
    "death",
    "withdrawal",
    "receipt",
]
"""The story in its order; further steps may stand between."""
COUNTED = {
    "departments",
    "sources",
    "scan",
    "entries",
    "ingest",
    "check",
    "request",
    "grant",
    "delivery",
    "verification",
}
BEFORE_THE_MEMORY = {"population", "departments"}
"""On a new home these come before the first act."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def home() -> Iterator[Path]:
    """A home that the account PostgreSQL runs as may enter."""
    place = Path(tempfile.mkdtemp(prefix="jiangyuan-demo-"))
    place.chmod(0o711)
    yield place
    shutil.rmtree(place, ignore_errors=True)


def play(home: Path) -> dict[str, Any]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("JIANGYUAN_")}
    # servers share a port without a word where they can: a platform beside this one must not answer for it
    ports = {"JIANGYUAN_WEB_PORT": str(free_port()), "JIANGYUAN_GATEWAY_PORT": str(free_port())}
    command = [sys.executable, "-m", "jiangyuan.cli", "demo", "--once", "--people", str(PEOPLE), "--home", str(home)]
    answer = subprocess.run(
        command,
        env={**inherited, **ports, "PYTHONPATH": str(ROOT / "src")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-4000:] + answer.stdout[-2000:]
    return json.loads(answer.stdout.splitlines()[-1])


def events(home: Path) -> set[str]:
    """Read the ids of all events out of the memory that the demonstration left."""
    import psycopg

    with (
        Cluster(home) as cluster,
        psycopg.connect(cluster.superuser_dsn(DATABASE)) as connection,
    ):
        return {str(row[0]) for row in connection.execute("SELECT id FROM kernel_event").fetchall()}


def judge(told: dict[str, Any], known: set[str], *, again: bool) -> None:
    assert told["ok"] is True and told["people"] == PEOPLE
    names = [step["name"] for step in told["steps"]]
    assert len(set(names)) == len(names) and [name for name in names if name in STEPS] == STEPS
    for step in told["steps"]:
        assert step["ok"] is True and step["seconds"] >= 0, step
        if step["name"] in COUNTED:
            assert step["rows"] > 0, step
        if again or step["name"] not in BEFORE_THE_MEMORY:
            assert step["event"] in known, step


def test_the_demonstration_plays_and_plays_again(home: Path) -> None:
    first = play(home)
    judge(first, events(home), again=False)
    second = play(home)
    judge(second, events(home), again=True)
    # what stands is found and left: the same catalogue, requests and grants
    rows = [{step["name"]: step["rows"] for step in told["steps"]} for told in (first, second)]
    for name in ("sources", "entries", "request", "grant", "verification"):
        assert rows[0][name] == rows[1][name], name
    assert rows[1]["scan"] == rows[0]["scan"] + 1, "the table by which a source has drifted since"
    receipt = json.loads(Path(second["receipt"]).read_text("utf-8"))
    assert receipt
