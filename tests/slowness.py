"""How much slower than alone this machine runs now: bounds in seconds hold for one that has nothing else to do."""

import os
import subprocess
import sys
import time


def slowness() -> float:
    """Measure how many times slower than alone a process runs here now: others may use the machine meanwhile."""
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, "-I", "-c", "sum(range(15_000_000))"])
    _pid, process.returncode, used = os.wait4(process.pid, 0)
    return max(1.0, (time.monotonic() - began) / (used.ru_utime + used.ru_stime))
