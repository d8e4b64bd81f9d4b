"""Connectors: how each kind of source is tested, scanned, sampled and opened.

Duty: one folder per kind, each declaring what it can do (`Capabilities`), so that nobody above asks for its name.
Place in the flow: below movement, the engines and the rooms; a room registers sources and calls `connector(kind)`.
Not: it grants nothing. Rows leave a source only through `reading.read`, which takes a sealed `Plan`.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from django.utils.translation import gettext_lazy as _

from jiangyuan.data.connectors.interface import (
    PHASES,
    Capabilities,
    Check,
    Connector,
    Progress,
    Report,
    Scan,
    ScannedColumn,
    ScannedTable,
    SourceRefused,
    SourceUnavailable,
)
from jiangyuan.kernel.texts import listed

_FOLDERS = ("postgres", "sqlite", "folder")


@lru_cache(maxsize=len(_FOLDERS))
def connector(kind: str) -> Connector:
    """Give the connector of a kind of source (drivers are loaded only then). Raises `SourceRefused` for no such kind."""
    if kind not in _FOLDERS:
        mend = _("可选：%(kinds)s。") % {"kinds": listed(_FOLDERS)}
        raise SourceRefused(_("不支持的数据源种类"), code="source.kind", where=kind, mend=mend)
    found: Connector = import_module(f"{__name__}.{kind}").CONNECTOR
    return found


def kinds() -> tuple[str, ...]:
    """Name every kind of source there is a connector for."""
    return _FOLDERS


__all__ = [
    "PHASES",
    "Capabilities",
    "Check",
    "Connector",
    "Progress",
    "Report",
    "Scan",
    "ScannedColumn",
    "ScannedTable",
    "SourceRefused",
    "SourceUnavailable",
    "connector",
    "kinds",
]
