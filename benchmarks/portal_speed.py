"""How long the pages of the tour take and weigh, with 20,000 people and 90,000 catalogue entries in the platform.

Each page is asked for in turns over HTTP/1.1 on this machine; the time is from the first byte sent to the last byte
read, so it holds the whole of the server's work. The peer is Django's own admin list of the same entries in the same
database behind the same server: fifty rows, three filters, a search box, no rights, no clocks.
Weights are what Chromium fetches on the wire: signing in for the first time with an empty cache, then page after page.
"""

import sys
import time

from _admin_peer import admin_list
from _bench import arguments, percentile, report, say
from _portal import OFFICE, PEOPLE, demonstration, pages, signed_in, weight_of

GOAL_MS, FIRST, AFTER = 150.0, 400_000, 60_000


def main() -> int:
    """Measure and report; exit 0 where every goal is met."""
    options = arguments(__doc__ or "", people=20_000, entries=90_000, rounds=20, home="")
    times: dict[str, list[float]] = {}
    with demonstration(people=options.people, entries=options.entries, home=options.home) as standing:
        clients = {person: signed_in(standing, person) for person in PEOPLE}
        tour = pages(clients)
        with admin_list(standing.home) as peer:
            for number in range(-2, options.rounds):
                for person, path in [*tour, ("peer", "")]:
                    started = time.perf_counter()
                    answer = peer() if person == "peer" else clients[person].get(path)
                    taken = (time.perf_counter() - started) * 1000
                    assert answer.status_code == 200, (person, path, answer.status_code)
                    if number >= 0:
                        times.setdefault(f"{person} {path}".strip(), []).append(taken)
        weights = weight_of(standing, OFFICE, [path for person, path in tour if person == OFFICE])
    slowest = {name: round(percentile(values, 0.95), 1) for name, values in times.items()}
    admin = slowest.pop("peer")
    every = [taken for name, values in times.items() if name != "peer" for taken in values]
    for name, value in sorted(slowest.items(), key=lambda pair: -pair[1]):
        say(f"{value:8.1f} ms  {name}")
    heaviest = max(weights["after_bytes"].values())
    figures = {
        "p95_ms": round(percentile(every, 0.95), 1),
        "p50_ms": round(percentile(every, 0.5), 1),
        "slowest_page_p95_ms": max(slowest.values()),
        "pages": slowest,
        "first_visit_bytes": weights["first_visit_bytes"],
        "heaviest_after_bytes": heaviest,
    }
    return report(
        bench="portal_speed",
        figures=figures,
        peers={"django_admin_list_p95_ms": admin},
        goal="every page p95 < 150 ms; first visit < 400 KB, after < 60 KB",
        met=max(slowest.values()) < GOAL_MS and weights["first_visit_bytes"] < FIRST and heaviest < AFTER,
        distributions=("django", "granian"),
    )


if __name__ == "__main__":
    sys.exit(main())
