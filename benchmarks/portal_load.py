"""Two hundred people walk the tour at once: how long they wait, and whether anything fails.

Each person has a session of his own, opens the pages of his role in turn, and reads each for a while before the next
(exponential, mean `--reading` seconds; a person who reads a page of this portal takes longer). All begin within the
first ten seconds. The peer is walked in the same run by as many people at the same pace: Django's admin list of the same
entries from the same database, one page over and over.
"""

import asyncio
import random
import sys
import time

import httpx
from _admin_peer import admin_server
from _bench import arguments, percentile, report, say
from _portal import PEOPLE, Standing, demonstration, pages, signed_in

GOAL_MS = 500.0


def sessions(standing: Standing, count: int) -> list[tuple[str, dict[str, str]]]:
    """Sign in so many times, the people of the roles in turn: the person and the cookies of each session."""
    opened = []
    for number in range(count):
        person = PEOPLE[number % len(PEOPLE)]
        client = signed_in(standing, person)
        opened.append((person, dict(client.cookies)))
        client.close()
    return opened


async def walk(
    address: str, walkers: list[tuple[list[str], dict[str, str]]], *, seconds: float, reading: float
) -> tuple[list[float], int]:
    """Let all walk for so long; gives the milliseconds of every page and how many failed."""
    limits = httpx.Limits(max_connections=len(walkers), max_keepalive_connections=len(walkers))
    times: list[float] = []
    failed = 0
    ends = time.monotonic() + seconds

    async def one(client: httpx.AsyncClient, paths: list[str], cookies: dict[str, str], dice: random.Random) -> None:
        nonlocal failed
        header = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        await asyncio.sleep(dice.random() * 10)
        at = dice.randrange(len(paths))
        while time.monotonic() < ends:
            started = time.perf_counter()
            try:
                answer = await client.get(address + paths[at % len(paths)], headers=header)
                failed += answer.status_code != 200
            except httpx.HTTPError:
                failed += 1
            times.append((time.perf_counter() - started) * 1000)
            at += 1
            await asyncio.sleep(dice.expovariate(1 / reading))

    async with httpx.AsyncClient(limits=limits, timeout=30) as client:
        await asyncio.gather(*(one(client, *walker, random.Random(n)) for n, walker in enumerate(walkers)))
    return times, failed


def main() -> int:
    """Measure and report; exit 0 where the goal is met."""
    options = arguments(__doc__ or "", people=20_000, entries=90_000, walkers=200, seconds=60.0, reading=8.0, home="")
    with demonstration(people=options.people, entries=options.entries, home=options.home) as standing:
        clients = {person: signed_in(standing, person) for person in PEOPLE}
        tour = pages(clients)
        opened = sessions(standing, options.walkers)
        walkers = [([path for who, path in tour if who == person], cookies) for person, cookies in opened]
        times, failed = asyncio.run(walk(standing.address, walkers, seconds=options.seconds, reading=options.reading))
        say(f"{len(times):,} pages, p95 {percentile(times, 0.95):.0f} ms, {failed} failed")
        with admin_server(standing.home) as address:
            crowd = [([""], dict[str, str]()) for _ in range(options.walkers)]
            peer, peer_failed = asyncio.run(walk(address, crowd, seconds=options.seconds / 2, reading=options.reading))
    figures = {
        "p95_ms": round(percentile(times, 0.95), 1),
        "p50_ms": round(percentile(times, 0.5), 1),
        "pages": len(times),
        "pages_per_second": round(len(times) / options.seconds, 1),
        "failed": failed,
    }
    return report(
        bench="portal_load",
        figures=figures,
        peers={"django_admin_list": {"p95_ms": round(percentile(peer, 0.95), 1), "failed": peer_failed}},
        goal=f"{options.walkers} people, p95 < 500 ms, no error",
        met=figures["p95_ms"] < GOAL_MS and not failed,
        distributions=("django", "granian"),
    )


if __name__ == "__main__":
    sys.exit(main())
