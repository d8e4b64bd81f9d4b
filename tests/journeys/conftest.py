"""The demonstration as a newcomer has it: started by its own command, kept for every journey, and a browser before it.

`JIANGYUAN_JOURNEYS_HOME` names the home of a demonstration that is up already; it is used as it stands and left so.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.utils.translation import gettext, override

from jiangyuan.supervisor.ports import free_port

CHROMIUM = Path("/usr/bin/chromium")
ROOT = Path(__file__).parents[2]
PEOPLE = 500
KEPT = os.environ.get("JIANGYUAN_JOURNEYS_HOME", "")
LANGUAGES = {"zh": "zh-hans", "en": "en"}
_FILL = re.compile(r"%\(\w+\)s|%")


@dataclass(frozen=True, slots=True)
class Province:
    """The demonstration that runs: its address, its home, and the passwords of its people."""

    address: str
    home: Path
    passwords: dict[str, str]


def found(home: Path) -> Province:
    """Read where the demonstration of a home is up, and who may sign in."""
    running = json.loads((home / "run.json").read_text("utf-8"))
    kept = json.loads((home / "demo" / "accounts.json").read_text("utf-8"))
    return Province(running["programs"]["web"]["address"], home, kept["passwords"])


def _ready(home: Path, process: subprocess.Popen[bytes], log: Path) -> Province:
    ends = time.monotonic() + 280
    while time.monotonic() < ends:
        assert process.poll() is None, log.read_text("utf-8")[-4000:]
        # the last thing it tells, when everything has been played
        if "平台已就绪" in log.read_text("utf-8"):
            return found(home)
        time.sleep(0.5)
    pytest.fail(f"the demonstration was not ready: {log.read_text('utf-8')[-4000:]}")


@pytest.fixture(scope="session")
def province() -> Iterator[Province]:
    """Start `jiangyuan demo` on a new home, and keep it up."""
    if KEPT:
        yield found(Path(KEPT))
        return
    home = Path(tempfile.mkdtemp(prefix="jiangyuan-journeys-"))
    home.chmod(0o711)
    log = home.with_suffix(".log")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("JIANGYUAN_")}
    ports = {"JIANGYUAN_WEB_PORT": str(free_port()), "JIANGYUAN_GATEWAY_PORT": str(free_port())}
    command = [sys.executable, "-m", "jiangyuan.cli", "demo", "--people", str(PEOPLE), "--home", str(home)]
    with log.open("wb") as told:
        process = subprocess.Popen(
            command,
            env={**inherited, **ports, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200"},
            cwd=ROOT,
            stdout=told,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _ready(home, process, log)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
        shutil.rmtree(home, ignore_errors=True)
        log.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Give a browser; skipped by name where there is none.

    Not for the session: its driver keeps an event loop in this thread, in which Django would refuse to ask the database.
    """
    if not CHROMIUM.is_file():
        pytest.skip(f"no browser: {CHROMIUM} is not installed")
    playwright = pytest.importorskip("playwright.sync_api", reason="no browser driver: playwright is not installed")
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield found
        found.close()


def word(text: str, language: str) -> str:
    """Give a text of the portal in a language, as its pages show it; without a translation it stands as it is."""
    with override(LANGUAGES[language]):
        return gettext(text)


class Desk:
    """One person's browser, signed in; it keeps what went wrong and counts what the person clicks.

    `clicks` counts every link, button and tab that is clicked, the last submit too; `ticks` the boxes and choices of a
    form. What is typed, and reached by the Tab key, is no click.
    """

    def __init__(
        self,
        browser: Any,
        province: Province,
        username: str,
        *,
        language: str = "zh",
        width: int = 1440,
        script: bool = True,
    ):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, locale="zh-CN", java_script_enabled=script, accept_downloads=True
        )
        if language == "en":
            context.add_cookies([{"name": "django_language", "value": "en", "url": province.address}])
        self.context, self.province, self.username, self.language = context, province, username, language
        self.errors: list[str] = []
        self.clicks = self.ticks = 0
        self.page = context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("pageerror", lambda error: self.errors.append(f"{self.page.url}: {error}"))
        self.page.on("console", self._heard)
        self.sign_in()

    def _heard(self, message: Any) -> None:
        # a refused form answers with its status: the browser notes it, and it is meant
        if message.type == "error" and not any(code in message.text for code in ("401", "403", "404", "409", "422")):
            self.errors.append(f"{self.page.url}: {message.text}")

    def sign_in(self, path: str = "/login/") -> None:
        """Sign in by the form's own fields; without a path on the sign-in page, else where the browser stands."""
        if path:
            self.page.goto(f"{self.province.address}{path}")
        self.page.fill("[name=username]", self.username)
        self.page.fill("[name=password]", self.province.passwords[self.username])
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_url(lambda url: "/login/" not in url)

    def begin(self, path: str = "/") -> None:
        """Begin a task: at the workbench, with nothing clicked yet."""
        self.clicks = self.ticks = 0
        self.open(path)

    def open(self, path: str) -> int:
        """Open an address; gives its status."""
        answer = self.page.goto(self.province.address + path, wait_until="load")
        return answer.status if answer is not None else 0

    def word(self, text: str) -> str:
        """Give a text of the portal in this desk's language."""
        return word(text, self.language)

    def press(self, found: Any) -> None:
        """Click something that was found on the page, and wait for what comes."""
        self.clicks += 1
        found.click()
        self.page.wait_for_load_state("load")

    def click(self, name: str, *, role: str = "link", within: str = "main") -> None:
        """Click what a person would click, by the words on it (in Chinese here), and wait for what comes."""
        self.press(self.page.locator(within).get_by_role(role, name=self.word(name), exact=True).first)

    def start(self, name: str) -> None:
        """Click a quick start of the workbench."""
        self.press(self.page.locator(".jy-starts a").filter(has_text=self.word(name)).first)

    def follow(self, fragment: str, *, within: str = "main") -> None:
        """Click a link by where it leads."""
        self.press(self.page.locator(f"{within} a[href*='{fragment}']").first)

    def tick(self, selector: str) -> None:
        """Tick a box of a form."""
        self.ticks += 1
        self.page.check(selector)

    def says(self, text: str) -> None:
        """Check that the page says something; of a text with places to fill, what stands around them."""
        shown = self.page.inner_text("body")
        for bit in _FILL.split(self.word(text)):
            assert bit.strip() in shown, (bit, self.page.url, self.page.inner_text("main")[:1500])

    def counted(self, most: int = 5) -> None:
        """Check that a task took no more clicks than it may, and begin to count again."""
        told, self.clicks, self.ticks = (self.clicks, self.ticks), 0, 0
        print(f"{self.username} {self.language}: {told[0]} clicks, {told[1]} ticks, {self.page.title()}")
        assert told[0] <= most, (self.username, told)

    def close(self) -> None:
        """Close the browser's window; what went wrong on the way is a fault."""
        self.context.close()
        assert not self.errors, self.errors


def session_client(province: Province, desk: Desk) -> httpx.Client:
    """Give a plain client that holds the desk's session, to look at many pages without drawing them."""
    cookies = {one["name"]: one["value"] for one in desk.context.cookies()}
    return httpx.Client(base_url=province.address, cookies=cookies, timeout=30)


Desks = Callable[..., Desk]


@pytest.fixture(scope="module")
def desks(browser: Any, province: Province) -> Iterator[Desks]:
    """Give the desk of an account in a language; who has signed in once stays so."""
    kept: dict[tuple[str, str], Desk] = {}

    def desk(username: str, language: str = "zh") -> Desk:
        key = (username, language)
        if key not in kept:
            kept[key] = Desk(browser, province, username, language=language)
        kept[key].begin()
        return kept[key]

    yield desk
    for one in kept.values():
        one.close()


def row(desk: Desk, path: str) -> Any:
    """Find the button of a matter in the to-do list of the workbench."""
    return desk.page.locator(f"main .jy-desk li:has(a[href*='{path}']) .jy-desk-do a").first


def await_text(desk: Desk, path: str, pattern: str, *, seconds: float = 60) -> str:
    """Ask for a page until the platform has done its part in the background; gives what the pattern finds."""
    ends = time.monotonic() + seconds
    with session_client(desk.province, desk) as client:
        while time.monotonic() < ends:
            found = re.search(pattern, client.get(path).text)
            if found:
                return found.group(1)
            time.sleep(0.5)
    raise AssertionError(f"{path} did not say {pattern} within {seconds} s")
