"""One row by key over the gateway, beside a bare ASGI and asyncpg handler on the same table in the same run.

The gateway's calls are each signed (HMAC-SM3) with a nonce of their own, held against key, quota, grant, epoch, case
and its list of persons, masked in the statement, and traced durably (fsync on) before the answer leaves. One worker
process each, one embedded PostgreSQL of their own; `wrk` sends requests signed beforehand, in turns: bare, gateway.

Under this load the gateway reads many calls by one statement, which the bare handler does not. With `--connections 1`
nothing can be shared, and every answer waits for the disk alone: that ratio tells the price of a single quiet call.
"""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
from _bench import arguments, percentile, report, say
from sequencer_rate import prepare

from jiangyuan.supervisor.cluster import Cluster
from jiangyuan.supervisor.ports import free_port
from jiangyuan.supervisor.programs import granian

GOAL = 0.7
COLUMNS = {
    "citizen_id": "character varying(18)",
    "name": "character varying(50)",
    "phone": "character varying(11)",
    "income": "numeric(12,2)",
    "division": "character varying(12)",
    "status": "character varying(20)",
}
ITEMS = [
    {"column": "name", "mask": {"kind": "name"}, "meaning": "name"},
    {"column": "phone", "mask": {"kind": "phone"}, "meaning": "phone"},
    {"column": "income", "mask": {"kind": "none"}, "meaning": ""},
    {"column": "status", "mask": {"kind": "none"}, "meaning": ""},
]
LISTED = 200
"""As many persons as one case may list; they lie anywhere in the table."""
SCRIPT = """
local requests, at = {}, 0
function init(arguments)
  local file = io.open(arguments[1], "rb")
  local text = file:read("*a")
  file:close()
  for one in text:gmatch("(.-)%z") do requests[#requests + 1] = one end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
"""


def fill(url: str, table: str, rows: int) -> None:
    """Land the rows: made in the database, by number."""
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(f"CREATE TABLE store.{table} ({columns}, PRIMARY KEY (citizen_id))".encode())
        owner.execute(
            f"INSERT INTO store.{table} SELECT '630102' || lpad(n::text, 12, '0'), '张' || n, '138' || lpad("
            "(n % 100000000)::text, 8, '0'), (n % 900000) / 100.0, '630102', 'normal'"
            f" FROM generate_series(1, {rows}) n".encode()
        )
        owner.execute(f"VACUUM ANALYZE store.{table}".encode())


def platform(listed: Sequence[str]) -> dict[str, Any]:
    """Make a granted service: bodies, system and key, entry, mount, request, grant, and a case with its listed persons."""
    from jiangyuan.catalog.entries.models import DataItem, Entry, EntryVersion
    from jiangyuan.catalog.entries.queries import snapshot
    from jiangyuan.exchange.sharing.models import Case, CaseMember, Grant, Request
    from jiangyuan.kernel import vault
    from jiangyuan.kernel.actions import act
    from jiangyuan.kernel.actor import Scene, service_actor
    from jiangyuan.organization.models import ApplicationSystem, Body, Jurisdiction
    from jiangyuan.resources.ingestion.models import Mount
    from jiangyuan.sources.models import ScannedTable, Source

    place = Jurisdiction.objects.create(code="630000", name="青海省", level="province")
    bodies = [Body.objects.create(name=n, short_name=n, alias=n, jurisdiction=place) for n in ("civil", "police")]
    system = ApplicationSystem.objects.create(name="aid", code="aid", body=bodies[0], calls_per_minute=100_000_000)
    until = datetime.now(UTC).date() + timedelta(days=30)
    key = act(
        "organization.key.issue", system.pk, actor=service_actor("setup"), scene=Scene(channel="cli"), expires_on=until
    )
    source = Source.objects.create(body=bodies[1], name="front", alias="front", kind="postgres", state="connected")
    table = ScannedTable.objects.create(source=source, schema="public", name="people", key=["citizen_id"])
    entry = Entry.objects.create(body=bodies[1], name="people", state="published", live_version=1, drafted_from=table)
    for position, (name, kind) in enumerate(COLUMNS.items()):
        DataItem.objects.create(
            entry=entry, position=position, name=name, column=name, type=kind, personal=True,
            identifies="citizen_id" if name == "citizen_id" else "",
        )  # fmt: skip
    EntryVersion.objects.create(entry=entry, number=1, content=snapshot(entry))
    mount = Mount.objects.create(entry=entry, table=table, alias="police.people", key=["citizen_id"], state="active")
    items = [{**item, "name": item["column"], "type": COLUMNS[item["column"]], "grade": 2} for item in ITEMS]
    common: dict[str, Any] = {
        "consumer": bodies[0], "provider": bodies[1], "system": system, "entry": entry, "mount": mount,
        "items": items, "forms": ["match", "query"], "purpose": "social-aid", "case_bound": True, "until": until,
    }  # fmt: skip
    asked = Request.objects.create(**common, state="agreed", basis="x", scenario="x")
    grant = Grant.objects.create(**common, request=asked, state="active", active=True, ready_epoch=1)
    case = Case.objects.create(
        system=system, number="JZ2026-1", purpose="social-aid", authorisation_digest="a5" * 32, open_until=until
    )
    CaseMember.objects.bulk_create(CaseMember(case=case, subject=vault.pseudonym(one)) for one in listed)
    return {"system": system.code, "key": key, "grant": grant, "mount": mount}


def build(urls: dict[str, str], made: dict[str, Any]) -> None:
    """Build the grant's views."""
    from jiangyuan.data.engines.barrier import create_statements
    from jiangyuan.data.engines.ownership import run_as_owner
    from jiangyuan.exchange.sharing.resolver import relation_of

    run_as_owner(urls["owner_url"], create_statements([relation_of(made["grant"])]))


@contextmanager
def serving(application: str, environment: dict[str, str]) -> Iterator[int]:
    """Run an ASGI application as the supervisor does, until it is ready."""
    port = free_port()
    path = [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    process = subprocess.Popen(
        granian(application, "127.0.0.1", port),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path), **environment},
        stdout=sys.stderr,
        stderr=sys.stderr,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/ready", trust_env=False).status_code == 200:
                    break
            except httpx.HTTPError:
                pass
            if time.monotonic() > deadline or process.poll() is not None:
                raise RuntimeError(f"{application} did not become ready")
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(15)


def signed(count: int, made: dict[str, Any], keys: Sequence[str], file: Path) -> None:
    """Write `count` whole requests, each signed now with a nonce of its own."""
    from jiangyuan.exchange.delivery.client import Credentials, Occasion, sign_request

    who = Credentials(made["system"], made["key"]["key_id"], secret=made["key"]["secret"])
    why = Occasion("social-aid", "JZ2026-1", "经办员")
    with file.open("wb") as out:
        for number in range(count):
            target = f"/v1/{made['grant'].pk}/rows?citizen_id={keys[number % len(keys)]}"
            headers = sign_request(who, why, method="GET", target=target)
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            out.write(f"GET {target} HTTP/1.1\r\nHost: gateway\r\n{lines}\r\n\0".encode())


def plain(keys: Sequence[str], file: Path) -> None:
    """Write requests for the bare handler."""
    with file.open("wb") as out:
        for key in keys:
            out.write(f"GET /?citizen_id={key} HTTP/1.1\r\nHost: bare\r\n\r\n\0".encode())


def load(port: int, file: Path, *, seconds: int, connections: int, home: Path) -> tuple[float, float]:
    """Send the requests for some seconds; give requests per second and the median latency in milliseconds."""
    script = home / "load.lua"
    script.write_text(SCRIPT)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script)]
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{port}/", "--", str(file)], capture_output=True, text=True, check=False
    )
    if done.returncode or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(f"not every request was answered:\n{done.stdout}{done.stderr}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1])  # type: ignore[index]
    value, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", done.stdout).groups()  # type: ignore[union-attr]
    return rate, float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def measure(
    home: Path, urls: dict[str, str], made: dict[str, Any], keys: Sequence[str], options: Any
) -> dict[str, Any]:
    """Run both in turns; give rates and ratios of each round."""
    shown = ", ".join(item["column"] for item in ITEMS)
    sql = (
        f"SELECT row_to_json(r)::text FROM (SELECT {shown} FROM store.{made['mount'].store_table}"
        " WHERE citizen_id = $1) AS r"
    )
    bare_file, file = home / "bare.requests", home / "signed.requests"
    plain(keys, bare_file)
    hidden = {"JIANGYUAN_DATABASE_URL": "", "JIANGYUAN_OWNER_URL": "", "JIANGYUAN_READER_URL": ""}
    rounds: list[tuple[float, float, float, float]] = []
    with (
        serving("_bare_point:application", {"BARE_URL": urls["owner_url"], "BARE_SQL": sql}) as bare,
        serving("jiangyuan.gateway:application", hidden) as gateway,
    ):
        common: dict[str, Any] = {"connections": options.connections, "home": home}
        load(bare, bare_file, seconds=2, **common)
        signed(12_000, made, keys, file)
        load(gateway, file, seconds=1, **common)
        for number in range(options.rounds):
            bare_rate, bare_ms = load(bare, bare_file, seconds=options.seconds, **common)
            signed(int(bare_rate * (options.seconds + 1) * 1.6), made, keys, file)
            rate, ms = load(gateway, file, seconds=options.seconds, **common)
            say(f"round {number + 1}: bare {bare_rate:.0f}/s, gateway {rate:.0f}/s, ratio {rate / bare_rate:.3f}")
            rounds.append((bare_rate, rate, bare_ms, ms))
    return {
        "bare_per_second": round(percentile([one[0] for one in rounds], 0.5)),
        "gateway_per_second": round(percentile([one[1] for one in rounds], 0.5)),
        "bare_median_ms": percentile([one[2] for one in rounds], 0.5),
        "gateway_median_ms": percentile([one[3] for one in rounds], 0.5),
        "ratio": round(percentile([one[1] / one[0] for one in rounds], 0.5), 3),
        "ratios": [round(one[1] / one[0], 3) for one in rounds],
    }


def traced(urls: dict[str, str]) -> int:
    """Count the access rows."""
    with psycopg.connect(urls["owner_url"]) as owner:
        row = owner.execute("SELECT count(*) FROM kernel_access WHERE phase = 'whole'").fetchone()
    return row[0] if row else 0


def main() -> int:
    """Measure and report."""
    options = arguments(__doc__ or "", rows=1_000_000, seconds=8, rounds=3, connections=256)
    if shutil.which("wrk") is None:
        say("wrk is not installed: apt-get install wrk")
        return 2
    home = Path(tempfile.mkdtemp(prefix="jiangyuan-bench-"))
    home.chmod(0o711)
    try:
        with Cluster(home) as cluster:
            urls = prepare(home, cluster)
            chosen = random.Random(7).sample(range(1, options.rows + 1), min(LISTED, options.rows))
            keys = [f"630102{n:012d}" for n in chosen]
            say(f"landing {options.rows} rows")
            made = platform(keys)
            fill(urls["owner_url"], made["mount"].store_table, options.rows)
            build(urls, made)
            figures = measure(home, urls, made, keys, options)
            figures["traces"] = traced(urls)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return report(
        bench="service_point",
        figures={"rows": options.rows, "connections": options.connections, **figures},
        peers={"bare ASGI + asyncpg": figures["bare_per_second"]},
        goal=f"gateway >= {GOAL} x bare handler, every answer traced durably before it leaves",
        met=figures["ratio"] >= GOAL,
        distributions=("granian", "asyncpg", "orjson", "cryptography"),
    )


if __name__ == "__main__":
    sys.exit(main())
