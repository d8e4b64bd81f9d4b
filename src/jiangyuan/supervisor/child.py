"""One running program: its process group, its log, its restarts."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jiangyuan.supervisor import leash
from jiangyuan.supervisor.programs import Program, child_environment

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
STEADY = 10.0
LARGEST_LOG = 20 * 1024 * 1024


@dataclass
class Child:
    """A program under supervision, started in a process group of its own.

    A crash is answered after 0.1 s, then after twice as long each time, up to 5 s; one that ran for 10 s starts anew.
    """

    program: Program
    home: Path
    restarts: int = 0
    process: "subprocess.Popen[Any] | None" = None
    _pause: float = FIRST_PAUSE
    _started: float = field(default=0.0)
    _due: float = field(default=0.0)

    @property
    def pid(self) -> int | None:
        """The process id, or None while it is down."""
        return self.process.pid if self.process else None

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.home / "logs" / f"{self.program.name}.log"

    def start(self) -> None:
        """Start the program; it dies with this process."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-I", leash.__file__, str(os.getpid()), *self.program.command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=child_environment(self.program, self.home),
                start_new_session=True,
            )
        self._started = time.monotonic()

    def tend(self) -> int | None:
        """Notice an end and start again when it is due; returns the exit status at the moment an end is noticed."""
        now = time.monotonic()
        if self.process is None:
            if now >= self._due:
                self.restarts += 1
                self.start()
            return None
        status = self.process.poll()
        if status is None:
            return None
        # what the dead process had started would hold its port
        self._signal(signal.SIGKILL)
        self.process = None
        self._pause = FIRST_PAUSE if now - self._started > STEADY else self._pause
        self._due = now + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        return status

    def stop(self) -> None:
        """End the whole group: politely, and after its grace by force."""
        if self.process is None:
            return
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(self.program.grace)
        self._signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def ready(self) -> bool:
        """Whether it serves."""
        if self.process is None or self.process.poll() is not None:
            return False
        if not self.program.ready:
            return True
        try:
            with urllib.request.urlopen(self.program.ready, timeout=2) as answer:
                return answer.status == 200
        except urllib.error.HTTPError as error:
            error.close()
            return False
        except OSError:
            return False

    def last_words(self, length: int = 2000) -> str:
        """Return the end of its log."""
        if not self.log.exists():
            return ""
        return self.log.read_text(encoding="utf-8", errors="replace")[-length:].strip()

    def _signal(self, order: signal.Signals) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, order)
