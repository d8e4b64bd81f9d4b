"""What the two benchmarks of the portal share: the demonstration as it stands, its people signed in, the tour's pages."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
from _admin_peer import environment_of
from _bench import say

REFERENCE = Path(__file__).resolve().parents[2] / "shared" / "reference" / "catalogue_entries.csv.gz"
OFFICE, HANDLER, HEAD, CHIEF = (
    "civil_affairs.office",
    "public_security.handler",
    "public_security.head",
    "public_security.chief",
)
AUTHORITY, SYSTEM, SECURITY, AUDITOR = "bureau.head", "bureau.system", "bureau.security", "bureau.auditor"
PEOPLE = (OFFICE, HANDLER, HEAD, CHIEF, AUTHORITY, SYSTEM, SECURITY, AUDITOR)

TOUR: tuple[tuple[str, str], ...] = (
    (OFFICE, "/"),
    (OFFICE, "/tour/"),
    (OFFICE, "/search?q=人口"),
    (OFFICE, "/catalog/"),
    (OFFICE, "/catalog/?q=登记"),
    (OFFICE, "/catalog/ > entry"),
    (OFFICE, "/exchange/requests/"),
    (OFFICE, "/exchange/requests/ > request"),
    (OFFICE, "/exchange/grants/"),
    (OFFICE, "/exchange/grants/ > grant"),
    (OFFICE, "/exchange/warnings/"),
    (OFFICE, "/services/"),
    (HANDLER, "/"),
    (HANDLER, "/sources/"),
    (HANDLER, "/sources/ > source"),
    (HANDLER, "/resources/"),
    (HANDLER, "/exchange/deliveries/"),
    (HANDLER, "/quality/"),
    (HEAD, "/"),
    (HEAD, "/exchange/requests/"),
    (CHIEF, "/"),
    (CHIEF, "/catalog/review/"),
    (AUTHORITY, "/"),
    (AUTHORITY, "/overview/"),
    (AUTHORITY, "/ledger/"),
    (SYSTEM, "/"),
    (SYSTEM, "/organization/bodies/"),
    (SECURITY, "/"),
    (SECURITY, "/organization/people/"),
    (AUDITOR, "/"),
    (AUDITOR, "/trace/person/"),
)
"""Who opens which page. `list > thing`: the first thing that the list leads to."""
_LINK = {
    "entry": r'href="(/catalog/[0-9a-f-]{36}/)"',
    "request": r'href="(/exchange/requests/[0-9a-f-]{36}/)"',
    "grant": r'href="(/exchange/grants/[0-9a-f-]{36}/)"',
    "source": r'href="(/sources/[0-9a-f-]{36}/)"',
}


_WAITING = """
SELECT count(*) FROM procrastinate_jobs
WHERE status = 'doing' OR (status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()))
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """A platform that runs: its address and the passwords of its people."""

    address: str
    passwords: dict[str, str]
    home: Path


@contextmanager
def demonstration(*, people: int, entries: int, home: str = "") -> Iterator[Standing]:
    """Make the demonstration with so many people and catalogue entries (or take the one under `home`), and serve it."""
    with tempfile.TemporaryDirectory(prefix="jiangyuan-portal-") as made:
        place = Path(home or made) / "home"
        environment = {**os.environ, "JIANGYUAN_EGRESS_ALLOW": "127.0.0.0/8"}
        if not (place / "demo" / "accounts.json").is_file():
            say(f"demonstration with {people:,} people and {entries:,} entries")
            words = ["demo", "--once", "--people", str(people), "--entries", str(entries), "--home", str(place)]
            if REFERENCE.is_file():
                words += ["--reference", str(REFERENCE.parent)]
            subprocess.run(
                [sys.executable, "-m", "jiangyuan.cli", *words], env=environment, check=True, stdout=sys.stderr
            )
        command = [sys.executable, "-m", "jiangyuan.cli", "up", "--home", str(place)]
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("worker"):
                    break
            # a pipe that nobody empties stops whoever writes into it
            threading.Thread(target=process.stdout.read, daemon=True).start()
            settle(place)
            said = json.loads((place / "run.json").read_text("utf-8"))
            kept = json.loads((place / "demo" / "accounts.json").read_text("utf-8"))
            yield Standing(said["programs"]["web"]["address"], kept["passwords"], place)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def settle(home: Path, *, seconds: float = 600) -> None:
    """Wait until the background work that the import asked for is done: a platform is not measured on its first minute."""
    url = environment_of(home)["JIANGYUAN_DATABASE_URL"]
    ends = time.monotonic() + seconds
    with psycopg.connect(url, autocommit=True) as connection:
        while time.monotonic() < ends:
            row = connection.execute(_WAITING).fetchone()
            if row is not None and not row[0]:
                return
            time.sleep(2)
    raise TimeoutError(f"background work still waits after {seconds:.0f} s")


def signed_in(standing: Standing, username: str) -> httpx.Client:
    """Sign a person in as a browser does, and give the client that holds the session."""
    client = httpx.Client(base_url=standing.address, timeout=60, follow_redirects=True)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get("/login/").text)
    assert token is not None
    form = {"csrfmiddlewaretoken": token[1], "username": username, "password": standing.passwords[username]}
    answer = client.post("/login/", data=form, headers={"Referer": f"{standing.address}/login/"})
    assert answer.status_code == 200 and "sessionid" in client.cookies, answer.status_code
    return client


def pages(clients: dict[str, httpx.Client]) -> list[tuple[str, str]]:
    """Give the tour's pages as addresses; a page that leads to nothing yet is left out and said."""
    found: list[tuple[str, str]] = []
    for person, place in TOUR:
        path, _arrow, kind = place.partition(" > ")
        answer = clients[person].get(path)
        link = re.search(_LINK[kind], answer.text) if kind else None
        if answer.status_code != 200 or (kind and link is None):
            say(f"left out: {person} {place} ({answer.status_code})")
            continue
        found.append((person, link[1] if link else path))
    return found


def weight_of(standing: Standing, person: str, paths: list[str]) -> dict[str, Any]:
    """Measure what a browser fetches, in bytes on the wire: the first page of a new visitor, then page after page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        context = browser.new_context()
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        fetched: list[int] = []
        session.on("Network.loadingFinished", lambda event: fetched.append(int(event["encodedDataLength"])))

        def weigh(path: str) -> int:
            fetched.clear()
            page.goto(standing.address + path, wait_until="load")
            page.wait_for_timeout(500)
            return sum(fetched)

        first = weigh("/login/")
        page.fill("[name=username]", person)
        page.fill("[name=password]", standing.passwords[person])
        fetched.clear()
        page.press("[name=password]", "Enter")
        page.wait_for_url(standing.address + "/")
        page.wait_for_timeout(500)
        first += sum(fetched)
        after = {path: weigh(path) for path in paths}
        browser.close()
    return {"first_visit_bytes": first, "after_bytes": after}
