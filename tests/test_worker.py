"""The worker as a process: it runs jobs, ends on SIGTERM, and takes up what a killed one left."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

import jiangyuan
from jiangyuan.kernel import jobs

READY = "worker started"


@pytest.fixture
def start(committed, urls, tmp_path):
    """Start workers on the test's database; every one that is left is killed at the end."""
    started = []
    environment = {**os.environ, "PYTHONPATH": str(Path(jiangyuan.__file__).parents[1])}

    def run():
        log = tmp_path / f"worker-{len(started)}.log"
        with log.open("w") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "jiangyuan.worker"], stdout=out, stderr=subprocess.STDOUT, env=environment
            )
        started.append(process)
        _until(lambda: READY in log.read_text(), tell=log.read_text)
        return process, log

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def _until(true, *, seconds=30.0, tell=lambda: ""):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, tell()
        time.sleep(0.05)


def _status(urls, job):
    with psycopg.connect(urls["owner_url"]) as connection:
        row = connection.execute("SELECT status::text FROM procrastinate_jobs WHERE id = %s", [job]).fetchone()
    return row[0] if row else None


@pytest.mark.slow
@pytest.mark.fault
def test_a_worker_runs_jobs_ends_when_told_and_leaves_nothing_when_killed(start, urls):
    process, log = start()
    job = jobs.defer("ingestion.release", source=_source())
    _until(lambda: _status(urls, job) == "succeeded", tell=log.read_text)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0, log.read_text()
    assert "worker stopped" in log.read_text() and "Traceback" not in log.read_text()

    process, log = start()
    with psycopg.connect(urls["owner_url"], autocommit=True) as connection:
        # what a job was doing when its worker was killed
        connection.execute("BEGIN; LOCK TABLE sources_source IN ACCESS EXCLUSIVE MODE")
        job = jobs.defer("ingestion.release", source=_LAST[0], lock="one")
        _until(lambda: _status(urls, job) == "doing", tell=log.read_text)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        connection.execute("COMMIT")
    after = jobs.defer("ingestion.release", source=_LAST[0], lock="one")
    process, log = start()
    _until(lambda: (_status(urls, job), _status(urls, after)) == ("succeeded", "succeeded"), tell=log.read_text)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


_LAST: list[str] = []


def _source() -> str:
    from jiangyuan.organization.models import Body, Jurisdiction
    from jiangyuan.sources.models import Source

    place = Jurisdiction.objects.create(scheme="mca", code="630000", name="青海省", level="province")
    body = Body.objects.create(name="青海省民政厅", short_name="民政厅", alias="civil", jurisdiction=place)
    _LAST[:] = [str(Source.objects.create(body=body, name="库", alias="db", kind="folder", path="x").pk)]
    return _LAST[0]
