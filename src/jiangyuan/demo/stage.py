"""The stage of the demonstration: steps that are timed, told on the terminal, and summed up in one JSON line."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console


@dataclass(slots=True)
class Step:
    """One step as the summary tells it: how long it took, how many rows it concerned, the event that proves it."""

    name: str
    seconds: float = 0.0
    rows: int = 0
    event: str = ""
    ok: bool = True
    detail: str = ""


@dataclass(slots=True)
class Play:
    """The steps played so far, and the terminal they are told to."""

    console: Console
    steps: list[Step] = field(default_factory=list)

    @contextmanager
    def step(self, name: str, title: str) -> Iterator[Step]:
        """Play one step: time it, note the newest event after it, and tell how it went."""
        step = Step(name)
        self.steps.append(step)
        begun = time.perf_counter()
        try:
            with self.console.status(title):
                yield step
            step.event = step.event or newest_event()
        except BaseException as error:
            step.ok, step.detail = False, str(error) or type(error).__name__
            raise
        finally:
            step.seconds = round(time.perf_counter() - begun, 3)
            mark = "[green]✓[/]" if step.ok else "[red]✗[/]"
            rows = f"{step.rows:,} 行" if step.rows else ""
            self.console.print(f"{mark} {title}  [dim]{step.seconds:.2f} 秒 {rows} {step.detail}[/]")

    def summary(self, **facts: Any) -> str:
        """Give the last line: one JSON object with every step."""
        steps = [asdict(step) for step in self.steps]
        return json.dumps({"ok": all(s.ok for s in self.steps), **facts, "steps": steps}, ensure_ascii=False)


def newest_event() -> str:
    """Give the id of the newest event of the memory."""
    from jiangyuan.kernel.models import Event

    found = Event.objects.order_by("-xid", "-id").values_list("id", flat=True).first()
    return str(found or "")
