"""Where a source is reached. A `ConnectionSpec` is assembled from typed fields, never from a connection string."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class ConnectionSpec:
    """How one registered source is reached: a PostgreSQL database, an SQLite file or a folder of files.

    `port` 0 means the kind's own default; `path` is relative to the configured file root; `options` are
    (name, value) pairs that the connector of that kind knows. The password never shows in `repr`.
    """

    kind: Literal["postgres", "sqlite", "folder"]
    host: str = ""
    port: int = 0
    database: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    path: str = ""
    options: tuple[tuple[str, str], ...] = ()
