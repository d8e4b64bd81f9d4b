"""The web process: everything is loaded once, then as many servers are forked as `JIANGYUAN_WEB_WORKERS` says.

Loading is most of a start: two servers that each load for themselves take both processors for twice as long, and hold
everything in memory twice. A server that dies is forked anew in milliseconds.
"""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiangyuan.settings")

from granian import Granian
from granian.constants import Interfaces

APPLICATION = "jiangyuan.server:application"


def main(host: str, port: int, workers: int) -> None:
    """Serve the portal until SIGTERM or SIGINT."""
    # nothing that is loaded is rubbish; looking for it is a tenth of a start
    gc.disable()
    import_module(APPLICATION.partition(":")[0])
    # the addresses are otherwise loaded by whoever comes first, who waits for it
    import_module("jiangyuan.urls")
    gc.freeze()
    gc.enable()
    server = Granian(
        APPLICATION,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        workers=max(1, workers),
        workers_kill_timeout=5,
        respawn_failed_workers=True,
    )
    server.serve()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
