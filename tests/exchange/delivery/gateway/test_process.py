"""The gateway as the supervisor starts it: a process of its own that knows its own URL and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from tests.exchange.gateway_rig import ZHANG, Rig

from jiangyuan.exchange.delivery.client import call, verify
from jiangyuan.supervisor.ports import free_port
from jiangyuan.supervisor.programs import granian

HIDDEN = {"JIANGYUAN_DATABASE_URL": "", "JIANGYUAN_OWNER_URL": "", "JIANGYUAN_READER_URL": ""}


@pytest.mark.slow
def test_it_starts_answers_survives_a_kill_and_ends(rig: Rig) -> None:
    grant = rig.grant()
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    source = str(Path(__file__).parents[4] / "src")
    environment = {**os.environ, **HIDDEN, "PYTHONPATH": os.pathsep.join([source, os.environ.get("PYTHONPATH", "")])}

    def start() -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, *granian("jiangyuan.gateway:application", "127.0.0.1", port)[1:]],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{address}/ready", trust_env=False).status_code == 200:
                    return process
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
        raise AssertionError("it did not become ready")

    process = start()
    try:
        answer = verify(address, rig.credentials, rig.occasion, service=str(grant.pk), subject=ZHANG)
        assert answer["records"] == [{"name": "张**", "income": 1200.50}]
        os.killpg(process.pid, 9)
        process.wait(10)
        process = start()
        rows = call(
            address,
            rig.credentials,
            rig.occasion,
            method="GET",
            path=f"/v1/{grant.pk}/rows",
            query={"citizen_id": ZHANG},
        )
        assert rows.json()["rows"] == answer["records"]
        assert httpx.post(f"{address}/v1/{grant.pk}/match", content=b"x" * 200_000, trust_env=False).status_code == 413
    finally:
        process.terminate()
        assert process.wait(15) == 0
    assert [one["form"] for one in rig.traces("whole")] == ["match", "query"]
