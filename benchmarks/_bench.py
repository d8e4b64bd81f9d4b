"""The small runner every benchmark shares: the machine in words, medians of runs, one JSON line at the end.

The protocol of a benchmark: progress goes to the standard error, the last line of the standard output is one JSON
object `{"bench", "figures", "peers", "goal", "met", "machine"}`. Figures are compared as ratios within one run,
since the machines that run them are shared; wall seconds are given beside them for the reader's sense of scale.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

RESULT_KEYS = ("bench", "figures", "peers", "goal", "met", "machine")


def say(text: str) -> None:
    """Write one line of progress to the standard error."""
    print(text, file=sys.stderr, flush=True)


def arguments(description: str, **defaults: float | str) -> argparse.Namespace:
    """Read `--name VALUE` options from the command line; the type of each is the type of its default."""
    parser = argparse.ArgumentParser(description=description)
    for name, default in defaults.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default, help=f"({default})")
    return parser.parse_args()


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (ValueError, OSError, AttributeError):
        return None


def version_of(distribution: str) -> str | None:
    """Return the installed version of a Python distribution, or None where it is not installed."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def machine(*distributions: str) -> dict[str, Any]:
    """Describe the machine (processor, cores, memory, system, Python) and the versions of the named distributions."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = [round(value, 2) for value in os.getloadavg()] if hasattr(os, "getloadavg") else []
    return {
        "processor": _processor(),
        "cores": cores,
        "memory_gib": _memory_gib(),
        "load": load,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: version_of(name) for name in distributions},
    }


def seconds(work: Callable[[], object]) -> float:
    """Run `work` once and return its wall time in seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def median_of_runs(work: Callable[[], object], *, runs: int = 3, warm: int = 0, label: str = "") -> float:
    """Run `work` `warm` times unmeasured, then `runs` times, and return the median wall time in seconds."""
    for _ in range(warm):
        work()
    times = []
    for number in range(runs):
        times.append(seconds(work))
        if label:
            say(f"{label}: run {number + 1}/{runs} {times[-1]:.3f} s")
    return statistics.median(times)


def interleaved_medians(works: dict[str, Callable[[], object]], *, runs: int = 3, warm: int = 0) -> dict[str, float]:
    """Return the median wall seconds of each named work, run in turns so that a busy moment falls on all alike."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for number in range(-warm, runs):
        for name, work in works.items():
            taken = seconds(work)
            say(f"{name}: {'warm-up' if number < 0 else f'run {number + 1}/{runs}'} {taken:.3f} s")
            if number >= 0:
                times[name].append(taken)
    return {name: statistics.median(values) for name, values in times.items()}


def percentile(values: list[float], share: float) -> float:
    """Return the value below which `share` (0..1) of the values lie, by nearest rank; ValueError when there is none."""
    if not values:
        raise ValueError("no values were measured")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, int(share * len(ordered) + 0.999999) - 1))]


def report(
    *,
    bench: str,
    figures: dict[str, Any],
    goal: str,
    met: bool,
    peers: dict[str, Any] | None = None,
    distributions: tuple[str, ...] = (),
) -> int:
    """Print the result as the last line of the standard output; return the exit code, 0 where the goal was met."""
    values = (bench, figures, peers or {}, goal, met, machine(*distributions))
    result = dict(zip(RESULT_KEYS, values, strict=True))
    sys.stderr.flush()
    print(json.dumps(result, ensure_ascii=False, default=str), flush=True)
    return 0 if met else 1
