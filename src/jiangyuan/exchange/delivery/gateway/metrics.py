"""What the gateway counts, in Prometheus text. Labels are few and fixed; no caller can add one."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

BOUNDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0)


class Metrics:
    """Counts of one process."""

    def __init__(self) -> None:
        self._calls: Counter[tuple[str, str]] = Counter()
        self._slots = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0
        self.in_flight = 0

    def answered(self, verb: str, seconds: float) -> None:
        """Count an answer."""
        self._calls[verb, "ok"] += 1
        self._seconds += seconds
        self._slots[bisect_left(BOUNDS, seconds)] += 1

    def refused(self, verb: str, code: str) -> None:
        """Count a refusal by its code."""
        self._calls[verb, code] += 1

    def text(self, **gauges: float) -> str:
        """Give everything, with some gauges of the moment."""
        lines = [
            "# HELP jiangyuan_gateway_calls_total Calls by verb and outcome.",
            "# TYPE jiangyuan_gateway_calls_total counter",
        ]
        for (verb, outcome), count in sorted(self._calls.items()):
            lines.append(f'jiangyuan_gateway_calls_total{{verb="{verb}",outcome="{outcome}"}} {count}')
        lines += [
            "# HELP jiangyuan_gateway_answer_seconds Seconds to an answer, its trace on the disk.",
            "# TYPE jiangyuan_gateway_answer_seconds histogram",
        ]
        total = 0
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), self._slots, strict=True):
            total += count
            lines.append(f'jiangyuan_gateway_answer_seconds_bucket{{le="{bound}"}} {total}')
        lines += [
            f"jiangyuan_gateway_answer_seconds_sum {self._seconds:.6f}",
            f"jiangyuan_gateway_answer_seconds_count {total}",
        ]
        for name, value in {"in_flight": self.in_flight, **gauges}.items():
            lines += [f"# TYPE jiangyuan_gateway_{name} gauge", f"jiangyuan_gateway_{name} {value:g}"]
        return "\n".join(lines) + "\n"
