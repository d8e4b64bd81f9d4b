"""Run a command that must not outlive its parent: `python leash.py <parent pid> <command> ...`.

The kernel sends SIGTERM when the parent dies, even by SIGKILL. The arrangement is made in the child, before it becomes
the command, since code between fork and exec in a threaded parent may deadlock. Stands alone: it imports no package.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Tie this process to `parent` and become `command`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    # the parent may have died before the arrangement was made
    if os.getppid() == parent:
        os.execvp(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
