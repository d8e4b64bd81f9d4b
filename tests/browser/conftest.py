"""The portal as people meet it: the real server on the embedded database, and a real browser before it."""

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.exchange import factories

from jiangyuan.kernel.actor import Actor
from jiangyuan.kernel.config import settings
from jiangyuan.organization.models import Person
from jiangyuan.supervisor.ports import free_port
from jiangyuan.supervisor.programs import portal as serving_portal

CHROMIUM = Path("/usr/bin/chromium")
PASSWORD = "river-source-2026"


@dataclass(frozen=True, slots=True)
class Portal:
    """A running portal: its address, and the road that its people stand on."""

    address: str
    way: factories.Road

    def username(self, actor: Actor) -> str:
        """Give the sign-in name of an actor."""
        return Person.objects.get(pk=actor.id).username


def _await_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    for _attempt in range(900):
        try:
            with urllib.request.urlopen(f"{address}/ready", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            pass
        assert process.poll() is None, "the server ended"
        time.sleep(0.1)
    pytest.fail("the portal was not ready in 90 seconds")


@pytest.fixture
def portal(committed: None, urls: dict[str, str]) -> Iterator[Portal]:
    """Serve the portal on the test database, with a consumer and a provider who can sign in."""
    way = factories.road()
    for person in Person.objects.all():
        person.set_password(PASSWORD)
        person.save()
    port = free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2] / "src"),
        "DJANGO_SETTINGS_MODULE": "jiangyuan.settings",
        "JIANGYUAN_HOME": str(settings().home),
    }
    process = subprocess.Popen(
        serving_portal("127.0.0.1", port),
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await_ready(f"http://127.0.0.1:{port}", process)
        yield Portal(f"http://127.0.0.1:{port}", way)
    finally:
        process.terminate()
        process.wait(timeout=15)


@pytest.fixture
def chromium() -> Iterator[Any]:
    """Give a browser; skipped by name where there is none."""
    if not CHROMIUM.is_file():
        pytest.skip(f"no browser: {CHROMIUM} is not installed")
    playwright = pytest.importorskip("playwright.sync_api", reason="no browser driver: playwright is not installed")
    # the driver keeps an event loop in this thread, in which Django would refuse to ask the database
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
