"""The national standards that the platform refers to, by number and name: read from the package."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Document:
    """One standard by its number and name; `effective_on` is None where the day is not certain."""

    number: str
    edition: str
    name: str
    area: str
    note: str = ""
    effective_on: date | None = None


@lru_cache(maxsize=1)
def documents() -> tuple[Document, ...]:
    """Give the national standards that are named on every platform."""
    text = (resources.files("jiangyuan.standards.library") / "known.toml").read_text("utf-8")
    return tuple(Document(**one) for one in tomllib.loads(text)["document"])
