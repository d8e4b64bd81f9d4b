"""A platform that answers over HTTP on the test database, its people, and the command line as they use it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from procrastinate.contrib.django import app as queue
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.exchange.factories import province

from jiangyuan.cli import app
from jiangyuan.cli.guide import run
from jiangyuan.kernel.actions import act
from jiangyuan.kernel.actor import service_actor
from jiangyuan.organization.models import Body, Person
from jiangyuan.standards.models import DataElement
from jiangyuan.supervisor.ports import free_port
from jiangyuan.supervisor.programs import portal

SETUP = service_actor("setup")
PASSWORD = "river-source-2026"
SOURCE = Path(__file__).resolve().parents[2] / "src"


@pytest.fixture(scope="session")
def address(django_db_setup: None) -> Iterator[str]:
    """The web process of a platform, in a process of its own."""
    port = free_port()
    command = portal("127.0.0.1", port)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "jiangyuan.settings", "PYTHONPATH": str(SOURCE)}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    place = f"http://127.0.0.1:{port}"
    try:
        for _attempt in range(600):
            assert server.poll() is None, "the server ended"
            try:
                httpx.get(f"{place}/api/v1/openapi.json", trust_env=False, timeout=30)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield place
    finally:
        server.terminate()
        server.wait(20)


class Terminal:
    """One person's terminal: commands and their JSON answers."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def say(self, *words: str) -> tuple[int, str, str]:
        """Run one line; gives exit code, output and errors."""
        code = run(app, words)
        told = self._capsys.readouterr()
        return code, told.out, told.err

    def do(self, *words: str) -> Any:
        """Run one line that must succeed; gives its JSON."""
        code, out, error = self.say(*words, "--json")
        assert code == 0, f"{words}: {error}"
        return json.loads(out)


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal with credentials of its own."""
    monkeypatch.setenv("JIANGYUAN_CREDENTIALS", str(tmp_path / "credentials.json"))
    monkeypatch.setenv("JIANGYUAN_LANG", "zh")
    monkeypatch.delenv("JIANGYUAN_AS", raising=False)
    return Terminal(capsys)


def hire(alias: str, name: str, *desks: str) -> Body:
    """Register a body and one person for each capacity, who signs in as `<alias>.<capacity>`."""
    province()
    place = act("organization.body.register", actor=SETUP, name=name, short_name=name, alias=alias, jurisdiction="630000",
                is_authority=any(desk.startswith("authority") for desk in desks))  # fmt: skip
    for desk in desks:
        username = f"{alias}.{desk}".replace("_", "-")
        person = act("organization.person.register", actor=SETUP, username=username, name=desk, password=PASSWORD)
        act("organization.appointment.make", person.pk, actor=SETUP, body=place.pk, capacity=desk)
    assert Person.objects.exists()
    return place


def work_off(task: str) -> None:
    """Do the newest piece of background work of this name, in this thread, as the worker does."""
    waiting = ProcrastinateJob.objects.filter(task_name__endswith=task, status="todo").latest("id")
    queue.tasks[waiting.task_name].func(**waiting.args)


def standards() -> None:
    """Install the national data elements, once."""
    if not DataElement.objects.exists():
        act("standards.national.install", actor=SETUP)
        act("catalog.classification.install", actor=SETUP)
