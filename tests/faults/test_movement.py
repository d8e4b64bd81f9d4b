"""`kill -9` in the middle of a delivery: nothing lost, nothing doubled, back within five seconds."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from jiangyuan.supervisor.cluster import Cluster, free_port

KILLS = 30
PROCESS = Path(__file__).with_name("capture_process.py")
SAME = "SELECT id, left(name, 1) || '**', version FROM people ORDER BY id"
FOUND = "SELECT id, name, version FROM delivered.people ORDER BY id"


def rows(dsn: str, query: str) -> list[tuple]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query).fetchall()


def wait(true: Callable[[], bool], seconds: float) -> float:
    """Wait until it is true and tell how long that took; a database that is away counts as not yet."""
    began = time.monotonic()
    while True:
        try:
            if true():
                return time.monotonic() - began
        except psycopg.Error:
            pass
        assert time.monotonic() - began < seconds, f"not within {seconds} s"
        time.sleep(0.02)


class Capture:
    """The capture process, started and killed."""

    def __init__(self, source: str, target: str, platform: str) -> None:
        self.places = (source, target, platform)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, kill_at: int = 0) -> None:
        words = [sys.executable, str(PROCESS), *self.places, str(kill_at)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert said or kill_at, "the capture process did not start"

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            if self.process.stdout is not None:
                self.process.stdout.close()


@pytest.fixture
def places(cluster: Cluster) -> Iterator[tuple[str, str, str]]:
    names = ["fault_source", "fault_target", "fault_platform"]
    yield tuple(cluster.create_database(name) for name in names)  # type: ignore[misc]
    with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
        wait(lambda: not rows(cluster.superuser_dsn(), "SELECT 1 FROM pg_replication_slots WHERE active"), 20)
        connection.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots")
    for name in names:
        cluster.drop_database(name)


def change(dsn: str, numbers: random.Random, times: int) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for _time in range(times):
            with connection.transaction():
                for _row in range(numbers.randint(1, 5)):
                    one = numbers.randint(1, 500)
                    if numbers.random() < 0.2:
                        connection.execute("DELETE FROM people WHERE id = %s", [one])
                    else:
                        connection.execute(
                            "INSERT INTO people VALUES (%s, %s, 1) ON CONFLICT (id) DO UPDATE SET version = people.version + 1",
                            [one, numbers.choice("才让卓玛马海明")],
                        )


@pytest.mark.fault
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_thirty_kills_lose_nothing_and_double_nothing(places):
    source, target, platform = places
    numbers = random.Random(20261122)
    with psycopg.connect(source, autocommit=True) as connection:
        connection.execute("CREATE TABLE people (id int PRIMARY KEY, name text, version bigint)")
        connection.execute("INSERT INTO people SELECT n, '王', 0 FROM generate_series(1, 300) n")
    capture = Capture(*places)
    slowest = 0.0
    try:
        for _kill in range(KILLS):
            capture.start(kill_at=numbers.randint(1, 120))
            change(source, numbers, 20)
            # Early kills fall into preparation and copy, later ones into the stream.
            time.sleep(numbers.uniform(0.1, 2.0))
            change(source, numbers, 5)
            time.sleep(0.05)
            capture.kill()
            change(source, numbers, 3)
        # Starting the interpreter is not the delivery's doing, so the clock starts when the process says it has begun.
        for _round in range(3):
            capture.start()
            change(source, numbers, 3)
            slowest = max(slowest, wait(lambda: rows(source, SAME) == rows(target, FOUND), 60))
            capture.kill()
    finally:
        capture.kill()
    assert slowest < 5
    lines = rows(platform, "SELECT moment, lsn, digest FROM journal ORDER BY id")
    finished = [line for line in lines if line[0] == "finished"]
    assert len({lsn for _moment, lsn, _digest in finished}) == len(finished), "a batch was committed twice"
    cursor = rows(target, "SELECT (lsn - '0/0'::pg_lsn)::bigint, digest FROM jiangyuan.delivery")[0]
    assert cursor[0] >= max(lsn for _moment, lsn, _digest in finished)


@pytest.mark.fault
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_killed_postgresql_on_either_side_costs_nothing(places, tmp_path_factory):
    home = tmp_path_factory.mktemp("cluster")
    for folder in [home, *home.parents][:3]:
        folder.chmod(0o711)
    numbers = random.Random(1122)
    with Cluster(home, free_port()) as other:  # the capture must find it again
        shaken = other.create_database("shaken")
        for source, target in [(shaken, places[1]), (places[0], shaken)]:
            with psycopg.connect(source, autocommit=True) as connection:
                connection.execute(
                    "DROP TABLE IF EXISTS people; CREATE TABLE people (id int PRIMARY KEY, name text, version bigint)"
                )
            capture = Capture(source, target, places[2])
            try:
                capture.start()
                change(source, numbers, 20)
                crash(other)
                if source != shaken:
                    change(source, numbers, 20)
                other.start()
                change(source, numbers, 20)
                assert wait(lambda s=source, t=target: rows(s, SAME) == rows(t, FOUND), 20) < 20
            finally:
                capture.kill()


def crash(cluster: Cluster) -> None:
    """Kill the server's first process and wait until the port is silent."""

    pid = cluster.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait(lambda: not cluster.running, 10)
